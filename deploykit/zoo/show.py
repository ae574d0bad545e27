"""What `deploykit zoo list` and `deploykit zoo show` print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploykit.report.words import MARKS, count, db, input_words, output_words, percent, scientific, size
from deploykit.zoo.entry import ZooEntry
from deploykit.zoo.measured import Measured, MeasuredArtifact
from deploykit.zoo.sdks import NetworkSdks, SdkRun

NOT_MEASURED = "not measured"
SEEDED = "Without --pretrained or --weights FILE its weights are seeded: its answers mean nothing, its numbers do."


def table(entries: Sequence[ZooEntry], measured: dict[str, Measured]) -> RenderableType:
    """One line a network."""
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("task", "name", "", "what it is"):
        made.add_column(column, overflow="fold", no_wrap=column != "what it is")
    made.columns[2].header, made.columns[2].justify = "parameters", "right"
    made.add_column("verdict", no_wrap=True)
    task = ""
    for entry in entries:
        found = measured.get(entry.name)
        made.add_row(
            entry.folder if entry.folder != task else "",
            Text(entry.name, "bold"),
            short(found.parameters if found else entry.paper.parameters),
            Text(entry.summary),
            verdict(found),
        )
        task = entry.folder
    return Group(made, Text(), Text(count(len(entries), "network") + ".", "dim"))


def verdict(found: Measured | None) -> Text:
    """Over all artifacts of a network."""
    if found is None:
        return Text(NOT_MEASURED, "yellow")
    if found.failed:
        return Text(f"{MARKS['failed']} not built", "bold red")
    right = sum(each.verdict == "passed" for each in found.artifacts)
    style = "green" if found.passed else "bold red"
    return Text(f"{MARKS['passed' if found.passed else 'failed']} {right} of {len(found.artifacts)}", style)


def as_json(entries: Sequence[ZooEntry], measured: dict[str, Measured], sdks: dict[str, NetworkSdks]) -> str:
    """The same for programs, with everything that is known."""
    records = [_record(entry, measured.get(entry.name), sdks.get(entry.name)) for entry in entries]
    return json.dumps(records, indent=2, ensure_ascii=False)


def _record(entry: ZooEntry, found: Measured | None, sdks: NetworkSdks | None) -> dict[str, Any]:
    contract = entry.project.contract.model_dump(mode="json", exclude={"labels"})
    return {
        "name": entry.name,
        "task": entry.folder,
        "summary": entry.summary,
        "license": entry.project.spec.model.license,
        "pretrained": entry.has_weights,
        "paper": entry.paper.model_dump(),
        "zoo": entry.listing.model_dump(),
        "contract": contract,
        "measured": None if found is None else found.model_dump(),
        "sdks": None if sdks is None else sdks.model_dump(),
    }


def page(entry: ZooEntry, found: Measured | None, sdks: NetworkSdks | None) -> RenderableType:
    """Everything about one network: what its paper says beside what was measured."""
    contract, paper = entry.project.contract, entry.paper
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    where = f", {paper.table}" if paper.table else ""
    facts.add_row("paper", f"{paper.title}, {paper.year}{where}")
    for name, spec in contract.inputs.items():
        facts.add_row("takes", f"{name}: {input_words(spec, contract.dims)}")
    for name, output in contract.outputs.items():
        facts.add_row("gives", f"{name}: {output_words(output, contract.labels)}")
    facts.add_row("parameters", _beside(paper.parameters, found.parameters if found else None))
    facts.add_row("multiply-adds", _beside(paper.multiply_adds, found.multiply_adds if found else None))
    facts.add_row("license", entry.project.spec.model.license or "not stated")
    if entry.listing.packages:
        missing = entry.missing()
        lacks = f" (missing here: pip install {' '.join(missing)})" if missing else ""
        facts.add_row("needs", ", ".join(entry.listing.packages) + lacks)
    facts.add_row("weights", "--pretrained loads the package's own" if entry.has_weights else "yours: --weights FILE")
    parts: list[RenderableType] = [Text(entry.name, "bold"), Text(entry.summary), Text(), facts]
    notes = [text for text in (entry.listing.difference, *entry.listing.notes) if text]
    if notes:
        parts += [Text(), *(Padding(Text(f"· {text}"), (0, 0, 0, 2)) for text in notes)]
    parts += [Text(), _artifacts(found)]
    if sdks is not None and not sdks.absent:
        parts += [Text(), _sdks(sdks)]
    return Group(*parts, Text(), Text(SEEDED, "dim"))


def _artifacts(found: Measured | None) -> RenderableType:
    if found is None:
        return Text("Its artifacts were not measured: deploykit zoo build does it.", "yellow")
    if found.failed:
        return Text(f"{MARKS['failed']} It could not be built: {found.failed}", "bold red")
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("artifact", "verdict", "dB", "on the GPU", "size", "run", "accelerators", "road"):
        made.add_column(column, overflow="fold", no_wrap=column in ("artifact", "verdict"))
    for each in found.artifacts:
        made.add_row(
            f"{each.target} {each.precision}",
            Text(f"{MARKS[each.verdict]} {each.verdict}", "green" if each.verdict == "passed" else "bold red"),
            db(each.snr_db),
            _on_gpu(each),
            size(each.bytes),
            times(each),
            shares(each),
            each.road or "–",
        )
    wrong = [each for each in found.artifacts if each.verdict != "passed"]
    why = [Text(f"{MARKS[a.verdict]} {a.target} {a.precision}: {'; '.join(a.reasons)}", "bold red") for a in wrong]
    return Group(made, *why)


def _on_gpu(artifact: MeasuredArtifact) -> str:
    """What LiteRT's engine gave; an SDK leaves the GPU out where that is wrong."""
    ran = artifact.ran.get("gpu")
    return "–" if ran is None else f"{MARKS[ran.verdict]} {db(ran.snr_db)}"


def _sdks(sdks: NetworkSdks) -> RenderableType:
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    made.add_column("SDK")
    made.add_column("its goldens on the CPU", overflow="fold")
    for name, run in {"Kotlin, LiteRT": sdks.kotlin, "Swift, Core ML's stand-in": sdks.swift}.items():
        if run is not None:
            made.add_row(name, Text(goldens(run), "green" if run.passed else "bold red"))
    return made


def goldens(run: SdkRun) -> str:
    """Those of an SDK that agree, with the worst figures."""
    mark = MARKS["passed" if run.passed else "failed"]
    if not run.goldens:
        return f"{mark} {run.failed}"
    least = f", {db(run.snr_db)}" if run.snr_db is not None else ""
    error = run.max_error
    furthest = (
        "equal" if error == 0 else f"off by {error:.3g}" if error and error >= 1e-3 else f"off by {scientific(error)}"
    )
    why = f": {run.failed}" if run.failed else ""
    return f"{mark} {run.right} of {run.goldens}{least}, {furthest}{why}"


def times(artifact: MeasuredArtifact) -> str:
    """Milliseconds by runner."""
    return ", ".join(f"{by} {value:.3g} ms" for by, value in artifact.milliseconds.items()) or "–"


def shares(artifact: MeasuredArtifact) -> str:
    """What accelerators take."""
    return ", ".join(f"{name} {percent(share)}" for name, share in artifact.taken.items()) or "–"


def _beside(said: float | None, here: float | None) -> str:
    return f"{short(said)} in the paper, {short(here)} here"


def short(value: float | None) -> str:
    """A count in three digits: `2.1 M`."""
    if value is None:
        return "–"
    for unit, name in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:.0f}"
