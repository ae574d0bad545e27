"""How well two networks agree on the same inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from deploykit.prepare.deployable import by_name, named_tensors

Tensors = tuple[torch.Tensor, ...]
Outputs = list[dict[str, torch.Tensor]]
"""By name, for each draw."""

EQUAL_DB = 300.0
"""How equal bits are shown."""


def outputs(
    network: nn.Module, draws: Sequence[Tensors], dtype: torch.dtype = torch.float32, wanted: tuple[str, ...] = ()
) -> Outputs:
    """A network's outputs for each draw, flattened to names. The random generator starts the same every time.

    Args:
        network: of `dtype`.
        draws: its inputs; floating point ones are cast, integers stay.
        dtype: of the network.
        wanted: the contract's outputs; empty for all that there are.
    """
    found = []
    with torch.no_grad(), torch.random.fork_rng(devices=()):
        for inputs in draws:
            torch.manual_seed(0)
            cast = tuple(x.to(dtype) if x.is_floating_point() else x for x in inputs)
            result = network(*cast)
            named = by_name(result, wanted) if wanted else named_tensors(result)
            found.append({name: value.clone() for name, value in named.items()})
    return found


def agreement(reference: Outputs, others: Outputs) -> float:
    """Signal-to-noise ratio in dB of the worst output over all draws; infinite for equal bits.

    What is not of floats has to be equal, and names and shapes have to be the same: else minus infinity.
    """
    worst = math.inf
    for wanted, got in zip(reference, others, strict=True):
        if wanted.keys() != got.keys() or any(wanted[n].shape != got[n].shape for n in wanted):
            return -math.inf
        worst = min([worst, *(_pair(value, got[name]) for name, value in wanted.items())])
    return worst


def _pair(value: torch.Tensor, other: torch.Tensor) -> float:
    if value.dtype == other.dtype and torch.equal(value, other):
        return math.inf
    signal, noise = energies(value, other)
    if not value.is_floating_point() or not math.isfinite(noise):
        return -math.inf
    if not noise:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else 0.0


def energies(value: torch.Tensor, other: torch.Tensor) -> tuple[float, float]:
    """The energy of a tensor's finite values, and of what another differs by; equal infinities and NaNs do not differ.

    Args:
        value: any shape.
        other: the same shape.
    """
    a, b = value.double(), other.double()
    noise = torch.where((a == b) | (a.isnan() & b.isnan()), 0.0, a - b).square().sum().item()
    return torch.where(a.isfinite(), a, 0.0).square().sum().item(), noise


def shown(snr: float) -> float:
    """A ratio as records keep it: finite, to a tenth."""
    return round(max(-EQUAL_DB, min(EQUAL_DB, snr)), 1)
