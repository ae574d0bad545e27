"""Compares outputs with reference outputs. NumPy only; never runs a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deploykit.parity.inputs import Draws

SNR_CAP_DB = 300.0
"""What equal bits are given in place of infinity, so that figures stay numbers in JSON."""

LOG10_EDGES = tuple(float(e) for e in range(-12, 4))


@dataclass(frozen=True)
class Comparison:
    """The figures of one comparison; they are kept whatever the verdict."""

    snr_db: float | None
    """Of the floating point outputs; None where there are none."""
    max_abs: float
    max_rel: float
    non_finite: int
    """Number of NaN or infinite values in the outputs compared."""
    histogram: tuple[int, ...]
    """Counts of log10 |error| between `LOG10_EDGES`; errors beyond them are counted in the outer bins."""
    exact: int
    """Number of values without any error."""
    index_agreement: float | None = None
    """Share of equal values of the worst integer output (indices, class maps); None where there are none."""


def compare(reference: Draws, outputs: Draws) -> Comparison:
    """Compares all draws of all outputs; where there are several outputs, the worst one's figures count.

    Raises:
        ValueError: if names or shapes differ, with both.
    """
    if set(reference) != set(outputs):
        raise ValueError(f"outputs are called {sorted(outputs)}, the reference's {sorted(reference)}")
    ratios: list[float] = []
    shares: list[float] = []
    max_abs, max_rel, bad, exact = 0.0, 0.0, 0, 0
    histogram = np.zeros(len(LOG10_EDGES) - 1, dtype=np.int64)
    for name, expected in reference.items():
        if outputs[name].shape != expected.shape:
            raise ValueError(f"output {name} is {outputs[name].shape[1:]}, the reference {expected.shape[1:]}")
        if expected.dtype.kind != "f":
            # How far an index is off says nothing, and 20 dB of class numbers nothing either: equal or not.
            equal = outputs[name] == expected
            shares.append(float(equal.mean()))
            exact += int(equal.sum())
            continue
        want, got = expected.astype(np.float64), outputs[name].astype(np.float64)
        finite = np.isfinite(got)
        bad += int((~finite).sum())
        error = np.abs(np.where(finite, got, 0.0) - want)
        ratios.append(snr_db(want, error))
        max_abs = max(max_abs, float(error.max(initial=0.0)))
        max_rel = max(
            max_rel, float(error.max(initial=0.0) / max(np.abs(want).max(initial=0.0), np.finfo(np.float64).tiny))
        )
        exact += int((error == 0).sum())
        logs = np.clip(np.log10(error[error > 0]), LOG10_EDGES[0], LOG10_EDGES[-1])
        histogram += np.histogram(logs, bins=LOG10_EDGES)[0]
    return Comparison(
        min(ratios, default=None),
        max_abs,
        max_rel,
        bad,
        tuple(int(c) for c in histogram),
        exact,
        min(shares, default=None),
    )


def snr_db(reference: np.ndarray, error: np.ndarray) -> float:
    """Signal-to-noise ratio: 10·log10(Σ reference² / Σ error²), at most `SNR_CAP_DB`, at least its negative."""
    signal, noise = float(np.square(reference).sum()), float(np.square(error).sum())
    if noise == 0.0:
        return SNR_CAP_DB
    if signal == 0.0:
        return -SNR_CAP_DB
    return float(np.clip(10 * np.log10(signal / noise), -SNR_CAP_DB, SNR_CAP_DB))


def no_spread(reference: Draws) -> str | None:
    """Why a reference proves nothing, or None: a comparison with a constant passes whatever the artifact computes."""
    floats = {name: values for name, values in reference.items() if values.dtype.kind == "f"}
    for name, values in (floats or reference).items():
        wide = values.astype(np.float64)
        if not np.isfinite(wide).all():
            return f"PyTorch's own output {name} holds NaN or infinity"
        largest = float(np.abs(wide).max(initial=0.0))
        if largest == 0.0:
            return f"PyTorch's own output {name} is all zeros, so any comparison would say nothing"
        if wide[0].size > 1 and float(wide.std()) < 1e-6 * largest:
            return (
                f"PyTorch's own output {name} has no spread (std {wide.std():.1e}), so any comparison would say nothing"
            )
    return None


def deaf(reference: Draws) -> str | None:
    """Why random draws prove nothing, or None: a network that gives the same output whatever it is given."""
    if all(
        len(v) > 1 and float(np.ptp(v.astype(np.float64), axis=0).max(initial=0.0)) == 0.0 for v in reference.values()
    ):
        return "PyTorch's own output is the same for every random input, so any comparison would say nothing"
    return None
