"""The checked-in results: what deploykit knows of the converters that it pins."""

from __future__ import annotations

from deploykit.backends import BACKENDS
from deploykit.prepare.rewrites import REWRITES
from deploykit.probes.cases import by_id
from deploykit.probes.known import CAUSES, fits, known, unprobed
from deploykit.probes.page import page
from tests.conftest import ROOT

KNOWN = known()
WRONG = [record for record in KNOWN.records if record.bare.outcome == "wrong"]


def test_the_pinned_versions_are_those_that_were_probed() -> None:
    assert unprobed() == {}, (
        "deploykit probe --out deploykit/probes/known.json, with the roads that docs/probes.md names"
    )


SEEN_IN_NETWORKS = {
    "attention with strides of its own": "a view of the result fails, in networks only",
    "pooling without an idle ceil_mode": "a window in the padding: SSD, GoogLeNet; a GPU takes it: NextViT",
    "constants folded": "a GPU computes wrong what a file computes of constants: XCiT, test_litert_gpu_constants.py",
    "group norm by arithmetic": "a GPU takes it: PoolFormer, test_litert_gpu_taken.py",
    "real functions of integers": "a root of a size, which is an integer",
    "complex numbers as pairs": "the op that makes one is right by itself; what is done with it is not",
    "rank at most 4": "a GPU takes more of it: MobileViT, Swin2SR, docs/accelerator-coverage.md",
    "rows of constants at rank 4": "a GPU computes it wrong: SSDLite, tests/backends/litert/test_litert_gpu_rows.py",
    "padding of rows at rank 4": "a GPU computes it wrong: HaloNet, test_litert_gpu_rows.py",
    "averages over padding as convolutions": "a GPU computes it wrong: CGNet, test_litert_gpu_rows.py",
    "heads along the first axis": "a GPU computes it wrong: LeViT, test_litert_gpu_heads.py",
    "choices along an axis as gathers": "a GPU takes it: topk, docs/accelerator-coverage.md",
    "bicubic resizes as matrix products": "a GPU takes it, and a CPU is faster: SubPixel, docs/accelerator-coverage.md",
}
"""Rewrites of first roads that no probe asks for, and who does."""


def test_every_rewrite_of_a_first_road_is_needed() -> None:
    idle = []
    for name, backend in BACKENDS.items():
        road = f"{name}/{backend.roads[0].name}"
        needed = {
            rewrite
            for item in KNOWN.records
            if item.road == road and item.bare.outcome != "right" and item.final.outcome == "right"
            for rewrite in item.rewrites
        }
        idle += [
            f"{road}: {rewrite}" for rewrite in backend.roads[0].rewrites if rewrite not in {*needed, *SEEN_IN_NETWORKS}
        ]
    assert idle == [], "no probe is wrong or refused without them: take them out, or say what asks for them"


def test_every_silent_mistake_is_cured() -> None:
    left = [f"{item.road} {item.case}" for item in WRONG if item.final.outcome not in ("right", "refused")]
    assert left == [], "a build sees it by parity, and refuses; an exact rewrite would cure it"


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
