from __future__ import annotations

import numpy as np

from deploykit.parity.inputs import export_sizes, make_inputs, nudged
from deploykit.sizes import DimSpec
from deploykit.spec import Contract


def contract() -> Contract:
    return Contract.model_validate(
        {
            "task": "tensors",
            "inputs": {
                "image": {"type": "image", "size": (3, 4)},
                "ids": {"type": "tensor", "shape": (1, 5), "dtype": "int64", "range": (2, 9)},
                "mask": {"type": "tensor", "shape": (1, 5), "dtype": "bool"},
            },
            "outputs": {"y": {"type": "tensor"}},
        }
    )


def test_inputs_keep_to_the_contract_and_are_the_same_each_time() -> None:
    made, again = make_inputs(contract()), make_inputs(contract())
    assert {kind: {n: v.shape for n, v in draws.items()} for kind, draws in made.items()} == {
        "random": {"image": (8, 1, 3, 4, 3), "ids": (8, 1, 5), "mask": (8, 1, 5)},
        "zeros": {"image": (1, 1, 3, 4, 3), "ids": (1, 1, 5), "mask": (1, 1, 5)},
        "extremes": {"image": (2, 1, 3, 4, 3), "ids": (2, 1, 5), "mask": (2, 1, 5)},
    }
    ids = made["random"]["ids"]
    assert ids.dtype == np.int32  # int64 is int32 at the border
    assert set(np.unique(ids)) <= set(range(2, 10))
    assert made["extremes"]["image"].max() == 255
    # torch.export keeps an example's strides in the graph, and Core ML refuses any but C order.
    assert all(value[0].flags.c_contiguous for draws in made.values() for value in draws.values())
    for kind in made:
        for name in made[kind]:
            np.testing.assert_array_equal(made[kind][name], again[kind][name])


def test_nudged_inputs_move_by_a_rounding_error_of_their_range() -> None:
    inputs = make_inputs(contract())
    moved = nudged(contract(), inputs)
    assert moved.keys() == inputs.keys()
    for kind, draws in inputs.items():
        assert np.array_equal(moved[kind]["ids"], draws["ids"])
        assert np.array_equal(moved[kind]["mask"], draws["mask"])
        error = np.abs(moved[kind]["image"].astype(np.float64) - draws["image"])
        assert moved[kind]["image"].dtype == draws["image"].dtype == np.float32
        assert 0 < error.max() <= 255 * 2.0**-23  # half of it is the step, half the rounding of the sum
    assert np.array_equal(nudged(contract(), inputs)["zeros"]["image"], moved["zeros"]["image"])


def test_open_sizes_and_states_make_kinds_of_their_own() -> None:
    made = make_inputs(
        Contract.model_validate(
            {
                "task": "tensors",
                "inputs": {
                    "x": {"type": "tensor", "shape": (1, "time")},
                    "h": {"type": "tensor", "shape": (1, 3), "state": "h_next"},
                },
                "outputs": {"h_next": {"type": "tensor"}},
                "dims": {"time": {"values": (4, 9, 6), "default": 6}},
            }
        )
    )
    assert {kind: draws["x"].shape for kind, draws in made.items()} == {
        "random": (8, 1, 6),
        "zeros": (1, 1, 6),
        "extremes": (2, 1, 6),
        "at time=4": (2, 1, 4),
        "at time=9": (2, 1, 9),
        "steps": (4, 1, 6),
    }
    assert not made["steps"]["h"].any()
    assert made["steps"]["x"].std() > 0
    assert made["at time=4"]["h"].any()


def test_an_example_to_export_with_is_not_of_size_1() -> None:
    dims = {"a": DimSpec(min=1, max=7, default=1), "b": DimSpec(min=1, max=7, default=3)}
    made = Contract(task="tensors", inputs={}, outputs={}, dims=dims)
    assert export_sizes(made) == {"a": 7, "b": 3}
