"""Pooling and padding."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from deploykit.probes.cases.base import Case, Input, distinct, ints, normal, op

PLANE, ODD, LINE, VOLUME = normal(1, 3, 6, 8), normal(1, 2, 7, 6), normal(1, 3, 9), normal(1, 2, 5, 6, 5)


def _with_indices(x: torch.Tensor, kernel_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    values, indices = F.max_pool2d(x, kernel_size, return_indices=True)
    return values, indices


def _unpool(x: torch.Tensor, kernel_size: tuple[int, int]) -> torch.Tensor:
    values, indices = F.max_pool2d(x, kernel_size, return_indices=True)
    return F.max_unpool2d(values, indices, kernel_size)


def _pad(x: torch.Tensor, pad: tuple[int, ...], **options: Any) -> torch.Tensor:
    return F.pad(x, pad, **options)


AVERAGE = (
    op("avg_pool2d", F.avg_pool2d, PLANE, kernel_size=2),
    *(
        op(
            "avg_pool2d",
            F.avg_pool2d,
            ODD,
            kernel_size=3,
            stride=stride,
            padding=padding,
            ceil_mode=ceil,
            count_include_pad=counted,
        )
        for stride in (1, 2)
        for padding in (0, 1)
        for ceil in (False, True)
        for counted in (False, True)
        if padding or counted
    ),
    op("avg_pool2d", F.avg_pool2d, ODD, kernel_size=2, stride=2, ceil_mode=True),
    op("avg_pool2d", F.avg_pool2d, ODD, kernel_size=2, stride=2, ceil_mode=True, count_include_pad=False),
    op("avg_pool2d", F.avg_pool2d, ODD, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0)),
    op("avg_pool2d", F.avg_pool2d, ODD, kernel_size=2, divisor_override=3),
    op("avg_pool2d", F.avg_pool2d, normal(1, 2, 6, 6), kernel_size=2, stride=5, ceil_mode=True),
    op("avg_pool1d", F.avg_pool1d, LINE, kernel_size=3, stride=2, padding=1),
    op("avg_pool1d", F.avg_pool1d, LINE, kernel_size=4, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
    op("avg_pool1d", F.avg_pool1d, LINE, kernel_size=2, stride=2, ceil_mode=True),
    op("avg_pool3d", F.avg_pool3d, VOLUME, kernel_size=2),
    op("avg_pool3d", F.avg_pool3d, VOLUME, kernel_size=3, stride=2, padding=1, count_include_pad=False),
    op("lp_pool2d", F.lp_pool2d, PLANE, norm_type=2, kernel_size=2),
)

MAXIMUM = (
    *(
        op("max_pool2d", F.max_pool2d, ODD, kernel_size=3, stride=stride, padding=padding, ceil_mode=ceil)
        for stride in (1, 2)
        for padding in (0, 1)
        for ceil in (False, True)
    ),
    op("max_pool2d", F.max_pool2d, ODD, kernel_size=2, stride=2, ceil_mode=True),
    op("max_pool2d", F.max_pool2d, PLANE, kernel_size=2, dilation=2),
    op("max_pool2d", F.max_pool2d, PLANE, kernel_size=(3, 2), stride=(1, 2), padding=(1, 0)),
    op("max_pool2d", F.max_pool2d, normal(1, 2, 6, 6), kernel_size=2, stride=5, ceil_mode=True),
    op("max_pool2d", _with_indices, distinct(1, 2, 4, 6), kernel_size=2),
    op("max_unpool2d", _unpool, distinct(1, 2, 4, 6), kernel_size=(2, 2)),
    op("max_pool1d", F.max_pool1d, LINE, kernel_size=3, stride=2, padding=1),
    op("max_pool1d", F.max_pool1d, LINE, kernel_size=2, stride=2, ceil_mode=True),
    op("max_pool3d", F.max_pool3d, VOLUME, kernel_size=2),
    op("max_pool3d", F.max_pool3d, VOLUME, kernel_size=3, stride=2, padding=1),
)

ADAPTIVE = (
    *(
        op(f"adaptive_{kind}_pool2d", pool, ODD, output_size=size)
        for kind, pool in (("avg", F.adaptive_avg_pool2d), ("max", F.adaptive_max_pool2d))
        for size in (1, (7, 3), (3, 4), (5, 5), (9, 8), (None, 2))
    ),
    op("adaptive_avg_pool2d", F.adaptive_avg_pool2d, PLANE, output_size=(3, 4)),
    op("adaptive_avg_pool1d", F.adaptive_avg_pool1d, LINE, output_size=4),
    op("adaptive_avg_pool1d", F.adaptive_avg_pool1d, LINE, output_size=3),
    op("adaptive_max_pool1d", F.adaptive_max_pool1d, LINE, output_size=4),
    op("adaptive_avg_pool3d", F.adaptive_avg_pool3d, VOLUME, output_size=1),
    op("adaptive_avg_pool3d", F.adaptive_avg_pool3d, VOLUME, output_size=(2, 3, 2)),
)

_PADS: tuple[tuple[Input, tuple[int, ...], str], ...] = (
    *((ODD, (1, 2, 3, 1), mode) for mode in ("constant", "reflect", "replicate", "circular")),
    *((LINE, (2, 3), mode) for mode in ("constant", "reflect", "replicate", "circular")),
    (ODD, (1, 0, 0, 0), "reflect"),
    (VOLUME, (1, 2, 0, 1, 2, 1), "constant"),
    (VOLUME, (1, 2, 0, 1, 2, 1), "replicate"),
    (VOLUME, (1, 2, 0, 1, 2, 1), "reflect"),
    (ODD, (-1, -2, -1, 0), "constant"),
    (ODD, (-1, 2, 1, -2), "constant"),
    (ODD, (-1, 2, 0, 0), "replicate"),
    (ODD, (-1, 2, 0, 0), "reflect"),
    (normal(2, 3, 4), (0, 0, 0, 0, 1, 0), "constant"),
    (normal(2, 3), (1, 2), "constant"),
    (normal(2, 3, 2, 2, 4), (1, 1, 0, 2), "constant"),
)

PADDING = (
    *(op("pad", _pad, given, pad=pad, mode=mode) for given, pad, mode in _PADS),
    op("pad of int", _pad, ints(-5, 9, 2, 3), pad=(1, 2)),
    op("pad", _pad, ODD, pad=(1, 2, 1, 0), value=3.5),
    op("pad", _pad, ODD, pad=(0, 1, 1, 0), value=float("-inf")),
)

CASES: tuple[Case, ...] = (*AVERAGE, *MAXIMUM, *ADAPTIVE, *PADDING)
