"""Norms of groups and averages that GPUs refuse as litert-torch writes them, and take as deploykit does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deploykit import vulkan
from deploykit.backends import RUNNERS
from deploykit.backends.litert.graph import read_graph
from tests.backends.roads import go, subject

pytestmark = pytest.mark.skipif(vulkan.unavailable() is not None, reason=str(vulkan.unavailable()))

CASES = {
    "one group": (nn.GroupNorm(1, 8), "group norm by arithmetic", "BROADCAST_TO"),
    "groups": (nn.GroupNorm(4, 8), "group norm by arithmetic", "BROADCAST_TO"),
    "averages": (
        nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False),
        "pooling without an idle ceil_mode",
        "STABLEHLO_REDUCE_WINDOW",
    ),
}
"""A layer, the rewrite that it needs, and the op that is refused without."""


@pytest.mark.parametrize("case", CASES)
def test_the_gpu_takes_the_file_whole_and_computes_it_right(case: str, tmp_path: Path) -> None:
    """If the refused op is not in the first file, litert-torch has been mended: the rewrite can go."""
    layer, name, refused = CASES[case]
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), layer, nn.Conv2d(8, 4, 1)).eval()
    x = torch.randn(1, 3, 6, 10, generator=torch.Generator().manual_seed(1))
    given = subject(network, x)
    bare, made = (go(given, "litert", tmp_path / kind, rewrites=r) for kind, r in (("bare", ()), ("made", None)))
    assert made.used == (name,)
    assert refused in {op.op for op in read_graph(bare.file).ops}
    assert made.snr > 110
    with RUNNERS["litert-gpu"].open(made.file, arithmetic="fp32") as gpu:
        (taken,) = gpu.takes()
        (got,) = gpu.run({taken.name: x.numpy()}).values()
        assert gpu.residency().on_cpu == 0
    np.testing.assert_allclose(got, network(x).detach().numpy(), atol=1e-5)
    with RUNNERS["litert-gpu"].open(bare.file, arithmetic="fp32") as gpu:
        assert gpu.residency().on_cpu > 0
