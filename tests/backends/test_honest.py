"""PyTorch with integers: what the yardstick of such files rounds, and what it does not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from deploykit.backends.base import Tensors
from deploykit.backends.honest import HonestRunner, rounded_weight
from deploykit.precisions import SCHEMES, Precision, Scheme


def runner(network: nn.Module, precision: Precision, calibration: list[Tensors] | None = None) -> HonestRunner:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"y": self.network(x)}

    program = torch.export.export(Named().eval(), (), {"x": torch.zeros(1, 4)})
    return HonestRunner(program, precision, calibration or [])


def noise(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(got - wanted).max())


@given(st.integers(2, 8), st.integers(0, 1000))
def test_integers_of_a_channel_are_symmetric_and_at_most_half_a_step_off(bits: int, seed: int) -> None:
    torch.manual_seed(seed)
    weight = torch.randn(3, 5) * torch.logspace(-2, 2, 3)[:, None]
    scheme = Scheme(bits, "linear")
    made = rounded_weight(weight, 0, scheme)
    step = weight.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1)
    assert ((made - weight).abs() <= step * 0.5001).all()
    assert torch.allclose(rounded_weight(-weight, 0, scheme), -made)
    assert torch.allclose(rounded_weight(made, 0, scheme), made)
    across = rounded_weight(weight.T.contiguous(), 1, scheme)
    assert torch.allclose(across, made.T)


def test_a_palette_has_as_many_values_as_its_bits_say() -> None:
    torch.manual_seed(0)
    weight = torch.randn(40, 40)
    errors = []
    for bits in (1, 2, 3, 4, 6, 8):
        made = rounded_weight(weight, 0, Scheme(bits, "palette"))
        assert len(made.unique()) == 2**bits
        errors.append(float((made - weight).square().mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == pytest.approx(1 - 2 / np.pi, rel=0.1)  # the best two values of a normal distribution
    few = torch.randn(4, 4)
    assert torch.equal(rounded_weight(few, 0, SCHEMES["palette-1"]), few)


def test_ranges_come_from_calibration_and_what_lies_outside_is_clipped() -> None:
    calibration = [{"x": np.array([[-1.0, 0.0, 0.5, 1.0]], np.float32)}]
    x = np.array([[-4.0, -1.0, 0.5, 4.0]], np.float32)
    with runner(nn.Tanhshrink(), "int8", calibration) as opened:
        inside = opened.run({"x": np.array([[-1.0, 0.0, 0.5, 1.0]], np.float32)})["y"]
        outside = opened.run({"x": x})["y"]
    wanted = np.array([[-1.0, 0.0, 0.5, 1.0]]) - np.tanh([[-1.0, 0.0, 0.5, 1.0]])
    assert 0 < noise(inside, wanted) < 0.01
    assert outside.max() == pytest.approx(inside.max(), abs=1e-6)


def test_dynamic_activations_take_their_own_range() -> None:
    layer = nn.Linear(4, 4, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(4))
    for scale in (1.0, 1000.0):
        x = (np.array([[-1.0, 0.3, 0.5, 1.0]]) * scale).astype(np.float32)
        with runner(layer, "int8-dynamic") as opened:
            made = opened.run({"x": x})["y"]
        assert 0 < noise(made, x) < scale * 2 / 255


def test_weights_alone_leave_activations_as_they_are() -> None:
    with runner(nn.Tanhshrink(), "int8-weights") as opened:
        x = np.linspace(-1, 1, 4, dtype=np.float32)[None]
        assert noise(opened.run({"x": x})["y"], x - np.tanh(x)) < 1e-6


def test_what_runtimes_fuse_is_not_rounded_between() -> None:
    """A convolution with a large negative range, and a ReLU behind it: the ReLU's range alone counts."""
    layer = nn.Linear(4, 4)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(4))
        layer.bias.copy_(torch.tensor([-1000.0, 0.0, 0.0, 0.0]))
    x = np.array([[1.0, 0.2, 0.4, 0.6]], np.float32)
    with runner(nn.Sequential(layer, nn.ReLU()), "int8", [{"x": x}]) as opened:
        made = opened.run({"x": x})["y"]
    assert noise(made, np.maximum(x + layer.bias.detach().numpy(), 0)) < 0.01


class Joined(nn.Module):
    """Boxes of hundreds beside scores below one."""

    def __init__(self, behind: nn.Module) -> None:
        super().__init__()
        self.behind = behind

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.behind(torch.cat([x.sigmoid() * 600, x.sigmoid()], 1))


def test_heads_of_clashing_scales_keep_them_but_features_do_not() -> None:
    given = [{"x": np.random.default_rng(i).normal(size=(1, 4)).astype(np.float32)} for i in range(4)]
    wanted = 1 / (1 + np.exp(-given[0]["x"]))
    got = runner(Joined(nn.Identity()), "int8", given).run(given[0])["y"]
    assert noise(got[:, 4:], wanted) < 0.02
    eye = nn.Linear(8, 8, bias=False)
    eye.weight.data = torch.eye(8)
    assert noise(runner(Joined(eye), "int8", given).run(given[0])["y"][:, 4:], wanted) > 0.2
