"""Detectors cut at their dense heads: the same numbers as the original's own forward, and a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models.detection import FCOS, FasterRCNN, MaskRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD

from deploykit.prepare.agreement import agreement, outputs
from deploykit.prepare.detection import detector_cut, own_cut
from deploykit.prepare.passing import prepare


def backbone() -> Any:
    body: Any = nn.Sequential(nn.Conv2d(3, 32, 3, stride=8, padding=1), nn.BatchNorm2d(32), nn.ReLU())
    body.out_channels = 32
    return body


def ssd() -> nn.Module:
    body = backbone()
    body.out_channels = [32]
    return SSD(body, DefaultBoxGenerator([[2, 3]]), (48, 32), 4)


def anchors(*ratios: float) -> AnchorGenerator:
    return AnchorGenerator(((16,),), (ratios or (0.5, 1.0, 2.0),))


SIZES = {"min_size": 40, "max_size": 72}
DETECTORS: dict[str, Callable[[], nn.Module]] = {
    "ssd": ssd,
    "retinanet": lambda: RetinaNet(backbone(), 4, anchor_generator=anchors(), score_thresh=0.0, **SIZES),
    "fcos": lambda: FCOS(backbone(), 4, anchor_generator=anchors(1.0), score_thresh=0.0, **SIZES),
    "faster": lambda: FasterRCNN(backbone(), 4, rpn_anchor_generator=anchors(), **SIZES),
    "mask": lambda: MaskRCNN(backbone(), 4, rpn_anchor_generator=anchors(), **SIZES),
}


def make(kind: str) -> nn.Module:
    torch.manual_seed(0)
    network = DETECTORS[kind]().eval()
    for name, parameter in network.named_parameters():
        if ("cls_logits" not in name and "rpn" in name) or "bbox" in name:
            parameter.data += 0.05 * torch.randn_like(parameter)  # heads begin at almost nothing
    return network


@pytest.mark.parametrize("kind", DETECTORS)
@pytest.mark.parametrize("size", [(48, 32), (50, 70)])
def test_the_cut_gives_what_the_original_gives_on_its_way(kind: str, size: tuple[int, int]) -> None:
    network = make(kind)
    draws = [(torch.rand(1, 3, *size),) for _ in range(2)]
    cut = detector_cut(network, draws[0])
    assert cut is not None
    reference, made = outputs(cut.reference, draws), outputs(cut.network, draws)
    assert agreement(reference, made) > 120
    assert (
        set(made[0])
        == {
            "ssd": {"bbox_regression", "cls_logits", "boxes"},
            "retinanet": {"bbox_regression", "cls_logits", "boxes"},
            "fcos": {"bbox_regression", "cls_logits", "bbox_ctrness", "boxes"},
            "faster": {"objectness", "bbox_regression", "proposals"},
            "mask": {"objectness", "bbox_regression", "proposals"},
        }[kind]
    )
    assert all(value.shape[:2] == next(iter(made[0].values())).shape[:2] for value in made[0].values())
    assert agreement(outputs(cut.reference, [(torch.cat([a for (a,) in draws]),)]), _together(reference)) > 120


def _together(draws: list[dict[str, torch.Tensor]]) -> list[dict[str, torch.Tensor]]:
    return [{name: torch.cat([draw[name] for draw in draws]) for name in draws[0]}]


@pytest.mark.parametrize("kind", ["ssd", "retinanet", "fcos"])
def test_every_detection_of_the_whole_is_one_of_the_boxes(kind: str) -> None:
    network, image = make(kind), torch.rand(1, 3, 50, 70)
    cut = detector_cut(network, (image,))
    assert cut is not None
    with torch.no_grad():
        found = network([image[0]])[0]["boxes"]
        boxes = cut.network(image)["boxes"][0]
    assert len(found) > 5
    assert (found[:, None] - boxes[None]).abs().amax(-1).amin(1).max() < 1e-3


@pytest.mark.parametrize("kind", DETECTORS)
def test_it_is_prepared_and_exported(kind: str) -> None:
    network, image = make(kind), torch.rand(1, 3, 50, 70)
    cut = detector_cut(network, (image,))
    assert cut is not None
    made, records = prepare(cut.network, [(image,)])
    assert {r.outcome for r in records} == {"applied", "nothing to do"}
    assert [r.what for r in records if r.name == "norm folding"] == ["1 norm into the layer before"]
    if kind in ("faster", "mask"):
        branches = next(r for r in records if r.name == "training-only branches")
        assert "detector.roi_heads" in branches.what
    program = torch.export.export(made, (image,), strict=False)
    assert agreement(outputs(cut.reference, [(image,)]), outputs(program.module(), [(image,)])) > 110


def test_others_are_not_cut() -> None:
    assert detector_cut(nn.Linear(1, 1), (torch.rand(1, 1),)) is None
    assert own_cut(nn.Linear(1, 1)) is None


class Own(nn.Module):
    """Says itself where it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

    def deploy_forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"scores": self.norm(self.layer(image))}

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        scores = self.deploy_forward(image)["scores"]
        return scores[scores > 0]


def test_a_networks_own_cut() -> None:
    network, image = Own().eval(), torch.rand(1, 3, 4, 4)
    cut = own_cut(network)
    assert cut is not None
    made, records = prepare(cut.network, [(image,)])
    assert records[-1].outcome == "applied"
    assert torch.equal(cut.reference(image)["scores"], network.deploy_forward(image)["scores"])
    assert list(torch.export.export(made, (image,), strict=False).module()(image)) == ["scores"]
