"""What the command line prints at the end of a build: verdicts, reasons, SDKs. Reads well without colour."""

from __future__ import annotations

from rich.console import Group, OverflowMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploykit.coverage import Coverage
from deploykit.figures import FIGURES, main_figures
from deploykit.mac import APPLE_RUNNER
from deploykit.manifest import Verdict
from deploykit.precisions import NOISE
from deploykit.report import words
from deploykit.report.devices import NAMES
from deploykit.report.model import ArtifactRecord, Report, SdkRecord
from deploykit.report.rows import Row, headline, rows, worst
from deploykit.report.words import clean
from deploykit.targets import all_targets

STYLES: dict[Verdict, str] = {"passed": "green", "failed": "bold red", "not_run": "bold yellow"}


def summary(report: Report) -> RenderableType:
    """A table of verdicts, then the reasons for what failed or was not run, then the SDKs."""
    title = Text(f"{words.MARKS[report.verdict]} {headline(report)}.", style=STYLES[report.verdict])
    parts: list[RenderableType] = [Text(), title]
    if report.artifacts:
        parts += [Text(), _table(report)]
    parts += _prepared(report)
    parts += _mixed(report)
    if beside := _side_by_side(report):
        parts += [Text(), *beside]
    parts += _accelerators(report)
    hints = words.store_hints(artifact.target for artifact in report.artifacts)
    parts += [Text(clean(f"{hint}."), style=STYLES["not_run"]) for hint in hints]
    if reasons := _reasons(report):
        parts += [Text(), *reasons]
    if report.reused:
        parts += [Text(), Text(words.reused(report.reused, report.jobs), style="dim")]
    if report.sdks:
        parts += [Text(), *(_sdk(sdk) for sdk in report.sdks)]
    parts += _devices(report)
    return Group(*parts)


def _table(report: Report) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("target", "precision", "verdict"):
        table.add_column(column, no_wrap=True)
    for column in ("dB (required)", "max abs", "size"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("metric", overflow="fold")
    for artifact in report.artifacts:
        row = worst(report, artifact)
        table.add_row(
            Text(clean(artifact.target)),
            artifact.precision,
            _verdict(row.verdict),
            _room(row),
            "–" if row.max_abs is None else f"{row.max_abs:.1e}",
            words.size(artifact.bytes),
            Text(_short(row.metric)),
        )
    return table


def _side_by_side(report: Report) -> list[RenderableType]:
    """Each run of the artifacts that more than one runner, or more than one setting of it, has checked."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    columns: dict[str, OverflowMethod] = {"artifact": "fold", "checked by": "fold", "verdict": "ellipsis"}
    for column, overflow in columns.items():
        table.add_column(column, overflow=overflow, no_wrap=column == "verdict")
    for column in ("dB (required)", "max abs", "predict"):
        table.add_column(column, justify="right", no_wrap=True)
    taken = {(run.target, run.precision, run.compute_units): run for run in report.mac}
    found = rows(report)
    for row in found:
        if sum(other.artifact is row.artifact for other in found) < 2:
            continue
        run = taken.get((row.artifact.target, row.artifact.precision, row.compute_units or "all"))
        imported = run if row.runner == APPLE_RUNNER else None
        table.add_row(
            Text(clean(row.name)),
            Text(clean(words.runner_note(row.runner, row.compute_units) or row.by)),
            _verdict(row.verdict),
            _room(row),
            "–" if row.max_abs is None else f"{row.max_abs:.1e}",
            words.milliseconds(imported.milliseconds) if imported else "–",
        )
    machines = dict.fromkeys(words.machine(run.machine) for run in report.mac)
    lines = [Text(f"Apple runtime: imported from {clean(machine)}.", style="dim") for machine in machines]
    where = {row.name: words.gpu(row.gpu, row.artifact.precision) for row in found if row.gpu is not None}
    lines += [Text(clean(f"{name} on the GPU: {told}."), style="dim") for name, told in where.items()]
    lines += [
        Text(clean(f"{row.name}: {words.leaves_out(row.left_out)}."), style=STYLES["not_run"])
        for row in found
        if row.left_out
    ]
    return [table, *lines] if table.row_count else []


def _accelerators(report: Report) -> list[Text]:
    """What accelerators take, a line for each target, of its first artifact that was looked at."""
    first: dict[str, Coverage] = {}
    for artifact in report.artifacts:
        if artifact.coverage is not None and artifact.coverage.ops:
            first.setdefault(artifact.target, artifact.coverage)
    targets = all_targets()
    lines = []
    for name, coverage in first.items():
        wanted = targets[name].analysed if name in targets else ()
        told = [
            f"{one.title} {'all' if one.taken == len(one.verdicts) else one.taken}"
            for one in coverage.accelerators
            if one.name in wanted and one.unknown < len(one.verdicts)
        ]
        if told:
            of = words.count(len(coverage.ops), "op")
            lines.append(Text(clean(f"{name}, of {of}: {', '.join(told)}."), style="dim"))
    return [Text(), *lines] if lines else []


def _prepared(report: Report) -> list[Text]:
    """What was done to the network before any road, on one line, and each pass that was dropped, with its reason."""
    records = report.model.prepared
    done = [f"{r.name} ({words.db(r.snr_db)})" for r in records if r.outcome == "applied"]
    lines = [Text(clean(f"Before export: {', '.join(done)}."), style="dim")] if done else []
    lines += [
        Text(clean(f"{r.name} was dropped: {words.prepared(r)}"), style=STYLES["not_run"])
        for r in records
        if r.outcome == "dropped"
    ]
    return lines


def _mixed(report: Report) -> list[Text]:
    """What stayed float in files with integers, and what such files are calibrated with, where that is no good."""
    lines = [
        Text(clean(f"{artifact.target} {artifact.precision}: {words.kept_float(artifact.kept_float)}."), style="dim")
        for artifact in report.artifacts
        if artifact.kept_float
    ]
    noise = [Text(clean(note), style=STYLES["not_run"]) for note in report.model.notes if note == NOISE]
    return [*lines, *noise]


def _room(row: Row) -> str:
    record = row.tightest
    if record is None or record.snr_db is None:
        return "–"
    found = "equal bits" if record.snr_db >= words.EQUAL_BITS_DB else f"{record.snr_db:.1f}"
    return found if record.required_snr_db is None else f"{found} ({record.required_snr_db:.1f})"


def _short(metric: dict[str, float]) -> str:
    shown = [name for name in main_figures(metric) if name]
    return ", ".join(FIGURES[name].short.format(words.figure(name, metric[name])) for name in shown) or "–"


def _verdict(verdict: Verdict) -> Text:
    return Text(f"{words.MARKS[verdict]} {words.NAMES[verdict]}", style=STYLES[verdict])


def _reasons(report: Report) -> list[RenderableType]:
    """Headings and indented sentences, equal ones once; the reference runner is named as what it is."""
    told: dict[tuple[Verdict, str, str, str], list[Row]] = {}
    for row in rows(report):
        for reason in row.reasons:
            told.setdefault((reason.verdict, row.by, reason.inputs, reason.text), []).append(row)
    found: list[RenderableType] = []
    for (verdict, runner, inputs, text), where in told.items():
        names = " · ".join(filter(None, (", ".join(row.name for row in where), runner, inputs)))
        found.append(_verdict(verdict).append(f"  {clean(names)}", style="default not bold"))
        logs = dict.fromkeys(f"log: {row.artifact.log}" for row in where if verdict == "failed" and row.artifact.log)
        found += [Padding(Text(clean(line)), (0, 0, 0, 4)) for line in (text, *logs)]
    for gate, artifacts in _gates(report).items():
        names = ", ".join(f"{a.target} {a.precision}" for a in artifacts)
        found.append(_verdict(gate[0]).append(f"  {clean(names)} · {gate[1]}", style="default not bold"))
        found.append(Padding(Text(clean(gate[2])), (0, 0, 0, 4)))
    if any(record.runner == words.REFERENCE_RUNNER for record in report.parity):
        found.append(Text(f"{words.REFERENCE_RUNNER}: {words.REFERENCE_NOTE}.", style="dim"))
    found += [Text(clean(f"Without {name}: {why}."), style="dim") for name, why in report.absent.items()]
    return found


def _gates(report: Report) -> dict[tuple[Verdict, str, str], list[ArtifactRecord]]:
    """Verdict, gate and reason of what is demanded beside the outputs and was not had → the artifacts."""
    told: dict[tuple[Verdict, str, str], list[ArtifactRecord]] = {}
    for artifact in report.artifacts:
        for gate in artifact.gates:
            if gate.verdict != "passed":
                told.setdefault((gate.verdict, gate.gate, gate.reason), []).append(artifact)
    return told


def _devices(report: Report) -> list[Text]:
    """What devices told, a line each; what nobody has told of, a line for each SDK."""
    lines = []
    missing: dict[str, list[str]] = {}
    for run in report.devices:
        name = f"{run.target} {run.precision}"
        if run.rows:
            on = f" on the {words.accelerator(run.accelerator)}" if run.accelerator else ""
            lines.append(
                _verdict(run.verdict).append(clean(f"  {name}{on}: {run.device}, {run.os}"), style="default not bold")
            )
        else:
            missing.setdefault(name, []).append(NAMES[run.place])
    lines += [
        _verdict("not_run").append(f"  {name} on {', '.join(places)}: see the SDK's README", style="default not bold")
        for name, places in missing.items()
    ]
    return lines


def _sdk(sdk: SdkRecord) -> Text:
    name = f"{clean(words.platform(sdk.platform))} SDK ({clean(sdk.language)})"
    if not sdk.written:
        return Text(f"{words.MARKS['failed']} {name} was not written: {clean(sdk.reason)}", style=STYLES["failed"])
    if sdk.condemned:
        return Text(f"{words.MARKS['failed']} {name}: {clean(sdk.condemned)}", style=STYLES["failed"])
    ships = f", ships {clean(sdk.target)} {sdk.precision}" if sdk.target else ""
    return Text(f"{words.MARKS['passed']} {name}: {clean(sdk.path or '')}{ships}")
