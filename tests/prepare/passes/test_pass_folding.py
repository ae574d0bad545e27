"""Norms into the layer before: where it is right, and where it must not be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import timm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from timm.layers import BatchNormAct2d
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from deploykit.prepare.alive import make_alive
from deploykit.prepare.passing import prepare

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


def lively(norm: nn.Module) -> nn.Module:
    """Statistics and affines that are not those of a new norm."""
    for name, value in (*norm.named_parameters(), *norm.named_buffers()):
        if value.is_floating_point():
            value.data = torch.rand_like(value) + 0.5 if name in ("weight", "running_var") else torch.randn_like(value)
    return norm


def norms(network: nn.Module) -> int:
    return sum("BatchNorm" in type(m).__name__ for m in network.modules())


@settings(max_examples=30, deadline=None)
@given(
    rank=st.integers(1, 3),
    transposed=st.booleans(),
    groups=st.sampled_from([1, 2, 4]),
    bias=st.booleans(),
    affine=st.booleans(),
    seed=st.integers(0, 9),
)
def test_every_convolution(rank: int, transposed: bool, groups: int, bias: bool, affine: bool, seed: int) -> None:
    torch.manual_seed(seed)
    layer = (TRANSPOSED if transposed else CONV)[rank](4, 8, 3, groups=groups, bias=bias, stride=2, padding=1)
    network = nn.Sequential(layer, lively(NORM[rank](8, affine=affine, eps=0.01)), nn.ReLU()).eval()
    x = torch.randn(2, 4, *[5] * rank)
    made, records = prepare(network, [(x,)])
    assert (records[-1].outcome, records[-1].what) == ("applied", "1 norm into the layer before")
    assert records[-1].snr_db is not None
    assert records[-1].snr_db > 250
    assert norms(made) == 0
    assert norms(network) == 1
    torch.testing.assert_close(made(x), network(x))


def test_linear_layers_and_norms_of_other_libraries() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), lively(BatchNormAct2d(4)), nn.Conv2d(4, 4, 3), lively(FrozenBatchNorm2d(4)), nn.Flatten()
    )
    network.extend([nn.Linear(64, 5), lively(nn.BatchNorm1d(5))])
    made, records = prepare(network.eval(), [(torch.randn(2, 3, 8, 8),)])
    assert records[-1].what == "3 norms into the layer before"
    assert norms(made) == 0
    assert any(isinstance(m, nn.ReLU) for m in made.modules())  # of BatchNormAct2d


class Net(nn.Module):
    def __init__(self, forward: Callable[[Net, torch.Tensor], object]) -> None:
        super().__init__()
        self.conv, self.norm, self.way = nn.Conv2d(3, 3, 1), lively(nn.BatchNorm2d(3)), forward

    def forward(self, x: torch.Tensor) -> object:
        return self.way(self, x)


def skip(n: Net, x: torch.Tensor) -> object:
    y = n.conv(x)
    return n.norm(y) + y


def given_away(n: Net, x: torch.Tensor) -> object:
    y = n.conv(x)
    return n.norm(y), y


def through_relu(n: Net, x: torch.Tensor) -> object:
    return n.norm(n.conv(x).relu())


def changed_in_place(n: Net, x: torch.Tensor) -> object:
    y = n.conv(x)
    y.relu_()
    return n.norm(y)


def twice(n: Net, x: torch.Tensor) -> object:
    return n.norm(n.conv(n.norm(n.conv(x))))


def conv_twice(n: Net, x: torch.Tensor) -> object:
    return n.norm(n.conv(n.conv(x)))


@pytest.mark.parametrize("way", [skip, given_away, through_relu, changed_in_place, twice, conv_twice])
def test_not_where_others_read_what_lies_between(way: Callable[[Net, torch.Tensor], object]) -> None:
    _, records = prepare(Net(way).eval(), [(torch.randn(1, 3, 4, 4),)])
    assert records[-1].outcome == "nothing to do"


def test_not_a_linear_layer_whose_features_are_not_the_norms_channels() -> None:
    network = nn.Sequential(nn.Linear(4, 4), lively(nn.BatchNorm1d(4))).eval()
    _, records = prepare(network, [(torch.randn(2, 4, 4),)])
    assert records[-1].outcome == "nothing to do"


def test_a_real_one() -> None:
    torch.manual_seed(0)
    network = timm.create_model("mobilenetv3_small_050", pretrained=False).eval()
    make_alive(network, (torch.randn(4, 3, 64, 64),), 0)
    made, records = prepare(network, [(torch.randn(1, 3, 64, 64),)])
    assert records[-1].outcome == "applied"
    assert norms(network) == int(records[-1].what.split()[0])
    assert norms(made) == 0
