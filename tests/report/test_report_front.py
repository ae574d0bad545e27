"""Size against accuracy, on the page: where the marks lie, which line joins them, and what is said."""

from __future__ import annotations

import pytest

from deploykit.manifest import ParityRecord, Verdict
from deploykit.precisions import Precision
from deploykit.report.front import fronts
from deploykit.report.html import html
from deploykit.report.model import ArtifactRecord, Report, SdkRecord
from tests.report.report_cases import good

MADE: dict[Precision, tuple[int, float, Verdict]] = {
    "fp32": (10_000_000, 0.975, "passed"),
    "fp16": (5_100_000, 0.975, "passed"),
    "int8": (2_700_000, 0.972, "passed"),
    "int8-dynamic": (2_800_000, 0.961, "passed"),
    "int4-weights": (1_500_000, 0.31, "failed"),
}


def swept(metric: bool = True) -> Report:
    """A report of a sweep over two targets that share their files."""
    artifacts, parity = [], []
    for target in ("android_litert", "android_tflite"):
        for precision, (size, share, verdict) in MADE.items():
            artifacts.append(
                ArtifactRecord(
                    target=target,
                    target_title=target,
                    backend="litert",
                    precision=precision,
                    verdict=verdict,
                    path=f"artifacts/{target}/{precision}/m.tflite",
                    bytes=size,
                    sha256="0" * 64,
                    road="litert-torch",
                    roads_tried=(),
                    log=None,
                )
            )
            parity.append(
                ParityRecord(
                    target=target,
                    precision=precision,
                    runner="tflite",
                    input="samples" if metric else "random",
                    verdict=verdict,
                    snr_db=share * 40,
                    metric={"top1_accuracy": share, "reference_top1_accuracy": 0.975} if metric else {},
                )
            )
    sdk = SdkRecord(
        platform="android",
        language="kotlin",
        written=True,
        target="android_litert",
        precision="int8",
        path="android",
        reason="android_litert at int8 is the smallest with at least 97.0% right",
    )
    return good().model_copy(update={"artifacts": tuple(artifacts), "parity": tuple(parity), "sdks": (sdk,)})


def test_one_mark_for_a_file_that_targets_share_and_a_line_through_what_is_worth_having() -> None:
    (panel,) = fronts(swept())
    assert panel.platform == "Android"
    assert len(panel.points) == len(MADE)
    named = {point.label for point in panel.points if point.label}
    assert named == {"int8", "fp16", "int4-weights"}
    assert len(panel.steps) == 2
    (shipped,) = (point for point in panel.points if point.shipped)
    assert shipped.title == "android_litert and android_tflite int8: 2.7 MB, 97.2 %, passed"
    (beyond,) = (point for point in panel.points if point.beyond)
    assert beyond.title.endswith("31.0 %, failed")
    assert beyond.y == max(point.y for point in panel.points)
    assert panel.reference_label == "PyTorch 97.5 %"
    sizes = sorted(panel.points, key=lambda point: point.x)
    assert [point.title.split()[3] for point in sizes] == ["int4-weights:", "int8:", "int8-dynamic:", "fp16:", "fp32:"]
    assert all(0 <= point.x <= 100 and 0 <= point.y <= 100 for point in panel.points)


def test_without_samples_it_is_measured_in_db() -> None:
    (panel,) = fronts(swept(metric=False))
    assert panel.metric == "signal-to-noise ratio"
    assert panel.reference is None
    assert panel.y[0].label == "38.4 dB"


def test_the_page_has_the_picture_and_says_why_something_is_shipped() -> None:
    page = html(swept())
    assert "Size against accuracy" in page
    assert "android_litert at int8 is the smallest with at least 97.0% right." in page
    assert page == html(swept())


@pytest.mark.parametrize("kept", [("fp32", "fp16"), ("fp32", "int8")])
def test_few_artifacts_and_plain_builds_have_none(kept: tuple[Precision, ...]) -> None:
    report = swept()
    some = tuple(a for a in report.artifacts if a.precision in kept and a.target == "android_litert")
    assert fronts(report.model_copy(update={"artifacts": some})) == ()
    assert "Size against accuracy" not in html(good())
