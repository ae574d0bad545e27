"""The network as a device runs it: the contract's transforms inside the graph, inputs and outputs by name.

An app cannot get wrong what is in the artifact: layout, scale, mean, std and the activation of scores live here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

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


class _ByName(nn.ModuleDict):
    """Modules by the contract's names, which may be those of a dictionary's own methods: `keys`, `values`."""

    def __init__(self, modules: Mapping[str, nn.Module]) -> None:
        super().__init__({_attribute(name): module for name, module in modules.items()})
        self._names = tuple(modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def items(self) -> Any:
        """Names and modules."""
        return [(name, self[_attribute(name)]) for name in self._names]


def _attribute(name: str) -> str:
    return f"{name}_" if hasattr(nn.ModuleDict, name) else name


class Deployable(nn.Module):
    """Takes the contract's inputs by name and gives its outputs by name."""

    def __init__(self, network: nn.Module, contract: Contract) -> None:
        super().__init__()
        self.network = network
        self.inputs = _ByName({name: _transform(spec) for name, spec in contract.inputs.items()})
        self.outputs = _ByName(
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
    """What a network gave, flattened to named tensors.

    A tensor is `output`; the members of a tuple or list are `output_0`, `output_1`…; those of a dict or dataclass (such
    as a transformers `ModelOutput`) have their own names. Deeper ones are joined with `_`: `features_0`, `out_1_mask`.
    A transformers cache gives `past_key_values_0_keys`, `past_key_values_0_values`. Members that are None are left out.

    Raises:
        CaptureError: if anything in it is not a tensor, or two get the same name (all offenders are named).
    """
    leaves = list(_leaves("", result))
    wrong = [f"{name} is a {type(value).__name__}" for name, value in leaves if not isinstance(value, torch.Tensor)]
    if wrong:
        raise CaptureError(
            f"the model's output holds what is not a tensor: {'; '.join(wrong)}. "
            "Let forward() return a tensor, or tuples, lists, dicts or dataclasses of tensors"
        )
    if not leaves:
        raise CaptureError("the model's output is empty; forward() has to return at least one tensor")
    names = [name for name, _ in leaves]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CaptureError(f"several of the model's outputs would be called {', '.join(twice)}; rename their keys")
    return {name: value for name, value in leaves if isinstance(value, torch.Tensor)}


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Names and members, depth first; `name` is empty at the top."""
    if value is None and name:
        return
    members = _members(value, "" if name else "output_")
    if members is None:
        yield name or "output", value
        return
    for key, member in members:
        yield from _leaves(f"{name}_{key}" if name else key, member)


def _members(value: object, prefix: str) -> list[tuple[str, object]] | None:
    """The members of what holds others, with their names; None of anything else."""
    if isinstance(value, torch.Tensor):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return [(f.name, getattr(value, f.name)) for f in fields(value)]
    if isinstance(value, Mapping):
        return [(str(key), member) for key, member in value.items()]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(field, getattr(value, field)) for field in value._fields]
    if isinstance(value, tuple | list):
        return [(f"{prefix}{index}", member) for index, member in enumerate(value)]
    layers = getattr(value, "layers", None)
    if isinstance(layers, list) and all(hasattr(layer, "keys") and hasattr(layer, "values") for layer in layers):
        # A transformers cache: https://huggingface.co/docs/transformers/main/en/internal/generation_utils#transformers.Cache
        named = [(f"{i}_{part}", getattr(layer, part)) for i, layer in enumerate(layers) for part in ("keys", "values")]
        return [(f"{prefix}{key}", member) for key, member in named]
    return None


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
