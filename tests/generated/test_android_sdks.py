"""SDKs of every task for every Android engine: compiled with Maven (warnings are errors), and run on a JVM."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deploykit.codegen import ir, kotlin
from deploykit.codegen.write import write_tree
from deploykit.devices import SelfTest
from deploykit.diff.kotlin import declarations
from deploykit.spec import ImageInput
from deploykit.transforms import preprocess
from tests.conftest import deploykit
from tests.generated.kotlin import api_dumps, expected, projects, sdks
from tests.generated.kotlin.compiling import PROJECT, gather, maven
from tests.tools import require_tool

API = Path(__file__).parents[1] / "golden/kotlin-api"
"""What apps can call of the LiteRT SDK of each task, as Kotlin's tool for binary compatibility writes it."""

MODEL = {"TestModel", "ModelInfo", "ModelOptions", "ModelException", "LoadState", "Accelerator", "Orientation"}
ANSWERS = {"Classification", "ScoredLabel", "Detection", "Box", "SegmentationMask", "Embedding", "EmbeddingIndex"}
PUBLIC = MODEL | ANSWERS | {"SelfTestReport", "SelfTestRow", "FloatTensor", "IntTensor", "BooleanTensor"}
"""Types of all SDKs that apps see; everything else in the runtime is internal."""

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


TARGETS: dict[sdks.Engine, str] = {
    "litert": "android_litert",
    "tflite": "android_tflite",
    "onnxruntime": "android_onnx",
}


def test_sdks_compile_and_answer_as_python_does(tmp_path: Path) -> None:
    """SDKs with the nastiest names, and those for each task and engine, built by `deploykit build`."""
    tool = require_tool("mvn")
    require_tool("java")
    for engine in sdks.ENGINES:
        sdk = sdks.sdk(engine, tmp_path / "models" / engine)
        write_tree(kotlin.files(sdk), tmp_path / engine)
        gather(tmp_path / engine, sdk.namespace, tmp_path / "sources", app=True)
    for task in sdks.TASKS:
        nasty = sdks.of_task(task)
        write_text(nasty, tmp_path / "nasty" / task)
        gather(tmp_path / "nasty" / task, nasty.namespace, tmp_path / "sources", app=True)
    built = {task: build(task, tmp_path / "projects" / task, tmp_path / "built" / task) for task in projects.ANDROID}
    for task, folders in built.items():
        for engine, folder in folders.items():
            # A sample app does not depend on its engine.
            gather(folder, f"com.example.{engine}.{task}", tmp_path / "sources", app=engine == "litert")
            shutil.copytree(folder / task / "src/main/assets", tmp_path / "assets", dirs_exist_ok=True)
            write_test(task, engine, tmp_path / "sources/tests")
    write_cases(tmp_path / "cases")
    cases = expected.write({task: tmp_path / "projects" / task for task in built}, tmp_path / "answers")
    done = maven(tool, tmp_path, "test", limit_s=1500)
    assert done.returncode == 0, f"{done.stdout[-12000:]}\n{done.stderr[-4000:]}"
    # Not from Maven's output, into whose lines native code writes now and then.
    reports = "".join(path.read_text("utf-8") for path in tmp_path.glob("target/library/surefire-reports/TEST-*.xml"))
    told = re.findall(r"COMPARED (\w+) (\w+) (\d+) ", reports)
    compared = {(engine, task): int(count) for engine, task, count in told}
    assert compared.keys() == {(engine, task) for task in built for engine in TARGETS}
    assert min(compared.values()) >= 6
    assert sum(compared.values()) >= len(TARGETS) * cases
    for engine, target in TARGETS.items():
        text = (tmp_path / f"answers/selftest-{engine}.json").read_text("utf-8")
        told = SelfTest.model_validate_json(text, strict=True)
        assert (told.target, told.accelerator, told.passed) == (target, "cpu", True)
    check_api(tmp_path / "api", {task: folders["litert"] / task for task, folders in built.items()})
    print(done.stdout)
    count = len(list((tmp_path / "sources/library").iterdir()))
    print(f"{count} SDKs compiled, {sum(compared.values())} answers of {len(compared)} of them compared with Python's")


def test_ktlint_finds_nothing(tmp_path: Path) -> None:
    tool = require_tool("mvn")
    for task in sdks.TASKS:
        write_text(sdks.of_task(task), tmp_path / task)
    command = [tool, "--batch-mode", f"-Dlinted={tmp_path}", "verify"]
    done = subprocess.run(command, cwd=PROJECT / "ktlint", capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-8000:]


def write_text(sdk: ir.Sdk, folder: Path) -> None:
    """Writes an SDK without its model and tests."""
    write_tree(
        (file for file in kotlin.files(sdk) if file.text is not None or file.path.name == ".editorconfig"), folder
    )


def check_api(dumps: Path, libraries: dict[str, Path]) -> None:
    """What apps can call of the LiteRT SDKs is as written down, no more than it should be, and read from sources."""
    if os.environ.get("DEPLOYKIT_UPDATE_GOLDEN") == "1":
        shutil.rmtree(API, ignore_errors=True)
        shutil.copytree(dumps, API)
    assert {file.stem for file in dumps.iterdir()} == libraries.keys()
    for task, library in libraries.items():
        text = (dumps / f"{task}.api").read_text("utf-8")
        leaked = api_dumps.outer_types(text) - PUBLIC
        assert not leaked, f"{task}: apps see {', '.join(sorted(leaked))}; make it internal"
        assert text == (API / f"{task}.api").read_text("utf-8"), f"{task}: DEPLOYKIT_UPDATE_GOLDEN=1 writes it anew"
        sources = [path.read_text("utf-8") for path in (library / "src/main/kotlin").rglob("*.kt")]
        assert api_dumps.expected(declarations(sources)) == api_dumps.members(text), task


def build(task: str, project: Path, out: Path) -> dict[sdks.Engine, Path]:
    """`android/` of a task for each engine. One project: the second and third build find most jobs in the cache."""
    made = {}
    for engine, target in TARGETS.items():
        projects.write(task, engine, project)
        run = deploykit("build", project, "--target", target, "--precision", "fp32", "--out", out / engine)
        assert (out / engine / "android").is_dir(), f"{run.out}\n{run.err}"
        made[engine] = out / engine / "android"
    return made


def write_test(task: str, engine: str, folder: Path) -> None:
    """The test of a task in the package of an engine's SDK, whose `AnswersTest` it is."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / "tasks/Cases.kt", folder / "Cases.kt")
    text = (PROJECT / f"tasks/{task}.kt").read_text("utf-8")
    (folder / f"{engine}_{task}.kt").write_text(text.replace("ENGINE", engine), "utf-8")


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
