from __future__ import annotations

import pytest
import torch
from torch.utils import _pytree as pytree

from deploykit.probes.cases import THEMES, by_id
from deploykit.probes.cases.base import Case, normal, op

CASES = [case for cases in THEMES.values() for case in cases]


def test_there_are_enough_and_no_id_comes_twice() -> None:
    assert len(CASES) >= 300
    assert len(by_id()) == len(CASES)
    assert [case.id for case in CASES if not case.id.isascii() or "<" in case.id or "object at" in case.id] == []


def test_an_id_spells_every_parameter_out() -> None:
    found = op("interpolate", torch.nn.functional.interpolate, normal(1, 3, 4, 4), mode="nearest", size=(7, 7))
    assert found.id == "interpolate[1x3x4x4;mode=nearest,size=7x7]"
    assert found.id in by_id()


@pytest.mark.parametrize("cases", THEMES.values(), ids=THEMES)
def test_every_case_runs_and_would_show_a_mistake(cases: tuple[Case, ...]) -> None:
    assert [problem for case in cases for problem in blind(case)] == []


def blind(case: Case) -> list[str]:
    """Why a wrong answer could pass: what is constant, or zero, is right in too many wrong ways."""
    problems = []
    for index, (value, again) in enumerate(zip(outputs(case), outputs(case), strict=True)):
        finite = value[value.isfinite()].double()
        if not torch.equal(value.nan_to_num(), again.nan_to_num()):
            problems.append(f"{case.id}: output {index} is another one each time")
        if finite.numel() == 0 or (value.numel() > 1 and finite.min() == finite.max()):
            problems.append(f"{case.id}: output {index} is constant")
        if value.numel() == 1 and value.dtype != torch.bool and value.item() == 0:
            problems.append(f"{case.id}: output {index} is 0")
    return problems


def outputs(case: Case) -> list[torch.Tensor]:
    with torch.no_grad():
        return pytree.tree_leaves(case.module()(*case.tensors()))
