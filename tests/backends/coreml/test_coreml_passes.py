"""What we change in coremltools: a pass that forgets epsilon, ops that it does not know."""

from __future__ import annotations

from pathlib import Path

import coremltools as ct
import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.coreml_reference.subject import run, subject_of
from deploykit.backends.coreml import passes
from deploykit.backends.coreml.lower import from_export
from deploykit.backends.coreml.reference import ReferenceRunner


class Gain(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gain = torch.tensor([1.0, 2.0]).reshape(1, 2, 1, 1)
        shift = torch.tensor([0.5, 0.25]).reshape(1, 2, 1, 1)
        return x.relu() * gain + shift


class Alias(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.aten.alias(x.relu()) * 2


class AddCMul(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.addcmul(x, x.relu(), x.sigmoid())
        return torch.addcmul(y, x, x, value=0.5)


def error(network: nn.Module, folder: Path) -> float:
    """The largest error of the fp32 artifact in fp64 maths."""
    subject = subject_of("network", network, (torch.randn(1, 2, 4, 4),))
    wide = subject.wide()
    assert wide is not None
    with ReferenceRunner(from_export(subject.program, subject.request("fp32", folder)), "fp64") as runner:
        outputs = run(runner, subject.inputs)
    return float(np.abs(outputs["output"] - wide["output"]).max())


def test_gains_are_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert error(Gain(), tmp_path / "ours") == 0
    monkeypatch.setattr(passes, "REPLACED", {})
    assert error(Gain(), tmp_path / "stock") > 1e-6, "coremltools has mended its pass: ours can go"


def test_ours_stand_where_theirs_stood() -> None:
    ours, theirs = passes.pipeline().passes, ct.PassPipeline.DEFAULT.passes
    assert len(ours) == len(theirs)
    assert {a: b for a, b in zip(theirs, ours, strict=True) if a != b} == passes.REPLACED


def test_alias_is_its_operand(tmp_path: Path) -> None:
    assert error(Alias(), tmp_path / "alias") == 0


def test_addcmul_is_a_sum_with_a_product(tmp_path: Path) -> None:
    assert error(AddCMul(), tmp_path / "addcmul") < 1e-12
