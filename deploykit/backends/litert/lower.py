"""ExportedProgram → `.tflite`, by litert-torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import litert_torch
import torch

from deploykit.backends.base import LowerRequest
from deploykit.backends.litert.half import weights_to_fp16
from deploykit.backends.litert.runner import SIGNATURE
from deploykit.backends.origins import modules_of, write_origins

_TFL_OPS = "LITERT_TORCH_FULL_TFL_DECOMPS"
"""Has litert-torch lower by a table of its own from ATen to TFLite's ops, and not by way of StableHLO."""


def from_litert_torch(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """litert-torch keeps the names of keyword inputs and dict outputs as the signature's names.

    Where the contract lists sizes, the file has a signature for each; they share their weights.
    """
    path = request.folder / f"{request.name}.tflite"
    write_origins(modules_of(program, request.source), request.folder)
    if request.others:
        converter: Any = litert_torch
        for name, each in {SIGNATURE: program, **request.others}.items():
            converter = converter.signature(name, each.module(), sample_kwargs=each.example_inputs[1])
        converter.convert().export(str(path))
    else:
        _, inputs = program.example_inputs
        litert_torch.convert(program.module(), sample_kwargs=inputs).export(str(path))
    if request.precision == "fp16":
        weights_to_fp16(path)
    return path


def from_decomposed(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """litert-torch after the decomposition to core ATen: it has no composite ops to recognise then."""
    others = {name: each.run_decompositions() for name, each in request.others.items()}
    return from_litert_torch(program.run_decompositions(), replace(request, others=others))


def from_tfl_ops(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """litert-torch by its other lowering, which shares few of the first one's faults."""
    with _environment(_TFL_OPS, "1"):
        return from_litert_torch(program, request)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
