"""Branches that only training runs."""

from __future__ import annotations

import torch
import torchvision
from torch import nn

from deploykit.prepare.passes.branches import training_outputs
from deploykit.prepare.passing import prepare


class Network(nn.Module):
    """An auxiliary head, a list of them, a layer of which only the weight is used, and one that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.aux = nn.Linear(4, 4), nn.Linear(4, 2)
        self.heads = nn.ModuleList([nn.Linear(4, 2), nn.Linear(4, 3)])
        self.tied = nn.Linear(4, 3, bias=False)
        self.stages = nn.Sequential(nn.ReLU(), nn.Linear(4, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(x)
        if self.training and self.aux is not None:
            return self.aux(x)
        return nn.functional.linear(self.stages[0](x), self.tied.weight)


class Touchy(Network):
    """Reads an attribute of the head that it does not run."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x)[:, : self.aux.out_features]


def test_what_nothing_runs_and_nothing_reads_goes() -> None:
    network = Network().eval()
    made, records = prepare(network, [(torch.randn(2, 4),)])
    record = next(r for r in records if r.name == "training-only branches")
    assert (record.outcome, record.snr_db) == ("applied", 300.0)
    assert record.what == "aux, heads: 35 parameters that this network does not use"
    assert sorted(name for name, _ in made.named_parameters()) == [
        "body.bias",
        "body.weight",
        "stages.1.bias",  # in a container, where taking it out would move the others
        "stages.1.weight",
        "tied.weight",
    ]
    assert isinstance(network.aux, nn.Linear)


def test_a_head_that_is_looked_at_stays_and_the_reason_is_told() -> None:
    made, records = prepare(Touchy().eval(), [(torch.randn(2, 4),)])
    record = next(r for r in records if r.name == "training-only branches")
    assert record.outcome == "dropped"
    assert "has no attribute 'out_features'" in record.what
    assert isinstance(made.aux, nn.Linear)


def test_torchvisions_auxiliary_heads() -> None:
    google = torchvision.models.googlenet(weights=None, init_weights=False).eval()
    made, _ = prepare(google, [(torch.rand(1, 3, 64, 64),)])
    gone = sum(p.numel() for p in google.parameters()) - sum(p.numel() for p in made.parameters())
    assert gone > 6_000_000
    assert training_outputs(torchvision.models.segmentation.FCN(nn.Identity(), nn.Identity(), None), ("out",)) == ()
    both = torchvision.models.segmentation.FCN(nn.Identity(), nn.Identity(), nn.Identity())
    assert training_outputs(both, ("out", "aux")) == ("aux",)
