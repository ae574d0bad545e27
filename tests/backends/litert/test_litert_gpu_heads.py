"""A constant and the product of several heads: LiteRT's GPU gets it wrong without a word, deploykit's file right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from deploykit import vulkan
from deploykit.backends import RUNNERS
from deploykit.backends.litert.asked import misread
from deploykit.backends.litert.graph import read_graph
from tests.backends.roads import go, subject

pytestmark = pytest.mark.skipif(vulkan.unavailable() is not None, reason=str(vulkan.unavailable()))


class Attends(nn.Module):
    """Attention with a table of biases for each head, as of LeViT or TinyViT, or with a mask for all, as of Llama."""

    def __init__(self, fused: bool, masked: bool) -> None:
        super().__init__()
        self.fused = fused
        biases = torch.randn(4, 9, 9, generator=torch.Generator().manual_seed(0))
        self.register_buffer("biases", torch.full((1, 9, 9), float("-inf")).triu(1) if masked else biases)
        self.qkv = nn.Linear(8, 96)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(x).reshape(-1, 9, 3, 4, 8).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            return F.scaled_dot_product_attention(q, k, v, self.biases[None])
        return (q @ k.transpose(-2, -1) * 0.3 + self.biases).softmax(-1) @ v


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("fused", [False, True])
def test_the_gpu_is_right_with_the_rewrite_only(fused: bool, masked: bool, tmp_path: Path) -> None:
    """If the first of the two is right, the engine or litert-torch has been mended: the rewrite can go."""
    network, x = Attends(fused, masked).eval(), torch.randn(1, 9, 8, generator=torch.Generator().manual_seed(1))
    attends = subject(network, x)
    wanted, off = network(x).detach().numpy(), []
    for name, rewrites in (("bare", ("rank at most 4",)), ("made", None)):
        file = go(attends, "litert", tmp_path / name, rewrites=rewrites).file
        with RUNNERS["litert-gpu"].open(file, arithmetic="fp32") as gpu:
            (given,) = gpu.takes()
            (got,) = gpu.run({given.name: x.numpy()}).values()
            assert gpu.residency().on_cpu == 0  # "fully accelerated", both
        off.append(float(np.abs(got - wanted).max()))
    assert [len(misread(read_graph(tmp_path / name / "tiny.tflite"))) for name in ("bare", "made")] == [1, 0]
    assert off[0] > 0.1
    assert off[1] < 1e-5
