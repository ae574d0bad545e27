"""Android SDKs: compiled with Maven, warnings as errors, and run on a JVM by LiteRT's own library."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from xml.etree import ElementTree

from benchmarks.zoo.sdks.together import compile_all
from deploykit.codegen import kotlin_text
from deploykit.devices import SelfTest
from deploykit.zoo.sdks import SdkRun, of_self_test
from tests.generated.kotlin.compiling import gather, maven

TEST = Path(__file__).with_name("SelfTest.kt")
LOADS = re.compile(r"public suspend fun load\(context: Context, options: ModelOptions = ModelOptions\(\)\): (\w+)")
COMPLAINT = re.compile(r"^\[(?:ERROR|WARNING)\] .*/sources/\w+/(?P<name>[\w.]+)/(?P<text>.+)$", re.MULTILINE)
LIMIT_S = 3600


def run(tool: str, builds: Mapping[str, Path], work: Path) -> dict[str, SdkRun]:
    """Compiles all SDKs and their sample apps at once, and runs each in a JVM of its own.

    Args:
        tool: Maven.
        builds: by name.
        work: an empty folder.
    """
    names = {namespace(build / "android"): name for name, build in builds.items()}

    def compile_those(wanted: Sequence[str]) -> CompletedProcess[str]:
        shutil.rmtree(work, ignore_errors=True)
        for each in wanted:
            lay_out(builds[names[each]] / "android", each, work)
        for folder in ("answers", "none"):
            (work / folder).mkdir()
        return maven(tool, work, *options, "-DskipTests", "--projects", "app", "--also-make", "test", limit_s=LIMIT_S)

    options = (f"-Druntime.tests={work}/none", "-Dmaven.test.failure.ignore=true")
    broken = compile_all(tuple(names), compile_those, COMPLAINT)
    # A JVM for each: an engine that crashes takes nothing else down.
    maven(tool, work, *options, "-DreuseForks=false", "--projects", "library", "--also-make", "test", limit_s=LIMIT_S)
    return {
        name: SdkRun(failed=broken[space]) if space in broken else told(space, work) for space, name in names.items()
    }


def namespace(sdk: Path) -> str:
    """The package of an SDK, after which its assets are called."""
    (name,) = {assets.name for assets in sdk.glob("*/src/main/assets/*")}
    return name


def lay_out(sdk: Path, package: str, work: Path) -> None:
    """Sources, assets and the test of an SDK, where `pom.xml` expects them."""
    gather(sdk, package, work / "sources", app=True)
    module = sdk / package.rpartition(".")[2]
    for assets in sdk.glob("*/src/main/assets"):  # of the library, and of the pack where the model has one of its own
        shutil.copytree(assets, work / "assets" / package, dirs_exist_ok=True)
    (name,) = {found for file in module.rglob("*.kt") for found in LOADS.findall(file.read_text("utf-8"))}
    text = TEST.read_text("utf-8").replace("package PACKAGE", f"package {kotlin_text.package(package)}")
    folder = work / "sources/tests" / package
    folder.mkdir(parents=True)
    (folder / "ZooTest.kt").write_text(text.replace("PACKAGE", package).replace("CLASS", name), "utf-8")


def told(package: str, work: Path) -> SdkRun:
    """What an SDK said of itself, or why it did not."""
    answer = work / f"answers/{package}.json"
    if answer.exists():
        return of_self_test(SelfTest.model_validate_json(answer.read_bytes(), strict=True))
    report = work / f"target/library/surefire-reports/TEST-{package}.ZooTest.xml"
    if not report.exists():
        return SdkRun(failed="its JVM ended before the test did")
    (case,) = ElementTree.parse(report).getroot().iter("testcase")
    reasons = [each.get("message") or each.get("type") or "" for each in case if each.tag in ("error", "failure")]
    return SdkRun(failed="; ".join(reasons) or "its test wrote nothing")
