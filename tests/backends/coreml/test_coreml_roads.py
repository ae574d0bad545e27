"""Small networks by each road, executed, against eager PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.coreml_reference.agreement import agreement
from benchmarks.coreml_reference.subject import run, subject_of
from deploykit.backends import BACKENDS
from deploykit.backends.coreml.interface import read_interface
from deploykit.backends.coreml.reference import ReferenceRunner
from deploykit.prepare.rewriting import rewrite

ROADS = {road.name: road for road in BACKENDS["coreml"].roads}


class Fn(nn.Module):
    """A function of tensors, with modules of its own."""

    def __init__(self, function: Callable[..., Any], **modules: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.function(self, *tensors)


def seeded(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def windows(m: Any, x: torch.Tensor) -> torch.Tensor:
    """Attention within windows that are shifted, as in Swin; the mask is -inf."""
    parts = x.roll((-2, -2), (1, 2)).view(-1, 2, 4, 2, 4, 8).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 8)
    query, key, value = m.qkv(parts).view(-1, 16, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
    mask = torch.full((16, 16), float("-inf")).triu(1)
    out = ((query @ key.mT).masked_fill(mask.bool(), float("-inf")).softmax(-1) @ value).transpose(1, 2)
    return out.reshape(-1, 2, 2, 4, 4, 8).permute(0, 1, 3, 2, 4, 5).reshape(-1, 8, 8, 8)


def made(function: Callable[..., Any], *shapes: tuple[int, ...], **modules: nn.Module) -> tuple[nn.Module, Any]:
    return Fn(function, **modules).eval(), tuple(seeded(*shape) for shape in shapes)


CASES: dict[str, Callable[[], tuple[nn.Module, tuple[torch.Tensor, ...]]]] = {
    "lstm": lambda: made(
        lambda m, x: m.r(x)[0], (1, 6, 8), r=nn.LSTM(8, 5, 2, batch_first=True, bidirectional=True)
    ),
    "lstm with states": lambda: made(
        lambda m, x, h, c: m.r(x, (h, c))[1][0] + m.r(x, (h, c))[0][:, -1],
        (1, 6, 8),
        (1, 1, 5),
        (1, 1, 5),
        r=nn.LSTM(8, 5, batch_first=True),
    ),
    "rnn": lambda: made(lambda m, x: m.r(x)[0], (1, 6, 8), r=nn.RNN(8, 5, batch_first=True)),
    "windows": lambda: made(windows, (1, 8, 8, 8), qkv=nn.Linear(8, 24)),
    "gelu by tanh": lambda: made(lambda m, x: F.gelu(x, approximate="tanh"), (2, 9)),
    "gelu": lambda: made(lambda m, x: F.gelu(x), (2, 9)),
    "reciprocal": lambda: made(lambda m, x: (x.abs() + 1e-3).reciprocal(), (2, 9)),
    "variance": lambda: made(lambda m, x: x.var() + x.std((1,)) + torch.var_mean(x, 1)[0], (2, 4)),
    "where of numbers": lambda: made(lambda m, x: F.hardshrink(x) + torch.where(x > 0, 1, x), (2, 9)),
    "pools": lambda: made(lambda m, x: F.max_pool1d(x, 2)[:, ::2] + F.max_pool2d(x[None], 2)[0], (4, 4, 4)),
    "pools of 3": lambda: made(lambda m, x: F.max_pool3d(x, 2) + F.adaptive_avg_pool3d(x, (2, 3, 2)), (1, 2, 4, 6, 4)),
    "masks": lambda: made(lambda m, x: (x + torch.full((5, 5), float("-inf")).triu(1)).softmax(-1), (2, 5, 5)),
    "a mask of the input": lambda: made(
        lambda m, x: x + torch.zeros_like(x > 0, dtype=torch.float32).masked_fill_(x > 1, -3.0), (2, 9)
    ),
    "resizes": lambda: made(
        lambda m, x: F.interpolate(x, size=(5, 7), mode="bicubic", antialias=True)
        + F.interpolate(x, size=(5, 7), mode="bicubic"), (1, 3, 8, 6)
    ),
    "unfold and fold": lambda: made(
        lambda m, x: F.fold(F.unfold(x, 3, padding=1, stride=2).relu(), (8, 8), 3, padding=1, stride=2), (1, 2, 8, 8)
    ),
    "differences": lambda: made(lambda m, x: x.diff(dim=1) / torch.sqrt(torch.tensor(8)), (2, 9)),
    "logic": lambda: made(lambda m, x, y: torch.where((x > 0) & (y > 0) | ~(x > y) ^ (y > 1), x, y), (2, 9), (2, 9)),
    "three outputs": lambda: made(lambda m, x: (x.argmax(1), x * 2, x.argmax()[None]), (2, 9)),
}  # fmt: skip


def decibels(road: str, network: nn.Module, inputs: tuple[torch.Tensor, ...], folder: Path) -> float:
    subject = subject_of("network", network, inputs)
    prepared, _ = rewrite(subject.program, ROADS[road].rewrites)
    package = ROADS[road].function(prepared, subject.request("fp32", folder / "fp32"))
    border = read_interface(package)
    assert {t.name: t.shape for t in border.inputs} == {t.name: t.shape for t in subject.signature.inputs}
    expected = {t.name: "int32" if t.dtype == "int64" else t.dtype for t in subject.signature.outputs}
    assert {t.name: t.dtype for t in border.outputs} == expected
    with ReferenceRunner(package) as runner:
        figures = agreement("network", subject.reference, run(runner, subject.inputs))
    assert figures.same == 1
    return figures.snr_db


@pytest.mark.parametrize("case", CASES)
def test_by_torch_export(case: str, tmp_path: Path) -> None:
    assert decibels("torch.export", *CASES[case](), tmp_path) > 100


@pytest.mark.parametrize("case", ["windows", "unfold and fold", "lstm", "three outputs"])
@pytest.mark.parametrize("road", ["torchscript trace", "torch.export, decomposed"])
def test_by_other_roads(road: str, case: str, tmp_path: Path) -> None:
    assert decibels(road, *CASES[case](), tmp_path) > 100


def test_a_gru_goes_by_trace(tmp_path: Path) -> None:
    network, inputs = made(lambda m, x: m.r(x)[0], (1, 6, 8), r=nn.GRU(8, 5, batch_first=True, bidirectional=True))
    with pytest.raises(NotImplementedError, match="TorchScript"):
        decibels("torch.export", network, inputs, tmp_path / "export")
    assert decibels("torchscript trace", network, inputs, tmp_path / "trace") > 100


def test_a_projection_is_unrolled(tmp_path: Path) -> None:
    network, inputs = made(lambda m, x: m.r(x)[0], (1, 3, 8), r=nn.LSTM(8, 5, proj_size=3, batch_first=True))
    for road in ("torch.export", "torchscript trace"):
        with pytest.raises(ValueError, match="weights shape"):
            decibels(road, network, inputs, tmp_path / road)
    assert decibels("torch.export, decomposed", network, inputs, tmp_path / "decomposed") > 100


def test_every_road_tells_the_same_border(tmp_path: Path) -> None:
    network = Fn(lambda m, x, i, b: (x * b + i, (x > i).long(), i + 1, x > 0))
    inputs = (seeded(2, 5), torch.randint(0, 9, (2, 5)), seeded(2, 5) > 0)
    subject = subject_of("network", network.eval(), inputs)
    borders = []
    for index, road in enumerate(ROADS.values()):
        prepared, _ = rewrite(subject.program, road.rewrites)
        borders.append(read_interface(road.function(prepared, subject.request("fp32", tmp_path / str(index)))))
    assert borders[0] == borders[1] == borders[2]
