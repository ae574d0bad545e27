"""What is inferred from example inputs."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from deploykit.capture.infer import generic_spec
from deploykit.capture.sources import Source
from deploykit.spec import ModelSpec

SEEDED = torch.Generator().manual_seed(0)

RANGES = {
    "normal": (torch.randn(1, 10000, generator=SEEDED), (-(3**0.5), 3**0.5)),
    "uniform": (torch.rand(1, 10000, generator=SEEDED), (0.0, 1.0)),
    "pixels": (torch.rand(1, 10000, generator=SEEDED).mul(255), (0.0, 255.0)),
    "constant": (torch.ones(1, 4), (-1.0, 1.0)),
    "tokens": (torch.tensor([[3, 9, 4]]), (3.0, 9.0)),
    "one token": (torch.tensor([[3, 3]]), (3.0, 4.0)),
    "mask": (torch.tensor([[True, False]]), (0.0, 1.0)),
}


@pytest.mark.parametrize("name", RANGES)
def test_inputs_are_as_loud_as_the_example(name: str) -> None:
    example, expected = RANGES[name]
    spec = generic_spec(ModelSpec(entry="net.py:net"), Source(nn.Identity(), (example,), trained=True), {"y": example})
    (tensor,) = spec.input.values()
    assert tensor.range == pytest.approx(expected, abs=0.03 * (expected[1] - expected[0]))
    assert tensor.range[0] >= min(example.min(), -1.0)


def test_words_of_core_ml_are_not_taken_as_names() -> None:
    class Net(nn.Module):
        def forward(self, state: torch.Tensor) -> torch.Tensor:
            return state

    x = torch.ones(1, 4)
    spec = generic_spec(ModelSpec(entry="net.py:net"), Source(Net(), (x,), trained=True), {"tensor": x})
    assert (*spec.input, *spec.output) == ("state_in", "tensor_out")
