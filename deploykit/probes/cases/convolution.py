"""Convolutions, plain and transposed."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from deploykit.probes.cases.base import Case, layer, normal, op

PLANE, LINE, VOLUME = normal(1, 4, 7, 6), normal(1, 4, 11), normal(1, 2, 5, 6, 4)

PLAIN = (
    *(
        layer(
            "Conv2d",
            nn.Conv2d,
            PLANE,
            in_channels=4,
            out_channels=6,
            kernel_size=3,
            stride=stride,
            padding=padding,
            dilation=dilation,
        )
        for stride in (1, 2)
        for padding in (0, 1, (2, 0), (0, 1))
        for dilation in (1, 2)
    ),
    *(
        layer("Conv2d", nn.Conv2d, PLANE, in_channels=4, out_channels=out, kernel_size=3, padding=1, groups=groups)
        for out, groups in ((4, 4), (8, 4), (6, 2))
    ),
    layer(
        "Conv2d",
        nn.Conv2d,
        PLANE,
        in_channels=4,
        out_channels=8,
        kernel_size=3,
        stride=2,
        groups=4,
        dilation=2,
        padding=2,
    ),
    *(
        layer("Conv2d", nn.Conv2d, PLANE, in_channels=4, out_channels=6, kernel_size=kernel, padding=padding)
        for kernel, padding in (((1, 3), (0, 1)), ((3, 1), (1, 0)), (2, 1), (5, 2), (1, 0), (1, 1))
    ),
    layer("Conv2d", nn.Conv2d, PLANE, in_channels=4, out_channels=6, kernel_size=4, padding="same"),
    layer("Conv2d", nn.Conv2d, PLANE, in_channels=4, out_channels=6, kernel_size=3, dilation=2, padding="same"),
    layer("Conv2d", nn.Conv2d, PLANE, in_channels=4, out_channels=6, kernel_size=3, stride=(1, 2), dilation=(2, 1)),
    layer("Conv2d", nn.Conv2d, normal(4, 7, 6), in_channels=4, out_channels=6, kernel_size=3),
    layer("Conv2d", nn.Conv2d, normal(3, 4, 7, 6), in_channels=4, out_channels=6, kernel_size=3, bias=False),
    *(
        layer("Conv2d", nn.Conv2d, PLANE, in_channels=4, out_channels=6, kernel_size=3, padding=2, padding_mode=mode)
        for mode in ("reflect", "replicate", "circular")
    ),
    *(
        layer(
            "Conv1d",
            nn.Conv1d,
            LINE,
            in_channels=4,
            out_channels=6,
            kernel_size=kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )
        for kernel, stride, padding, dilation, groups in (
            (3, 1, 0, 1, 1),
            (3, 2, 1, 1, 2),
            (3, 1, 2, 2, 1),
            (5, 3, 2, 1, 1),
            (1, 1, 0, 1, 1),
        )
    ),
    layer("Conv1d", nn.Conv1d, LINE, in_channels=4, out_channels=4, kernel_size=3, padding=4, dilation=4, groups=4),
    *(
        layer(
            "Conv3d",
            nn.Conv3d,
            VOLUME,
            in_channels=2,
            out_channels=4,
            kernel_size=3,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )
        for stride, padding, dilation, groups in (
            (1, 0, 1, 1),
            (2, 1, 1, 1),
            (1, 1, 1, 2),
            ((1, 2, 2), (1, 0, 1), 1, 1),
            (1, 2, 2, 1),
        )
    ),
    op("conv2d with computed weights", F.conv2d, normal(1, 3, 6, 6), normal(4, 3, 3, 3)),
    op("conv2d with computed weights", F.conv2d, normal(1, 6, 6, 5), normal(6, 1, 3, 3), groups=6, padding=1),
)

TRANSPOSED = (
    *(
        layer(
            "ConvTranspose2d",
            nn.ConvTranspose2d,
            normal(1, 4, 4, 5),
            in_channels=4,
            out_channels=6,
            kernel_size=kernel,
            stride=stride,
            padding=padding,
            output_padding=more,
        )
        for kernel, stride, padding, more in (
            (2, 2, 0, 0),
            (3, 1, 0, 0),
            (3, 1, 1, 0),
            (3, 2, 1, 1),
            (4, 2, 1, 0),
            (3, 2, 0, 1),
            (5, 3, 2, 1),
            ((3, 2), (2, 1), (1, 0), (1, 0)),
            (3, 2, 1, (0, 1)),
        )
    ),
    layer(
        "ConvTranspose2d",
        nn.ConvTranspose2d,
        normal(1, 4, 4, 5),
        in_channels=4,
        out_channels=6,
        kernel_size=3,
        stride=2,
        padding=1,
        groups=2,
    ),
    layer(
        "ConvTranspose2d",
        nn.ConvTranspose2d,
        normal(1, 4, 4, 5),
        in_channels=4,
        out_channels=4,
        kernel_size=4,
        stride=2,
        padding=1,
        groups=4,
        bias=False,
    ),
    *(
        layer(
            "ConvTranspose2d",
            nn.ConvTranspose2d,
            normal(1, 4, 4, 5),
            in_channels=4,
            out_channels=6,
            kernel_size=3,
            dilation=2,
            stride=stride,
        )
        for stride in (1, 2)
    ),
    *(
        layer(
            "ConvTranspose1d",
            nn.ConvTranspose1d,
            normal(1, 4, 5),
            in_channels=4,
            out_channels=6,
            kernel_size=kernel,
            stride=stride,
            padding=padding,
            output_padding=more,
            groups=groups,
        )
        for kernel, stride, padding, more, groups in (
            (2, 2, 0, 0, 1),
            (4, 2, 1, 0, 1),
            (3, 2, 1, 1, 1),
            (8, 4, 2, 0, 1),
            (3, 2, 0, 0, 2),
        )
    ),
    *(
        layer(
            "ConvTranspose3d",
            nn.ConvTranspose3d,
            normal(1, 2, 3, 3, 4),
            in_channels=2,
            out_channels=3,
            kernel_size=kernel,
            stride=2,
            padding=padding,
            output_padding=more,
        )
        for kernel, padding, more in ((2, 0, 0), (3, 1, 1))
    ),
)


def _weight_norm() -> nn.Module:
    made: nn.Module = torch.nn.utils.parametrizations.weight_norm(nn.Conv1d(4, 6, 3))
    return made


NORMALISED = (layer("Conv1d with weight_norm", _weight_norm, LINE),)

CASES: tuple[Case, ...] = (*PLAIN, *TRANSPOSED, *NORMALISED)
