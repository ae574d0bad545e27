"""Weights that are worked out from others on each call (weight norm, spectral norm, a user's own): kept as values.

Both ways are known: `torch.nn.utils.parametrize`, and the older hooks.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.spectral_norm import SpectralNorm, remove_spectral_norm
from torch.nn.utils.weight_norm import WeightNorm, remove_weight_norm

from deploykit.prepare.agreement import Tensors
from deploykit.prepare.passes.places import counted, some

HOOKS = ((WeightNorm, remove_weight_norm), (SpectralNorm, remove_spectral_norm))
"""Kind of hook → what takes it off and leaves its value."""


def parametrized(root: nn.Module, inputs: Tensors) -> tuple[str, ...]:
    """The modules that have such weights."""
    return tuple(name for name, m in root.named_modules() if parametrize.is_parametrized(m) or _hooks(m))


def make_plain(root: nn.Module, found: tuple[str, ...]) -> str:
    """Their weights as they are now, as parameters."""
    count = 0
    for path in found:
        module = root.get_submodule(path)
        if parametrize.is_parametrized(module):
            count += _unparametrize(module)
        for kind, hook in _hooks(module):
            with torch.no_grad():
                dict(HOOKS)[kind](module, hook.name)
            count += 1
    return f"{counted(count, 'weight')} worked out once: {some(found)}"


def _unparametrize(module: nn.Module) -> int:
    """As `torch.nn.utils.parametrize.remove_parametrizations` does it, which however takes the weight's property off
    the class that a copy shares with the original: the original is then without its weight.
    """
    lists: Any = module.parametrizations
    with torch.no_grad():
        values = {name: getattr(module, name).detach().clone() for name in lists}
    learnt = {name: any(True for _ in rule.parameters(recurse=False)) for name, rule in lists.items()}
    del module.parametrizations
    module.__class__ = type(module).__bases__[0]  # torch made a subclass with properties
    for name, value in values.items():
        if learnt[name]:
            module.register_parameter(name, nn.Parameter(value, requires_grad=False))
        else:
            module.register_buffer(name, value)
    return len(values)


def _hooks(module: nn.Module) -> list[tuple[type, WeightNorm | SpectralNorm]]:
    hooks = module._forward_pre_hooks.values()
    return [(kind, hook) for hook in hooks for kind, _ in HOOKS if isinstance(hook, kind)]
