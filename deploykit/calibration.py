"""The inputs that ranges of activations are read from: which, how many, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deploykit.errors import SampleError
from deploykit.manifest import CalibrationRecord
from deploykit.parity.inputs import Draws
from deploykit.project import Project
from deploykit.samples import Sample, read_some_samples, spread

KIND = "samples"
"""What calibration inputs are called where draws have kinds."""


def calibration_draws(
    project: Project, samples: Sequence[Sample], noise: Draws, load: Callable[[str, Path], Any]
) -> tuple[Draws, CalibrationRecord]:
    """Inputs to calibrate with, at the default sizes.

    Args:
        project: says where they are, and how many are wanted.
        samples: of `[build]`, which are taken where `[quantize]` names none.
        noise: random inputs, where there are no samples at all.
        load: gives the object that `file.py:name` stands for.

    Returns:
        The draws by input, and what the manifest says of them.

    Raises:
        SampleError: if they cannot be read, do not fit the contract, or are not finite.
    """
    spec, contract = project.spec.quantize, project.contract
    source, left_out = spec.samples or project.spec.build.samples, tuple[str, ...]()
    if source is None:
        return noise, CalibrationRecord(source="random noise", count=len(next(iter(noise.values()))), noise=True)
    found, of = [samples[place] for place in spread(len(samples), spec.count)], len(samples)
    if spec.samples is not None:
        given = project.root, contract, load, spec.unreadable, spec.count
        some, left_out, of = read_some_samples(spec.samples, *given)
        found = list(some)
    tensors = [(sample.name, sample.tensors(contract)) for sample in found]
    if bad := [f"{name}: {key}" for name, of in tensors for key, v in of.items() if not np.isfinite(v).all()]:
        raise SampleError(f"calibration inputs of {source!r} have values that are NaN or infinite: {', '.join(bad)}")
    default = {name: v.shape[1:] for name, v in noise.items()}
    fitting = [of for _, of in tensors if {name: v.shape for name, v in of.items()} == default]
    if not fitting:
        raise SampleError(f"no calibration input of {source!r} has the contract's default sizes")
    draws = {name: np.stack([of[name] for of in fitting]) for name in contract.inputs}
    return draws, CalibrationRecord(source=source, count=len(fitting), of=of, left_out=left_out)


def told(record: CalibrationRecord) -> str:
    """Where ranges come from, as a note for the report."""
    left_out = f" Left out, since they cannot be read: {'; '.join(record.left_out)}." if record.left_out else ""
    of = f" of {record.of:,}" if record.of not in (None, record.count) else ""
    return f"The ranges of int8 activations come from {record.count:,}{of} inputs of {record.source}.{left_out}"
