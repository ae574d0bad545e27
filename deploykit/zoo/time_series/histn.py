# /// deploykit
# [model]
# name = "histn"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
# labels = ["level 1", "level 2", "level 3", "level 4", "level 5"]
#
# [input.eeg]
# type = "tensor"
# shape = [1, 14, 128]
#
# [output.scores]
# type = "scores"
# activation = "softmax"
#
# [paper]
# title = """Emotion Classification from Multi-Channel EEG Signals Using HiSTN: A Hierarchical Graph-based \
#   Spatial-Temporal Approach"""
# year = 2024
# parameters = 1000
# table = "Abstract (approximately)"
#
# [zoo]
# difference = "the paper says approximately 1,000; its blocks, as published, sum up to this"
# notes = [
#   "eeg is a second at 128 Hz of DREAMER's 14 electrodes, region by region: 4 left front, 3, 3, 4 right front",
#   "one network for valence and one for arousal; scores are five levels",
#   "message passing over the electrodes' graph is a product with a 14 x 14 matrix made of constants and 3 weights",
# ]
# ///
"""HiSTN: an emotion's level from EEG, on electrodes, regions and the whole head, with a thousand weights."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

REGIONS = (4, 3, 3, 4)
FRONT = ((0, 2), (1, 2), (1, 3), (2, 3))
SIDE = ((0, 1), (1, 2))
EDGES = (FRONT, SIDE, SIDE, tuple((3 - a, 3 - b) for a, b in FRONT))
RING = ((0, 1), (1, 2), (2, 3), (0, 3))


class MessagePassing(nn.Module):
    """Chebyshev polynomials of a graph's Laplacian, weighed: signals walk along up to two edges."""

    terms: torch.Tensor

    def __init__(self, nodes: int, edges: tuple[tuple[int, int], ...], hops: int = 2) -> None:
        super().__init__()
        adjacency = torch.zeros(nodes, nodes, dtype=torch.float64)
        for a, b in edges:
            adjacency[a, b] = adjacency[b, a] = 1.0
        laplacian = adjacency.sum(dim=1).diag() - adjacency
        scaled = 2 * laplacian / torch.linalg.eigvalsh(laplacian).max() - torch.eye(nodes)
        terms = [torch.eye(nodes, dtype=torch.float64), scaled]
        for _ in range(hops - 1):
            terms.append(2 * scaled @ terms[-1] - terms[-2])
        self.register_buffer("terms", torch.stack(terms).float())
        self.weights = nn.Parameter(torch.randn(hops + 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.matmul((self.weights.view(-1, 1, 1) * self.terms).sum(dim=0), x)


class Attended(nn.Module):
    """Several signals as one: weighed by a softmax over what their means say."""

    def __init__(self, nodes: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(nodes, nodes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights: torch.Tensor = self.weigh(x.mean(dim=2)).softmax(dim=1)
        return (x * weights.unsqueeze(2)).sum(dim=1, keepdim=True)


class Regions(nn.Module):
    """Electrodes' signals as their regions' ones."""

    def __init__(self) -> None:
        super().__init__()
        self.regions = nn.ModuleList(Attended(nodes) for nodes in REGIONS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = torch.split(x, list(REGIONS), dim=1)
        return torch.cat([region(part) for region, part in zip(self.regions, parts, strict=True)], dim=1)


class HiSTN(nn.Module):
    """Time filters, then the hierarchy of electrodes, regions and graph."""

    def __init__(self, classes: int = 5, filters: int = 8, taps: int = 64) -> None:
        super().__init__()
        nodes = sum(REGIONS)
        self.taps = taps
        self.time = nn.Conv2d(1, filters, (1, taps), bias=False)
        self.mix = nn.Parameter(torch.randn(nodes, filters) / filters)
        self.first = nn.BatchNorm1d(nodes)
        self.slide = nn.Conv1d(nodes, nodes, 5, groups=nodes, bias=False)
        self.second = nn.BatchNorm1d(nodes)
        self.passing = nn.ModuleList(MessagePassing(n, edges) for n, edges in zip(REGIONS, EDGES, strict=True))
        self.separable = nn.ModuleList(
            nn.Sequential(nn.Conv1d(n, n, 5, padding=2, groups=n, bias=False), nn.Conv1d(n, n, 1, bias=False))
            for n in REGIONS
        )
        self.third = nn.BatchNorm1d(nodes)
        self.regions, self.regions_after = Regions(), Regions()
        self.ring = MessagePassing(len(REGIONS), RING)
        self.graph, self.graph_after = Attended(len(REGIONS)), Attended(len(REGIONS))
        self.head = nn.Linear(nodes + len(REGIONS) + 1, classes)

    def forward(self, eeg: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(eeg, ((self.taps - 1) // 2, self.taps // 2)).unsqueeze(1)
        x = (self.time(padded) * self.mix.t().unsqueeze(2)).sum(dim=1)  # filters are mixed for each electrode by itself
        x = functional.elu(self.second(self.slide(functional.elu(self.first(x)))))
        x = functional.avg_pool1d(x, 2)
        parts = zip(self.passing, self.separable, torch.split(x, list(REGIONS), dim=1), strict=True)
        after = functional.elu(self.third(torch.cat([time(walk(part)) for walk, time, part in parts], dim=1)))
        regions, regions_after = self.regions(x), self.regions_after(after)
        graph = self.graph(regions) + self.graph_after(regions_after)
        levels = torch.cat([x + after, self.ring(regions) + regions_after, graph], dim=1)
        scores: torch.Tensor = self.head(levels.mean(dim=2))
        return scores


def network() -> nn.Module:
    """Untrained."""
    return HiSTN()
