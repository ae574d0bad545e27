"""Renders an SDK for each Android engine, compiles it with Maven (warnings are errors) and runs it on a JVM."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deploykit.codegen import kotlin, kotlin_text
from deploykit.codegen.write import write_tree
from deploykit.spec import ImageInput
from deploykit.transforms import preprocess
from tests.generated.kotlin import sdks
from tests.tools import require_tool

PROJECT = Path(__file__).parent / "kotlin"

SIZES = [(1, 1), (3, 5), (24, 17), (33, 64), (200, 131)]
"""Width and height of the source pictures: one pixel, odd, smaller and larger than the models' inputs."""

CONTRACTS = [
    ImageInput(type="image", size=size, color=color, resize=resize, crop=crop, crop_fraction=fraction)
    for (size, color), resize, (crop, fraction) in itertools.product(
        [((24, 24), "rgb"), ((17, 30), "bgr"), ((8, 8), "gray")],
        ["nearest", "bilinear", "bicubic"],
        [("none", 1.0), ("center", 0.875), ("letterbox", 1.0)],
    )
]


def test_sdks_compile_and_run(tmp_path: Path) -> None:
    maven = require_tool("mvn")
    require_tool("java")
    for engine in ("litert", "tflite", "onnxruntime"):
        sdk = sdks.sdk(engine, tmp_path / "models" / engine)
        write_tree(kotlin.files(sdk), tmp_path / engine)
        strings = (tmp_path / engine / "app/src/main/res/values/strings.xml").read_text("utf-8")
        write_resources(sdk.namespace, strings, tmp_path / "resources")
    write_cases(tmp_path / "cases")
    command = [maven, "--batch-mode", "--quiet", f"-Dsdks={tmp_path}", "test"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-2000:]}"
    print(done.stdout)


def write_resources(namespace: str, strings: str, folder: Path) -> None:
    """The class `R` of a sample app, as aapt2 makes it, for the strings only."""
    names = re.findall(r'<string name="(\w+)">', strings)
    fields = "\n".join(f"        const val {name} = {index}" for index, name in enumerate(names))
    package = kotlin_text.package(f"{namespace}.sample")
    text = f"package {package}\n\nclass R {{\n    object string {{\n{fields}\n    }}\n}}\n"
    folder.mkdir(exist_ok=True)
    (folder / f"{namespace}.kt").write_text(text, "utf-8")


def write_cases(folder: Path) -> None:
    """Pictures and the tensors that Python makes of them: every contract with every size and, in turn, orientation."""
    folder.mkdir()
    random = np.random.default_rng(7)
    index = []
    for number, (spec, (width, height)) in enumerate(itertools.product(CONTRACTS, SIZES)):
        orientation = number % 8 + 1
        pixels = random.integers(0, 256, (height, width, 3), np.uint8)
        picture = Image.fromarray(pixels)
        picture.getexif()[0x0112] = orientation
        argb = 0xFF << 24 | (pixels.astype(np.int64) << [16, 8, 0]).sum(-1)
        (folder / f"{number}.argb").write_bytes(argb.astype(">u4").tobytes())
        (folder / f"{number}.tensor").write_bytes(preprocess(picture, spec).astype(">f4").tobytes())
        index.append(
            {"number": number, "storedWidth": width, "storedHeight": height, "orientation": orientation}
            | {"width": spec.size[1], "height": spec.size[0], "color": spec.color.capitalize()}
            | {"resize": spec.resize.capitalize(), "crop": spec.crop.capitalize(), "fraction": spec.crop_fraction}
        )
    (folder / "index.json").write_text(json.dumps(index), "utf-8")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_cases_carry_the_orientation(orientation: int) -> None:
    """The cases are only worth something if `preprocess` sees the EXIF tag that `write_cases` sets."""
    picture = Image.new("RGB", (3, 5))
    picture.getexif()[0x0112] = orientation
    spec = ImageInput(type="image", size=(10, 10), crop="letterbox")
    picture.paste((255, 255, 255), (0, 0, 1, 1))
    corner = np.unravel_index(preprocess(picture, spec)[0, :, :, 0].argmax(), (10, 10))
    right, below = corner[1] >= 5, corner[0] >= 5
    expected = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}
    assert (int(right), int(below)) == expected[orientation]
