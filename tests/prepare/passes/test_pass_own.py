"""Structural reparameterisation by a model's own methods."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import nn

from deploykit.prepare.alive import make_alive
from deploykit.prepare.passes.own import method_of
from deploykit.prepare.passing import prepare


class Branches(nn.Module):
    """Two convolutions whose sum is one, in place."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.one = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 1), None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.a(x) + self.b(x) if self.one is None else self.one(x)

    def switch_to_deploy(self) -> None:
        weight = self.a.weight + nn.functional.pad(self.b.weight, [1, 1, 1, 1])
        self.one = nn.Conv2d(3, 4, 3, padding=1)
        self.one.weight.data, self.one.bias.data = weight, self.a.bias + self.b.bias
        del self.a, self.b


class Gives(nn.Module):
    """Gives the other module."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(self.a(x.mean((2, 3))))

    def fuse(self) -> nn.Module:
        layer = nn.Linear(4, 2)
        layer.weight.copy_(self.b.weight @ self.a.weight)
        layer.bias.copy_(self.b(self.a.bias))
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), layer)


class Wrong(Branches):
    """Forgets the second bias: its network runs, and computes something else."""

    def switch_to_deploy(self) -> None:
        bias = self.a.bias.detach().clone()
        super().switch_to_deploy()
        self.one.bias.data = bias


class Raises(Branches):
    def switch_to_deploy(self) -> None:
        raise NotImplementedError("not for this one")


class Whole(nn.Sequential):
    """Its own method calls those within, which cannot be called twice."""

    def convert_to_deploy(self) -> None:
        for module in self:
            if hasattr(module, "switch_to_deploy"):
                module.switch_to_deploy()


class Fusion(nn.Module):
    """A `fuse` of another meaning."""

    def fuse(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y


DRAWS = [(torch.randn(1, 3, 8, 8),), (torch.randn(1, 3, 8, 8),)]


@pytest.mark.parametrize("container", [nn.Sequential, Whole])
def test_methods_are_found_and_called(container: type[nn.Sequential]) -> None:
    network = container(Branches(), nn.ReLU(), Gives()).eval()
    made, records = prepare(network, DRAWS)
    record = next(r for r in records if r.name == "reparameterisation")
    assert record.outcome == "applied", record.what
    assert record.snr_db is not None
    assert record.snr_db > 200
    kinds = [type(m) for m in made.modules() if next(m.children(), None) is None]
    if container is Whole:
        assert kinds == [nn.Conv2d, nn.ReLU, nn.Linear, nn.Linear]  # whose fuse() it did not call
        assert "Whole.convert_to_deploy() 1×" in record.what
    else:
        assert kinds == [nn.Conv2d, nn.ReLU, nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear]
        assert record.what == "its own Branches.switch_to_deploy() 1×, Gives.fuse() 1×"
    assert {p.dtype for p in made.parameters()} == {torch.float32}
    assert hasattr(network[0], "a")
    torch.testing.assert_close(made(*DRAWS[0]), network(*DRAWS[0]))


def test_the_network_itself_may_be_replaced() -> None:
    made, _ = prepare(Gives().eval(), [(torch.randn(1, 4, 2, 2),)])
    assert isinstance(made, nn.Sequential)


def test_a_wrong_method_is_dropped_with_its_figure_and_a_raising_one_with_its_words() -> None:
    for network, words in ((Wrong(), "dB off"), (Raises(), "NotImplementedError: not for this one")):
        made, records = prepare(network.eval(), DRAWS)
        record = next(r for r in records if r.name == "reparameterisation")
        assert record.outcome == "dropped"
        assert words in record.what
        assert isinstance(made, Branches)
        assert made.one is None
        torch.testing.assert_close(made(*DRAWS[0]), network(*DRAWS[0]))


def test_methods_that_need_arguments_are_of_another_kind() -> None:
    assert method_of(Fusion()) is None
    assert method_of(Gives()) == "fuse"
    layer = nn.Linear(1, 1)
    layer.fuse = nn.Linear(1, 1)
    assert method_of(layer) is None


@pytest.mark.parametrize(
    ("name", "parts"),
    [("mobileone_s0", "MobileOneBlock"), ("repvit_m0_9", "RepVit.fuse"), ("fastvit_t8", "RepMixer.reparameterize")],
)
def test_real_ones(name: str, parts: str) -> None:
    torch.manual_seed(0)
    network = timm.create_model(name, pretrained=False, num_classes=10).eval()
    make_alive(network, (torch.randn(4, 3, 64, 64),), 0)
    made, records = prepare(network, [(torch.randn(1, 3, 64, 64),)])
    record = next(r for r in records if r.name == "reparameterisation")
    assert record.outcome == "applied", record.what
    assert parts in record.what
    assert record.snr_db is not None
    assert record.snr_db > 200
    assert sum(isinstance(m, nn.BatchNorm2d) for m in made.modules()) == 0
    count = [sum(isinstance(m, nn.Conv2d) for m in of.modules()) for of in (network, made)]
    assert count[1] < count[0]
