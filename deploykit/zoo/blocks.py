"""What several of the zoo's networks are made of."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import nn

Activation = Callable[[], nn.Module]


class ConvNorm(nn.Sequential):
    """Convolution without bias that keeps the size (or halves it), batch norm, and an activation if one is named."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int = 1,
        stride: int = 1,
        *,
        groups: int = 1,
        activation: Activation | None = nn.ReLU,
    ) -> None:
        conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), *([activation()] if activation else []))


class LayerNorm2d(nn.LayerNorm):
    """Over the channels of 1 × channels × height × width."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class LayerScale2d(nn.Module):
    """A factor for each channel, small at first."""

    def __init__(self, channels: int, start: float = 1e-5) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((1, channels, 1, 1), start))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gamma


class SqueezeExcite(nn.Module):
    """Channels are weighted by what their means say ("Squeeze-and-Excitation Networks", 2018)."""

    def __init__(self, channels: int, inner: int, activation: Activation = nn.ReLU, gate: Activation = nn.Sigmoid):
        super().__init__()
        self.weigh = nn.Sequential(nn.Conv2d(channels, inner, 1), activation(), nn.Conv2d(inner, channels, 1), gate())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weigh(x.mean((2, 3), keepdim=True))


class Residual(nn.Module):
    """Adds what goes in to what comes out."""

    def __init__(self, *inside: nn.Module) -> None:
        super().__init__()
        self.inside = nn.Sequential(*inside)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inside(x)


class DepthwiseBranches(nn.Module):
    """Depthwise convolutions side by side, or one behind the other within a branch, whose answers are added.

    For training only: all of it is linear, so `folded` is one convolution that gives the same.
    """

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, *rest = (branch(x) for branch in self.branches)
        return sum(rest, start=first)

    @torch.no_grad()
    def folded(self, channels: int, size: int, stride: int = 1) -> nn.Conv2d:
        """The one convolution. Its kernel is read off the answer to an impulse.

        Args:
            channels: of the input, and of the output.
            size: of the largest kernel, odd. A branch of several convolutions must have no bias but in the last one,
                else borders differ.
            stride: of the whole.
        """
        dense = deepcopy(self).eval()
        for module in dense.modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
        silence = torch.zeros(1, channels, 2 * size - 1, 2 * size - 1)
        impulse = silence.clone()
        impulse[..., size - 1, size - 1] = 1
        bias = dense(silence)
        half = size // 2
        answer = (dense(impulse) - bias)[0, :, half : half + size, half : half + size]
        conv = nn.Conv2d(channels, channels, size, stride, half, groups=channels)
        conv.weight.copy_(answer.flip(1, 2).unsqueeze(1))
        assert conv.bias is not None
        conv.bias.copy_(bias[0, :, size - 1, size - 1])
        return conv


@torch.no_grad()
def mean_of(first: nn.Linear, second: nn.Linear) -> nn.Linear:
    """One layer that gives the mean of two: a classifier, and the one that learnt from a teacher."""
    mean = nn.Linear(first.in_features, first.out_features)
    mean.weight.copy_((first.weight + second.weight) / 2)
    mean.bias.copy_((first.bias + second.bias) / 2)
    return mean


def windows(x: torch.Tensor, side: int, *, remote: bool = False) -> torch.Tensor:
    """Cuts pictures into squares, with no tensor of more than four dimensions.

    Args:
        x: batch × channels × height × width; both sizes are multiples of `side`.
        side: of a square.
        remote: a square's pixels lie as far apart as they can; else side by side.

    Returns:
        (batch * squares) × channels × (side * side); batch outermost, then rows of squares.
    """
    batch, channels, height, width = x.shape
    rows, columns = height // side, width // side
    if remote:
        x = x.reshape(batch, channels * side, rows, width).permute(0, 2, 1, 3)
        x = x.reshape(batch * rows, channels * side, side, columns).permute(0, 3, 1, 2)
    else:
        x = x.reshape(batch, channels, rows, side * width).permute(0, 2, 1, 3)
        x = x.reshape(batch * rows, channels * side, columns, side).permute(0, 2, 1, 3)
    return x.reshape(batch * rows * columns, channels, side * side)


def unwindowed(x: torch.Tensor, side: int, height: int, width: int, *, remote: bool = False) -> torch.Tensor:
    """The pictures of which `windows` makes `x`."""
    channels = x.shape[1]
    rows, columns = height // side, width // side
    batch = x.shape[0] // (rows * columns)
    x = x.reshape(batch * rows, columns, channels * side, side)
    if remote:
        x = x.permute(0, 2, 3, 1).reshape(batch, rows, channels * side, width).permute(0, 2, 1, 3)
    else:
        x = x.permute(0, 2, 1, 3).reshape(batch, rows, channels, side * width).permute(0, 2, 1, 3)
    return x.reshape(batch, channels, height, width)


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: int) -> torch.Tensor:
    """Softmax attention over the last axis: each argument is batch × channels × places, and so is the result."""
    batch, channels, places = q.shape
    q, k = (each.reshape(batch, heads, channels // heads, places) for each in (q, k))
    weights = (q.transpose(-2, -1) @ k * (channels // heads) ** -0.5).softmax(-1)
    values = v.reshape(batch, heads, v.shape[1] // heads, places)
    return (values @ weights.transpose(-2, -1)).reshape(batch, v.shape[1], places)
