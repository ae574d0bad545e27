"""`deploykit bench`: what is measured, the table, `bench.json`, and the report of the build that it was."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.backends import RUNNERS
from deploykit.bench import device, host
from deploykit.bench.device import NoDevice
from deploykit.bench.host import Subject
from deploykit.bench.records import Bench, Speed
from deploykit.digests import measure
from deploykit.errors import ArgumentsError, OutputError
from deploykit.manifest import Manifest
from deploykit.output import staged
from deploykit.report.model import Report
from deploykit.report.words import clean, milliseconds, size
from deploykit.sizes import sized
from deploykit.stages.check import link
from deploykit.stages.summarize import write
from deploykit.targets import all_targets
from deploykit.tomlfile import nearest


@dataclass(frozen=True)
class Request:
    """What the command line was given.

    Attributes:
        paths: artifacts, or one output folder of a build.
        runners: only these; empty for all that open a file here.
        runs: of each file, at most.
        limit_s: for the runs of one runner's files together, in seconds.
        adb: whether to measure on attached devices, too.
        tool: LiteRT's `benchmark_model` for them.
    """

    paths: tuple[Path, ...]
    runners: tuple[str, ...] = ()
    runs: int = 50
    limit_s: float = 30.0
    adb: bool = False
    tool: Path | None = None


def bench(request: Request, told: Callable[[str], None]) -> Bench:
    """Measures, and puts the figures into the report of the build whose folder was given.

    Raises:
        ArgumentsError: if something given is wrong; names all problems.
        OutputError: if the report cannot be written.
    """
    subjects, unavailable = _subjects(request)
    speeds = host.measure(subjects, request.runs, request.limit_s, told)
    if request.adb:
        found, why = _on_devices(request, subjects, told)
        speeds, unavailable = [*speeds, *found], [*unavailable, *why]
    made = Bench(
        host=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        speeds=tuple(speeds),
        unavailable=tuple(unavailable),
    )
    if _is_build(request.paths):
        _into_report(request.paths[0], made)
    return made


def _is_build(paths: tuple[Path, ...]) -> bool:
    return len(paths) == 1 and (paths[0] / "report" / "report.json").is_file()


def _subjects(request: Request) -> tuple[list[Subject], list[str]]:
    """What is to be measured, those of one runner next to each other; and what cannot be had here."""
    unknown = [name for name in request.runners if name not in RUNNERS]
    problems = [f"--runner {name}: no such runner; {nearest(name, RUNNERS)}" for name in unknown]
    problems += [f"{path} does not exist" for path in request.paths if not path.exists()]
    if request.tool is not None and not request.tool.is_file():
        problems.append(f"--tool {request.tool} does not exist; it is LiteRT's benchmark_model, built for the device")
    if request.adb and request.tool is None:
        problems.append("--adb takes --tool FILE: LiteRT's benchmark_model, built for the device")
    if problems:
        raise ArgumentsError(problems)
    found: list[Subject] = []
    unavailable: dict[str, None] = {}
    if _is_build(request.paths):
        found, unavailable = _of_build(request.paths[0], request.runners)
    else:
        for path in request.paths:
            names = [name for name, entry in RUNNERS.items() if entry.suffix == path.suffix]
            if not names:
                kinds = ", ".join(dict.fromkeys(entry.suffix for entry in RUNNERS.values()))
                problems.append(f"{path}: what kind of file is it? Known are {kinds}, and the output folder of a build")
            found += _on_runners(path.name, path, names, request.runners, {}, unavailable)
    if problems:
        raise ArgumentsError(problems)
    if not found:
        raise ArgumentsError([f"there is nothing to measure{'; ' if unavailable else ''}{'; '.join(unavailable)}"])
    return sorted(found, key=lambda subject: list(RUNNERS).index(subject.runner)), list(unavailable)


def _of_build(folder: Path, only: tuple[str, ...]) -> tuple[list[Subject], dict[str, None]]:
    """Every artifact on its target's runners; targets that share a file share its figures."""
    unavailable: dict[str, None] = {}
    names: dict[tuple[str, str], list[str]] = {}
    made: dict[tuple[str, str], Subject] = {}
    for file in sorted((folder / "artifacts").glob("*/*/manifest.json")):
        manifest = Manifest.model_validate_json(file.read_text(encoding="utf-8"))
        runners = list(all_targets()[manifest.target].runners)
        contract, name = manifest.contract, f"{manifest.target} {manifest.precision}"
        sizes = {key: sized(spec.shape, contract.default_sizes) for key, spec in contract.inputs.items()}
        for subject in _on_runners(name, file.parent / manifest.file, runners, only, sizes, unavailable):
            key = manifest.sha256, subject.runner
            names.setdefault(key, []).append(name)
            made.setdefault(key, subject)
    order = {precision: place for place, precision in enumerate(("fp32", "fp16"))}
    subjects = [Subject(", ".join(names[key]), s.file, s.bytes, s.runner, s.sizes) for key, s in made.items()]
    return sorted(subjects, key=lambda s: order.get(s.file.parent.name, len(order))), unavailable


def _on_runners(
    name: str,
    file: Path,
    runners: list[str],
    only: tuple[str, ...],
    sizes: dict[str, tuple[int, ...]],
    unavailable: dict[str, None],
) -> Iterator[Subject]:
    for runner in runners:
        if only and runner not in only:
            continue
        if why := RUNNERS[runner].unavailable():
            unavailable[f"{runner}: {why}"] = None
        else:
            yield Subject(name, file, measure(file)[0], runner, sizes)


def _on_devices(
    request: Request, subjects: list[Subject], told: Callable[[str], None]
) -> tuple[list[Speed], list[str]]:
    files = list({subject.file: subject for subject in subjects}.values())
    speeds: list[Speed] = []
    try:
        devices = device.attached()
    except NoDevice as error:
        return [], [f"adb: {error}"]
    why = []
    for each in devices:
        told(each.model)
        try:
            assert request.tool is not None  # looked at before
            speeds += device.measure(each, request.tool, files, request.runs)
        except NoDevice as error:
            why.append(f"{each.model}: {error}")
    return speeds, why


def _into_report(folder: Path, made: Bench) -> None:
    """Earlier figures are replaced; the folder is swapped in whole."""
    report = Report.model_validate_json((folder / "report" / "report.json").read_text(encoding="utf-8"))
    with staged(folder, carried=True) as staging:
        shutil.copytree(folder, staging, copy_function=link, symlinks=True, dirs_exist_ok=True)
        for name in ("report.json", "index.html", "junit.xml"):
            (staging / "report" / name).unlink(missing_ok=True)
        write(staging / "report", report.model_copy(update={"bench": made}))


def shown(made: Bench) -> RenderableType:
    """The table, and what could not be had."""
    parts: list[RenderableType] = []
    for where in dict.fromkeys(speed.device for speed in made.speeds):
        title = clean(where or made.host)
        table = Table(box=None, header_style="bold", pad_edge=False, title=title, title_justify="left")
        for name in ("artifact", "by", "size", "load", "first", "median", "p95", "ratio", "peak", ""):
            table.add_column(name, justify="left" if name in ("artifact", "by", "") else "right", overflow="fold")
        for speed in made.speeds:
            if speed.device == where:
                table.add_row(*row(speed))
        parts += [table, Text()]
    ratio = "ratio: of the median to the first file's on the same runner, measured in turns with it; peak: of memory."
    parts.append(Text(ratio, style="dim"))
    for runner in dict.fromkeys(speed.by for speed in made.speeds if speed.interprets):
        parts.append(Text(f"{runner} goes op by op: its times say nothing of a phone's.", style="dim"))
    parts += [Text(clean(f"not available: {why}"), style="yellow") for why in made.unavailable]
    return Group(*parts)


def row(speed: Speed) -> tuple[str, ...]:
    """A line of the table."""
    return (
        clean(speed.name),
        clean(speed.by),
        size(speed.bytes),
        *(milliseconds(value) for value in (speed.load_ms, speed.first_ms, speed.median_ms, speed.p95_ms)),
        "–" if speed.ratio is None else f"{speed.ratio:.2f}",
        "–" if speed.peak_bytes is None else size(speed.peak_bytes),
        clean(speed.note),
    )


def write_json(made: Bench, file: Path) -> None:
    """Writes `bench.json`.

    Raises:
        OutputError: if it cannot be written.
    """
    try:
        file.write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{file}: {error.strerror or error}") from None
