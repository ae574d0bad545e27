"""PyTorch itself, in eager mode: the reference at fp32, and the yardstick at other precisions."""

from __future__ import annotations

import copy
from typing import Literal

import torch
from torch import nn

from deploykit.backends.base import Runner, Tensors
from deploykit.errors import ArtifactError

DTYPES = {"fp64": torch.float64, "fp32": torch.float32, "fp16": torch.float16}


class EagerRunner(Runner):
    """A module that takes and gives tensors by name, cast whole to a precision."""

    def __init__(self, module: nn.Module, precision: Literal["fp64", "fp32", "fp16"] = "fp32") -> None:
        self._dtype = DTYPES[precision]
        self._module = module if precision == "fp32" else copy.deepcopy(module).to(self._dtype)

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`; outputs of lower precision come back as float32."""
        tensors = {name: torch.from_numpy(value) for name, value in inputs.items()}
        cast = {name: t.to(self._dtype) if t.is_floating_point() else t for name, t in tensors.items()}
        try:
            with torch.inference_mode():
                outputs = self._module(**cast)
        except RuntimeError as error:
            raise ArtifactError(f"PyTorch cannot run the model in {self._dtype}: {error}") from error
        return {
            name: (value.float() if value.dtype == torch.float16 else value).numpy() for name, value in outputs.items()
        }
