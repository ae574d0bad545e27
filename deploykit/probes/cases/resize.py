"""Resizing, sampling and folding of pictures."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from deploykit.probes.cases.base import Case, normal, op, uniform

SMALL, PLANE, LINE, VOLUME = normal(1, 3, 4, 4), normal(1, 2, 5, 7), normal(1, 3, 5), normal(1, 2, 3, 4, 5)


def _warp(x: torch.Tensor, grid: torch.Tensor, **options: Any) -> torch.Tensor:
    return F.grid_sample(x, grid, **options)


def _affine(theta: torch.Tensor, x: torch.Tensor, align_corners: bool) -> torch.Tensor:
    return F.affine_grid(theta, list(x.shape), align_corners=align_corners) + x.mean()


def _unfold_method(x: torch.Tensor, dimension: int, size: int, step: int) -> torch.Tensor:
    return x.unfold(dimension, size, step)


def _shuffle(x: torch.Tensor, groups: int) -> torch.Tensor:
    made: torch.Tensor = nn.ChannelShuffle(groups)(x)
    return made


NEAREST = (
    *(
        op("interpolate", F.interpolate, SMALL, mode=mode, size=size)
        for mode in ("nearest", "nearest-exact")
        for size in ((7, 7), (8, 8), (2, 2), (3, 5), (6, 4), (12, 12))
    ),
    *(
        op("interpolate", F.interpolate, PLANE, mode=mode, scale_factor=factor)
        for mode in ("nearest", "nearest-exact")
        for factor in (2.0, 0.5, 1.5, 2.3)
    ),
    op("interpolate", F.interpolate, PLANE, mode="nearest", scale_factor=2.3, recompute_scale_factor=True),
    op("interpolate", F.interpolate, LINE, mode="nearest", size=8),
    op("interpolate", F.interpolate, LINE, mode="nearest", scale_factor=2.0),
    op("interpolate", F.interpolate, VOLUME, mode="nearest", scale_factor=2.0),
    op("interpolate", F.interpolate, VOLUME, mode="nearest", size=(5, 6, 7)),
)

LINEAR = (
    *(
        op("interpolate", F.interpolate, PLANE, mode=mode, size=size, align_corners=corners)
        for mode in ("bilinear", "bicubic")
        for size in ((10, 14), (7, 9), (3, 4), (2, 12))
        for corners in (False, True)
    ),
    *(
        op("interpolate", F.interpolate, PLANE, mode=mode, scale_factor=factor, align_corners=corners)
        for mode in ("bilinear", "bicubic")
        for factor in (2.0, 0.5, 1.7)
        for corners in (False, True)
    ),
    op("interpolate", F.interpolate, PLANE, mode="bilinear", scale_factor=1.7, recompute_scale_factor=True),
    op("interpolate", F.interpolate, PLANE, mode="bilinear", scale_factor=(2.0, 3.0)),
    *(
        op("interpolate", F.interpolate, PLANE, mode=mode, size=size, antialias=True)
        for mode in ("bilinear", "bicubic")
        for size in ((3, 4), (10, 14))
    ),
    *(
        op("interpolate", F.interpolate, LINE, mode="linear", size=size, align_corners=corners)
        for size in (10, 7, 3)
        for corners in (False, True)
    ),
    op("interpolate", F.interpolate, VOLUME, mode="trilinear", scale_factor=2.0),
    op("interpolate", F.interpolate, VOLUME, mode="trilinear", size=(5, 6, 7), align_corners=True),
)

SAMPLING = (
    *(
        op(
            "grid_sample",
            _warp,
            PLANE,
            uniform(-1.3, 1.3, 1, 4, 6, 2),
            mode=mode,
            padding_mode=padding,
            align_corners=corners,
        )
        for mode in ("bilinear", "nearest", "bicubic")
        for padding in ("zeros", "border", "reflection")
        for corners in (False, True)
    ),
    op("grid_sample", _warp, VOLUME, uniform(-1.2, 1.2, 1, 3, 3, 4, 3), align_corners=False),
    *(
        op("affine_grid", _affine, normal(1, 2, 3), normal(1, 3, 5, 6), align_corners=corners)
        for corners in (False, True)
    ),
)

FOLDING = (
    *(op("pixel_shuffle", F.pixel_shuffle, normal(1, 18, 2, 4), upscale_factor=factor) for factor in (3,)),
    op("pixel_shuffle", F.pixel_shuffle, normal(2, 3, 8, 2, 4), upscale_factor=2),
    op("pixel_unshuffle", F.pixel_unshuffle, normal(1, 2, 6, 9), downscale_factor=3),
    op("pixel_unshuffle", F.pixel_unshuffle, normal(3, 4, 6), downscale_factor=2),
    *(op("channel_shuffle", _shuffle, normal(1, 12, 2, 3), groups=groups) for groups in (2, 3)),
    op("unfold", F.unfold, PLANE, kernel_size=2),
    op("unfold", F.unfold, PLANE, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2)),
    op("unfold", F.unfold, normal(1, 2, 4, 6), kernel_size=2, stride=2),
    op("fold", F.fold, normal(1, 8, 20), output_size=(5, 6), kernel_size=2),
    op("fold", F.fold, normal(1, 8, 6), output_size=(4, 6), kernel_size=2, stride=2),
    op("Tensor.unfold", _unfold_method, normal(2, 3, 9), dimension=2, size=4, step=2),
    op("Tensor.unfold", _unfold_method, normal(2, 9, 3), dimension=1, size=3, step=3),
)

CASES: tuple[Case, ...] = (*NEAREST, *LINEAR, *SAMPLING, *FOLDING)
