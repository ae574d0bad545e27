"""Figures of tasks, each on answers of which the right value is plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deploykit.figures import FIGURES, REFERENCE
from deploykit.outputs import (
    BoxesOutput,
    ClassMapOutput,
    EmbeddingOutput,
    KeypointsOutput,
    OutputSpec,
    PictureOutput,
    ScoresOutput,
    TensorOutput,
    TokensOutput,
)
from deploykit.parity.metrics import PSNR_CAP_DB, task_figures
from deploykit.truths import Truth


def figures(
    spec: OutputSpec, reference: NDArray[Any], made: NDArray[Any], truths: list[Any] | None = None, labels: int = 2
) -> dict[str, float]:
    known: dict[int, Truth] = {
        draw: {"y": truth if isinstance(truth, tuple) else (np.asarray(truth),)}
        for draw, truth in enumerate(truths or [])
        if truth is not None
    }
    return task_figures({"y": spec}, labels, {"y": reference}, {"y": made}, known)


def test_labels_agree_and_are_right() -> None:
    reference = np.array([[[0.9, 0.1]], [[0.2, 0.8]], [[0.6, 0.4]], [[0.6, 0.4]]])
    made = np.array([[[0.9, 0.1]], [[0.8, 0.2]], [[0.6, 0.4]], [[0.6, 0.4]]])
    found = figures(ScoresOutput(type="scores"), reference, made, [0, 1, 1, None])
    assert found == {"top1_agreement": 0.75, "top1_accuracy": 1 / 3, "reference_top1_accuracy": 2 / 3}
    assert figures(ScoresOutput(type="scores"), reference, made) == {"top1_agreement": 0.75}


def test_of_many_labels_the_five_best_count_too() -> None:
    falling = np.linspace(1, 0, 20)
    made = np.stack([np.roll(falling, 4)[None], np.roll(falling, -3)[None]])  # label 0 is the 17th, and the fourth
    reference = np.stack([falling[None]] * 2)
    found = figures(ScoresOutput(type="scores"), reference, made, [4, 0], labels=20)
    assert (found["top1_agreement"], found["top5_agreement"]) == (0.0, 0.5)
    assert (found["top1_accuracy"], found["top5_accuracy"]) == (0.5, 1.0)


BOX = [10.0, 10.0, 50.0, 50.0]
FAR = [100.0, 100.0, 160.0, 140.0]
NOWHERE = [0.0, 0.0, 1.0, 1.0]


def rows(*found: tuple[list[float], list[float]]) -> NDArray[Any]:
    """One draw of seven rows: boxes with two scores, the others empty."""
    filled = [[*box, *scores] for box, scores in found]
    return np.array([[[*filled, *[[*NOWHERE, 0.0, 0.0]] * (7 - len(filled))]]], np.float32)


def test_the_same_boxes() -> None:
    both = rows((BOX, [0.9, 0.0]), (FAR, [0.0, 0.8]))
    found = figures(BoxesOutput(type="boxes"), both, both, [(np.array([BOX, FAR]), np.array([0, 1]))])
    assert found == {
        name: pytest.approx(1.0)
        for name in ("box_agreement", "box_iou", "map", "map50", "reference_map", "reference_map50")
    }


def test_no_boxes_at_all_where_scores_are_rounded_away() -> None:
    both = rows((BOX, [0.9, 0.0]), (FAR, [0.0, 0.8]))
    found = figures(
        BoxesOutput(type="boxes"), both, rows((BOX, [0.0, 0.0])), [(np.array([BOX, FAR]), np.array([0, 1]))]
    )
    assert found["box_agreement"] == 0.0
    assert (found["map"], found["reference_map"]) == (0.0, pytest.approx(1.0))
    assert figures(BoxesOutput(type="boxes"), rows(), rows()) == {}, "where nobody sees a box, nothing is said"


@pytest.mark.parametrize(
    ("made", "agreement"),
    [
        (rows((BOX, [0.9, 0.0])), 2 / 3),
        (rows((BOX, [0.9, 0.0]), (FAR, [0.8, 0.0])), 0.5),
        (rows((BOX, [0.9, 0.0]), ([100, 100, 160, 118], [0.0, 0.8])), 0.5),
        (rows((BOX, [0.9, 0.0]), (FAR, [0.0, 0.49])), 1.0),
        (rows((BOX, [0.9, 0.0]), (FAR, [0.0, 0.8]), ([200, 200, 220, 220], [0.7, 0.0])), 0.8),
        (rows((BOX, [0.9, 0.0]), (FAR, [0.0, 0.8]), ([11, 10, 50, 50], [0.7, 0.0])), 1.0),
    ],
    ids=["one is missing", "another label", "little overlap", "just below the threshold", "one too many", "suppressed"],
)
def test_boxes_that_one_of_the_two_does_not_see(made: NDArray[Any], agreement: float) -> None:
    wanted = rows((BOX, [0.9, 0.0]), (FAR, [0.0, 0.8]))
    assert figures(BoxesOutput(type="boxes"), wanted, made)["box_agreement"] == pytest.approx(agreement)


def test_boxes_stand_in_many_ways() -> None:
    wanted = rows((BOX, [0.9, 0.0]), (FAR, [0.0, 0.8]))
    truth = [(np.array([BOX, FAR]), np.array([0, 1]))]
    middle = wanted.copy()
    middle[..., :2], middle[..., 2:4] = (wanted[..., :2] + wanted[..., 2:4]) / 2, wanted[..., 2:4] - wanted[..., :2]
    upright = np.ascontiguousarray(middle.transpose(0, 1, 3, 2))
    found = figures(BoxesOutput(type="boxes", corners="cxcywh"), upright, upright, truth)
    assert found["map"] == pytest.approx(1.0)
    outputs: dict[str, OutputSpec] = {"y": BoxesOutput(type="boxes", scores="s"), "s": TensorOutput(type="tensor")}
    apart = {"y": wanted[..., :4], "s": wanted[..., 4:]}
    assert task_figures(outputs, 2, apart, apart, {0: {"y": truth[0]}})["map"] == pytest.approx(1.0)


def test_class_maps_from_scores_and_from_integers() -> None:
    wanted = np.array([[[[0, 0, 1, 1]]]])
    made = np.array([[[[0, 1, 1, 1]]]])
    miou = (1 / 2 + 2 / 3) / 2
    found = figures(ClassMapOutput(type="class-map"), wanted, made, [wanted[0, 0, 0]])
    assert found == {"miou_agreement": pytest.approx(miou), "miou": pytest.approx(miou), "reference_miou": 1.0}
    scores = [np.stack([m == 0, m == 1], 2).astype(np.float32)[:, :, :, 0] for m in (wanted, made)]
    assert figures(ClassMapOutput(type="class-map"), *scores)["miou_agreement"] == pytest.approx(miou)
    partly = figures(ClassMapOutput(type="class-map"), wanted, made, [np.array([0, 255, 1, 1])])
    assert partly["miou"] == 1.0, "pixels without a label do not count"


def test_classes_that_nobody_has_do_not_count() -> None:
    same = np.array([[[0, 0, 3, 3]]])
    assert figures(ClassMapOutput(type="class-map"), same, same, labels=21) == {"miou_agreement": 1.0}


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_pictures(layout: Any) -> None:
    wanted = np.random.default_rng(0).uniform(0, 1, (2, 1, 3, 32, 32)).astype(np.float32)
    made = np.clip(wanted + np.float32(0.01) * np.where(np.indices(wanted.shape).sum(0) % 2, 1, -1), 0, 1).astype(
        np.float32
    )
    if layout == "NHWC":
        wanted, made = (np.moveaxis(values, 2, 4) for values in (wanted, made))
    found = figures(PictureOutput(type="picture", layout=layout), wanted, made, [wanted[0, 0], None])
    assert found["psnr_agreement"] == pytest.approx(40.0, abs=0.2), "an error of 1 % of the range"
    assert found["reference_psnr"] == PSNR_CAP_DB
    assert found["psnr"] == pytest.approx(found["psnr_agreement"], abs=0.1)
    assert 0.95 < found["ssim_agreement"] < 1
    assert found["reference_ssim"] == pytest.approx(1.0)


def test_points_and_peaks() -> None:
    wanted = np.array([[[[0.0, 0.0, 0.9], [30.0, 40.0, 0.8]]]])
    made = wanted + np.array([[[[0.0, 2.0, 0.0], [3.0, 0.0, 0.0]]]])  # the pose is 50 long: 2.5 is near
    found = figures(KeypointsOutput(type="keypoints"), wanted, made, [wanted[0, 0, :, :2]])
    assert found["keypoint_distance"] == found["keypoint_error"] == 2.5
    assert found["keypoint_agreement"] == found["keypoint_accuracy"] == 0.5
    assert found["reference_keypoint_error"] == 0.0
    maps = np.zeros((1, 1, 2, 50, 50), np.float32)
    maps[0, 0, 0, 3, 7] = maps[0, 0, 1, 40, 20] = 1
    peaks = figures(KeypointsOutput(type="keypoints", form="heatmaps"), maps, maps, [np.array([[7, 3], [20, 41]])])
    assert (peaks["keypoint_error"], peaks["keypoint_agreement"]) == (0.5, 1.0)


def test_vectors_and_tokens() -> None:
    wanted = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    made = np.array([[[5.0, 0.0]], [[1.0, 1.0]]])
    assert figures(EmbeddingOutput(type="embedding"), wanted, made) == {"cosine": pytest.approx((1 + 0.5**0.5) / 2)}
    words, others = np.eye(4)[None, None, [0, 1, 2, 3]], np.eye(4)[None, None, [0, 1, 2, 2]]
    found = figures(TokensOutput(type="tokens"), words, others, [np.array([0, 1, 1, 3])])
    assert found == {"token_agreement": 0.75, "token_accuracy": 0.5, "reference_token_accuracy": 0.75}


def test_plain_tensors_and_other_shapes_have_no_figures() -> None:
    values = np.ones((2, 1, 3))
    assert figures(TensorOutput(type="tensor"), values, values) == {}
    assert figures(ScoresOutput(type="scores"), values, np.ones((2, 1, 4))) == {}


def test_the_worst_of_several_outputs_counts() -> None:
    outputs: dict[str, OutputSpec] = {name: KeypointsOutput(type="keypoints") for name in "ab"}
    wanted = np.array([[[[0.0, 0.0], [30.0, 40.0]]]])
    found = task_figures(outputs, 0, {"a": wanted, "b": wanted}, {"a": wanted, "b": wanted + 3}, {})
    assert found == {"keypoint_agreement": 0.0, "keypoint_distance": pytest.approx(18**0.5)}


def test_every_figure_is_in_the_table() -> None:
    same = rows((BOX, [0.9, 0.0]))
    found = figures(BoxesOutput(type="boxes"), same, same, [(np.array([BOX]), np.array([0]))])
    assert {name.removeprefix(REFERENCE) for name in found} <= set(FIGURES)
