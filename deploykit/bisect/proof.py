"""A job: windows through a road, one after another, until one shows the fault; then that one made smaller."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

from deploykit.bisect.records import ProofRecord
from deploykit.probes.results import Finding

if TYPE_CHECKING:
    from deploykit.backends.roads import RoadEntry
    from deploykit.bisect.windows import Window
    from deploykit.probes.run import Prepared

WINDOWS, SMALLEST, DIARY = "windows.pickle", "smallest.pickle", "proofs.jsonl"
MORE_DB = 30.0
"""Noise that a window adds may grow on its way to the output by this much; what adds less is not the fault."""
TRIES = 10
"""Conversions that making a window smaller may cost."""


def prove(folder: Path, backend: str, road: str, skipped: int, output_db: float) -> None:
    """Tries windows in order, and writes each result into a diary at once: a converter may end the process.

    Args:
        folder: has `windows.pickle`; gets the diary and, where one shows the fault, `smallest.pickle`.
        backend: of the road.
        road: its name.
        skipped: windows that were tried already.
        output_db: how far the artifact's outputs are off.
    """
    from deploykit.backends import BACKENDS

    entry = next(entry for entry in BACKENDS[backend].roads if entry.name == road)
    windows: list[Window] = pickle.loads((folder / WINDOWS).read_bytes())
    for window in windows[skipped:]:
        _note(folder, record(window, Finding(outcome="crashed", reason="its process ended"), False))
        finding = measured(window, backend, entry)
        shows = showing(finding, output_db)
        _note(folder, record(window, finding, shows), again=True)
        if shows:
            (folder / SMALLEST).write_bytes(pickle.dumps(window))
            _shrink(window, folder, backend, entry, output_db)
            return


def proofs(folder: Path) -> list[ProofRecord]:
    """What the diary says."""
    diary = folder / DIARY
    lines = diary.read_text(encoding="utf-8").splitlines() if diary.exists() else []
    return [ProofRecord.model_validate_json(line) for line in lines]


def record(window: Window, finding: Finding, shows: bool) -> ProofRecord:
    """A window and what came of it."""
    ops = tuple(statement.op for statement in window.statements)
    return ProofRecord(suspect=window.suspect, nodes=window.names, ops=ops, finding=finding, shows=shows)


def showing(finding: Finding, output_db: float) -> bool:
    """Whether a window that goes wrong can be what spoils the outputs."""
    if finding.outcome == "wrong":
        return True
    return finding.outcome == "rough" and finding.snr_db is not None and finding.snr_db < output_db + MORE_DB


def measured(window: Window, backend: str, road: RoadEntry) -> Finding:
    """A window through a road."""
    from deploykit.probes.run import measure, told

    try:
        prepared = prepared_of(window)
    except Exception as error:
        return Finding(outcome="not_run", reason=f"torch.export: {told(error)}")
    return measure(prepared, prepared.program, backend, road)


def prepared_of(window: Window) -> Prepared:
    """A window, exported, with what is right."""
    import torch

    from deploykit.probes.run import Named, at_float64, exported

    long = (False,) * len(window.inputs)  # a window's own source says which of them are
    module = Named(window.module(), long)
    given = {f"x{i}": torch.from_numpy(value) for i, value in enumerate(window.inputs.values())}
    return exported(module, given, at_float64(window.module, long, given))


def _shrink(window: Window, folder: Path, backend: str, road: RoadEntry, output_db: float) -> None:
    """Leaves out what is not needed to show the fault: calls, and outputs that nobody needs."""
    tries = 0
    for name in window.names:
        smaller = window.without(name)
        if smaller is None or tries == TRIES:
            continue
        tries += 1
        finding = measured(smaller, backend, road)
        if showing(finding, output_db):
            window = smaller
            _note(folder, record(window, finding, True))
            (folder / SMALLEST).write_bytes(pickle.dumps(window))


def _note(folder: Path, made: ProofRecord, again: bool = False) -> None:
    """One more line of the diary, or its last one anew."""
    diary = folder / DIARY
    lines = diary.read_text(encoding="utf-8").splitlines() if diary.exists() else []
    text = json.dumps(made.model_dump(mode="json"))
    diary.write_text("\n".join([*(lines[:-1] if again else lines), text]) + "\n", encoding="utf-8")
