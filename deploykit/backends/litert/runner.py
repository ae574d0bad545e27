"""Runs a `.tflite` file with the two engines that Android has: LiteRT's CompiledModel and the older Interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.interpreter import Interpreter

from deploykit.backends.base import Runner, Taken, Tensors
from deploykit.errors import ArtifactError

SIGNATURE = "serving_default"


class LiteRtRunner(Runner):
    """`CompiledModel` on the CPU, as target android_litert runs it."""

    def __init__(self, path: Path) -> None:
        try:
            self._model = CompiledModel.from_file(str(path), hardware_accel=HardwareAccelerator.CPU)
            self._outputs = self._model.get_output_tensor_details(SIGNATURE)
            self._inputs = self._model.get_input_tensor_details(SIGNATURE)
        except Exception as error:  # the binding raises RuntimeError and ValueError by turns
            raise ArtifactError(f"LiteRT cannot open {path.name}: {error}") from error
        self._in = {name: self._model.create_input_buffer_by_name(SIGNATURE, name) for name in self._inputs}
        self._out = {name: self._model.create_output_buffer_by_name(SIGNATURE, name) for name in self._outputs}

    def takes(self) -> tuple[Taken, ...]:
        """See `Runner.takes`."""
        return _taken(self._inputs)

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        _check_names(inputs, self._in)
        try:
            for name, value in inputs.items():
                self._in[name].write(np.ascontiguousarray(value))
            self._model.run_by_name(SIGNATURE, self._in, self._out)
            return {name: self._read(name) for name in self._out}
        except Exception as error:
            raise ArtifactError(f"LiteRT cannot run the model: {error}") from error

    def _read(self, name: str) -> np.ndarray:
        details = self._outputs[name]
        shape = tuple(int(d) for d in details["shape"])
        dtype = np.dtype(details["dtype"])
        flat = self._out[name].read(int(np.prod(shape)), dtype.type)
        return np.asarray(flat, dtype=dtype).reshape(shape).copy()

    def close(self) -> None:
        """Frees the buffers before the model that made them."""
        for buffer in (*self._in.values(), *self._out.values()):
            buffer.destroy()
        self._in, self._out = {}, {}
        self._model.close()


class TfliteRunner(Runner):
    """`Interpreter` with XNNPACK, as target android_tflite runs it."""

    def __init__(self, path: Path) -> None:
        try:
            self._interpreter = Interpreter(str(path))
            self._run = self._interpreter.get_signature_runner(SIGNATURE)
        except Exception as error:
            raise ArtifactError(f"TFLite cannot open {path.name}: {error}") from error

    def takes(self) -> tuple[Taken, ...]:
        """See `Runner.takes`."""
        return _taken(self._run.get_input_details())

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        _check_names(inputs, self._run.get_input_details())
        try:
            return {name: np.array(value) for name, value in self._run(**inputs).items()}
        except Exception as error:
            raise ArtifactError(f"TFLite cannot run the model: {error}") from error


def _taken(details: dict[str, Any]) -> tuple[Taken, ...]:
    """Both engines describe an input in the same words; -1 is a size that is known at run time only."""
    return tuple(
        Taken(name, np.dtype(item["dtype"]), tuple(None if size < 0 else int(size) for size in sizes))
        for name, item in details.items()
        for sizes in [item.get("shape_signature", item["shape"])]
    )


def _check_names(given: Tensors, wanted: dict[str, object]) -> None:
    if set(given) != set(wanted):
        raise ArtifactError(f"the file takes {sorted(wanted)}, it was given {sorted(given)}")
