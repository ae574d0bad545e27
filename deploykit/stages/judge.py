"""One verdict: outputs beside reference outputs. Used by the parity stage and by the import of what a Mac measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deploykit.manifest import ParityRecord
from deploykit.parity.compare import LOG10_EDGES, Comparison, compare, deaf, no_spread
from deploykit.parity.inputs import Draws
from deploykit.parity.metrics import Figures
from deploykit.parity.ranking import align, tied
from deploykit.parity.tolerance import TOLERANCES, beside_honest, judge, required_snr_db
from deploykit.precisions import SCHEMES, Precision
from deploykit.report.model import ErrorProfile
from deploykit.spec import BoundSpec, Contract


def judged(
    blank: ParityRecord,
    reference: Draws,
    outputs: Draws,
    floor: float | None,
    override: BoundSpec | None,
    contract: Contract,
    figures: Figures,
) -> tuple[ParityRecord, ErrorProfile | None]:
    """Fills a record with figures and a verdict.

    Args:
        blank: says what was compared: target, precision, runner, compute units, kind of input.
        reference: eager PyTorch at fp32.
        outputs: of the runner.
        floor: the noise floor in dB, if there is one.
        override: the project's own bound, if it has one.
        contract: says which outputs are rankings.
        figures: of the task, on samples.
    """
    ranked = _ranked(contract)
    why = no_spread(reference) or (deaf(reference) if blank.input == "random" else None) or tied(reference, ranked)
    if why:
        return blank.model_copy(update={"verdict": "not_run", "reason": why}), None
    try:
        numbers, rows = _numbers(reference, outputs, ranked)
    except ValueError as error:
        return blank.model_copy(update={"verdict": "failed", "reason": str(error)}), None
    required = required_snr_db(blank.precision, floor, override)
    equal = {"row_agreement": rows} if ranked else {}
    equal |= {} if numbers.index_agreement is None else {"index_agreement": numbers.index_agreement}
    verdict, reason = judge(numbers, required, blank.precision, equal | figures, override)
    if beside := beside_honest(blank.precision, numbers.snr_db, floor):
        reason = f"{reason}; {beside}"
    record = ParityRecord(
        target=blank.target,
        precision=blank.precision,
        runner=blank.runner,
        compute_units=blank.compute_units,
        input=blank.input,
        draws=len(next(iter(reference.values()))),
        verdict=verdict,
        reason=reason,
        snr_db=None if numbers.snr_db is None else round(numbers.snr_db, 2),
        max_abs=numbers.max_abs,
        max_rel=numbers.max_rel,
        floor_snr_db=None if floor is None else round(floor, 2),
        required_snr_db=None if numbers.snr_db is None else round(required, 2),
        metric={name: round(value, 6) for name, value in (equal | figures).items()},
        accelerator=blank.accelerator,
    )
    profile = ErrorProfile(
        target=blank.target,
        precision=blank.precision,
        runner=blank.runner,
        compute_units=blank.compute_units,
        input=blank.input,
        log10_edges=LOG10_EDGES,
        counts=numbers.histogram,
        exact=numbers.exact,
    )
    return record, profile


def noise_floor(reference: Draws, yardstick: Draws, contract: Contract) -> float | None:
    """PyTorch at another precision beside the reference, in dB; None where there are no floating point outputs."""
    return _numbers(reference, yardstick, _ranked(contract))[0].snr_db


FLOOR_OF: dict[Precision, tuple[str, ...]] = {
    **{precision: (precision, "fp16") for precision in SCHEMES},
    "fp32": ("fp64", "nudged"),
}
"""Which runs of PyTorch the noise floor of a precision is read from, the lowest of them; the reference is fp32.

What integers leave of a network is computed in float16 on some backends."""


def floor_of(
    precision: Precision, reference: Draws, yardsticks: Mapping[str, Mapping[str, Draws]], kind: str, contract: Contract
) -> float | None:
    """The noise floor of a precision on one kind of input, in dB; None where there is nothing to read it from.

    Args:
        precision: of the artifact.
        reference: eager PyTorch at fp32, on this kind of input.
        yardsticks: other runs of PyTorch: name → kind of input → draws.
        kind: of input.
        contract: says which outputs are rankings.
    """
    found = [yardsticks[name][kind] for name in FLOOR_OF[precision] if kind in yardsticks.get(name, {})]
    floors = (noise_floor(reference, draws, contract) for draws in found)
    return min((floor for floor in floors if floor is not None), default=None)


def meaningless(reference: Draws, floor: Callable[[], float | None]) -> str | None:
    """Why no artifact can be judged on an input: PyTorch's own answer has no spread, or is rounding noise, as behind a
    norm over a constant. None if it is more than that.

    Args:
        reference: eager PyTorch at fp32, on this kind of input.
        floor: works out the noise floor at fp32, in dB; not asked where there is no spread, of which it says nothing.
    """
    if why := no_spread(reference):
        return why
    own, least = floor(), TOLERANCES["fp32"].least_db
    if own is None or own >= least:
        return None
    agree = f"it agrees with itself to {own:.1f} dB, and below {least:.0f} dB nothing can be said"
    return f"PyTorch's own answer is noise on this input: {agree}"


def _ranked(contract: Contract) -> tuple[str, ...]:
    return tuple(name for name, spec in contract.outputs.items() if spec.type == "tensor" and spec.ranked)


def _numbers(reference: Draws, outputs: Draws, ranked: tuple[str, ...]) -> tuple[Comparison, float]:
    """The comparison, and the share of rows of rankings that are right; rankings are brought into one order first."""
    if {name: v.shape for name, v in outputs.items()} != {name: v.shape for name, v in reference.items()}:
        return compare(reference, outputs), 0.0  # which says what differs
    aligned, rows = align(reference, outputs, ranked)
    return compare(reference, aligned), rows
