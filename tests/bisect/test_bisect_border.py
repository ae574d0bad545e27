"""Whoever made the file, its tensors are found, and a file of another model is refused."""

from __future__ import annotations

import numpy as np
import pytest

from deploykit.bisect.border import border_of
from deploykit.errors import ArgumentsError
from deploykit.manifest import FileTensor, Interface, Signature, TensorSpec


def signature(*names: str, shape: tuple[int, ...] = (1, 3, 8, 6)) -> Signature:
    specs = tuple(TensorSpec(name=name, dtype="float32", shape=shape) for name in names)
    return Signature(inputs=specs, outputs=(TensorSpec(name="y", dtype="float32", shape=(1, 2)),))


def interface(*names: str, shape: tuple[int, ...] = (1, 3, 8, 6), output: tuple[int, ...] = (1, 2)) -> Interface:
    inputs = tuple(FileTensor(name=name, dtype="float32", shape=shape) for name in names)
    return Interface(inputs=inputs, outputs=(FileTensor(name="output_0", dtype="float32", shape=output),))


def test_by_name_where_the_names_are_the_models() -> None:
    border = border_of("a", signature("a", "b"), interface("b", "a"))
    assert border.inputs == {"a": "a", "b": "b"}


def test_by_number_else() -> None:
    ours = [f"i{number}" for number in range(11)]
    theirs = sorted(f"args_{number}" for number in range(11))
    assert theirs[2] == "args_10"
    border = border_of("a", signature(*ours), interface(*theirs))
    assert border.inputs["i10"] == "args_10"
    assert border.inputs["i2"] == "args_2"


def test_channels_last() -> None:
    border = border_of("a", signature("x"), interface("args_0", shape=(1, 8, 6, 3)))
    value = np.random.default_rng(0).random((1, 3, 8, 6), np.float32)
    fed = border.to_file({"x": value})["args_0"]
    assert fed.shape == (1, 8, 6, 3)
    assert np.array_equal(fed[0, :, :, 1], value[0, 1])


def test_everything_that_differs_is_told_at_once() -> None:
    with pytest.raises(ArgumentsError) as caught:
        border_of("a.onnx", signature("x"), interface("x", shape=(1, 3, 9, 9), output=(1, 7)))
    text = str(caught.value)
    assert "a.onnx is not of this model" in text
    assert "[1, 3, 9, 9], the model's x [1, 3, 8, 6]" in text
    assert "[1, 7], the model's y [1, 2]" in text
    with pytest.raises(ArgumentsError, match=r"it has 2 input\(s\)"):
        border_of("a", signature("x"), interface("x", "z"))
