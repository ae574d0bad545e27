"""What is demanded of an artifact, as data with reasons, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from deploykit.figures import FIGURES
from deploykit.manifest import Verdict
from deploykit.parity.compare import Comparison
from deploykit.precisions import Precision
from deploykit.spec import BoundSpec


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
    **dict.fromkeys(
        ("int8", "int8-dynamic", "int8-weights", "palette-8", "palette-6"),
        Tolerance(
            40.0,
            6.0,
            10.0,
            0.95,
            "40 dB is an error of 1 %, which no task notices; 6 dB below PyTorch with the same integers is twice its "
            "noise; 10 dB is an error of a third",
        ),
    ),
    **dict.fromkeys(
        ("int4-weights", "palette-4", "palette-3", "palette-2", "palette-1"),
        Tolerance(
            30.0,
            6.0,
            5.0,
            0.9,
            "30 dB is an error of 3 %; 6 dB below PyTorch with the same integers is twice its noise; 5 dB is an error "
            "of a half",
        ),
    ),
    "sparse": Tolerance(50.0, 6.0, 20.0, 0.98, "as fp16: zeros that are left out change nothing"),
}


def required_snr_db(precision: Precision, floor_db: float | None, override: BoundSpec | None) -> float:
    """The signal-to-noise ratio that is demanded, in dB."""
    if override is not None and override.snr_db is not None:
        return override.snr_db
    rule = TOLERANCES[precision]
    if floor_db is None:
        return rule.guidance_db
    return max(rule.least_db, min(rule.guidance_db, floor_db - rule.margin_db))


EQUAL_DB = 1.0
"""Less than this below PyTorch at the same precision, and the two are called equal."""


def beside_honest(precision: Precision, snr_db: float | None, floor_db: float | None) -> str:
    """An artifact's figure beside PyTorch's own at that precision, in words; nothing at fp32, which is the reference.

    Args:
        precision: of both.
        snr_db: of the artifact.
        floor_db: of PyTorch.
    """
    if precision == "fp32" or snr_db is None or floor_db is None:
        return ""
    honest = f"honest {precision}, PyTorch's own ({floor_db:.1f} dB)"
    less = floor_db - snr_db
    if less > EQUAL_DB:
        return f"{less:.1f} dB worse than {honest}"
    return f"equals {honest}" if less > -EQUAL_DB else f"better than {honest}"


def judge(
    numbers: Comparison,
    required_db: float,
    precision: Precision,
    metric: dict[str, float],
    override: BoundSpec | None,
) -> tuple[Verdict, str]:
    """The verdict and its reason: what failed, or what was demanded."""
    if numbers.non_finite:
        return "failed", f"{numbers.non_finite} output values are NaN or infinite"
    own = override.agreement if override is not None else None
    wanted = TOLERANCES[precision].min_agreement if own is None else own
    problems = (
        []
        if numbers.snr_db is None or numbers.snr_db >= required_db
        else [f"{numbers.snr_db:.1f} dB is below the {required_db:.1f} dB demanded"]
    )
    problems += [
        f"{figure.demanded} on {share:.1%}; {wanted:.1%} is demanded"
        for name, figure in FIGURES.items()
        if figure.demanded and (share := metric.get(name)) is not None and share < wanted
    ]
    if problems:
        return "failed", "; ".join(problems)
    demanded = f"{wanted:.1%} equal" if numbers.snr_db is None else f"{required_db:.1f} dB"
    return "passed", f"demanded: {demanded}" + (f" ({override.reason})" if override else "")
