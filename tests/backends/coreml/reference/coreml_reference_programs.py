"""Builds and saves tiny ML Programs, for the tests of the reference runner."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import torch
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import Function, Program, types
from coremltools.proto import Model_pb2

Build = Callable[..., Any]
_TYPES = {"float32": types.fp32, "float16": types.fp16, "int32": types.int32, "bool": types.bool}


@dataclass(frozen=True)
class Case:
    """One op with its attributes: how MIL builds it, and what it must give.

    `expected` is written independently of the runner: it gets float64 (or integer) torch tensors in the order of
    `inputs`. None: the numbers come from MIL's own value inference. `inference` is False where that one is wrong in
    coremltools 9.0: it ignores scatter_along_axis' mode and concat's interleave, and fails on cumsum's exclusive.
    """

    op: str
    build: Build
    inputs: dict[str, np.ndarray]
    expected: Callable[..., Any] | None = None
    note: str = ""
    opset: Any = ct.target.iOS17
    inference: bool = True

    @property
    def id(self) -> str:
        return f"{self.op}-{self.note}" if self.note else self.op


def function_of(build: Build, inputs: dict[str, np.ndarray], opset: Any) -> tuple[Function, list[Any]]:
    placeholders = {name: mb.placeholder(a.shape, dtype=_TYPES[str(a.dtype)]) for name, a in inputs.items()}
    with Function(placeholders, opset_version=opset) as function:
        outputs = build(**function.inputs)
        outputs = list(outputs) if isinstance(outputs, tuple | list) else [outputs]
        function.set_outputs(outputs)
    return function, outputs


def save(
    path: Path, build: Build, inputs: dict[str, np.ndarray], opset: Any = ct.target.iOS17, passes: Any = None
) -> Path:
    """Saves a program as it is built: no pass may fold or fuse the op under test."""
    function = function_of(build, inputs, opset)[0]
    return package(path, function, opset, pass_pipeline=passes or ct.PassPipeline.EMPTY)


def convert(path: Path, build: Build, shape: tuple[Any, ...], **options: Any) -> Path:
    """Saves a program of one input x of the given shape, through coremltools' own passes."""
    with Function({"x": mb.placeholder(shape)}, opset_version=ct.target.iOS17) as function:
        function.set_outputs([build(function.inputs["x"])])
    return package(path, function, ct.target.iOS17, **options)


def package(path: Path, function: Function, target: Any, **options: Any) -> Path:
    """Saves a program of one function; `options` are those of `ct.convert`."""
    program = Program()
    program.add_function("main", function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ct.convert(
            program,
            convert_to="mlprogram",
            minimum_deployment_target=target,
            compute_precision=ct.precision.FLOAT32,
            skip_model_load=True,
            **options,
        )
        model.save(str(path))
    return path


@contextmanager
def edited(package: Path) -> Iterator[Any]:
    """The package's specification, to be changed: it is written when the block ends."""
    file = package / "Data/com.apple.CoreML/model.mlmodel"
    spec = Model_pb2.Model()
    spec.ParseFromString(file.read_bytes())
    yield spec
    file.write_bytes(spec.SerializeToString())


def inferred(case: Case) -> list[np.ndarray] | None:
    """What MIL's value inference makes of the case, or None where MIL has none."""

    if not case.inference:
        return None

    def constants() -> Any:
        return case.build(**{name: mb.const(val=value) for name, value in case.inputs.items()})

    with Function({}, opset_version=case.opset):
        outputs = constants()
    values = [o.val for o in (outputs if isinstance(outputs, tuple | list) else [outputs])]
    return None if any(value is None for value in values) else [np.asarray(value) for value in values]


def wide(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float64) if array.dtype.kind == "f" else array)


def as_arrays(result: Any) -> list[np.ndarray]:
    results: Sequence[Any] = result if isinstance(result, tuple | list) else [result]
    return [np.asarray(r) for r in results]


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def snr(reference: np.ndarray, value: np.ndarray) -> float:
    """Signal to noise in dB."""
    signal = np.asarray(reference, np.float64)
    noise = signal - np.asarray(value, np.float64)
    return float(10 * np.log10((signal**2).sum() / max((noise**2).sum(), 1e-300)))
