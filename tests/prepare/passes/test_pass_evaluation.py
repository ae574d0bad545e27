"""Evaluation mode and dropout."""

from __future__ import annotations

import torch
from torch import nn

from deploykit.prepare.passes.evaluation import in_training
from deploykit.prepare.passing import prepare


class DropPath(nn.Module):
    """As the libraries write it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if not self.training else x * torch.empty(len(x), 1).bernoulli_(0.9)


class McDropout(nn.Dropout):
    """Drops always: that is what it is for."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.dropout(x, self.p, training=True)


class Stubborn(nn.Module):
    """Does not let itself be switched."""

    def train(self, mode: bool = True) -> Stubborn:
        self.training = True
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 0.0


def graph(network: nn.Module, x: torch.Tensor) -> list[str]:
    program = torch.export.export(network, (x,), strict=False)
    return [str(node.target) for node in program.graph.nodes if node.op == "call_function"]


def test_dropout_leaves_the_graph_and_equal_bits() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), DropPath(), nn.ReLU(), nn.AlphaDropout()).eval()
    x = torch.randn(2, 4)
    made, records = prepare(network, [(x,)])
    (record,) = (r for r in records if r.outcome != "nothing to do")
    assert (record.name, record.outcome, record.snr_db) == ("dropout", "applied", 300.0)
    assert record.what.startswith("3 modules")
    assert graph(made, x) == ["aten.linear.default", "aten.relu.default"]
    assert "aten.dropout.default" in graph(network, x)  # the user's own is as it was


def test_a_dropout_that_drops_in_eval_mode_stays() -> None:
    network = nn.Sequential(nn.Linear(4, 4), McDropout(0.5)).eval()
    made, records = prepare(network, [(torch.randn(2, 4),)])
    record = next(r for r in records if r.name == "dropout")
    assert record.outcome == "dropped"
    assert record.snr_db is not None
    assert record.snr_db < 20
    assert isinstance(made.get_submodule("1"), McDropout)


def test_modules_that_eval_does_not_reach_are_switched() -> None:
    network = nn.Sequential(nn.Linear(4, 4), Stubborn()).eval()
    made, records = prepare(network, [(torch.randn(2, 4),)])
    assert records[0].outcome == "applied"
    assert records[0].what.endswith("1")  # its path
    assert not made.get_submodule("1").training
    assert network[1].training
    assert in_training(nn.Sequential(nn.Linear(4, 4)).eval(), ()) == ()
