"""The inputs that travel with an SDK, and the sizes that they have."""

from __future__ import annotations

from deploykit.backends.base import Runner, Tensors
from deploykit.parity.inputs import make_inputs
from deploykit.spec import Contract
from deploykit.work.pictures import golden, golden_samples


class Doubles(Runner):
    """Stands for the model."""

    def run(self, inputs: Tensors) -> Tensors:
        return {"y": 2 * inputs["x"]}


def test_noise_has_several_sizes_where_the_contract_leaves_one_open() -> None:
    contract = Contract.model_validate(
        {
            "task": "tensors",
            "inputs": {"x": {"type": "tensor", "shape": (1, "time")}},
            "outputs": {"y": {"type": "tensor"}},
            "dims": {"time": {"values": [2, 3, 5, 8], "default": 3}},
        }
    )
    samples = golden_samples((), make_inputs(contract), contract)
    assert [sample.name for sample in samples] == ["noise", "noise at time=2", "noise at time=8"]
    made = [golden(Doubles(), sample, contract) for sample in samples]
    assert [each.sizes for each in made] == [{"time": 3}, {"time": 2}, {"time": 8}]
    assert [len(each.inputs["x"]) // 4 for each in made] == [3, 2, 8]
    assert [len(each.outputs["y"].values) for each in made] == [3, 2, 8]
