"""What entries of the zoo are made of computes what its docstring says."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from deploykit.zoo.blocks import DepthwiseBranches, attention, mean_of, unwindowed, windows


def depthwise(size: tuple[int, int], *, stride: tuple[int, int] = (1, 1), dilation: int = 1, bias: bool = True):
    padding = tuple(dilation * (side // 2) for side in size)
    if size == (2, 2):
        padding = (1, 1)
    return nn.Conv2d(4, 4, size, stride, padding, dilation, groups=4, bias=bias)


@pytest.mark.parametrize("stride", [1, 2])
def test_folding_branches_changes_nothing(stride: int):
    torch.manual_seed(0)
    both = (stride, stride)
    strips = nn.Sequential(
        depthwise((1, 7), stride=(1, stride), bias=False), depthwise((7, 1), stride=(stride, 1), bias=True)
    )
    branches = DepthwiseBranches(
        depthwise((7, 7), stride=both),
        depthwise((5, 3), stride=both),
        depthwise((2, 2), stride=both, dilation=2),
        strips,
        nn.Sequential(depthwise((3, 3), stride=both, bias=False), nn.BatchNorm2d(4)),
    ).eval()
    norm = branches.branches[-1][1]
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2.0)
    x = torch.randn(2, 4, 12, 16)
    folded = branches.folded(4, 7, stride)
    torch.testing.assert_close(folded(x), branches(x), rtol=1e-5, atol=1e-5)
    assert sum(p.numel() for p in folded.parameters()) == 4 * 49 + 4


def test_the_mean_of_two_layers():
    first, second = nn.Linear(5, 3), nn.Linear(5, 3)
    x = torch.randn(2, 5)
    torch.testing.assert_close(mean_of(first, second)(x), (first(x) + second(x)) / 2)


@pytest.mark.parametrize("remote", [False, True])
def test_windows_hold_what_belongs_together_and_go_back(remote: bool):
    x = torch.arange(2 * 3 * 4 * 6, dtype=torch.float32).reshape(2, 3, 4, 6)
    cut = windows(x, 2, remote=remote)
    assert cut.shape == (2 * 6, 3, 4)
    second = x[0, :, 0::2, 1::3] if remote else x[0, :, 0:2, 2:4]  # of the first row of squares
    torch.testing.assert_close(cut[1], second.reshape(3, 4))
    torch.testing.assert_close(unwindowed(cut, 2, 4, 6, remote=remote), x)


def test_attention_is_that_of_torch():
    q, k = torch.randn(2, 8, 5), torch.randn(2, 8, 5)
    v = torch.randn(2, 12, 5)  # may have more channels than queries
    by_head = (each.reshape(2, 4, -1, 5).transpose(-2, -1) for each in (q, k, v))
    expected = nn.functional.scaled_dot_product_attention(*by_head).transpose(-2, -1).reshape(2, 12, 5)
    torch.testing.assert_close(attention(q, k, v, 4), expected)
