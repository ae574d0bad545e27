"""The two builds that are compared, read from their folders: report, manifests, and what lies in their SDKs."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

import deploykit
from deploykit.diff import kotlin, swift
from deploykit.diff.declarations import Declaration
from deploykit.diff.tokens import UnreadableError
from deploykit.errors import ArgumentsError
from deploykit.manifest import Manifest
from deploykit.report.model import Report, SdkRecord
from deploykit.report.words import clean
from deploykit.strict import Strict

ENGINE_ALIASES = re.compile(r"engine(-|$)")
"""Of what opens the model, in an Android SDK's version catalog."""

File = TypeVar("File", bound=Strict)


@dataclass(frozen=True)
class Sdk:
    """What an app gets of one SDK."""

    record: SdkRecord
    manifest: Manifest
    """Of the artifact that it ships."""
    module: str
    """What an app imports: Kotlin's package, Swift's module."""
    declarations: tuple[Declaration, ...]
    assets: int
    """Bytes of all files that an app carries because of it: the model, labels, tests."""
    oldest: str
    """System that it runs on; empty where it was not found."""
    packages: dict[str, str]
    """What it depends on to open the model → version."""
    accelerators: tuple[str, ...]
    """Best first; empty where they were not found."""


@dataclass(frozen=True)
class Built:
    """A build's folder."""

    folder: Path
    report: Report
    manifests: dict[tuple[str, str], Manifest]
    """By target and precision."""
    sdks: dict[str, Sdk]
    """Those that were written, by platform."""

    def absent(self, platform: str) -> str:
        """Why there is no SDK for a platform."""
        records = [sdk.reason for sdk in self.report.sdks if sdk.platform == platform and not sdk.written]
        return records[0] if records else "no target of this platform was built"


def read_builds(folders: Iterable[Path]) -> list[Built]:
    """The builds in some folders.

    Raises:
        ArgumentsError: naming everything in them that is missing or cannot be read.
    """
    found, problems = list[Built](), list[str]()
    for folder in folders:
        try:
            found.append(_build(folder))
        except ArgumentsError as error:
            problems += error.problems
    if problems:
        raise ArgumentsError(problems)
    return found


def _build(folder: Path) -> Built:
    report_file = folder / "report" / "report.json"
    if not report_file.is_file():
        what = "is no build" if folder.exists() else "does not exist"
        raise ArgumentsError(
            [f"{folder} {what}; give an output folder of `deploykit build`: it has report/report.json"]
        )
    report = _read(report_file, Report)
    paths = [folder / artifact.path for artifact in report.artifacts if artifact.path is not None]
    manifests = [_read(path.parent / "manifest.json", Manifest) for path in paths]
    by_key: dict[tuple[str, str], Manifest] = {(each.target, each.precision): each for each in manifests}
    written = [sdk for sdk in report.sdks if sdk.written]
    return Built(folder, report, by_key, {sdk.platform: _sdk(folder, sdk, by_key) for sdk in written})


def _read(file: Path, kind: type[File]) -> File:
    try:
        text = file.read_bytes()
        return kind.model_validate_json(text)
    except OSError as error:
        raise ArgumentsError([f"{file}: {error.strerror or error}; build again"]) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        by = _writer(text)
        raise ArgumentsError(
            [
                clean(
                    f"{file} is not in the format of this deploykit {deploykit.__version__} ({place}: {first['msg']})"
                )
                + clean(f"; it was written by deploykit {by}. Build that folder again with this deploykit")
            ]
        ) from None


def _writer(text: bytes) -> str:
    """The version that a report or manifest names, whatever else is in it."""
    try:
        data = json.loads(text)
        return str(data.get("deploykit") or data["versions"]["deploykit"])
    except (ValueError, AttributeError, LookupError, TypeError):
        return "of an unknown version"


def _sdk(folder: Path, record: SdkRecord, manifests: dict[tuple[str, str], Manifest]) -> Sdk:
    root = folder / (record.path or record.platform)
    manifest = manifests.get((record.target or "", record.precision or ""))
    if not root.is_dir() or manifest is None:
        lack = root if not root.is_dir() else f"the artifact of {root}, {record.target} {record.precision},"
        raise ArgumentsError([f"{lack} is named by the report of the build, and is not there; build again"])
    if record.language not in READERS:
        raise ArgumentsError([f"{root} is in {record.language}; this deploykit reads {', '.join(READERS)}"])
    return READERS[record.language](root, record, manifest)


def _kotlin(root: Path, record: SdkRecord, manifest: Manifest) -> Sdk:
    sources = [path for path in root.glob("*/src/main/kotlin") if path.parents[2].name != "app"]
    library = _only(sources, root, "the library's src/main/kotlin").parents[2]
    texts = _texts(library / "src/main/kotlin", "*.kt")
    catalog = _toml(root / "gradle/libs.versions.toml")
    libraries = {name: each for name, each in catalog.get("libraries", {}).items() if ENGINE_ALIASES.match(name)}
    everything = "\n".join(texts.values())
    cascade = _first(r"^ *accelerators = listOf\((Accelerator\.\w+(?:, Accelerator\.\w+)*)\)", everything)
    return Sdk(
        record,
        manifest,
        _first(r"^package (\S+)", everything),
        _declarations(texts, kotlin.declarations),
        # A large model is in a module of its own.
        sum(_bytes(assets) for assets in root.glob("*/src/main/assets")),
        _first(r"minSdk = (\d+)", _text(library / "build.gradle.kts")),
        {str(each.get("module")): str(each.get("version")) for each in libraries.values()},
        tuple(cascade.replace("Accelerator.", "").split(", ")) if cascade else (),
    )


def _swift(root: Path, record: SdkRecord, manifest: Manifest) -> Sdk:
    module = _only(root.glob("Sources/*"), root, "the module in Sources")
    texts = _texts(module, "*.swift")
    package = _text(root / "Package.swift")
    options = "\n".join(text for name, text in texts.items() if name.endswith("ModelOptions.swift"))
    cascade = _first(r"accelerators: \[Accelerator\] = \[([^\]]*)\]", options)
    depends = re.findall(r'\.package\(url: "([^"]+)", (?:from|exact): "([^"]+)"', package)
    return Sdk(
        record,
        manifest,
        module.name,
        _declarations(texts, swift.declarations),
        _bytes(module / "Model"),
        _first(r'\.iOS\((?:\.v|")([\d.]+)"?\)', package),
        dict(depends),
        tuple(name.strip().removeprefix(".") for name in cascade.split(",")) if cascade else (),
    )


READERS: dict[str, Callable[[Path, SdkRecord, Manifest], Sdk]] = {"kotlin": _kotlin, "swift": _swift}
"""By language."""


def _declarations(texts: dict[str, str], read: Callable[[Iterable[str]], list[Declaration]]) -> tuple[Declaration, ...]:
    problems, found = list[str](), list[Declaration]()
    for name, text in texts.items():
        try:
            found += read([text])
        except UnreadableError as error:
            problems.append(f"{name}: {error}; build again")
    if problems:
        raise ArgumentsError(problems)
    return tuple(found)


def _only(paths: Iterable[Path], root: Path, what: str) -> Path:
    found = sorted(path for path in paths if path.is_dir())
    if len(found) != 1:
        raise ArgumentsError([f"{root} is no SDK of deploykit's: {what} is there {len(found)} times; build again"])
    return found[0]


def _texts(folder: Path, pattern: str) -> dict[str, str]:
    return {str(path): _text(path) for path in sorted(folder.rglob(pattern))}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentsError([f"{file} cannot be read: {error}; build again"]) from None


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError as error:
        raise ArgumentsError([f"{file} cannot be read: {error}; build again"]) from None


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match.group(1) if match else ""


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
