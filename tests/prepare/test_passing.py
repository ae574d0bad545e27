"""How passes are checked, whatever they do."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from deploykit.prepare.passes import PASSES, Pass
from deploykit.prepare.passing import BOUND_DB, prepare


def scaled(by: float) -> Pass:
    """Multiplies a weight."""

    def apply(root: nn.Module, found: tuple[str, ...]) -> str:
        with torch.no_grad():
            root.get_parameter(f"{found[0]}.weight").mul_(by)
        return f"times {by}"

    return Pass("scale", lambda root, inputs: ("network.0",), apply)


class Float32(nn.Module):
    """Cannot run in float64."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

    def __getitem__(self, index: int) -> nn.Module:
        return self.first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x).to(torch.float32))


DRAWS = [(torch.randn(2, 4),), (torch.randn(2, 4),)]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)).eval()


@pytest.mark.parametrize(
    ("by", "outcome"), [(1.0, "applied"), (1 + 2e-8, "applied"), (1 + 1e-5, "dropped"), (3.0, "dropped")]
)
def test_a_pass_is_kept_if_and_only_if_the_network_computes_the_same(by: float, outcome: str) -> None:
    whole = network()
    before = whole.get_parameter("0.weight").clone()
    made, (record,) = prepare(whole, DRAWS, [scaled(by)])
    assert record.outcome == outcome
    assert record.snr_db is not None
    assert (record.snr_db > BOUND_DB) == (outcome == "applied")
    assert torch.equal(whole.get_parameter("0.weight"), before)
    if outcome == "dropped":
        assert f"{record.snr_db:.1f} dB" in record.what
        assert torch.equal(made.get_parameter("0.weight"), before)


def test_integers_have_to_be_equal() -> None:
    class Best(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.network(x).argmax(-1)

    flip = Pass("flip", lambda root, inputs: ("network.network.2",), lambda root, found: _negate(root, found))
    _, (record,) = prepare(Best().eval(), DRAWS, [flip])
    assert (record.outcome, record.snr_db) == ("dropped", -300.0)


def _negate(root: nn.Module, found: tuple[str, ...]) -> str:
    for name in ("weight", "bias"):
        root.get_parameter(f"{found[0]}.{name}").data.neg_()
    return "negated"


@pytest.mark.parametrize(("by", "outcome"), [(1 + 2e-7, "applied"), (1 + 1e-4, "dropped")])
def test_without_float64_the_bound_is_the_networks_own_noise(by: float, outcome: str) -> None:
    torch.manual_seed(0)
    item = scaled(by)
    item = Pass(item.name, lambda root, inputs: ("network.first",), item.apply)
    _, (record,) = prepare(Float32().eval(), DRAWS, [item])
    assert record.outcome == outcome, record.what
    assert "float32" in record.what
    if outcome == "applied":
        assert "does not run in float64" in record.what


def test_a_network_of_another_type_keeps_it() -> None:
    half = network().to(torch.bfloat16)
    made, (record,) = prepare(
        Cast(half), DRAWS, [Pass("same", lambda root, inputs: ("network",), lambda r, f: "nothing")]
    )
    assert record.outcome == "applied"
    assert {p.dtype for p in made.parameters()} == {torch.bfloat16}


class Cast(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x.to(torch.bfloat16)).float()


def test_a_pass_that_raises_leaves_the_network_as_it_was() -> None:
    def broken(root: nn.Module, found: tuple[str, ...]) -> str:
        root.get_submodule("network.0").register_parameter("weight", None)
        raise ValueError("first line\nsecond line")

    whole = network()
    made, (record,) = prepare(whole, DRAWS, [Pass("broken", lambda root, inputs: ("x",), broken)])
    assert (record.outcome, record.what, record.snr_db) == ("dropped", "ValueError: first line", None)
    assert torch.equal(made(*DRAWS[0]), whole(*DRAWS[0]))


def test_every_pass_says_so_where_there_is_nothing_to_do() -> None:
    whole = network()
    made, records = prepare(whole, DRAWS)
    assert made is whole
    assert [(r.name, r.outcome) for r in records] == [(p.name, "nothing to do") for p in PASSES]
