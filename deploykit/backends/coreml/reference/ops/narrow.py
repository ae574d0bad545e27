"""Sums of products with an fp16 accumulator, for the mode `pessimistic`.

The 8 products of a block are summed in fp32, as a multiply-accumulate unit's adder tree does; the accumulator that the
blocks' sums go to is rounded to fp16 after each. Why: `Mode` in precision.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch

BLOCK = 8
"""Products per rounding of the accumulator."""


def product(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Gives x @ y, where x is [..., M, K] and y [..., K, N], both of rank 2 at least."""
    total = torch.zeros((), dtype=x.dtype)
    for start in range(0, x.shape[-1], BLOCK):
        total = rounded(total + x[..., start : start + BLOCK] @ y[..., start : start + BLOCK, :])
    return total if x.shape[-1] else x @ y


def rounded(x: torch.Tensor) -> torch.Tensor:
    """Gives x as an fp16 register holds it, in its own type."""
    return x.to(torch.float16).to(x.dtype)


def convolution(
    x: torch.Tensor, weight: torch.Tensor, strides: Sequence[int], dilations: Sequence[int], groups: int
) -> torch.Tensor:
    """Cross-correlation of a padded x [N, C, *D] with weight [O, C/groups, *K]."""
    windows = x
    for axis, (taps, stride, dilation) in enumerate(zip(weight.shape[2:], strides, dilations, strict=True), start=2):
        windows = windows.unfold(axis, (taps - 1) * dilation + 1, stride)[..., ::dilation]
    spatial = windows.shape[2 : 2 + len(strides)]
    columns = windows.reshape(x.shape[0], groups, -1, *windows.shape[2:])
    kernels = weight.reshape(groups, weight.shape[0] // groups, -1)
    places = itertools.product(*map(range, weight.shape[1:]))
    total = x.new_zeros(x.shape[0], groups, kernels.shape[1], math.prod(spatial))
    for start in range(0, kernels.shape[-1], BLOCK):
        # One block's operands at a time: all of them would be the input, prod(K) times over.
        block = torch.stack([_tap(columns, tap).flatten(2) for tap in itertools.islice(places, BLOCK)], 2)
        total = rounded(total + kernels[:, :, start : start + BLOCK] @ block)
    return total.reshape(x.shape[0], weight.shape[0], *spatial)


def _tap(columns: torch.Tensor, tap: Sequence[int]) -> torch.Tensor:
    """Of windows [N, groups, C/groups, *D, *K] the elements at one channel and place in the kernel, [N, groups, *D]."""
    for index in reversed(tap[1:]):
        columns = columns.select(-1, index)
    return columns.select(2, tap[0])


def einsum(equation: str, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Sum of products of two operands by an equation without an ellipsis, no letter twice in one operand."""
    terms, result = equation.replace(" ", "").split("->")
    left, right = terms.split(",")
    both = set(left) & set(right)
    batch = [letter for letter in left if letter in both and letter in result]
    summed = [letter for letter in left if letter in both and letter not in result]
    rows = [letter for letter in left if letter not in both]
    columns = [letter for letter in right if letter not in both]
    if len(set(left)) < len(left) or len(set(right)) < len(right) or not {*rows, *columns} <= set(result):
        return rounded(torch.einsum(equation, x, y))
    sizes = dict(zip(left, x.shape, strict=True)) | dict(zip(right, y.shape, strict=True))

    def shaped(tensor: torch.Tensor, letters: str, *parts: list[str]) -> torch.Tensor:
        order = [letters.index(letter) for part in parts for letter in part]
        return tensor.permute(order).reshape([math.prod(sizes[letter] for letter in part) for part in parts])

    z = product(shaped(x, left, batch, rows, summed), shaped(y, right, batch, summed, columns))
    letters = [*batch, *rows, *columns]
    return z.reshape([sizes[letter] for letter in letters]).permute([letters.index(letter) for letter in result])
