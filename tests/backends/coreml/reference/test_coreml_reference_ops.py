"""Each op against an independent expectation, and against MIL's value inference where MIL has one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from coreml_reference_elementwise_cases import CASES as ELEMENTWISE
from coreml_reference_image_cases import CASES as IMAGES
from coreml_reference_layout_cases import CASES as LAYOUT
from coreml_reference_programs import Case, as_arrays, inferred, save, wide
from coreml_reference_recurrent_cases import CASES as RECURRENT
from coreml_reference_window_cases import CASES as WINDOWS
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil.ops.registry import SSAOpRegistry

from deploykit.backends.coreml.reference import ReferenceRunner
from deploykit.backends.coreml.reference.ops import MOVES, OPS, VIEWS
from deploykit.errors import ArtifactError

CASES = [*ELEMENTWISE, *WINDOWS, *LAYOUT, *RECURRENT, *IMAGES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_op(case: Case, tmp_path: Path) -> None:
    path = save(tmp_path / "op.mlpackage", case.build, case.inputs, case.opset)
    oracles = []
    if case.expected is not None:
        oracles.append(as_arrays(case.expected(*map(wide, case.inputs.values()))))
    if (values := inferred(case)) is not None:
        oracles.append(values)
    assert oracles, "the case has neither an expectation nor a value inference"
    ran: list[str] = []
    for mode, tolerance in (("fp64", 1e-6), ("rounded", 2e-5)):
        with ReferenceRunner(path, mode) as runner:
            outputs = runner.run(case.inputs, on_output=lambda made: ran.append(made.op))
            results = [outputs[item.name] for item in runner.outputs]
        for expected in oracles:
            assert len(results) == len(expected)
            for result, wished in zip(results, expected, strict=True):
                assert result.shape == wished.shape
                # Value inference is in fp32.
                near = max(tolerance, 1e-5) if wished.dtype == np.float32 else tolerance
                np.testing.assert_allclose(result.astype(np.float64), wished.astype(np.float64), near, near)
    assert case.op in ran


@pytest.mark.parametrize("validate", [True, False])
def test_negative_indices(validate: bool, tmp_path: Path) -> None:
    """They count from the end, unless the op is told to validate its indices."""
    inputs = {"x": np.arange(6, dtype=np.float32).reshape(2, 3), "i": np.array([0, -1], np.int32)}
    path = save(
        tmp_path / "op.mlpackage",
        lambda x, i: mb.gather(x=x, indices=i, axis=1, validate_indices=validate),
        inputs,
    )
    runner = ReferenceRunner(path)
    if validate:
        with pytest.raises(ArtifactError, match="gather: the indices -1 to 0 are out of bounds; they must be 0 to 2"):
            runner.run(inputs)
    else:
        np.testing.assert_array_equal(runner.run(inputs)[runner.outputs[0].name], [[0, 2], [3, 5]])


@pytest.mark.parametrize("index", [3, -4])
def test_an_index_that_would_be_another_row(index: int, tmp_path: Path) -> None:
    """Element [0, 3] of a matrix with 3 columns is not element [1, 0]."""
    inputs = {
        "d": np.zeros((2, 3), np.float32),
        "i": np.array([[1, 0], [0, index]], np.int32),
        "u": np.ones(2, np.float32),
    }
    path = save(tmp_path / "op.mlpackage", lambda d, i, u: mb.scatter_nd(data=d, indices=i, updates=u), inputs)
    with pytest.raises(ArtifactError, match=r"scatter_nd: the indices .* are out of bounds; they must be -3 to 2"):
        ReferenceRunner(path).run(inputs)


ELSEWHERE = {
    "test_coreml_reference_constexpr.py": {op for op in OPS if op.startswith("constexpr_")},
    "test_coreml_reference_control.py": {"cond", "while_loop", "make_list"} | {o for o in OPS if o.startswith("list_")},
    "test_coreml_reference_state.py": {"coreml_update_state", "read_state", "write_state"},
    "test_coreml_reference_border.py": {"classify"},
    "test_coreml_reference_random.py": {op for op in OPS if op.startswith("random_")},
}


def test_every_op_has_a_case() -> None:
    assert OPS.keys() - {case.op for case in CASES} == set().union(*ELSEWHERE.values())


def test_moves_and_views_are_ops() -> None:
    assert OPS.keys() >= MOVES
    assert OPS.keys() >= VIEWS


# Ops of coremltools 9's registry that the runner does not execute. Random ops are executed, but not with Core ML's
# numbers: see test_coreml_reference_random.py.
NOT_EXECUTED = {
    "const": "the plan reads it; nothing is left to execute",
    "_const_symbolic": "of coremltools' own tests; it has no value, and no converter writes it",
}
# Ops that packages hold, and coremltools' registry has under another namespace or not at all.
BEYOND_THE_REGISTRY = {
    "coreml_update_state": "of the dialect 'coreml'; a write_state and a read_state in one",
    "write_state": "what coremltools saves the former as",
}


def test_every_op_of_coremltools_is_known() -> None:
    registered = set(SSAOpRegistry.core_ops)
    assert registered - OPS.keys() == NOT_EXECUTED.keys()
    assert OPS.keys() - registered == BEYOND_THE_REGISTRY.keys()
