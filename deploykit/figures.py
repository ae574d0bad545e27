"""The figures by which a task measures an answer: what they are called, in which unit they are, and what is better."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

REFERENCE = "reference_"
"""Before the name of a figure: PyTorch's own, beside the truth."""


@dataclass(frozen=True)
class Figure:
    """One of them.

    Attributes:
        short: in a few words, with a place for the value.
        long: what a share is a share of, or what is measured.
        unit: of the value.
        demanded: the words of a verdict that does not find enough of it; empty where none is demanded.
        of_truth: whether it is measured beside what is right, else beside PyTorch's answer.
        more: whether more of it is better.
    """

    short: str
    long: str
    unit: Literal["share", "dB", "index", "distance"] = "share"
    demanded: str = ""
    of_truth: bool = False
    more: bool = True

    @property
    def title(self) -> str:
        """What is measured, without a value."""
        return self.short.format("").strip()


FIGURES = {
    "top1_accuracy": Figure("{} right", "right on the project's samples", of_truth=True),
    "map": Figure("mAP {}", "mean average precision on the project's samples (IoU 0.5 to 0.95)", of_truth=True),
    "miou": Figure("mIoU {}", "mean intersection over union on the project's samples", of_truth=True),
    "keypoint_accuracy": Figure("{} points right", "points within 5 % of the pose's size", of_truth=True),
    "token_accuracy": Figure("{} tokens right", "right tokens on the project's samples", of_truth=True),
    "psnr": Figure("PSNR {}", "peak signal-to-noise ratio beside the true pictures", "dB", of_truth=True),
    "top1_agreement": Figure(
        "{} same answer",
        "same answers as PyTorch on the project's samples",
        demanded="the best label agrees with PyTorch's",
    ),
    "box_agreement": Figure(
        "{} same boxes",
        "same boxes as PyTorch on the project's samples",
        demanded="boxes agree with PyTorch's (same label, half overlapping)",
    ),
    "miou_agreement": Figure(
        "{} same areas",
        "mean intersection over union with PyTorch's classes",
        demanded="areas agree with PyTorch's (mean intersection over union)",
    ),
    "keypoint_agreement": Figure(
        "{} same points",
        "points within 5 % of where PyTorch has them",
        demanded="points are where PyTorch has them (within 5 % of the pose's size)",
    ),
    "token_agreement": Figure(
        "{} same tokens",
        "same tokens as PyTorch on the project's samples",
        demanded="the most likely token agrees with PyTorch's",
    ),
    "cosine": Figure(
        "cosine {}",
        "cosine similarity with PyTorch's vectors",
        "index",
        demanded="vectors agree with PyTorch's (mean cosine)",
    ),
    "row_agreement": Figure(
        "{} ranked rows found",
        "of PyTorch's ranked rows found",
        demanded="rows of the ranked outputs are among PyTorch's",
    ),
    "index_agreement": Figure(
        "{} indices equal",
        "of PyTorch's indices",
        demanded="index outputs agree with PyTorch's (if their rows are a ranking, say ranked = true)",
    ),
    "psnr_agreement": Figure("PSNR beside PyTorch {}", "peak signal-to-noise ratio beside PyTorch's pictures", "dB"),
    "ssim": Figure("SSIM {}", "structural similarity with the true pictures", "index", of_truth=True),
    "ssim_agreement": Figure("SSIM beside PyTorch {}", "structural similarity with PyTorch's pictures", "index"),
    "map50": Figure("mAP50 {}", "mean average precision at an IoU of 0.5", of_truth=True),
    "top5_accuracy": Figure("{} right among five", "right label among the best five", of_truth=True),
    "top5_agreement": Figure("{} same among five", "PyTorch's best label among the best five"),
    "box_iou": Figure("IoU of boxes {}", "mean intersection over union of boxes with PyTorch's", "index"),
    "keypoint_error": Figure(
        "{} off the true points", "mean distance to the true points", "distance", of_truth=True, more=False
    ),
    "keypoint_distance": Figure("{} off PyTorch's points", "mean distance to PyTorch's points", "distance", more=False),
}
"""The most telling first. Distances are in the output's own unit, as a rule pixels."""


def main_figures(have: Iterable[str]) -> tuple[str | None, str | None]:
    """The most telling figure beside the truth, and the most telling one beside PyTorch, of those that there are."""
    names = set(have)
    of_truth, beside = (
        next((name for name, figure in FIGURES.items() if name in names and figure.of_truth == kind), None)
        for kind in (True, False)
    )
    return of_truth, beside


def worst(name: str, values: Sequence[float]) -> float:
    """Of several values of a figure."""
    return min(values) if FIGURES[name.removeprefix(REFERENCE)].more else max(values)
