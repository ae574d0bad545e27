"""Sizes that are known at run time only, in the contract."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deploykit.parity.inputs import MOST_COMBINATIONS, kind_at, make_inputs, other_sizes
from deploykit.sizes import DimSpec
from deploykit.spec import Contract, TensorInput

RANGES = st.builds(
    lambda low, steps, by: DimSpec(min=low * by, max=(low + steps) * by, multiple_of=by),
    st.integers(1, 9),
    st.integers(1, 12),
    st.integers(1, 5),
)
LISTS = st.builds(
    lambda values: DimSpec(values=tuple(values)), st.lists(st.integers(1, 60), min_size=2, max_size=4, unique=True)
)
DIMS = st.dictionaries(st.sampled_from(["time", "words", "n"]), RANGES | LISTS, min_size=1, max_size=3)


def contract(dims: dict[str, DimSpec]) -> Contract:
    """One input with all dimensions, and one for each."""
    inputs = {name: TensorInput(type="tensor", shape=(1, name)) for name in dims}
    inputs["all"] = TensorInput(type="tensor", shape=tuple(dims))
    return Contract.model_validate(
        {"task": "tensors", "inputs": {f"x_{k}": v for k, v in inputs.items()}, "outputs": {}, "dims": dims}
    )


@given(DIMS)
def test_every_test_input_has_sizes_that_the_contract_allows(dims: dict[str, DimSpec]) -> None:
    made = contract(dims)
    kinds = make_inputs(made)
    assert list(kinds)[3:] == [kind_at(sizes) for sizes in other_sizes(made)]
    for draws in kinds.values():
        assert made.misfits({name: values.shape[1:] for name, values in draws.items()}) == []
    tried = [made.default_sizes, *other_sizes(made)]
    for name, dim in dims.items():
        sizes = {each[name] for each in tried}
        assert {dim.low, dim.high} <= sizes
        assert set(dim.values) <= sizes
    assert len(tried) == len({tuple(each.items()) for each in tried})
    assert len(tried) <= MOST_COMBINATIONS + 2 + 5 * len(dims)


@given(DIMS, st.data())
def test_a_size_that_is_not_allowed_is_told_by_name(dims: dict[str, DimSpec], data: st.DataObject) -> None:
    made = contract(dims)
    name = data.draw(st.sampled_from(sorted(dims)))
    size = data.draw(st.integers(1, 80))
    told = made.misfits({f"x_{name}": (1, size)})
    assert bool(told) == (not dims[name].allows(size))
    assert all(problem.startswith(f"{name} = {size} on axis 1") for problem in told)


def test_a_shared_size_is_one_size() -> None:
    made = contract({"n": DimSpec(min=1, max=9)})
    assert made.misfits({"x_n": (1, 3), "x_all": (4,)}) == ["n is 3 in 'x_n' and 4 in 'x_all'; it is one size in both"]
    assert made.misfits({"x_n": (2, 3)}) == ["the input 'x_n' is 2 on axis 0, the contract says 1"]
    assert made.misfits({"x_n": (3,)}) == ["the input 'x_n' has 1 dimensions, the contract 2"]


def test_what_few_models_have_is_left_out_of_the_others_files() -> None:
    plain = Contract.model_validate(
        {"task": "tensors", "inputs": {"x": {"type": "tensor", "shape": (1, 2)}}, "outputs": {"y": {"type": "tensor"}}}
    )
    assert plain.model_dump_json() == (
        '{"task":"tensors","labels":[],"inputs":{"x":{"type":"tensor","shape":[1,2],"dtype":"float32",'
        '"range":[-1.0,1.0]}},"outputs":{"y":{"type":"tensor","ranked":false}}}'
    )
    made = contract({"n": DimSpec(values=(2, 3))})
    assert Contract.model_validate_json(made.model_dump_json()) == made


def test_a_large_size_is_a_slip() -> None:
    with pytest.raises(ValidationError, match="less than or equal"):
        DimSpec(min=1, max=10**9)
