"""States that Core ML itself keeps from call to call (iOS 18): a program whose states are buffers that it writes.

Core ML's states are float16 only: coremltools makes float16 of every buffer, and says so in a warning. So a file at
fp16 keeps its states itself; one at fp32 takes and gives them as tensors, since rounding them at every step would leave
no fp32 verdict. Source: https://apple.github.io/coremltools/docs-guides/source/stateful-models.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import nn

from deploykit.backends.base import LowerRequest
from deploykit.dynamic import open_axes, without_guards
from deploykit.errors import LoweringError

SINCE = 18
"""The first iOS with states."""


def keeps_states(request: LowerRequest) -> bool:
    """Whether the file is to keep the contract's states itself."""
    floats = all(tensor.dtype == "float32" for tensor in request.signature.inputs if tensor.name in request.states)
    major = int(request.options["min_os"].split(".")[0])
    return bool(request.states) and request.precision == "fp16" and major >= SINCE and floats


def without_states(request: LowerRequest) -> LowerRequest:
    """The request for what is left of the border."""
    inputs = tuple(tensor for tensor in request.signature.inputs if tensor.name not in request.states)
    outputs = tuple(tensor for tensor in request.signature.outputs if tensor.name not in request.states.values())
    return replace(request, signature=request.signature.model_copy(update={"inputs": inputs, "outputs": outputs}))


class Keeping(nn.Module):
    """A network with its states as buffers: they are neither given nor taken.

    Args:
        network: takes tensors by name and gives a dictionary.
        states: inputs that are states, each with its output.
        example: the network's inputs.
        in_parts: whether a state is written as a slice of it: of a trace, coremltools knows no other way.
    """

    def __init__(
        self,
        network: nn.Module,
        states: Mapping[str, str],
        example: Mapping[str, torch.Tensor],
        in_parts: bool = False,
    ) -> None:
        super().__init__()
        # Buffers are called as the states are, so nothing else may be called as a state might.
        self._network, self._states, self._in_parts = network, dict(states), in_parts
        self._names = [name for name in example if name not in states]
        if taken := [name for name in states if hasattr(self, name)]:
            raise LoweringError(f"Core ML's state cannot be called {', '.join(taken)}, as a part of torch.nn.Module is")
        for name in states:
            self.register_buffer(name, torch.zeros_like(example[name]))

    @property
    def given(self) -> list[str]:
        """What is left to be given."""
        return self._names

    def forward(self, *args: torch.Tensor, **tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Inputs in order or by name; gives the outputs that are no states, in order."""
        inputs = dict(zip(self._names, args, strict=False)) | tensors
        made = self._network(**inputs, **{name: self.get_buffer(name) for name in self._states})
        for name, output in self._states.items():
            buffer = self.get_buffer(name)
            (buffer[:] if self._in_parts else buffer).copy_(made[output])
        return tuple(value for name, value in made.items() if name not in self._states.values())


def with_states(program: torch.export.ExportedProgram, request: LowerRequest) -> torch.export.ExportedProgram:
    """The program with the contract's states as buffers, exported again. Open sizes stay open."""
    _, example = program.example_inputs
    keeping = Keeping(program.module(check_guards=False), request.states, example)
    axes = dict(zip(example, open_axes(program), strict=True))
    shapes = {"tensors": {name: axes[name] for name in keeping.given}} if any(axes.values()) else None
    inputs = {name: example[name] for name in keeping.given}
    with torch.no_grad():
        return without_guards(torch.export.export(keeping, (), inputs, dynamic_shapes=shapes, strict=False))
