from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from deploykit.errors import CaptureError
from deploykit.prepare.alive import make_alive
from deploykit.prepare.deployable import Deployable, by_name, named_tensors
from deploykit.spec import Contract


def contract(layout: str = "NCHW") -> Contract:
    image = {"type": "image", "size": (2, 3), "scale": 0.5, "mean": (1, 2, 3), "std": (2, 4, 5), "layout": layout}
    return Contract.model_validate(
        {"task": "tensors", "inputs": {"image": image}, "outputs": {"y": {"type": "tensor"}}}
    )


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_scale_mean_std_and_layout_are_in_the_graph(layout: str) -> None:
    pixels = torch.rand(1, 2, 3, 3) * 255
    made = Deployable(nn.Identity(), contract(layout))(image=pixels)["y"]
    wanted = (pixels * 0.5 - torch.tensor([1.0, 2, 3])) / torch.tensor([2.0, 4, 5])
    torch.testing.assert_close(made, wanted.permute(0, 3, 1, 2) if layout == "NCHW" else wanted)


def test_scores_get_their_activation_and_int64_travels_as_int32() -> None:
    spec = Contract.model_validate(
        {
            "task": "tensors",
            "inputs": {"ids": {"type": "tensor", "shape": (1, 3), "dtype": "int64"}},
            "outputs": {"p": {"type": "scores", "activation": "softmax"}},
        }
    )
    network = nn.Sequential(nn.Embedding(5, 4), nn.Flatten())
    made = Deployable(network, spec)(ids=torch.tensor([[0, 1, 2]], dtype=torch.int32))["p"]
    torch.testing.assert_close(made.sum(), torch.tensor(1.0))


@dataclasses.dataclass
class Output:
    logits: torch.Tensor
    loss: torch.Tensor | None = None


def test_outputs_are_found_by_name_or_by_order() -> None:
    a, b = torch.zeros(1), torch.ones(1)
    assert list(named_tensors((a, b))) == ["output_0", "output_1"]
    assert list(named_tensors(Output(a))) == ["logits"]
    assert torch.equal(by_name({"x": a, "y": b}, ("y",))["y"], b)
    assert list(by_name([a, b], ("first", "second"))) == ["first", "second"]


def test_nested_outputs_get_joined_names_and_none_is_left_out() -> None:
    t = torch.zeros(1)
    assert list(named_tensors({"features": [t, None, (t, t)], "out": t})) == [
        "features_0",
        "features_2_0",
        "features_2_1",
        "out",
    ]
    assert list(named_tensors((t, [t, {"a": t}], None))) == ["output_0", "output_1_0", "output_1_1_a"]
    assert list(named_tensors(Output(t, loss=None))) == ["logits"]
    assert list(named_tensors(Output(Output(t), loss=t))) == ["logits_logits", "loss"]  # type: ignore[arg-type]  # one output in another


def test_transformers_outputs_with_a_cache_are_flattened() -> None:
    config = LlamaConfig(
        num_hidden_layers=2, hidden_size=16, intermediate_size=16, num_attention_heads=2, vocab_size=20, use_cache=True
    )
    with torch.no_grad():
        named = named_tensors(LlamaForCausalLM(config).eval()(torch.ones(1, 3, dtype=torch.long)))
    assert list(named) == ["logits", *(f"past_key_values_{i}_{part}" for i in range(2) for part in ("keys", "values"))]
    assert named["past_key_values_1_values"].shape == (1, 2, 3, 8)


def test_two_outputs_of_one_name_are_refused() -> None:
    with pytest.raises(CaptureError, match="would be called a_0"):
        named_tensors({"a": [torch.zeros(1)], "a_0": torch.zeros(1)})


def test_outputs_that_are_not_tensors_are_all_named() -> None:
    with pytest.raises(CaptureError, match=r"b is a str; c_0 is a int"):
        named_tensors({"a": torch.zeros(1), "b": "text", "c": [1]})
    with pytest.raises(CaptureError, match="gives 1 output"):
        by_name(torch.zeros(1), ("a", "b"))


def test_alive_gives_scores_a_spread_and_is_seeded() -> None:
    def network() -> nn.Module:
        torch.manual_seed(1)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
        )

    first, second = network(), network()
    x = torch.rand(1, 3, 8, 8)
    make_alive(first, (x,), seed=3)
    make_alive(second, (x,), seed=3)
    assert not first.training
    assert torch.equal(first(x), second(x))
    assert 0.2 < float(first(torch.randn(8, 3, 8, 8)).detach().std()) < 20
