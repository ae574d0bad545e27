"""Swift packages of every task for both engines: built by `deploykit build`, compiled with warnings as errors, and run:
ONNX Runtime by its C library, Core ML by deploykit's reference runner at the other end of a pipe.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deploykit.devices import SelfTest
from tests.conftest import deploykit
from tests.generated.kotlin import expected, projects
from tests.generated.swift.reference import EXIF_ORIENTATION, Reference
from tests.generated.swift.workshop import RUNTIME_TESTS, SOURCES, STRICT, Engine, Workshop
from tests.tools import require_tool

pytestmark = pytest.mark.skipif(
    sys.platform == "darwin", reason="a Mac has the real frameworks, and these packages' own tests run on them"
)

TARGETS: dict[Engine, str] = {"coreml": "ios_coreml", "onnxruntime": "ios_onnx"}

TASKS = tuple(projects.ANDROID)
"""Those of the Android SDKs: six, and one with sizes that are known at run time only."""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The packages of an engine lie in its folder, by task and with a test of what they answer."""
    tool = require_tool("swift")
    made = Workshop(tmp_path_factory.mktemp("swift"), tool)
    # Two at once: most of a small model's build is one process after another importing its converter.
    with ThreadPoolExecutor(2) as threads:
        modules = dict(zip(TASKS, threads.map(partial(build, made.root), TASKS), strict=True))
    for engine in TARGETS:
        made.merge(modules, engine)
    return made


def build(root: Path, task: str) -> str:
    """Builds the SDKs of a task one after the other, so that the second finds the first's jobs; gives their module."""
    project = root / "projects" / task
    projects.write(task, "swift", project)
    (module,) = {build_for(engine, root, task, project) for engine in TARGETS}
    return module


def build_for(engine: Engine, root: Path, task: str, project: Path) -> str:
    """Builds an SDK, puts the test of its answers into it, and gives its module."""
    out = root / "built" / engine / task
    file = project / "deploykit.toml"
    if engine == "onnxruntime":
        # ONNX Runtime's package for Swift has no bool.
        file.write_text(file.read_text("utf-8").replace('dtype = "bool"', 'dtype = "int32"'), "utf-8")
    run = deploykit("build", project, "--target", TARGETS[engine], "--precision", "fp32", "--out", out)
    assert (out / "ios").is_dir(), f"{run.out}\n{run.err}"
    shutil.copytree(out / "ios", root / engine / task)
    (module,) = (path.name for path in (out / "ios/Sources").iterdir())
    tests = root / engine / task / f"Tests/{module}Tests"
    shutil.copy(SOURCES / f"answers/{task}.swift", tests / "AnswersTests.swift")
    readings = SOURCES / f"answers/{task}.readings.swift"
    if engine == "coreml" and readings.exists():
        shutil.copy(readings, tests / "ReadingsTests.swift")
    if engine != "coreml":
        # What does not depend on the engine is compiled and tested once.
        for name in RUNTIME_TESTS:
            (tests / f"{name}.swift").unlink()
    if task in ("run", "sizes"):
        counts = (SOURCES / f"answers/counts.{engine}.swift").read_text("utf-8")
        (tests / "Counts.swift").write_text(counts.replace("import Tagger", f"import {module}"), "utf-8")
    return module


@pytest.fixture(scope="module")
def cases(workshop: Workshop) -> int:
    """How many cases there are."""
    answers = workshop.root / "answers" / "cases"
    plain = {task: workshop.root / "plain" / task for task in TASKS}
    for task, project in plain.items():
        projects.write(task, "swift", project)
    count = expected.write(plain, answers)
    turned = Image.fromarray(np.random.default_rng(4).integers(0, 256, (20, 30, 3), np.uint8))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    turned.save(answers / "turned.jpg", exif=exif)
    return count


@pytest.fixture(scope="module")
def reference(workshop: Workshop) -> Reference:
    return Reference(workshop.root, workshop.seen)


@pytest.fixture(scope="module")
def tally() -> Iterator[dict[tuple[str, str], int]]:
    """How many answers were compared, by engine and task; told at the end of the module."""
    compared: dict[tuple[str, str], int] = {}
    yield compared
    tasks = {task for _, task in compared} - {"sizes"}
    results = sum(compared.values())
    print(f"\n{len(compared)} Swift packages of {len(tasks)} tasks built, {results} end-to-end results compared")


@pytest.mark.parametrize("engine", TARGETS)
def test_packages_answer_as_python_does(
    workshop: Workshop, reference: Reference, cases: int, tally: dict[tuple[str, str], int], engine: Engine
) -> None:
    built = workshop.run("swift", "build", "--build-tests", *STRICT, within=engine)
    assert built.returncode == 0, built.stdout[-12000:]
    before = reference.runs
    tested = workshop.run(
        *("swift", "test", "--skip-build", *STRICT),
        within=engine,
        REFERENCE="pipes",
        ANSWERS="answers/cases",
        SELFTEST=f"selftest-{engine}.json",
        XDG_CACHE_HOME="cache",
    )
    assert tested.returncode == 0, tested.stdout[-12000:]
    told = [line.split() for line in tested.stdout.splitlines() if line.startswith("COMPARED ")]
    compared = {(name, task): int(count) for _, name, task, count, _ in told}
    assert compared.keys() == {(engine, task) for task in TASKS}
    assert min(compared.values()) >= 6
    assert sum(compared.values()) >= cases
    text = (workshop.root / f"selftest-{engine}.json").read_text("utf-8")
    record = SelfTest.model_validate_json(text, strict=True)
    assert (record.target, record.accelerator, record.passed) == (TARGETS[engine], "cpu", True)
    # Core ML's figures are the reference runner's, ONNX Runtime's are not.
    assert (reference.runs - before > sum(compared.values())) == (engine == "coreml")
    (count,) = re.findall(r"Test run with (\d+) tests passed", tested.stdout)
    print(*(" ".join(line) for line in told), sep="\n")
    print(f"{engine}: {len(compared)} packages, {count} tests passed")
    tally |= compared


@pytest.mark.parametrize("engine", TARGETS)
def test_swift_format_finds_nothing_to_change(workshop: Workshop, engine: Engine) -> None:
    packages = [f"built/{engine}/{task}/ios" for task in TASKS]
    options = ("--strict", "--recursive", "--configuration", f"{packages[0]}/.swift-format")
    done = workshop.run("swift", "format", "lint", *options, *packages)
    assert done.returncode == 0, done.stdout


def test_sample_apps_compile(workshop: Workshop) -> None:
    """Core ML's: a sample app does not depend on its engine."""
    stubs = workshop.run("./build_stubs.sh", "modules")
    assert stubs.returncode == 0, stubs.stdout
    for task in TASKS:
        package = workshop.root / "built/coreml" / task / "ios"
        (module,) = (path.name for path in (package / "Sources").iterdir())
        done = workshop.check_apple(f"built/coreml/{task}/ios", module)
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("checked: ") == 3
