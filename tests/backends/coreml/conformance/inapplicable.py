"""The cases that say nothing about the reference runner, each with its reason.

An entry applies only to a case that failed, by the test function *and* by the failure, so that it can hide no other
failure of the same function, and none of another function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.backends.coreml.conformance.cases import Result


@dataclass(frozen=True, slots=True)
class Inapplicable:
    """An entry: regular expressions, both searched for; `function` in pytest's id of the case."""

    reason: str
    function: str
    failure: str

    def covers(self, result: Result) -> bool:
        return bool(re.search(self.function, result.id) and re.search(self.failure, result.message, re.DOTALL))


_VIOLATION = r"Mismatched elements: 1 / \d+ .*Max absolute difference among violations: 0\.00099"
TABLE: tuple[Inapplicable, ...] = (
    Inapplicable("a NeuralNetwork model, no ML Program", "", r"^TypeError: \.mlmodel is no ML Program"),
    Inapplicable(
        "indices outside of the data without validation: undefined by the documentation, the test wants a wrong result",
        r"::TestScatter::test_ios17_invalid_indices\[.*validate_indices=False",
        r"DID NOT RAISE AssertionError|indices .* are out of bounds",
    ),
    Inapplicable(
        "the expected 7.899 is 7.9 cut short by hand; only fp32, which Apple does not run by default, shows it",
        r"::TestCropResize::test_builder_to_backend_ios1[67]\[.*precision='fp32'",
        _VIOLATION,
    ),
    Inapplicable(
        "the test counts the casts that only an fp16 conversion has, after its values have agreed",
        r"iOS15/.*::TestResample::test_builder_to_backend_smoke\[.*precision='fp32'",
        r"^AssertionError: assert 0 == 2",
    ),
    Inapplicable(
        "the test holds coremltools' own type inference to 10 ms by the clock",
        r"::TestSliceByIndex::test_efficient_type_inference$",
        r"^AssertionError: assert \(\d+\.\d+ - \d+\.\d+\) < 0\.01",
    ),
    Inapplicable(
        "the model is on the device mps, which no other machine than a Mac has",
        r"::TestMatMul::test_bmm_with_fp16_inputs\[",
        r"^RuntimeError: PyTorch is not linked with support for mps devices",
    ),
    Inapplicable(
        "random values near a threshold fall on its other side in fp16, and the number of results changes",
        r"::TestIndex::test_index_bool_indices\[.*'fp16'",
        r"^AssertionError: \nItems are not equal:\nitem=\d",
    ),
    Inapplicable(
        "Apple's compiler refuses the program for the default of a flexible size; the inputs that are fed do fit",
        r"::TestStack::test_stack_dynamic_range_dim\[.*default_dynamic_size=[^4]\]",
        r"DID NOT RAISE RuntimeError",
    ),
    Inapplicable(
        "coremltools gives an LSTM's initial states as many rows as the first sequence is long, not one per sequence",
        r"::TestLSTMWithPackedSequence::test_lstm\[",
        r"the op lstm .* cannot be executed: The size of tensor a \(3\) must match the size of tensor b \(10\)",
    ),
    Inapplicable(
        "two boxes overlap by the threshold to the last bit; documented is that more than it goes, iOS 17 drops it",
        r"::TestNms::test_nms_corner_case_iou_equal_threshold\[.*'fp32'",
        r"^AssertionError: \nItems are not equal:\nitem=0",
    ),
    Inapplicable(
        "the test looks for int16 indices in the program after its values have agreed; this coremltools leaves int32",
        r"::TestGather::test_gather_nd_int16_indices\[.*'fp32'",
        r"^AssertionError: assert False",
    ),
    Inapplicable(
        "coremltools 9.0 cannot convert what this torch exports: no op alias",
        r"frontend/torch/",
        r"^NotImplementedError: Unsupported fx node alias",
    ),
    Inapplicable(
        "coremltools 9.0 cannot convert a bool that is put into integers",
        r"::TestIndexPut::test_index_put_updates_bool\[",
        r"^ValueError: In op, of type scatter_nd, .* must have the same data type",
    ),
    Inapplicable(
        "this torch's export refuses sizes that the test wants open and the model fixes",
        r"frontend/torch/.*dynamic=True",
        r"^UserError: Constraints violated",
    ),
)


def reason_for(result: Result) -> str | None:
    """Why a failed case is inapplicable, or None if it is a failure."""
    return next((entry.reason for entry in TABLE if entry.covers(result)), None)
