"""The page: whole, self-contained, escaped, and showing every verdict."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import report_cases
from report_cases import HOSTILE

from deploykit.manifest import ParityRecord
from deploykit.report.html import html, link, page
from deploykit.report.model import Report
from deploykit.report.rows import headline, rows, worst
from deploykit.report.words import NAMES, REFERENCE_NOTE

CASES: dict[str, Report] = {
    name: getattr(report_cases, name)() for name in ("good", "mixed", "mac", "devices", "hostile", "empty")
}
VOID = {"meta", "img", "br", "link", "input", "hr"}
TEMPLATES = Path(__file__).parents[2] / "templates" / "report"


class Outline(HTMLParser):
    """Checks that tags close in order; keeps what the tests ask for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(params=CASES, name="report")
def _report(request: pytest.FixtureRequest) -> Report:
    return CASES[str(request.param)]


def test_tags_nest_and_ids_are_unique(report: Report) -> None:
    outline = Outline(html(report))
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    anchors = {value[1:] for _, attrs in outline.tags if (value := attrs.get("href") or "").startswith("#")}
    assert anchors <= set(ids)


def test_loads_nothing_and_runs_nothing(report: Report) -> None:
    page = html(report)
    outline = Outline(page)
    assert not {tag for tag, _ in outline.tags} & {"script", "iframe", "object", "embed", "link", "base", "form"}
    for tag, attrs in outline.tags:
        assert not [name for name in attrs if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            value = attrs.get(name)
            assert (
                value is None
                or value.startswith(("#", "../", "data:image/png;base64,"))
                or value.endswith(("report.json", "junit.xml"))
            ), (tag, name, value)
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "http://" not in page
    assert "https://" not in page


def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    assert html(report).encode("utf-8") == html(Report.model_construct(**dict(report))).encode("utf-8")


def test_each_svg_is_well_formed_and_named(report: Report) -> None:
    # Nested drawings have no text between them; the outermost is what a reader meets.
    for drawing in re.findall(r"<svg(?:(?!<svg).|<svg(?:(?!<svg).)*?</svg>)*?</svg>", html(report), flags=re.S):
        root = ElementTree.fromstring(drawing)
        named = root.get("role") == "img" and root.get("aria-label") and root.find("title") is not None
        assert named or root.get("aria-hidden") == "true" or root.find("title") is not None


def test_every_artifact_verdict_is_told(report: Report) -> None:
    page = html(report)
    section = page[page.index('id="verdicts"') : page.index('id="costs"')]
    bodies = re.findall(r'<tbody role="rowgroup" class="(passed|failed|not_run)">(.*?)</tbody>', section, flags=re.S)
    assert len(bodies) == len(report.artifacts)
    for artifact, (verdict, body) in zip(report.artifacts, bodies, strict=True):
        row = worst(report, artifact)
        assert verdict == row.verdict
        assert NAMES[row.verdict] in Outline(body).words
        assert artifact.precision in body
        if row.verdict != "passed":
            assert f'class="callout {row.verdict}"' in body


def test_headlines() -> None:
    good = "All 10 artifacts compute what the PyTorch model computes"
    mixed = "6 of 10 artifacts compute what the PyTorch model computes: 2 do not, 1 could not be made, "
    mixed += "1 could not be checked"
    assert headline(CASES["good"]) == good
    assert headline(CASES["mixed"]) == mixed
    assert headline(CASES["empty"]) == "Nothing was built, so nothing could be checked"
    for name in ("good", "mixed", "empty"):
        assert headline(CASES[name]) in Outline(html(CASES[name])).words


def test_one_artifact_and_none_right() -> None:
    report = CASES["mixed"]
    only = CASES["good"].model_copy(update={"artifacts": CASES["good"].artifacts[:1]})
    assert headline(only) == "The only artifact computes what the PyTorch model computes"
    wrong = report.model_copy(update={"artifacts": report.artifacts[-1:]})
    assert headline(wrong) == "The only artifact does not compute what the PyTorch model computes"
    missing = report.model_copy(update={"artifacts": report.artifacts[3:4]})
    assert headline(missing) == "The only artifact could not be made"


def test_a_pass_needs_a_comparison() -> None:
    """An artifact that claims a pass which nothing shows is not run, on the page and in the headline."""
    report = CASES["good"].model_copy(update={"parity": ()})
    assert {row.verdict for row in rows(report)} == {"not_run"}
    assert headline(report).startswith("None of 10")
    assert "Nothing was compared" in Outline(html(report)).words


def test_the_runs_on_a_mac_have_a_section_of_their_own() -> None:
    words = Outline(html(CASES["mac"])).words
    section = words[words.index("On a Mac Apple's own runtime") : words.index("on real samples")]
    assert section.index("Apple M1, arm64, macOS 14.2") < section.index("Apple M4 Pro, arm64, macOS 26.1")
    assert section.count("Neural Engine 51 ops, 98.1 % of the cost") == 4
    assert "not on the Neural Engine: softmax, gather × 3" in section
    assert "0.41 ms median of 74" in section
    assert "too old" in section
    assert "Core ML sees: unknown (needs macOS 14.4)" in section
    assert "The iOS SDK is not fit to ship: ios_coreml fp32 failed" in words
    assert 'id="mac"' not in html(CASES["good"])


def test_hostile_text_stays_text() -> None:
    page = html(CASES["hostile"])
    assert "<script" not in page
    assert "javascript:" not in page
    assert "\x1b" not in page
    assert HOSTILE in Outline(page).words
    page.encode("utf-8")


def test_reference_runner_is_named_as_such_wherever_it_is_shown() -> None:
    page = html(CASES["good"])
    for name in ("verdicts", "accuracy", "errors", "samples"):
        section = page[page.index(f'id="{name}"') :].split("</section>")[0]
        assert Outline(f"<section {section}</section>").words.replace("&#39;", "'").count(REFERENCE_NOTE) >= 1, name


def test_where_the_gpu_ran_stands_by_its_verdict() -> None:
    words = Outline(html(report_cases.on_gpu())).words
    assert words.count("LiteRT's GPU engine: the same shaders, not the phone's driver") >= 2
    assert "SwiftShader Device (Subzero), in software; fully accelerated" in words
    assert "12 of 80 ops on the CPU" in words
    assert words.count("the SDK leaves the GPU out") == 1
    report = report_cases.good().model_copy(update={"absent": {"litert-gpu": "there is no driver"}})
    assert "Not checked by litert-gpu : there is no driver." in Outline(html(report)).words


def test_missing_figures_and_broken_numbers() -> None:
    odd = ParityRecord(
        target="ios_coreml",
        precision="fp32",
        runner="coreml-reference",
        input="random",
        verdict="failed",
        reason="the output holds NaN",
        snr_db=float("nan"),
        max_abs=float("inf"),
        required_snr_db=70.0,
        floor_snr_db=300.0,
    )
    equal = odd.model_copy(update={"snr_db": 300.0, "max_abs": 0.0, "verdict": "passed", "input": "zeros"})
    page = html(CASES["good"].model_copy(update={"parity": (odd, equal), "errors": (), "samples": ()}))
    assert "not a number" in page
    assert "equal bits" in page
    assert 'id="samples"' not in page


def test_links_lead_out_of_the_report_folder() -> None:
    assert link("artifacts/ios coreml/log.txt") == "../artifacts/ios%20coreml/log.txt"
    assert link("a?b#c\ud800") == "../a%3Fb%23c%3F"


def test_wrong_answers_are_marked() -> None:
    words = Outline(html(CASES["mixed"])).words
    assert "not all agree" in words
    assert "9 ✗ wrong ios_onnx fp16 onnxruntime" in words
    assert "3 ✗ wrong PyTorch and 10 others" in words


@pytest.mark.parametrize("path", sorted(TEMPLATES.iterdir()), ids=lambda path: path.name)
def test_templates_escape_and_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    assert "| safe" not in text
    assert path.suffix == ".css" or ".html" in path.name  # autoescape goes by the name
    assert path.suffix != ".css" or "{{" not in text


def test_gates_that_did_not_pass_are_callouts_and_the_others_stand_by_the_verdict() -> None:
    words = Outline(html(CASES["mixed"])).words
    assert "fp32 twin : on random: 62.1 dB is below the 70.0 dB demanded" in words
    assert "fp32 twin : there is no fp32 twin: TypeError" in words
    assert "✓ interface ✓ fp32 twin" in words


def test_the_op_that_is_to_blame_is_drawn_and_named() -> None:
    (curve,) = page(CASES["mixed"]).curves
    assert len(curve.bars) == 40
    assert curve.worst == pytest.approx(100 * (25 + 0.43) / 40, abs=0.01)
    assert curve.bars[0].height > curve.bars[24].height > curve.bars[25].height == curve.bars[30].height == 0
    words = Outline(html(CASES["mixed"])).words
    assert "Beyond fp16's largest number, 65504: matmul matmul_1_cast_fp16" in words
    assert "efficientvit_mit.py:386" in words
    assert page(CASES["good"]).curves[0].worst is None


def test_what_was_done_before_all_roads_stands_with_its_figures() -> None:
    words = Outline(html(CASES["good"])).words
    assert "✓ done norm folding 0.20 s 3 norms into the layer before (288.4 dB)" in words
    assert "· nothing reparameterisation" in words
    assert (
        "✗ dropped reparameterisation 0.40 s in float64 it is 31.0 dB off (31.0 dB)"
        in Outline(html(CASES["mixed"])).words
    )


def test_what_devices_told_and_what_nobody_told() -> None:
    text = Outline(html(CASES["devices"])).words
    assert "android_litert fp16: Google Pixel 9 google/tokay/tokay:16/BP1A.250305.019" in text
    assert "litert on the CPU, on a device; 30.0 dB are required" in text
    assert "GPU seven ⊘ not run GPU: no such delegate – – – –" in text
    assert "NPU seven ✗ failed 3.5 dB 2.5×10⁻¹ 812.5 ms 1.75 ms" in text
    assert "⊘ not run ios_coreml fp16 on the iOS simulator: nobody has told yet: TEST_RUNNER_SELFTEST=" in text
    assert "ios_coreml fp16 on a Mac" not in text
    assert "On devices" not in Outline(html(CASES["good"])).words
