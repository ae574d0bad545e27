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
    min_top1_agreement: float
    """On the project's samples."""
    source: str


TOLERANCES: dict[Precision, Tolerance] = {
    "fp32": Tolerance(
        70.0,
        15.0,
        0.999,
        "70 dB: published PSNR guidance for fp32 conversions; 15 dB below float32-against-float64 covers reordered "
        "sums, measured over 45 networks with a reference execution",
    ),
    "fp16": Tolerance(
        50.0,
        6.0,
        0.98,
        "50 dB: published PSNR guidance for fp16 conversions; 6 dB below PyTorch in fp16 covers what fp16 accumulation "
        "costs, measured over 12 networks",
    ),
}


def required_snr_db(precision: Precision, floor_db: float | None, override: ToleranceSpec | None) -> float:
    """The signal-to-noise ratio that is demanded, in dB."""
    if override is not None:
        return override.snr_db
    rule = TOLERANCES[precision]
    return rule.guidance_db if floor_db is None else min(rule.guidance_db, floor_db - rule.margin_db)


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
    if numbers.snr_db < required_db:
        return "failed", f"{numbers.snr_db:.1f} dB is below the {required_db:.1f} dB demanded"
    agreement, wanted = metric.get("top1_agreement"), TOLERANCES[precision].min_top1_agreement
    if agreement is not None and agreement < wanted:
        return (
            "failed",
            f"the best label agrees with PyTorch's on {agreement:.1%} of the samples; {wanted:.1%} is demanded",
        )
    return "passed", f"demanded: {required_db:.1f} dB" + (f" ({override.reason})" if override else "")
