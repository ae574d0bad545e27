"""A saved file's border against the signature."""

from __future__ import annotations

from typing import Any

import pytest

from deploykit.manifest import FileTensor, Interface, Signature, TensorSpec
from deploykit.parity.interface import differences

SIGNATURE = Signature(
    inputs=(TensorSpec(name="x", dtype="float32", shape=(1, 4)), TensorSpec(name="on", dtype="bool", shape=(1,))),
    outputs=(TensorSpec(name="best", dtype="int64", shape=(1,)),),
)


def interface(**changes: Any) -> Interface:
    """A file that is right, but for what is given."""
    tensors = {
        "x": FileTensor(name="x", dtype="float32", shape=(1, 4)),
        "on": FileTensor(name="on", dtype="bool", shape=(1,)),
        "best": FileTensor(name="best", dtype="int64", shape=(1,)),
    }
    min_os = changes.pop("min_os", None)
    for name, change in changes.items():
        tensors[name] = tensors[name].model_copy(update=change)
    return Interface.model_validate(
        {"inputs": [tensors["x"], tensors["on"]], "outputs": [tensors["best"]], "min_os": min_os}
    )


@pytest.mark.parametrize(
    "found",
    [
        interface(),
        interface(best={"dtype": "int32"}, on={"dtype": "float32"}),
        interface(min_os="17"),
        interface(min_os="16"),
    ],
    ids=["same", "as Core ML has int64 and bool", "same system", "older system"],
)
def test_what_is_right(found: Interface) -> None:
    assert differences(SIGNATURE, found, "17.0") == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (interface(x={"dtype": "float16"}), ["the input x is float16, wanted is float32"]),
        (interface(x={"shape": (4, 1)}), ["the input x has shape [4, 1], wanted is [1, 4]"]),
        (interface(x={"shape": (-1, 4)}), ["the input x has shape [-1, 4], wanted is [1, 4]"]),
        (interface(best={"name": "var_1"}), ["its outputs are called ['var_1'], wanted are ['best']"]),
        (interface(min_os="18"), ["it needs system version 18, the target starts at 17.0"]),
        (
            interface(x={"dtype": "int32"}, best={"shape": (2,)}, min_os="26"),
            [
                "the input x is int32, wanted is float32",
                "the output best has shape [2], wanted is [1]",
                "it needs system version 26, the target starts at 17.0",
            ],
        ),
    ],
    ids=["dtype", "shape", "open size", "name", "system", "all at once"],
)
def test_what_is_wrong(found: Interface, said: list[str]) -> None:
    assert differences(SIGNATURE, found, "17.0") == said


def test_a_format_without_a_system_needs_none() -> None:
    assert differences(SIGNATURE, interface(), None) == []


def test_open_sizes_and_states_that_a_file_keeps_itself() -> None:
    wanted = Signature(
        inputs=(
            TensorSpec(name="x", dtype="float32", shape=(1, "time")),
            TensorSpec(name="h", dtype="float32", shape=(1, 3)),
        ),
        outputs=(
            TensorSpec(name="y", dtype="float32", shape=(1, "time // 2")),
            TensorSpec(name="h_next", dtype="float32", shape=(1, 3)),
        ),
    )
    x, y = (FileTensor(name=name, dtype="float32", shape=(1, -1)) for name in "xy")
    h = FileTensor(name="h", dtype="float16", shape=(1, 3))
    kept = Interface(inputs=(x,), outputs=(y,), states=(h,))
    assert differences(wanted, kept, None, {"h": "h_next"}) == []
    fixed = kept.model_copy(update={"inputs": (x.model_copy(update={"shape": (1, 9)}),)})
    assert differences(wanted, fixed, None, {"h": "h_next"}) == ["the input x has shape [1, 9], wanted is [1, 'time']"]
    other = kept.model_copy(update={"states": (h.model_copy(update={"name": "g"}),)})
    assert any("its state g is none of the contract" in problem for problem in differences(wanted, other, None))
    wide = kept.model_copy(update={"states": (h.model_copy(update={"dtype": "float32"}),)})
    assert differences(wanted, wide, None, {"h": "h_next"}) == ["the state h is float32, wanted is float16"]
