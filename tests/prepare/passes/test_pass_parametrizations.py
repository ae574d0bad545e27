"""Weight norm, spectral norm and others as plain weights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, spectral_norm, weight_norm

from deploykit.prepare.passing import prepare


class Symmetric(nn.Module):
    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight.triu() + weight.triu(1).transpose(-1, -2)


def own(layer: nn.Module) -> nn.Module:
    parametrize.register_parametrization(layer, "weight", Symmetric())
    return layer


WAYS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "weight norm": parametrizations.weight_norm,
    "spectral norm": parametrizations.spectral_norm,
    "orthogonal": parametrizations.orthogonal,
    "old weight norm": weight_norm,
    "old spectral norm": spectral_norm,
    "own": own,
}


@pytest.mark.filterwarnings("ignore:.*is deprecated:FutureWarning")
@pytest.mark.parametrize("way", WAYS)
def test_the_value_is_kept_and_the_rule_is_gone(way: str) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), WAYS[way](nn.Linear(6, 6))).eval()
    x = torch.randn(3, 6)
    with torch.no_grad():
        wanted = network(x)
    made, records = prepare(network, [(x,)])
    record = next(r for r in records if r.name == "parametrizations")
    assert record.outcome == "applied", record.what
    assert record.snr_db is not None
    assert record.snr_db > 120
    changed = made.get_submodule("2")
    assert [name for name, _ in changed.named_parameters()] in (["weight", "bias"], ["bias", "weight"])
    assert not parametrize.is_parametrized(changed)
    torch.testing.assert_close(made(x), wanted)
    torch.testing.assert_close(network(x), wanted)


@pytest.mark.filterwarnings("ignore:.*is deprecated:FutureWarning")
def test_convolutions_with_a_dimension() -> None:
    network = nn.Sequential(
        parametrizations.weight_norm(nn.Conv1d(4, 6, 3), dim=2), weight_norm(nn.ConvTranspose1d(6, 2, 4), dim=1)
    ).eval()
    made, records = prepare(network, [(torch.randn(1, 4, 9),)])
    record = next(r for r in records if r.name == "parametrizations")
    assert (record.outcome, record.what) == ("applied", "2 weights worked out once: 0, 1")
    assert [type(layer) for layer in made.children()] == [nn.Conv1d, nn.ConvTranspose1d]
