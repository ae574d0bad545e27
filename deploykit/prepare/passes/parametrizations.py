"""Weights that are worked out from others on each call (weight norm, spectral norm, a user's own): kept as values.

Both ways are known: `torch.nn.utils.parametrize`, and the older hooks.
"""

from __future__ import annotations

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
            for name in list(module.parametrizations):  # type: ignore[arg-type]
                parametrize.remove_parametrizations(module, name, leave_parametrized=True)
                count += 1
        for kind, hook in _hooks(module):
            with torch.no_grad():
                dict(HOOKS)[kind](module, hook.name)
            count += 1
    return f"{counted(count, 'weight')} worked out once: {some(found)}"


def _hooks(module: nn.Module) -> list[tuple[type, WeightNorm | SpectralNorm]]:
    hooks = module._forward_pre_hooks.values()
    return [(kind, hook) for hook in hooks for kind, _ in HOOKS if isinstance(hook, kind)]
