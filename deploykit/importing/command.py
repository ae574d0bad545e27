"""`deploykit parity --import`: files of Macs and devices, into one build at once.

    results.json  ─▶ judged by importing/mac.py ──────┐
    selftest.json ─▶ checked by importing/devices.py ─┴▶ manifests, report

Everything is read, checked and judged before anything is written; then the whole output folder is swapped at once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from deploykit.devices import SelfTest
from deploykit.errors import ImportedError
from deploykit.importing import devices, mac
from deploykit.importing.reading import content, read
from deploykit.mac import Results
from deploykit.manifest import Manifest
from deploykit.output import staged
from deploykit.report.devices import failures
from deploykit.report.model import Report, SdkRecord
from deploykit.stages.check import link
from deploykit.stages.summarize import verdict, write

HINT = "check.py of the Mac kit writes it; a self-test's record is what the sample app shares"

OF_SELF_TESTS = {"rows", "osBuild", "requiredSnrDb"}
"""Keys that tell a self-test's record from a Mac kit's results."""


def import_results(files: Sequence[Path], folder: Path) -> Report:
    """Takes `files` into the build in `folder`: its manifests and its report.

    Raises:
        ImportedError: if one is damaged or was measured on other files; the folder is then as it was.
        OutputError: if the folder cannot be written; it is then as it was.
    """
    report = read(folder / "report" / "report.json", Report, "give the output folder of a build")
    made, manifests = report, dict[Path, Manifest]()
    records = []
    for file in files:
        if _is_self_test(content(file, HINT)):
            records.append((file, read(file, SelfTest, HINT)))
        else:
            taken = mac.take(made, read(file, Results, HINT), folder)
            made, manifests = taken.report, manifests | taken.manifests
    made = _settled(devices.take(made, records, folder))
    with staged(folder, carried=True) as staging:
        # Links cost nothing; what changes gets new bytes under its name, so the old folder keeps its own.
        shutil.copytree(folder, staging, copy_function=link, symlinks=True, dirs_exist_ok=True)
        if read(staging / "report" / "report.json", Report, "build again") != report:
            raise ImportedError(f"{folder} was built anew meanwhile; import again")
        for path, manifest in manifests.items():
            (staging / path).unlink()
            (staging / path).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        for name in ("report.json", "index.html", "junit.xml"):
            (staging / "report" / name).unlink(missing_ok=True)
        write(staging / "report", made)
    return made


def _is_self_test(text: bytes) -> bool:
    """Anything else is read as what a Mac kit gives."""
    try:
        return not OF_SELF_TESTS.isdisjoint(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return False


def _settled(report: Report) -> Report:
    """With the verdict of the whole, and what must not be shipped."""
    failed = {(each.target, each.precision) for each in report.artifacts if each.verdict == "failed"}
    there = failures(report.devices)
    sdks = tuple(_sdk(sdk, failed, there) for sdk in report.sdks)
    return report.model_copy(update={"verdict": verdict(report.artifacts, report.devices), "sdks": sdks})


def _sdk(sdk: SdkRecord, failed: Collection[tuple[str, str]], there: dict[tuple[str, str], str]) -> SdkRecord:
    """An SDK around an artifact that failed on a Mac, or whose fp32 twin did, is not to be shipped; nor one that failed
    its own tests on a device.
    """
    if sdk.target is None or sdk.precision is None:
        return sdk
    culprits = [p for p in ("fp32", "fp16") if (sdk.target, p) in failed and p in ("fp32", sdk.precision)]
    where = f"{sdk.target} {' and '.join(culprits)} failed in what a Mac measured" if culprits else ""
    names = there.get((sdk.target, sdk.precision))
    own = f"it failed its own tests on {names}" if names else ""
    why = "; ".join(filter(None, (where, own)))
    return sdk.model_copy(update={"condemned": f"{why}: do not ship this SDK" if why else ""})
