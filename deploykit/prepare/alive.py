"""Gives an untrained network outputs with a spread.

Random initialisation leaves outputs near zero, where every comparison passes or means nothing.
"""

from __future__ import annotations

import torch
from torch import nn


def make_alive(module: nn.Module, batch: tuple[torch.Tensor, ...], seed: int) -> None:
    """Varies norm affines, measures norm statistics, and lifts layer scales and zero heads, in place.

    Args:
        module: the network; left in eval mode.
        batch: several inputs of the kind that it will see, batch first. On inputs that its norms never saw, a random
            network amplifies rounding until comparisons measure that instead of the artifact.
        seed: of torch's generator.
    """
    torch.manual_seed(seed)
    for child in module.modules():
        if type(child).__name__ in ("LayerScale", "LayerScale2d"):
            for parameter in child.parameters():
                parameter.data.fill_(0.5)
    for parameter in module.parameters():
        if parameter.dim() > 1 and not parameter.any():
            parameter.data.normal_(std=0.02)
    norms = [
        m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.running_mean is not None
    ]
    module.eval()
    for norm in norms:
        if norm.affine:
            norm.weight.data.copy_(1 + 0.1 * torch.randn_like(norm.weight))
            norm.bias.data.copy_(0.1 * torch.randn_like(norm.bias))
        norm.reset_running_stats()
        norm.momentum = None  # a cumulative average, so one batch sets the statistics
        norm.train()
    if norms:
        with torch.no_grad():
            module(*batch)
    module.eval()
    _spread_scores(module, batch)


def _spread_scores(module: nn.Module, batch: tuple[torch.Tensor, ...]) -> None:
    """Scales the last linear layer so that its scores have a standard deviation of 2."""
    linears = [m for m in module.modules() if isinstance(m, nn.Linear)]
    if not linears:
        return
    with torch.no_grad():
        scores = module(*batch)
        if isinstance(scores, torch.Tensor) and scores.shape[-1] == linears[-1].out_features:
            linears[-1].weight.mul_(2.0 / scores.std().clamp_min(1e-6))
