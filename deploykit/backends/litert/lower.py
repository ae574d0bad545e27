"""ExportedProgram → `.tflite`, by litert-torch."""

from __future__ import annotations

from pathlib import Path

import litert_torch
import torch

from deploykit.backends.base import LowerRequest
from deploykit.backends.litert.half import weights_to_fp16


def from_litert_torch(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """litert-torch keeps the names of keyword inputs and dict outputs as the signature's names."""
    path = request.folder / f"{request.name}.tflite"
    _, inputs = program.example_inputs
    litert_torch.convert(program.module(), sample_kwargs=inputs).export(str(path))
    if request.precision == "fp16":
        weights_to_fp16(path)
    return path
