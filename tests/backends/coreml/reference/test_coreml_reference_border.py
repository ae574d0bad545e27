"""What lies between an app and the program: functions, classifiers, images, allowed shapes, optional inputs."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
import torch
from coreml_reference_programs import convert, edited, normal, save
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import get_new_symbol
from PIL import Image
from torch import nn

from deploykit.backends.coreml.reference import ReferenceRunner
from deploykit.errors import ArtifactError

X = normal(2, 4)


# --- functions


@pytest.fixture(scope="module")
def two_functions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("functions")
    save(folder / "relu.mlpackage", lambda x: mb.relu(x=x, name="y"), {"x": X}, ct.target.iOS18)
    save(folder / "double.mlpackage", lambda z: mb.mul(x=z, y=2.0, name="w"), {"z": X}, ct.target.iOS18)
    description = ct.utils.MultiFunctionDescriptor()
    description.add_function(str(folder / "relu.mlpackage"), "main", "positive")
    description.add_function(str(folder / "double.mlpackage"), "main", "twice")
    description.default_function_name = "positive"
    ct.utils.save_multifunction(description, str(folder / "both.mlpackage"))
    return folder / "both.mlpackage"


def test_functions(two_functions: Path) -> None:
    np.testing.assert_array_equal(ReferenceRunner(two_functions).run({"x": X})["y"], np.maximum(X, 0))
    np.testing.assert_array_equal(ReferenceRunner(two_functions, function="twice").run({"z": X})["w"], 2 * X)
    with pytest.raises(ArtifactError, match=r"no function 'thrice', but \['positive', 'twice'\]"):
        ReferenceRunner(two_functions, function="thrice")


# --- classifiers


@pytest.mark.parametrize("labels", [["cat", "dog", "cow"], [7, 3, 5]])
def test_classifier(labels: list[Any], tmp_path: Path) -> None:
    path = convert(
        tmp_path / "net.mlpackage",
        lambda x: mb.softmax(x=x, name="p"),
        (1, 3),
        classifier_config=ct.ClassifierConfig(labels),
    )
    x = np.array([[0.5, 2, 1]], np.float32)
    outputs = ReferenceRunner(path).run({"x": x})
    assert outputs["classLabel"] == labels[1]
    assert isinstance(outputs["classLabel"], type(labels[1]))
    probabilities = outputs["classLabel_probs"]
    assert list(probabilities) == labels
    np.testing.assert_allclose(list(probabilities.values()), np.exp(x[0]) / np.exp(x[0]).sum(), 1e-6)


def test_a_classifier_with_too_few_labels(tmp_path: Path) -> None:
    path = convert(
        tmp_path / "net.mlpackage",
        lambda x: mb.softmax(x=x),
        (1, 3),
        classifier_config=ct.ClassifierConfig(["a", "b", "c"]),
    )
    with edited(path) as spec:
        function = spec.mlProgram.functions["main"]
        last = function.block_specializations[function.opset].operations[-1]
        del last.inputs["classes"].arguments[0].value.immediateValue.list.values[1:]
    with pytest.raises(ArtifactError, match="1 classes for 3 probabilities"):
        ReferenceRunner(path).run({"x": X[:1, :3]})


# --- images

PICTURE = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)
GRAY = PICTURE[:, :, 0]


def image_model(path: Path, layout: str) -> Path:
    shape = (1, 1 if layout == "G" else 3, 4, 6)
    scaled = {"scale": 0.5, "bias": 1.0} if layout == "G" else {}
    return convert(
        path,
        lambda x: mb.identity(x=x, name="y"),
        shape,
        inputs=[ct.ImageType(name="x", shape=shape, color_layout=layout, **scaled)],
    )


@pytest.mark.parametrize("layout", ["RGB", "BGR"])
@pytest.mark.parametrize("kind", ["array", "image", "rgba image", "float"])
def test_colour_image(layout: str, kind: str, tmp_path: Path) -> None:
    order = [0, 1, 2] if layout == "RGB" else [2, 1, 0]
    seen = PICTURE[:, :, order].transpose(2, 0, 1)[None].astype(np.float32)
    given: Any = {
        "array": PICTURE,
        "image": Image.fromarray(PICTURE),
        "rgba image": Image.fromarray(PICTURE).convert("RGBA"),
        "float": seen,
    }[kind]
    runner = ReferenceRunner(image_model(tmp_path / "net.mlpackage", layout))
    np.testing.assert_array_equal(runner.run({"x": given})["y"], seen)


@pytest.mark.parametrize("given", [GRAY, Image.fromarray(GRAY)], ids=["array", "image"])
def test_gray_image_with_scale(given: Any, tmp_path: Path) -> None:
    """Scale and bias are ops of the program."""
    runner = ReferenceRunner(image_model(tmp_path / "net.mlpackage", "G"))
    np.testing.assert_allclose(runner.run({"x": given})["y"], GRAY[None, None] * 0.5 + 1)


def from_torch(path: Path, module: nn.Module, layout: str) -> Path:
    """With an image as output, which programs that are built by hand do not get."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ct.convert(
            torch.jit.trace(module, torch.zeros(1, 1 if layout == "G" else 3, 4, 6)),
            inputs=[ct.ImageType(name="x", shape=(1, 1 if layout == "G" else 3, 4, 6), color_layout=layout)],
            outputs=[ct.ImageType(name="y", color_layout=layout)],
            minimum_deployment_target=ct.target.iOS17,
            skip_model_load=True,
        )
    model.save(str(path))
    return path


class Shift(nn.Module):
    """Values below 0 (-39), above 255 (295) and halfway to the next."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - 127.5) * 1.3125 + 128


@pytest.mark.parametrize("layout", ["RGB", "BGR", "G"])
def test_image_output(layout: str, tmp_path: Path) -> None:
    """From red, green, blue to red, green, blue, whatever the program's order is; rounded and cut off."""
    runner = ReferenceRunner(from_torch(tmp_path / "net.mlpackage", Shift(), layout), "fp64")
    given = GRAY if layout == "G" else PICTURE
    values = runner.run({"x": given})["y"]
    assert values.shape == (1, 1 if layout == "G" else 3, 4, 6)  # what it computes
    picture = runner.run({"x": given}, pictures=True)["y"]
    assert picture.dtype == np.uint8
    expected = np.clip((given - 127.5) * 1.3125 + 128, 0, 255)
    assert expected.min() == 0
    assert np.abs(picture - expected).max() <= 0.51


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (PICTURE[:3], r"has shape \[1, 3, 3, 6\], declared is \[1, 3, 4, 6\]"),
        (Image.fromarray(PICTURE).resize((4, 4)), r"has shape \[1, 3, 4, 4\], declared is \[1, 3, 4, 6\]"),
        (GRAY, r"image 'x' has shape \[4, 6\], give \[H, W, 3\]"),
        (PICTURE[None].transpose(0, 3, 1, 2), "'x' is uint8, declared is float32"),
        ("photo.png", "'x' of .* is a str, give an array"),
    ],
    ids=["rows", "size", "gray", "uint8-nchw", "text"],
)
def test_wrong_images(given: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=message):
        ReferenceRunner(image_model(tmp_path / "net.mlpackage", "RGB")).run({"x": given})


def test_images_of_several_sizes(tmp_path: Path) -> None:
    sizes = ct.EnumeratedShapes([(1, 3, 4, 6), (1, 3, 8, 8)])
    path = convert(
        tmp_path / "net.mlpackage",
        lambda x: mb.relu(x=x, name="y"),
        (1, 3, get_new_symbol(), get_new_symbol()),
        inputs=[ct.ImageType(name="x", shape=sizes)],
    )
    runner = ReferenceRunner(path)
    for shape in ((4, 6, 3), (8, 8, 3)):
        assert runner.run({"x": np.zeros(shape, np.uint8)})["y"].shape == (1, 3, *shape[:2])
    with pytest.raises(ArtifactError, match=r"'x' has shape \[8, 6\], allowed is \[4, 6\] or \[8, 8\]"):
        runner.run({"x": np.zeros((8, 6, 3), np.uint8)})


# --- shapes


def test_enumerated_shapes(tmp_path: Path) -> None:
    path = convert(
        tmp_path / "net.mlpackage",
        lambda x: mb.relu(x=x, name="y"),
        (get_new_symbol(), get_new_symbol()),
        inputs=[ct.TensorType(name="x", shape=ct.EnumeratedShapes([(2, 4), (3, 5)]))],
    )
    runner = ReferenceRunner(path)
    for shape in ((2, 4), (3, 5)):
        assert runner.run({"x": np.zeros(shape, np.float32)})["y"].shape == shape
    with pytest.raises(ArtifactError, match=r"'x' has shape \[2, 5\], allowed is \[2, 4\] or \[3, 5\]"):
        runner.run({"x": np.zeros((2, 5), np.float32)})


@pytest.mark.parametrize(("bounded", "text"), [(True, r"\[2\.\.8, 4\]"), (False, r"\[2\.\., 4\]")])
def test_shape_range(bounded: bool, text: str, tmp_path: Path) -> None:
    path = convert(
        tmp_path / "net.mlpackage",
        lambda x: mb.relu(x=x, name="y"),
        (get_new_symbol(), 4),
        inputs=[ct.TensorType(name="x", shape=(ct.RangeDim(2, 8, default=2), 4))],
    )
    if not bounded:
        with edited(path) as spec:
            spec.description.input[0].type.multiArrayType.shapeRange.sizeRanges[0].upperBound = -1
    runner = ReferenceRunner(path)
    for rows in (2, 8) if bounded else (2, 99):
        assert runner.run({"x": np.zeros((rows, 4), np.float32)})["y"].shape == (rows, 4)
    for rows in (1, 9) if bounded else (1,):
        with pytest.raises(ArtifactError, match=rf"'x' has shape \[{rows}, 4\], allowed is {text}"):
            runner.run({"x": np.zeros((rows, 4), np.float32)})


# --- optional inputs


def test_default_of_an_optional_input(tmp_path: Path) -> None:
    path = convert(
        tmp_path / "net.mlpackage",
        lambda x: mb.mul(x=x, y=2.0, name="y"),
        (2, 4),
        inputs=[ct.TensorType(name="x", shape=(2, 4), default_value=np.full((2, 4), 1.5, np.float32))],
    )
    runner = ReferenceRunner(path)
    np.testing.assert_array_equal(runner.run({})["y"], np.full((2, 4), 3))
    np.testing.assert_array_equal(runner.run({"x": X})["y"], 2 * X)
