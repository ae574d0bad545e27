"""The strips of the page: widths, heights, and what is said of them."""

from __future__ import annotations

import re

import pytest

from deploykit.coverage import AcceleratorCoverage, Coverage, PlacedOp, Refusal
from deploykit.report.accelerators import figures
from deploykit.report.html import html
from deploykit.report.model import Report
from tests.report.report_cases import HOSTILE, good

OPS = tuple(
    PlacedOp(op=op, name=f"t{place}", macs=macs, origin=f"model.py:{place}")
    for place, (op, macs) in enumerate([("CONV_2D", 600), ("RELU", 0), ("RESHAPE", 0), ("CONV_2D", 300), ("FC", 100)])
)


def accelerator(name: str, verdicts: str, **more: object) -> AcceleratorCoverage:
    said = {
        "title": name.upper(),
        "evidence": "documentation",
        "source": "https://example.org/gpu",
        "version": "1",
        "taken": verdicts.count("t"),
        "left": verdicts.count("l"),
        "unknown": verdicts.count("u"),
        "partitions": 1,
        "possible": 1,
        "macs_share": 0.6,
    }
    return AcceleratorCoverage.model_validate({"name": name, "verdicts": verdicts, **said, **more})


def report(*accelerators: AcceleratorCoverage) -> Report:
    """The good report, where LiteRT's first artifact was looked at."""
    coverage = Coverage(ops=OPS, macs=1000, accelerators=accelerators)
    made = good()
    first = next(a for a in made.artifacts if a.target == "android_litert")
    artifacts = tuple(a.model_copy(update={"coverage": coverage}) if a is first else a for a in made.artifacts)
    return made.model_copy(update={"artifacts": artifacts})


CUT = Refusal(op="RESHAPE", reason="rank 6", count=1, cuts=1, origins=("model.py:2 `x`",), folklore=True)
GPU = accelerator("litert_gpu", "ttnll", limit=1, possible=2, refusals=(CUT,))


def test_runs_fill_the_strip_and_wide_is_where_the_work_is() -> None:
    ((strip,),) = [figure.strips for figure in figures(report(GPU).artifacts)]
    assert [run.kind for run in strip.runs] == ["taken", "refused", "left"]
    assert sum(run.width for run in strip.runs) == pytest.approx(100)
    assert [run.width for run in strip.runs] == [80 * 0.6 + 8, 4, 80 * 0.4 + 8]
    assert [run.x for run in strip.runs] == [0, 56, 60]
    assert strip.runs[0].title == "2 ops, CONV_2D to RELU: taken, 60.0 % of the multiply-adds"
    assert len({run.height for run in strip.runs}) == 3  # told apart without colours


def test_the_page_says_it_in_words_and_links_nowhere() -> None:
    page = html(report(GPU))
    section = page[page.index('id="accelerators"') : page.index('id="accuracy"')]
    assert 'aria-label="LITERT_GPU: 2 of 5 ops in 1 part, 60.0 % of the multiply-adds"' in section
    assert "RESHAPE: rank 6 (folklore)" in section
    assert "cuts the graph" in section
    assert "model.py:2 `x`" in section
    assert "2 ops left to the CPU: of 2 parts only the largest one is handed over" in section
    assert "example.org/gpu; 1" in section
    assert not re.search(r"https?:", section)


def test_nobody_can_say_is_no_number() -> None:
    section = html(report(accelerator("litert_npu", "uuuuu")))
    assert "LITERT_NPU: nobody can say" in section


def test_only_what_the_target_names_is_shown_and_text_is_escaped() -> None:
    other = accelerator("nnapi", "ttttt")
    hostile = accelerator("litert_gpu", "ntttt", refusals=(Refusal(op="X", reason=HOSTILE, count=1),))
    (figure,) = figures(report(hostile, other).artifacts)
    assert [strip.title for strip in figure.strips] == ["LITERT_GPU"]
    assert "<script>" not in html(report(hostile, other))


def test_a_report_without_coverage_has_no_section_and_no_new_key() -> None:
    assert 'id="accelerators"' not in html(good())
    assert "coverage" not in good().model_dump_json()
