"""Norms of planes, careful with planes that hardly vary.

A converter's norm takes the mean off once. Over a constant plane that leaves the rounding error of the mean, which the
division by √(0 + eps) makes some hundred times larger. Taking the mean of the rest off, too, leaves next to nothing:
the corrected two-pass algorithm of Chan, Golub and LeVeque, Algorithms for computing the sample variance (1983).
"""

from __future__ import annotations

from math import prod
from typing import Any

import torch
import torch.nn.functional as F

from deploykit.prepare.rewrites.reductions import mean_in_steps

Tensor = torch.Tensor


def instance_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Any:
    """`aten.instance_norm` of its own statistics.

    Args:
        x: [N, C, L], [N, C, H, W] or [N, C, D, H, W].
        weight: [C].
        bias: [C].
        running_mean: unused where the statistics are the input's own.
        running_var: likewise.
        use_input_stats: whether they are.
        momentum: unused.
        eps: added to the variance.
        cudnn_enabled: unused.
    """
    if not use_input_stats:
        return NotImplemented
    return _affine(_normed(x, eps), weight, bias)


def settled_instance_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Any:
    """`aten.instance_norm` of statistics that training left, as the scale and shift of each channel that it is."""
    if use_input_stats or running_mean is None or running_var is None:
        return NotImplemented
    return _affine(
        _affine(x, torch.rsqrt(running_var + eps), -running_mean * torch.rsqrt(running_var + eps)), weight, bias
    )


def group_norm(
    x: Tensor,
    groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Any:
    """`aten.group_norm`.

    Args:
        x: [N, C, ...].
        groups: of neighbouring channels.
        weight: [C].
        bias: [C].
        eps: added to the variance.
        cudnn_enabled: unused.
    """
    rows = x.reshape(x.shape[0], groups, x.shape[1] // groups, prod(x.shape[2:]))
    return _affine(_normed(rows, eps).reshape(x.shape), weight, bias)


def group_norm_of_volumes(
    x: Tensor,
    groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Any:
    """`aten.group_norm` of [N, C, D, H, W] and more, as of planes: it asks nothing of the places."""
    if x.dim() < 5:
        return NotImplemented
    return F.group_norm(x.flatten(2, -2), groups, weight, bias, eps).reshape(x.shape)


def group_norm_by_arithmetic(
    x: Tensor,
    groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Any:
    """`aten.group_norm` in ops that broadcast by themselves; see `group_norm` for what it takes.

    One group of planes keeps its shape: a reshape would have to turn a picture that LiteRT keeps channels last.
    """
    one = groups == 1 and x.dim() == 4
    split = (groups, x.shape[1] // groups)
    rows = x if one else x.reshape(x.shape[0], *split, prod(x.shape[2:]))
    dims = list(range(1 if groups == 1 else 2, rows.dim()))
    centred = rows - rows.mean(dims, keepdim=True)
    made = centred * torch.rsqrt((centred * centred).mean(dims, keepdim=True) + eps)
    # At rank 4, since LiteRT's GPU takes the first row of a constant of lower rank for all.
    shape = (1, x.shape[1], 1, 1) if one else (1, *split, 1)
    made = made if weight is None else made * weight.reshape(shape)
    return (made if bias is None else made + bias.reshape(shape)).reshape(x.shape)


def _normed(x: Tensor, eps: float) -> Tensor:
    dims = list(range(2, x.dim()))
    centred = x - _mean(x, dims)
    centred = centred - _mean(centred, dims)
    return centred * torch.rsqrt(_mean(centred * centred, dims) + eps)


def _mean(x: Tensor, dims: list[int]) -> Tensor:
    made = mean_in_steps(x, dims, keepdim=True)
    return x.mean(dims, keepdim=True) if made is NotImplemented else made


def _affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    shape = (-1, *[1] * (x.dim() - 2))
    x = x if weight is None else x * weight.reshape(shape)
    return x if bias is None else x + bias.reshape(shape)


NORMS: dict[str, Any] = {"aten.instance_norm.default": instance_norm, "aten.group_norm.default": group_norm}
