"""One network through one road of a backend, as a build does it: rewritten, lowered, saved, opened and run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from benchmarks.coreml_reference.subject import Subject, run, subject_of
from deploykit.backends import BACKENDS, RUNNERS
from deploykit.manifest import Interface
from deploykit.parity.compare import compare
from deploykit.precisions import Precision
from deploykit.prepare.rewriting import rewrite


@dataclass(frozen=True)
class Way:
    """What came of it."""

    snr: float
    used: tuple[str, ...]
    file: Path
    interface: Interface


def go(
    subject: Subject,
    backend: str,
    folder: Path,
    road: int = 0,
    precision: Precision = "fp32",
    rewrites: tuple[str, ...] | None = None,
) -> Way:
    """The signal-to-noise ratio against eager PyTorch, in dB, and what was used on the way.

    Args:
        subject: what to lower.
        backend: of `BACKENDS`.
        folder: where the file goes; made here.
        road: which of the backend's roads.
        precision: of the file.
        rewrites: in place of the road's own.
    """
    entry = BACKENDS[backend].roads[road]
    program, used = rewrite(subject.program, entry.rewrites if rewrites is None else rewrites)
    file = entry.function(program, subject.request(precision, folder))
    with RUNNERS[{"onnx": "onnxruntime"}.get(backend, "tflite")].open(file) as runner:
        outputs = run(runner, subject.inputs)
    snr = compare(subject.reference, outputs).snr_db
    return Way(float("inf") if snr is None else snr, used, file, BACKENDS[backend].read_interface(file))


def subject(network: nn.Module, *examples: torch.Tensor) -> Subject:
    """A small network, made alive."""
    torch.manual_seed(0)
    return subject_of("tiny", network.eval(), examples)
