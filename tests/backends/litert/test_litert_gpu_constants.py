"""A constant that the file itself slices by steps: LiteRT's GPU engine gets it wrong, and deploykit's file has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter
from torch import nn

from deploykit import vulkan
from deploykit.backends import BACKENDS, RUNNERS
from tests.backends.roads import go, subject

pytestmark = pytest.mark.skipif(vulkan.unavailable() is not None, reason=str(vulkan.unavailable()))

NAME = "constants folded"


class Positions(nn.Module):
    """Angles by powers of a temperature, every other one's sine and cosine: as of XCiT and of rotary embeddings."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("places", torch.rand(1, 4, 6, 16, generator=torch.Generator().manual_seed(0)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        angles = 2.0**self.places
        return x.relu() + torch.cat([angles[..., 0::2].sin(), angles[..., 1::2].cos()], -1)


def ops(file: Path) -> list[str]:
    return [op["op_name"] for op in Interpreter(str(file))._get_ops_details()]


def test_the_gpu_is_right_with_the_rewrite_only(tmp_path: Path) -> None:
    """If the first of the two is right, the engine or litert-torch has been mended: the rewrite can go."""
    network, x = Positions().eval(), torch.randn(1, 4, 6, 16, generator=torch.Generator().manual_seed(1))
    given, wanted, off = subject(network, x), network(x).numpy(), []
    for name, rewrites in (("bare", ()), ("made", None)):
        way = go(given, "litert", tmp_path / name, rewrites=rewrites)
        assert way.snr > 110  # on the CPU
        assert ("STRIDED_SLICE" in ops(way.file)) == (name == "bare")
        with RUNNERS["litert-gpu"].open(way.file, arithmetic="fp32") as gpu:
            (taken,) = gpu.takes()
            (got,) = gpu.run({taken.name: x.numpy()}).values()
            assert gpu.residency().on_cpu == 0  # "fully accelerated", both
        off.append(float(np.abs(got - wanted).max()))
    assert way.used == (NAME,)
    assert off[0] > 0.1
    assert off[1] < 1e-5


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_road_lists_a_rewrite_twice(backend: str) -> None:
    for road in BACKENDS[backend].roads:
        assert len(road.rewrites) == len(set(road.rewrites)), road.name
