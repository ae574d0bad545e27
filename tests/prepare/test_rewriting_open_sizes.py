"""Rewrites of a program whose sizes are known at run time only: they stay open, or the rewrite is left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim

from deploykit.backends import BACKENDS
from deploykit.dynamic import open_axes, open_outputs, without_guards
from deploykit.prepare.rewriting import rewrite

Function = Callable[[torch.Tensor], torch.Tensor]


class Net(nn.Module):
    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


def heads(x: torch.Tensor) -> torch.Tensor:
    q = x.flatten(2).transpose(1, 2)[:, None].expand(1, 3, -1, -1)
    return F.scaled_dot_product_attention(q, q, q)


def spectrum(x: torch.Tensor) -> torch.Tensor:
    return torch.view_as_real(torch.stft(x[:, 0, :, 0], 16, 4, window=torch.ones(16), return_complex=True))


CASES: dict[str, tuple[Function, str, tuple[str, ...]]] = {
    "padding": (lambda x: F.pad(x, (-1, 0, 0, -1)), "coreml", ("negative padding as slices",)),
    "rolling": (lambda x: torch.roll(x, 2, 2), "coreml", ("elements moved by slices",)),
    "deviation": (lambda x: x.std(2), "coreml", ("moments as means",)),
    "spectrum": (spectrum, "onnx", ("Fourier transforms as matmuls",)),
    "pooling": (lambda x: F.adaptive_max_pool2d(x, 1), "onnx", ("adaptive max pooling as maxima",)),
    "heads": (heads, "onnx", ("attention with strides of its own",)),
    # These need their sizes in numbers.
    "nearest": (lambda x: F.interpolate(x, scale_factor=1.5), "coreml", ()),
    "doubled": (lambda x: F.interpolate(x, scale_factor=2.0), "coreml", ()),
    "bicubic": (lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"), "coreml", ()),
    "windows, rolled": (
        lambda x: F.unfold(torch.roll(x, 2, 2), 3, padding=1),
        "coreml",
        ("elements moved by slices",),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_sizes_stay_open(case: str) -> None:
    function, backend, used = CASES[case]
    shapes = {"x": {2: Dim.DYNAMIC(min=20, max=80)}}
    example = {"x": torch.randn(1, 4, 40, 8)}
    program = torch.export.export(Net(function), (), example, dynamic_shapes={"x": shapes["x"]}, strict=False)
    program = without_guards(program)
    made, names = rewrite(program, BACKENDS[backend].roads[0].rewrites)
    assert set(used) <= set(names)
    ((axis, bounds),) = open_axes(made)[0].items()
    assert (axis, bounds.min, bounds.max) == (2, 20, 80)
    assert open_outputs(made) == open_outputs(program)
    for size in (20, 57, 80):
        x = torch.randn(1, 4, size, 8)
        torch.testing.assert_close(made.module(check_guards=False)(x=x), function(x), atol=1e-4, rtol=1e-4)
