"""What stands for Android on a JVM (tests/generated/kotlin/{litert,tflite,robolectric}) against Python's numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from tests.generated.kotlin import host_models
from tests.generated.kotlin.compiling import maven
from tests.tools import require_tool

MODULES = ("litert", "tflite", "robolectric")

RUNS: dict[str, dict[str, dict[str, Any]]] = {
    "scores": {"serving_default": {"x": np.array([[0.5, -1.25, 2, 0.75]], np.float32)}},
    "choice": {
        "serving_default": {
            "numbers": np.array([[1, -2, 3], [2**30, 5, -6]], np.int32),
            "mask": np.array([[True, False, False], [False, True, True]]),
        }
    },
    "two_signatures": {
        "serving_default": {
            "left": np.array([[1, 2], [3, 4]], np.float32),
            "right": np.array([[0.5, -2], [1e6, 1e-6]], np.float32),
        },
        "wide": {"numbers": np.array([2**40, -(2**40), 0, 127, -128])},
    },
}
"""For each model of `host_models` the signatures and what goes into them."""


def test_engines_and_bitmaps_work_on_a_jvm(tmp_path: Path) -> None:
    tool = require_tool("mvn")
    require_tool("java")
    write_models(tmp_path / "models")
    write_assets(tmp_path)
    modules = ("--projects", ",".join(MODULES), "--also-make")
    done = maven(tool, tmp_path, "-Dhost.skipTests=false", *modules, "test", limit_s=900)
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-2000:]}"
    print(done.stdout)
    for module in MODULES:
        reports = [ElementTree.parse(path).getroot() for path in (tmp_path / "target" / module).glob("*/TEST-*.xml")]
        assert reports, f"no tests ran in {module}"
        assert all(int(report.attrib["tests"]) and report.attrib["skipped"] == "0" for report in reports)


def write_models(folder: Path) -> None:
    """The models, and beside each the inputs and outputs of its signatures."""
    folder.mkdir()
    for name, signatures in RUNS.items():
        content = getattr(host_models, name)()
        (folder / f"{name}.tflite").write_bytes(content)
        interpreter = Interpreter(model_content=content)
        runs = {
            key: {"inputs": inputs, "outputs": interpreter.get_signature_runner(key)(**inputs)}
            for key, inputs in signatures.items()
        }
        (folder / f"{name}.json").write_text(json.dumps(runs, default=lambda array: array.ravel().tolist()), "utf-8")


def write_assets(folder: Path) -> None:
    """A model, a PNG and a turned JPEG, and the pixels that Pillow reads from the pictures, as Android packs them."""
    models, pictures = folder / "assets" / "models", folder / "assets" / "pictures"
    models.mkdir(parents=True)
    (models / "scores.tflite").write_bytes(host_models.scores())
    pictures.mkdir()
    coarse = np.random.default_rng(3).integers(0, 256, (9, 7, 3), np.uint8)
    picture = Image.fromarray(coarse).resize((47, 33), Image.Resampling.BICUBIC)
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(pictures / "picture.png")
    picture.save(pictures / "picture.jpeg", quality=92, exif=exif)
    for extension in ("png", "jpeg"):
        with Image.open(pictures / f"picture.{extension}") as stored:
            pixels = np.asarray(stored.convert("RGB")).astype(np.int64)
        argb = 0xFF << 24 | (pixels << [16, 8, 0]).sum(-1)
        (folder / f"{extension}.json").write_text(json.dumps(argb.ravel().tolist()), "utf-8")
