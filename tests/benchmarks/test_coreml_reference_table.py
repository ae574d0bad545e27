from __future__ import annotations

from typing import Any

import pytest
import torch

from benchmarks.coreml_reference.ranges import Ranges
from benchmarks.coreml_reference.table import fp16_verdict, fp32_verdict, geometric_mean, markdown, summary
from benchmarks.coverage import MODELS, alive, draws
from deploykit.backends.coreml.reference.step import OpOutput

ROW: dict[str, Any] = {
    "name": "net",
    "failed": "",
    "reason": "",
    "fp32_db": 110.0,
    "fp32_floor_db": 115.0,
    "fp32_same": 1.0,
    "graph_db": 120.0,
    "fp16_db": 50.0,
    "fp16_floor_db": 52.0,
    "fp16_same": 1.0,
    "fp16_floor_same": 1.0,
    "unrounded_db": 60.0,
    "excesses": [],
    "onnx_db": 112.0,
    "onnx_reason": "",
    "time_ratio": 2.0,
    "memory_ratio": 0.5,
}
FAILED = {"name": "other", "failed": "convert", "reason": "no | such op"}


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "ok"),
        ({"fp32_db": 70.0}, "below 70 dB"),
        ({"fp32_db": 65.0, "fp32_floor_db": 79.0}, "ok"),
        ({"fp32_db": 63.0, "fp32_floor_db": 79.0}, "below 64 dB"),
        ({"fp32_db": 69.0, "fp32_floor_db": None}, "below 70 dB"),
        ({"fp32_same": 0.95}, "95.0% of the elements are the same"),
    ],
)
def test_fp32_verdict(changed: dict[str, Any], verdict: str) -> None:
    assert fp32_verdict(ROW | changed) == verdict


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "ok"),
        ({"fp16_db": 48.9}, "3.1 dB below the floor"),
        ({"excesses": ["matmul `m` reaches 1e+05"]}, "matmul `m` reaches 1e+05, beyond fp16"),
    ],
)
def test_fp16_verdict(changed: dict[str, Any], verdict: str) -> None:
    assert fp16_verdict(ROW | changed) == verdict


def test_a_failure_is_neither_good_nor_bad() -> None:
    assert fp32_verdict(FAILED) == fp16_verdict(FAILED) == ""
    assert summary(FAILED) == "convert: no | such op"


def test_geometric_mean() -> None:
    assert geometric_mean([1.0, 4.0]) == pytest.approx(2.0)


def test_the_page_says_what_is_in_the_rows() -> None:
    page = markdown([ROW, FAILED], 4, {"topk"})
    assert "Of 2 models 1 convert and are executed" in page
    assert "2.00 times eager PyTorch's time and 0.50 times its memory" in page
    assert "| net | 110.0 | 115.0 | 120.0 | 112.0 | ok | 50.0 | 52.0 | 60.0 | ok | 2.00 | 0.50 |" in page
    assert "| other | convert | no / such op |" in page


def test_ranges_name_fp16_values_only() -> None:
    ranges = Ranges()
    for op, dtype, size in (("conv", "FLOAT16", 1e4), ("matmul", "FLOAT16", -1e5), ("cast", "FLOAT32", 1e6)):
        ranges(OpOutput(op, f"{op}_0", dtype, (), torch.tensor([1.0, size])))
    ranges(OpOutput("fill", "mask", "FLOAT16", (), torch.tensor([-torch.inf])))
    assert [(found.op, found.magnitude) for found in ranges.excesses] == [("matmul", 1e5)]


def test_the_list_has_52_models() -> None:
    assert len(MODELS) == 52


def test_small_models_are_alive() -> None:
    for name in ("tcn", "distilbert"):
        torch.manual_seed(0)
        model, inputs = MODELS[name]()
        alive(model, inputs)
        tried = draws(inputs, 3)
        with torch.inference_mode():
            outputs = torch.stack([model(*one) for one in tried])
        assert [x.dtype for x in tried[0]] == [x.dtype for x in inputs]
        assert outputs.std() > 0.1
        assert (outputs[0] - outputs[1]).abs().max() > 0.1
