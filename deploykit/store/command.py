"""`deploykit store`: what app stores will say of a build, or of an AAR, APK, AAB or native library."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.errors import ArgumentsError, ArtifactError
from deploykit.manifest import Verdict
from deploykit.report.model import ArtifactRecord, Report
from deploykit.report.words import MARKS, NAMES, clean, size
from deploykit.store.pages import ARCHIVES, LibraryPages, libraries
from deploykit.store.sizes import compressed, fitting
from deploykit.targets import Target, all_targets

STYLES = {"passed": "green", "failed": "red", "not_run": "yellow"}
PAGES: dict[bool | None, Verdict] = {True: "passed", False: "failed", None: "not_run"}
SYSTEMS = {"android": "Android API {}", "ios": "iOS {}"}
LATER = "Google Play takes no update of an app with it that targets Android 15 and later"


@dataclass(frozen=True)
class ArtifactFit:
    """An artifact of a build."""

    name: str
    bytes: int
    download: int
    """Compressed."""
    fits: str
    """The smallest place that it fits into."""
    exceeds: str
    """The largest that it does not; empty where it fits everywhere."""
    oldest: str
    """System that opens it."""
    runtime: str
    """Package and version that the app has to bring; empty where the system has it."""
    pages: Verdict | None
    """Whether that package suits pages of 16 KB; None where no native library comes along."""
    verdict: Verdict


@dataclass(frozen=True)
class Fits:
    """What was looked at.

    Attributes:
        artifacts: of builds.
        libraries: by archive.
    """

    artifacts: tuple[ArtifactFit, ...]
    libraries: dict[str, tuple[LibraryPages, ...]]

    @property
    def failed(self) -> bool:
        """Whether a store will refuse something."""
        verdicts = [fit.verdict for fit in self.artifacts]
        return "failed" in (*verdicts, *(one.verdict for found in self.libraries.values() for one in found))


def look(paths: Sequence[Path]) -> Fits:
    """Looks at output folders of builds, archives, and native libraries.

    Raises:
        ArgumentsError: naming all paths that are none of these.
        ArtifactError: if a build's report, or a file of it, cannot be read.
    """
    problems, artifacts, found = [], list[ArtifactFit](), dict[str, tuple[LibraryPages, ...]]()
    for path in paths:
        if path.is_file() and path.suffix in (*ARCHIVES, ".so"):
            found[path.name] = libraries(path)
        elif (path / "report" / "report.json").is_file():
            artifacts += _build(path)
        else:
            what = "is no build" if path.exists() else "does not exist"
            problems.append(f"{path} {what}; give the output folder of a build, or a file ({', '.join(ARCHIVES)}, .so)")
    if problems:
        raise ArgumentsError(problems)
    return Fits(tuple(artifacts), found)


def _build(folder: Path) -> Iterator[ArtifactFit]:
    file = folder / "report" / "report.json"
    try:
        report = Report.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from None
    targets = all_targets()
    for record in report.artifacts:
        if record.path is not None and record.target in targets:
            yield _fit(record, folder / record.path, targets[record.target])


def _fit(record: ArtifactRecord, file: Path, target: Target) -> ArtifactFit:
    if not file.exists():
        raise ArtifactError(f"{file} is named by the report of the build, and is not there")
    plain, download = record.bytes or 0, compressed(file)
    fits, exceeds = fitting(target.platform, plain, download)
    pages: Verdict | None = None
    if target.platform == "android" and target.runtime:
        pages = PAGES[target.runtime.pages_16kb]
    return ArtifactFit(
        name=f"{record.target} {record.precision}",
        bytes=plain,
        download=download,
        fits=fits.name if fits else "",
        exceeds=exceeds.name if exceeds else "",
        oldest=SYSTEMS[target.platform].format(target.min_os),
        runtime=f"{target.runtime.package} {target.runtime.version}" if target.runtime else "",
        pages=pages,
        verdict="failed" if fits is None or pages == "failed" else "not_run" if pages == "not_run" else "passed",
    )


def as_json(found: Fits) -> str:
    """Everything."""
    return json.dumps(asdict(found), indent=2, ensure_ascii=False)


def shown(found: Fits) -> RenderableType:
    """Tables, and what is to be done below."""
    return Group(*_artifacts(found.artifacts), *(part for name in found.libraries for part in _libraries(found, name)))


def _artifacts(fits: Sequence[ArtifactFit]) -> Iterator[RenderableType]:
    if not fits:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("artifact", "fits into", "from", "16 KB pages"):
        table.add_column(column, overflow="fold")
    for column in ("size", "download"):
        table.add_column(column, justify="right", no_wrap=True)
    for fit in fits:
        where = Text(fit.fits or f"nothing: larger than {fit.exceeds}", style="" if fit.fits else "red")
        cells = (Text(clean(fit.name)), where, fit.oldest, _verdict(fit.pages), size(fit.bytes), size(fit.download))
        table.add_row(*cells)
    yield table
    for runtime in dict.fromkeys(fit.runtime for fit in fits if fit.pages == "failed"):
        yield Text(f"{runtime} has native libraries for pages of 4 KB: {LATER}.", style="red")
    for runtime in dict.fromkeys(fit.runtime for fit in fits if fit.pages == "not_run"):
        yield Text(f"{runtime}: not looked at; deploykit store FILE.aar does.", style="yellow")
    yield Text()


def _libraries(found: Fits, name: str) -> Iterator[RenderableType]:
    yield Text(clean(name), style="bold")
    if not found.libraries[name]:
        yield Text("no native library, so pages of 16 KB do not matter", style="dim")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("library", "ABI", "16 KB pages", "why"):
        table.add_column(column, overflow="fold")
    for one in found.libraries[name]:
        table.add_row(Text(clean(one.library)), one.abi, _verdict(one.verdict), Text(clean(one.reason)))
    if found.libraries[name]:
        yield table
    if any(one.verdict == "failed" for one in found.libraries[name]):
        yield Text(f"{LATER}.", style="red")
    yield Text()


def _verdict(verdict: Verdict | None) -> Text:
    return Text("–" if verdict is None else f"{MARKS[verdict]} {NAMES[verdict]}", style=STYLES.get(verdict or "", ""))
