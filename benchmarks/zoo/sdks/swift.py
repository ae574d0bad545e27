"""Swift packages: compiled by a real Swift 6, warnings as errors, and run with the reference runner for Core ML."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

from benchmarks.zoo.sdks.together import compile_all
from deploykit.devices import SelfTest
from deploykit.zoo.sdks import SdkRun, of_self_test
from tests.generated.swift.reference import Reference
from tests.generated.swift.workshop import RUNTIME_TESTS, STRICT, Workshop

COMPLAINT = re.compile(r"^\S*/coreml/(?P<name>[\w-]+)/(?P<text>\S+: (?:error|warning): .+)$", re.MULTILINE)
FAILURE = re.compile(r"^.*recorded an issue at \S+: (.*(?:\n[^✘✔◇↳\n].*)*)", re.MULTILINE)
"""Up to the next line that begins with one of Swift Testing's marks."""
CHECKED = 3
"""The package's layer for Apple only, its sample app and that one's manifest."""
LIMIT_S = 3600


def run(tool: str, builds: Mapping[str, Path], work: Path) -> dict[str, SdkRun]:
    """Compiles all packages at once and their sample apps one by one, and runs each in a process of its own.

    Args:
        tool: Swift.
        builds: by name.
        work: a folder that there is not yet.
    """
    shutil.rmtree(work, ignore_errors=True)
    workshop = Workshop(work, tool, LIMIT_S)
    modules = {name: lay_out(build / "ios", workshop.root / "coreml" / name) for name, build in builds.items()}
    broken = compile_all(tuple(modules), partial(compile_those, workshop, modules), COMPLAINT)
    stubs = workshop.run("./build_stubs.sh", "modules")
    if stubs.returncode:
        raise RuntimeError(stubs.stdout)
    reference = Reference(workshop.root, workshop.seen)
    return {
        name: SdkRun(failed=broken[name]) if name in broken else told(workshop, reference, name, module)
        for name, module in modules.items()
    }


def lay_out(package: Path, folder: Path) -> str:
    """Copies a package without the tests that are the same for all; gives its module."""
    shutil.copytree(package, folder)
    (module,) = (path.name for path in (folder / "Sources").iterdir())
    for name in RUNTIME_TESTS:
        (folder / f"Tests/{module}Tests/{name}.swift").unlink()
    return module


def compile_those(workshop: Workshop, modules: Mapping[str, str], wanted: Sequence[str]) -> CompletedProcess[str]:
    """Makes one package of those, and builds it with its tests."""
    workshop.merge({name: modules[name] for name in wanted}, "coreml")
    return workshop.run("swift", "build", "--build-tests", *STRICT, within="coreml")


def told(workshop: Workshop, reference: Reference, name: str, module: str) -> SdkRun:
    """Compiles a sample app, then runs the package's own tests, which write what `selfTest()` tells."""
    app = workshop.check_apple(f"coreml/{name}", module)
    if app.returncode or app.stdout.count("checked: ") != CHECKED:
        return SdkRun(failed=f"its sample app does not compile: {app.stdout[-500:]}")
    answer = workshop.root / f"{name}.json"
    tested = workshop.run(
        *("swift", "test", "--skip-build", "--filter", f"^{module}Tests\\.", *STRICT),
        within="coreml",
        REFERENCE=reference.folder.name,
        SELFTEST=answer.name,
        XDG_CACHE_HOME="cache",
    )
    (workshop.root / f"{name}.log").write_text(tested.stdout, "utf-8")
    if answer.exists():
        made = of_self_test(SelfTest.model_validate_json(answer.read_bytes(), strict=True))
        if tested.returncode == 0 or not made.passed:
            return made
    reasons = [" ".join(text.split()) for text in FAILURE.findall(tested.stdout)]
    return SdkRun(failed="; ".join(reasons) or tested.stdout[-500:])
