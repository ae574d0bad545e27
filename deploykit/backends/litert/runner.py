"""Runs a `.tflite` file with the two engines that Android has: LiteRT's CompiledModel and the older Interpreter."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.options import CpuOptions, Options

from deploykit.backends.base import Runner, Taken, Tensors
from deploykit.errors import ArtifactError

SIGNATURE = "serving_default"


ON_CPU = Options(HardwareAccelerator.CPU, cpu_options=CpuOptions(num_threads=1))


class LiteRtRunner(Runner):
    """`CompiledModel`, as target android_litert runs it. The signature is the one that has the shapes."""

    def __init__(self, path: Path, options: Options = ON_CPU) -> None:
        try:
            self._model = CompiledModel.from_file(str(path), options=options)
            names = ordered(self._model.get_signature_list())
            self._inputs = {name: self._model.get_input_tensor_details(name) for name in names}
            self._outputs = {name: self._model.get_output_tensor_details(name) for name in names}
        except Exception as error:  # the binding raises RuntimeError and ValueError by turns
            raise ArtifactError(f"LiteRT cannot open {path.name}: {error}") from error
        self._buffers: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    @property
    def fully_accelerated(self) -> bool:
        """Whether every op is on the accelerators that were asked for."""
        return bool(self._model.is_fully_accelerated())

    def takes(self) -> tuple[Taken, ...]:
        """See `Runner.takes`."""
        return _taken(self._inputs)

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        signature = _signature(inputs, self._inputs)
        try:
            given, made = self._of(signature)
            for name, value in inputs.items():
                given[name].write(np.ascontiguousarray(value))
            self._model.run_by_name(signature, given, made)
            return {name: _read(buffer, self._outputs[signature][name]) for name, buffer in made.items()}
        except Exception as error:
            raise ArtifactError(f"LiteRT cannot run the model: {error}") from error

    def _of(self, signature: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """A signature's buffers, which are made for its first run."""
        if signature not in self._buffers:
            model = self._model
            self._buffers[signature] = (
                {name: model.create_input_buffer_by_name(signature, name) for name in self._inputs[signature]},
                {name: model.create_output_buffer_by_name(signature, name) for name in self._outputs[signature]},
            )
        return self._buffers[signature]

    def close(self) -> None:
        """Frees the buffers before the model that made them."""
        for pair in self._buffers.values():
            for buffers in pair:
                for buffer in buffers.values():
                    buffer.destroy()
        self._buffers = {}
        self._model.close()


def _read(buffer: Any, details: dict[str, Any]) -> np.ndarray:
    shape = tuple(int(d) for d in details["shape"])
    dtype = np.dtype(details["dtype"])
    flat = buffer.read(int(np.prod(shape)), dtype.type)
    return np.asarray(flat, dtype=dtype).reshape(shape).copy()


class TfliteRunner(Runner):
    """`Interpreter` with XNNPACK, as target android_tflite runs it. The signature is the one that has the shapes."""

    def __init__(self, path: Path) -> None:
        try:
            self._interpreter = Interpreter(str(path))
            names = ordered(self._interpreter.get_signature_list())
            self._runs = {name: self._interpreter.get_signature_runner(name) for name in names}
            self._inputs = {name: run.get_input_details() for name, run in self._runs.items()}
        except Exception as error:
            raise ArtifactError(f"TFLite cannot open {path.name}: {error}") from error

    def takes(self) -> tuple[Taken, ...]:
        """See `Runner.takes`."""
        return _taken(self._inputs)

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        run = self._runs[_signature(inputs, self._inputs)]
        try:
            return {name: np.array(value) for name, value in run(**inputs).items()}
        except Exception as error:
            raise ArtifactError(f"TFLite cannot run the model: {error}") from error


def ordered(signatures: Iterable[str]) -> list[str]:
    """The names of a file's signatures, the main one first.

    Raises:
        ValueError: if it has none of deploykit's.
    """
    names = list(signatures)
    if SIGNATURE not in names:
        raise ValueError(f"it has no signature {SIGNATURE}; its signatures are {', '.join(names) or 'none'}")
    return [SIGNATURE, *(name for name in names if name != SIGNATURE)]


def _sizes(item: dict[str, Any]) -> tuple[int | None, ...]:
    """Both engines describe an input in the same words; -1 is a size that is known at run time only."""
    return tuple(None if size < 0 else int(size) for size in item.get("shape_signature", item["shape"]))


def _taken(signatures: dict[str, dict[str, Any]]) -> tuple[Taken, ...]:
    """The inputs; a size in which signatures differ is known at run time only."""
    return tuple(
        Taken(name, np.dtype(item["dtype"]), _merged([_sizes(inputs[name]) for inputs in signatures.values()]))
        for name, item in signatures[SIGNATURE].items()
    )


def _merged(shapes: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    return tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True))


def _signature(given: Tensors, signatures: dict[str, dict[str, Any]]) -> str:
    """The signature for inputs of these shapes; where none has them, the only one: it says itself what is wrong."""
    wanted = signatures[SIGNATURE]
    if set(given) != set(wanted):
        raise ArtifactError(f"the file takes {sorted(wanted)}, it was given {sorted(given)}")
    shapes = {name: {item: _sizes(details) for item, details in of.items()} for name, of in signatures.items()}
    for name, of in shapes.items():
        if all(Taken(item, given[item].dtype, sizes).fits(given[item].shape) for item, sizes in of.items()):
            return name
    if len(signatures) == 1:
        return SIGNATURE
    listed = "; ".join(", ".join(f"{item} {list(sizes)}" for item, sizes in of.items()) for of in shapes.values())
    what = ", ".join(f"{name} {list(value.shape)}" for name, value in given.items())
    raise ArtifactError(f"the file has no signature for {what}; it has those for {listed}")
