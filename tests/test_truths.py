"""What a project says is right, as its outputs count it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deploykit.outputs import KeypointsOutput
from deploykit.spec import Contract
from deploykit.transforms import placement
from deploykit.truths import label_of, load_truths, misfit, of_labels, read_truth, save_truths


def contract(labels: tuple[str, ...] = ("cat", "dog"), **outputs: dict[str, Any]) -> Contract:
    image = {"type": "image", "size": (100, 100), "crop": "letterbox"}
    return Contract.model_validate(
        {"task": "tensors", "labels": labels, "inputs": {"image": image}, "outputs": outputs}
    )


def test_boxes_move_with_the_picture() -> None:
    of = contract(found={"type": "boxes"})
    wide = Image.new("RGB", (200, 100))  # halved, 25 pixels of black above
    where = placement(wide, of.inputs["image"])
    truth = read_truth(([[20, 40, 60, 80]], ["dog"]), of, where)
    np.testing.assert_allclose(truth["found"][0], [[10, 45, 30, 65]])
    assert truth["found"][1].tolist() == [1]
    shares = read_truth(([[20, 40, 60, 80]], [1]), contract(found={"type": "boxes", "unit": "fractions"}), where)
    np.testing.assert_allclose(shares["found"][0], [[0.1, 0.45, 0.3, 0.65]])
    assert [part.shape for part in read_truth(([], []), of, where)["found"]] == [(0, 4), (0,)]


def test_points_of_arrays_stay_where_they_are() -> None:
    truth = read_truth([[1, 2], [3, 4]], contract(pose={"type": "keypoints"}), None)
    assert truth["pose"][0].tolist() == [[1, 2], [3, 4]]


def test_pictures_come_in_the_outputs_range_and_layout() -> None:
    white = Image.new("RGB", (4, 2), "white")
    of = contract(large={"type": "picture", "range": (-1.0, 1.0)})
    assert read_truth(white, of, None)["large"][0].shape == (3, 2, 4)
    assert float(read_truth(white, of, None)["large"][0].min()) == 1.0
    last = contract(large={"type": "picture", "layout": "NHWC"})
    assert read_truth(white.convert("L"), last, None)["large"][0].shape == (2, 4, 1)


def test_a_label_that_no_output_speaks_of_is_passed_over() -> None:
    assert read_truth(3, contract(features={"type": "tensor"}), None) == {}
    assert read_truth(None, contract(features={"type": "tensor"}), None) == {}


def test_several_outputs_are_named() -> None:
    of = contract(mask={"type": "class-map"}, kind={"type": "scores"}, raw={"type": "tensor"})
    truth = read_truth({"kind": "dog", "mask": np.ones((2, 2), np.int64)}, of, None)
    assert (label_of(truth), truth["mask"][0].tolist()) == (1, [[1, 1], [1, 1]])


@pytest.mark.parametrize(
    ("outputs", "given", "words"),
    [
        (
            {"a": {"type": "boxes"}, "b": {"type": "scores"}},
            1,
            "of which output? The outputs are a (boxes), b (scores)",
        ),
        ({"a": {"type": "scores"}}, {"c": 1}, "no truth can be said of c; of these it can: a"),
        ({"a": {"type": "embedding"}}, {"a": 1}, "of these it can: none"),
        ({"a": {"type": "scores"}}, "bird", "label 'bird'"),
        ({"a": {"type": "scores"}}, 7, "label 7; there are 2"),
        ({"a": {"type": "scores"}}, 0.5, "0.5; a label is a name or a number"),
        ({"a": {"type": "boxes"}}, [[1, 2, 3, 4]], "is a pair"),
        ({"a": {"type": "boxes"}}, ([[1, 2, 3]], [0]), "takes boxes × 4"),
        ({"a": {"type": "boxes"}}, ([[1, 2, 3, 4]], []), "1 boxes and 0 labels"),
        ({"a": {"type": "keypoints"}}, [1, 2], "takes points × 2"),
        ({"a": {"type": "class-map"}}, np.ones((2, 2)), "takes whole numbers"),
    ],
)
def test_what_is_wrong_is_said(outputs: dict[str, Any], given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        read_truth(given, contract(**outputs), None)


def test_a_truth_of_another_size_is_told_with_both() -> None:
    spec = KeypointsOutput(type="keypoints")
    assert misfit("pose", spec, (1, 17, 3), False, (np.zeros((17, 2)),)) == ""
    assert misfit("pose", spec, (1, 17, 3), False, (np.zeros((16, 2)),)) == (
        "the truth of pose has 32 values; the output, 1 × 17 × 3, takes 34"
    )


def test_truths_survive_a_file(tmp_path: Path) -> None:
    boxes = {"found": (np.ones((2, 4)), np.array([0, 1]))}
    save_truths(tmp_path / "t.npz", {"samples": [{}, boxes], "samples at time=3": [{"kind": (np.asarray(1),)}]})
    found = load_truths(tmp_path / "t.npz")
    assert list(found["samples"]) == [1]
    assert [part.tolist() for part in found["samples"][1]["found"]] == [[[1.0] * 4] * 2, [0, 1]]
    assert label_of(found["samples at time=3"][0]) == 1


def test_labels_become_truths() -> None:
    found = of_labels([1, None, 0], contract(kind={"type": "scores"}))
    assert {draw: label_of(truth) for draw, truth in found.items()} == {0: 1, 2: 0}
