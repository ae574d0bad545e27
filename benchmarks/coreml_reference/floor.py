"""What fp16 costs a network whatever converts it: the exported program in torch, each op's result rounded to fp16.

A yardstick that knows nothing of the artifact. `.half()` is none: modules that convert inside (`.float()`, autocast)
hide values that fp16 cannot hold.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.utils import _pytree as pytree

from deploykit.backends.base import Tensors


class RoundedProgram(torch.fx.Interpreter):
    """Executes an exported program with fp32 maths and fp16 values: inputs, weights, and each ATen op's result.

    It takes and gives tensors by name, as a `Runner` does.
    """

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        # The same program that coremltools gets.
        super().__init__(program.run_decompositions({}).module())

    def run_node(self, node: torch.fx.Node) -> Any:
        """Executes one node, and rounds what it gives."""
        return pytree.tree_map_only(torch.Tensor, _rounded, super().run_node(node))

    def run(self, inputs: Tensors) -> Tensors:  # type: ignore[override]  # by name, not by position
        """See `Runner.run`."""
        tensors = {name: torch.from_numpy(value) for name, value in inputs.items()}
        with torch.inference_mode():
            flat, _ = pytree.tree_flatten(((), tensors))
            outputs = super().run(*flat)
        return {name: value.numpy() for name, value in outputs.items()}


def _rounded(value: torch.Tensor) -> torch.Tensor:
    return value.half().float() if value.dtype == torch.float32 else value
