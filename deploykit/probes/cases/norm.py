"""Norms."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from deploykit.probes.cases.base import Case, Input, layer, normal, op

PLANE, LINE, FLAT, VOLUME = normal(2, 6, 4, 5), normal(2, 6, 7), normal(3, 6), normal(1, 6, 2, 3, 4)

_LAYERS: tuple[tuple[type[nn.Module], Input, dict[str, Any]], ...] = (
    (nn.BatchNorm1d, FLAT, {"num_features": 6}),
    (nn.BatchNorm1d, LINE, {"num_features": 6}),
    (nn.BatchNorm2d, PLANE, {"num_features": 6}),
    (nn.BatchNorm2d, PLANE, {"num_features": 6, "eps": 0.1}),
    (nn.BatchNorm2d, PLANE, {"num_features": 6, "affine": False}),
    (nn.BatchNorm2d, PLANE, {"num_features": 6, "track_running_stats": False}),
    (nn.BatchNorm3d, VOLUME, {"num_features": 6}),
    (nn.LayerNorm, LINE, {"normalized_shape": 7}),
    (nn.LayerNorm, LINE, {"normalized_shape": (6, 7)}),
    (nn.LayerNorm, PLANE, {"normalized_shape": (4, 5), "eps": 0.1}),
    (nn.LayerNorm, LINE, {"normalized_shape": 7, "elementwise_affine": False}),
    (nn.LayerNorm, LINE, {"normalized_shape": 7, "bias": False}),
    (nn.GroupNorm, PLANE, {"num_groups": 3, "num_channels": 6}),
    (nn.GroupNorm, PLANE, {"num_groups": 1, "num_channels": 6}),
    (nn.GroupNorm, PLANE, {"num_groups": 6, "num_channels": 6, "eps": 0.1}),
    (nn.GroupNorm, PLANE, {"num_groups": 2, "num_channels": 6, "affine": False}),
    (nn.GroupNorm, LINE, {"num_groups": 2, "num_channels": 6}),
    (nn.GroupNorm, FLAT, {"num_groups": 2, "num_channels": 6}),
    (nn.GroupNorm, VOLUME, {"num_groups": 2, "num_channels": 6}),
    (nn.InstanceNorm1d, LINE, {"num_features": 6}),
    (nn.InstanceNorm2d, PLANE, {"num_features": 6}),
    (nn.InstanceNorm2d, PLANE, {"num_features": 6, "affine": True, "eps": 0.1}),
    (nn.InstanceNorm2d, PLANE, {"num_features": 6, "affine": True, "track_running_stats": True}),
    (nn.RMSNorm, LINE, {"normalized_shape": 7}),
    (nn.RMSNorm, LINE, {"normalized_shape": 7, "eps": 0.1, "elementwise_affine": False}),
    (nn.LocalResponseNorm, PLANE, {"size": 3}),
    (nn.LocalResponseNorm, PLANE, {"size": 4, "alpha": 0.1, "k": 2.0}),
)


def _channels_last(x: torch.Tensor) -> torch.Tensor:
    """A layer norm over channels, as ConvNeXt does it."""
    wide = x.permute(0, 2, 3, 1)
    return F.layer_norm(wide, wide.shape[-1:]).permute(0, 3, 1, 2)


class ConvBatchNorm(nn.Module):
    """What converters fuse: a batch norm behind a convolution, with an epsilon that shows."""

    def __init__(self, transposed: bool, bias: bool, groups: int) -> None:
        super().__init__()
        kind = nn.ConvTranspose2d if transposed else nn.Conv2d
        self.conv = kind(6, 6, 3, bias=bias, groups=groups)
        self.norm = nn.BatchNorm2d(6, eps=0.05)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.norm(self.conv(x))
        return made


class Affine(nn.Module):
    """A gain and a shift by channel behind a norm: coremltools fuses them to a batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(6, eps=0.05)
        self.gain = nn.Parameter(torch.rand(1, 6, 1, 1) + 0.5)
        self.shift = nn.Parameter(torch.randn(1, 6, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.norm(x) * self.gain + self.shift
        return made


CASES: tuple[Case, ...] = (
    *(layer(kind.__name__, kind, given, **parameters) for kind, given, parameters in _LAYERS),
    op("layer_norm over channels", _channels_last, PLANE),
    *(
        layer(
            "Conv2d and BatchNorm2d", ConvBatchNorm, normal(1, 6, 5, 4), transposed=transposed, bias=bias, groups=groups
        )
        for transposed in (False, True)
        for bias, groups in ((True, 1), (False, 1), (True, 6))
    ),
    layer("BatchNorm2d and affine", Affine, PLANE),
    op("normalize", F.normalize, LINE),
    op("normalize", F.normalize, LINE, p=1.0, dim=-1),
    op("normalize", F.normalize, PLANE, p=2.0, dim=(2, 3), eps=0.1),
    *(
        op("linalg.vector_norm", torch.linalg.vector_norm, LINE, ord=order, dim=dim, keepdim=keep)
        for order, dim, keep in ((2, -1, True), (1, 1, False), (float("inf"), (1, 2), False), (3, 0, True))
    ),
    op("norm", torch.norm, LINE),
    op("norm", torch.norm, LINE, dim=(1, 2), keepdim=True),
)
