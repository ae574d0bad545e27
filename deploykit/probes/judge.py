"""Whether outputs are right: against eager fp32, and no stricter than what PyTorch's own rounding allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deploykit.backends.base import Tensors
from deploykit.parity.compare import SNR_CAP_DB, snr_db
from deploykit.probes.results import Finding

RIGHT_DB = 100.0
"""One op at fp32 keeps five digits easily; 120 to 150 dB are usual."""
MARGIN_DB = 15.0
"""Below PyTorch's own noise: what reordered sums cost, as of a whole model (`parity.tolerance`)."""
LEAST_DB = 60.0
"""Below this it is another function, wherever the floor is: rounding that jumps (a floor, a cast) excuses nothing."""


def judge(reference: Tensors, exact: Tensors | None, outputs: Tensors) -> Finding:
    """The verdict, without its time.

    Args:
        reference: eager PyTorch's outputs at fp32.
        exact: the same at fp64, or None where the op cannot run there.
        outputs: of the saved file.
    """
    problems: list[str] = []
    rough: list[str] = []
    ratios: list[float] = []
    errors: list[float] = []
    needed = RIGHT_DB
    if missing := reference.keys() - outputs.keys():
        return Finding(outcome="wrong", reason=f"the file has no output {', '.join(sorted(missing))}")
    for name, wanted in reference.items():
        got = outputs[name]
        if got.shape != wanted.shape:
            problems.append(f"{name} is {list(got.shape)}, should be {list(wanted.shape)}")
            continue
        if wanted.dtype.kind != "f":
            off = np.abs(got.astype(np.float64) - wanted.astype(np.float64))
            errors.append(float(off.max(initial=0.0)))
            if off.any():
                problems.append(f"{name}: {np.count_nonzero(off)} of {off.size} {wanted.dtype} values differ")
            continue
        floor = SNR_CAP_DB if exact is None else _ratio(exact[name], wanted)
        required = max(LEAST_DB, min(RIGHT_DB, floor - MARGIN_DB))
        if not _same_specials(wanted, got):
            problems.append(f"{name}: NaN or infinity in other places")
        ratio = _ratio(wanted, got)
        finite = np.isfinite(wanted) & np.isfinite(got)
        errors.append(float(np.abs(got[finite].astype(np.float64) - wanted[finite]).max(initial=0.0)))
        if not ratios or ratio - required < min(ratios) - needed:
            needed = required
        ratios.append(ratio)
        if ratio < required:
            (problems if ratio < LEAST_DB else rough).append(f"{name}: {ratio:.1f} dB")
    return Finding(
        outcome="wrong" if problems else "rough" if rough else "right",
        snr_db=round(min(ratios), 1) if ratios else None,
        max_abs=float(f"{max(errors):.3g}") if errors else None,
        required_db=round(needed, 1) if ratios and needed < RIGHT_DB else None,
        reason="; ".join(problems + rough),
    )


def _same_specials(wanted: NDArray[np.floating], got: NDArray[np.floating]) -> bool:
    special = ~np.isfinite(wanted)
    return bool(
        np.array_equal(special, ~np.isfinite(got)) and np.array_equal(wanted[special], got[special], equal_nan=True)
    )


def _ratio(wanted: NDArray[np.floating], got: NDArray[np.floating]) -> float:
    """Signal-to-noise over what is finite in both."""
    finite = np.isfinite(wanted) & np.isfinite(got)
    signal = wanted[finite].astype(np.float64)
    return snr_db(signal, got[finite].astype(np.float64) - signal)
