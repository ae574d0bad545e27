"""The checked-in results: what deploykit knows of the converters that it pins."""

from __future__ import annotations

from deploykit.backends import BACKENDS
from deploykit.prepare.rewrites import REWRITES
from deploykit.probes.cases import by_id
from deploykit.probes.known import CAUSES, fits, known
from deploykit.probes.page import page
from tests.conftest import ROOT

KNOWN = known()
WRONG = [record for record in KNOWN.records if record.bare.outcome == "wrong"]

UNCURED: tuple[tuple[str, str], ...] = (
    ("coreml/torch.export", "add[*alpha=*"),
    ("coreml/torch.export", "argmax[3x4x5]"),
    ("coreml/torch.export", "InstanceNorm2d[*track_running_stats=True*"),
    ("coreml/torch.export", "interpolate[*antialias=True*"),
    ("coreml/torch.export", "interpolate[*mode=nearest,scale_factor=2.3*"),
    ("coreml/torch.export", "MultiheadAttention[*causal=True*"),
    ("coreml/torch.export", "MultiheadAttention cross[*"),
    ("coreml/torch.export", "RMSNorm[*eps=0.1*"),
    ("coreml/torch.export", "triu of -inf[*"),
    ("coreml/torch.export", "tril of -inf[*"),
    ("coreml/torch.export", "zeros_like of mask[*"),
    ("litert/litert-torch", "interpolate[*mode=nearest*"),
    ("litert/litert-torch", "interpolate[*mode=bilinear,scale_factor=*"),
    ("litert/litert-torch", "max_pool2d[1x2x7x6;*ceil_mode=True*"),
    ("litert/litert-torch", "max_pool2d[1x2x4x6;kernel_size=2]"),
    ("litert/litert-torch", "sdpa[*,2x1x7x8,2x1x7x8*"),
    ("litert/litert-torch", "sdpa expanded[*"),
    ("onnx/dynamo", "avg_pool2d[*divisor_override=*"),
    ("onnx/dynamo", "scatter_reduce[*reduce=mean*"),
)
"""(road, pattern): silent mistakes that no rewrite of the road cures yet. A build sees them by parity, and refuses."""


def test_every_silent_mistake_is_cured_or_stands_here() -> None:
    left = [(item.road, item.case) for item in WRONG if item.final.outcome not in ("right", "refused")]
    assert [f"{road} {case}" for road, case in left if not uncured(road, case)] == [], "cure it, or say that it is not"
    stale = [pair for pair in UNCURED if not any(road == pair[0] and fits(case, pair[1]) for road, case in left)]
    assert stale == [], "cured: take it out"


def uncured(road: str, case: str) -> bool:
    return any(road == where and fits(case, pattern) for where, pattern in UNCURED)


def test_a_rewrite_makes_nothing_wrong() -> None:
    for record in KNOWN.records:
        assert not (record.bare.outcome == "right" and record.final.outcome != "right"), record


def test_every_silent_mistake_has_a_cause_and_no_cause_is_stale() -> None:
    found = [item for item in KNOWN.records if item.bare.outcome in ("wrong", "rough")]
    nameless = [
        f"{item.road} {item.case}"
        for item in found
        if not any(item.road == road and fits(item.case, pattern) for road, pattern in CAUSES)
    ]
    assert nameless == []
    for road, pattern in CAUSES:
        assert any(item.road == road and fits(item.case, pattern) for item in found), (road, pattern)


def test_what_is_known_is_of_cases_and_rewrites_that_exist() -> None:
    cases = by_id()
    assert {item.case for item in KNOWN.records} <= cases.keys()
    assert {name for item in KNOWN.records for name in (*item.rewrites, *item.cure)} <= REWRITES.keys()
    assert {road.partition("/")[0] for road in KNOWN.roads} <= BACKENDS.keys()


def test_the_page_is_of_these_results() -> None:
    assert (ROOT / "docs" / "probes.md").read_text(encoding="utf-8") == page(KNOWN)
