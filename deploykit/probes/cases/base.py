"""What a case is: one op with one set of parameters, and the inputs that show a mistake in it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Input:
    """A tensor that is drawn from a seed.

    Attributes:
        kind: a key of `DRAWS`.
        shape: its sizes.
        low: the lower end of the values, or their scale (kind "normal").
        high: the upper end; of integers, it is not reached.
    """

    kind: str
    shape: Shape
    low: float = 1.0
    high: float = 0.0

    def __str__(self) -> str:
        return "x".join(map(str, self.shape)) or "scalar"

    def draw(self, generator: torch.Generator) -> torch.Tensor:
        """Its values; neither symmetric nor constant, so that whatever is shifted or swapped shows."""
        return DRAWS[self.kind](self, generator)


def _distinct(item: Input, generator: torch.Generator) -> torch.Tensor:
    """A shuffled ramp: no two values are equal, so that sorting and arg-reductions have one answer."""
    count = math.prod(item.shape)
    values = torch.randperm(count, generator=generator).float() - count / 3
    return (values * (item.low / 4)).reshape(item.shape)


def _halves(item: Input, generator: torch.Generator) -> torch.Tensor:
    """Multiples of a half: where roundings differ."""
    return torch.randint(-int(item.low), int(item.low) + 1, item.shape, generator=generator) / 2


def _special(item: Input, generator: torch.Generator) -> torch.Tensor:
    """One value in four is NaN, infinity, or the negative one."""
    values = torch.randn(item.shape, generator=generator)
    pick = torch.randint(0, 12, item.shape, generator=generator)
    for index, number in enumerate((float("nan"), float("inf"), float("-inf"))):
        values = values.masked_fill(pick == index, number)
    return values


def _integers(item: Input, generator: torch.Generator) -> torch.Tensor:
    return torch.randint(int(item.low), int(item.high), item.shape, generator=generator)


def _uniform(item: Input, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(item.shape, generator=generator) * (item.high - item.low) + item.low


DRAWS: dict[str, Callable[[Input, torch.Generator], torch.Tensor]] = {
    "normal": lambda item, generator: torch.randn(item.shape, generator=generator) * item.low,
    "uniform": _uniform,
    "distinct": _distinct,
    "halves": _halves,
    "special": _special,
    "int64": _integers,
    "int32": lambda item, generator: _integers(item, generator).int(),
    "bool": lambda item, generator: torch.rand(item.shape, generator=generator) < item.low,
}


def normal(*shape: int, scale: float = 1.0) -> Input:
    """Normally distributed."""
    return Input("normal", shape, scale)


def uniform(low: float, high: float, *shape: int) -> Input:
    """Evenly distributed."""
    return Input("uniform", shape, low, high)


def distinct(*shape: int) -> Input:
    """No two values equal."""
    return Input("distinct", shape)


def halves(*shape: int, most: int = 9) -> Input:
    """Multiples of a half, at most so many of them from 0."""
    return Input("halves", shape, most)


def special(*shape: int) -> Input:
    """With NaN and infinities."""
    return Input("special", shape)


def ints(low: int, high: int, *shape: int) -> Input:
    """int64 from low to high - 1; they travel as int32, as at every artifact's border."""
    return Input("int64", shape, low, high)


def ints32(low: int, high: int, *shape: int) -> Input:
    """int32 from low to high - 1."""
    return Input("int32", shape, low, high)


def bools(*shape: int, share: float = 0.6) -> Input:
    """True with this probability."""
    return Input("bool", shape, share)


@dataclass(frozen=True)
class Case:
    """One op with one set of parameters.

    Attributes:
        id: unique and stable: the name, the inputs' shapes and every parameter, as "op[1x3x4x4;size=7]".
        factory: makes the module, under a seed.
        inputs: of its `forward`, in order.
    """

    id: str
    factory: Callable[[], nn.Module]
    inputs: tuple[Input, ...]

    @property
    def seed(self) -> int:
        """Of weights and inputs: from the id, so that no case changes when another one is added."""
        return int.from_bytes(hashlib.sha256(self.id.encode()).digest()[:4], "little")

    def module(self) -> nn.Module:
        """The module in eval mode, its norms with statistics and gains that are not all 0 and 1."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            module = self.factory().eval()
            for part in module.modules():
                _enliven(part)
        return module

    def tensors(self) -> tuple[torch.Tensor, ...]:
        """The inputs' values."""
        generator = torch.Generator().manual_seed(self.seed)
        return tuple(item.draw(generator) for item in self.inputs)


class Op(nn.Module):
    """A function of tensors as a module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.function(*tensors)


def op(name: str, function: Callable[..., Any], /, *inputs: Input, **parameters: Any) -> Case:
    """A case of a function: its parameters are those of the id."""
    return Case(identify(name, inputs, parameters), partial(Op, partial(function, **parameters)), inputs)


def layer(name: str, factory: Callable[..., nn.Module], /, *inputs: Input, **parameters: Any) -> Case:
    """A case of a module: the factory's parameters are those of the id."""
    return Case(identify(name, inputs, parameters), partial(factory, **parameters), inputs)


def identify(name: str, inputs: tuple[Input, ...], parameters: dict[str, Any]) -> str:
    """`name[shapes;parameters]`; a function among the parameters is what the name already says."""
    spelled = [f"{key}={_spell(value)}" for key, value in parameters.items() if not callable(value)]
    words = [",".join(map(str, inputs)), ",".join(spelled)]
    return f"{name}[{';'.join(word for word in words if word)}]"


def _spell(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return "x".join(map(_spell, value)) or "()"
    return str(value).removeprefix("torch.")


def _enliven(part: nn.Module) -> None:
    """Fresh norms have statistics and gains of 0 and 1, behind which a swapped or forgotten one hides."""
    if "Norm" not in type(part).__name__:
        return
    with torch.no_grad():
        for name, value in (*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)):
            if name in ("running_var", "weight"):
                value.copy_(torch.rand_like(value) + 0.5)
            elif name in ("running_mean", "bias"):
                value.copy_(torch.randn_like(value) * 0.5)
