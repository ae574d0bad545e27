"""What is demanded of an artifact, as data with reasons, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from deploykit.manifest import Verdict
from deploykit.parity.compare import Comparison
from deploykit.spec import Precision, ToleranceSpec


@dataclass(frozen=True)
class Tolerance:
    """Demanded is the published figure, or the noise floor less a margin where a network's floor lies lower."""

    guidance_db: float
    """Signal-to-noise that published guidance calls a good conversion."""
    margin_db: float
    """How far below PyTorch's own noise at this precision an artifact may be."""
    least_db: float
    """Demanded even where the floor is lower: PyTorch overflowing at this precision, too, makes no artifact right."""
    min_agreement: float
    """Share of equal answers: best labels on the project's samples, index outputs, rows of rankings."""
    source: str


TOLERANCES: dict[Precision, Tolerance] = {
    "fp32": Tolerance(
        70.0,
        15.0,
        30.0,
        0.999,
        "70 dB: published PSNR guidance for fp32 conversions; 15 dB below float32-against-float64 covers reordered "
        "sums, measured over 45 networks with a reference execution; 30 dB is an error of 3 %",
    ),
    "fp16": Tolerance(
        50.0,
        6.0,
        20.0,
        0.98,
        "50 dB: published PSNR guidance for fp16 conversions; 6 dB below PyTorch in fp16 covers what fp16 accumulation "
        "costs, measured over 12 networks; 20 dB is an error of 10 %",
    ),
}


AGREEMENTS = {
    "top1_agreement": "the best label agrees with PyTorch's",
    "index_agreement": "index outputs agree with PyTorch's (if their rows are a ranking, say ranked = true)",
    "row_agreement": "rows of the ranked outputs are among PyTorch's",
}
"""Figures that are shares of equal answers, in words."""


def required_snr_db(precision: Precision, floor_db: float | None, override: ToleranceSpec | None) -> float:
    """The signal-to-noise ratio that is demanded, in dB."""
    if override is not None:
        return override.snr_db
    rule = TOLERANCES[precision]
    if floor_db is None:
        return rule.guidance_db
    return max(rule.least_db, min(rule.guidance_db, floor_db - rule.margin_db))


def judge(
    numbers: Comparison,
    required_db: float,
    precision: Precision,
    metric: dict[str, float],
    override: ToleranceSpec | None,
) -> tuple[Verdict, str]:
    """The verdict and its reason: what failed, or what was demanded."""
    if numbers.non_finite:
        return "failed", f"{numbers.non_finite} output values are NaN or infinite"
    wanted = TOLERANCES[precision].min_agreement
    problems = (
        []
        if numbers.snr_db is None or numbers.snr_db >= required_db
        else [f"{numbers.snr_db:.1f} dB is below the {required_db:.1f} dB demanded"]
    )
    problems += [
        f"{text} on {share:.1%}; {wanted:.1%} is demanded"
        for name, text in AGREEMENTS.items()
        if (share := metric.get(name)) is not None and share < wanted
    ]
    if problems:
        return "failed", "; ".join(problems)
    demanded = f"{wanted:.1%} equal" if numbers.snr_db is None else f"{required_db:.1f} dB"
    return "passed", f"demanded: {demanded}" + (f" ({override.reason})" if override else "")
