"""The network as a device runs it: the contract's transforms inside the graph, inputs and outputs by name.

An app cannot get wrong what is in the artifact: layout, scale, mean, std and the activation of scores live here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import torch
from torch import nn

from deploykit.errors import CaptureError
from deploykit.spec import Contract, ImageInput, InputSpec


class _Image(nn.Module):
    """`(pixel * scale - mean) / std` as one multiply and one add, in the network's layout."""

    gain: torch.Tensor
    shift: torch.Tensor

    def __init__(self, spec: ImageInput) -> None:
        super().__init__()
        mean = torch.tensor(spec.mean, dtype=torch.float64).expand(spec.channels)
        std = torch.tensor(spec.std, dtype=torch.float64).expand(spec.channels)
        self.register_buffer("gain", (spec.scale / std).float())
        self.register_buffer("shift", (-mean / std).float())
        self.nchw = spec.layout == "NCHW"

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        values = pixels * self.gain + self.shift
        return values.permute(0, 3, 1, 2) if self.nchw else values


class _Long(nn.Module):
    """An int64 tensor, which travels as int32: phones have no int64 inputs."""

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        return value.long()


def _transform(spec: InputSpec) -> nn.Module:
    if spec.type == "image":
        return _Image(spec)
    return _Long() if spec.dtype == "int64" else nn.Identity()


ACTIVATIONS = {"softmax": nn.Softmax(dim=-1), "sigmoid": nn.Sigmoid(), "none": nn.Identity()}


class Deployable(nn.Module):
    """Takes the contract's inputs by name and gives its outputs by name."""

    def __init__(self, network: nn.Module, contract: Contract) -> None:
        super().__init__()
        self.network = network
        self.inputs = nn.ModuleDict({name: _transform(spec) for name, spec in contract.inputs.items()})
        self.outputs = nn.ModuleDict(
            {
                name: ACTIVATIONS[spec.activation] if spec.type == "scores" else nn.Identity()
                for name, spec in contract.outputs.items()
            }
        )
        self.eval()

    def forward(self, **tensors: torch.Tensor) -> dict[str, torch.Tensor]:
        result = self.network(*(prepare(tensors[name]) for name, prepare in self.inputs.items()))
        values = by_name(result, tuple(self.outputs))
        return {name: finish(values[name]) for name, finish in self.outputs.items()}


def named_tensors(result: object) -> dict[str, torch.Tensor]:
    """What a network gave, flattened to named tensors: a tensor, a tuple or list of tensors, a dict or a dataclass.

    Raises:
        CaptureError: if anything in it is not a tensor (all offenders are named).
    """
    if is_dataclass(result) and not isinstance(result, type):
        result = {f.name: getattr(result, f.name) for f in fields(result) if getattr(result, f.name) is not None}
    if isinstance(result, Mapping):
        named: dict[str, object] = {str(key): value for key, value in result.items()}
    elif isinstance(result, tuple | list):
        named = {f"output_{i}": value for i, value in enumerate(result)}
    else:
        named = {"output": result}
    tensors = {name: value for name, value in named.items() if isinstance(value, torch.Tensor)}
    if wrong := [f"{name} is a {type(value).__name__}" for name, value in named.items() if name not in tensors]:
        raise CaptureError(
            f"the model's output holds what is not a tensor: {'; '.join(wrong)}. "
            "Let forward() return a tensor, or a tuple, list or dict of tensors"
        )
    if not tensors:
        raise CaptureError("the model's output is empty; forward() has to return at least one tensor")
    return tensors


def by_name(result: object, names: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """The contract's outputs out of a network's result: by key where the result has the names, else by order.

    Raises:
        CaptureError: if the number of outputs differs from the contract's.
    """
    tensors = named_tensors(result)
    if set(names) <= set(tensors):
        return {name: tensors[name] for name in names}
    if len(tensors) != len(names):
        raise CaptureError(
            f"the model gives {len(tensors)} output(s) ({', '.join(tensors)}), "
            f"the contract names {len(names)} ({', '.join(names)})"
        )
    return dict(zip(names, tensors.values(), strict=True))
