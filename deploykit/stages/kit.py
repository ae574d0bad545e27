"""The Mac kit: everything that a Mac needs to run the Core ML artifacts with Apple's runtime, in the folder `mac/`."""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import deploykit
from deploykit.mac import Kit, KitModel
from deploykit.parity.inputs import Draws
from deploykit.precisions import Precision
from deploykit.resources import folder as resources
from deploykit.spec import Contract
from deploykit.stages.check import Checked, place
from deploykit.stages.judge import floor_of, meaningless
from deploykit.stages.workspace import Workspace
from deploykit.stages.yardsticks import load_yardsticks
from deploykit.work.capture import Captured
from deploykit.work.draws import load

OUTPUT_BYTES = 4 << 20
"""Of all outputs of a model on one unit: they come back as text, of each model on four units."""
INPUT_BYTES = 32 << 20
MOST_SAMPLES = 64


def mac_kit(work: Workspace, captured: Captured, checked: Sequence[Checked]) -> None:
    """Writes `mac/`, unless there is no Core ML artifact: the report then says so."""
    made = [c for c in checked if c.item.target.backend == "coreml" and c.manifest is not None and c.path is not None]
    if not made:
        return
    folder = work.root / "mac"
    inputs, reference = (load(work.scratch / f"{name}.npz") for name in ("inputs", "fp32"))
    floors: Mapping[str, dict[str, Draws]] = load_yardsticks(work.scratch)
    contract = captured.project.contract
    reference = telling(reference, floors, contract)
    inputs = {kind: inputs[kind] for kind in reference}
    draws = select(inputs, reference, captured.labels)
    floors = {name: take(kinds, draws) for name, kinds in floors.items()}
    inputs, reference = take(inputs, draws), take(reference, draws)
    folder.mkdir()
    kit = Kit(
        deploykit=deploykit.__version__,
        model=captured.project.name,
        version=captured.project.spec.model.version,
        inputs_sha256=_save(folder / "inputs.npz", inputs),
        reference_sha256=_save(folder / "reference.npz", reference),
        draws=draws,
        labels=tuple(captured.labels[i] for i in draws.get("samples", ())),
        models=tuple(_model(c, captured, folder, reference, floors) for c in made),
        states=contract.states,
    )
    (folder / "kit.json").write_text(kit.model_dump_json(indent=2) + "\n", encoding="utf-8")
    for file in ("check.py", "README.md"):
        shutil.copyfile(resources("templates") / "mac" / file, folder / file)


def telling(
    reference: Mapping[str, Draws], yardsticks: Mapping[str, Mapping[str, Draws]], contract: Contract
) -> dict[str, Draws]:
    """The kinds of input on which something can be said of an artifact, as the build's own runners are judged.

    Where that is none, all of them: the Mac then still tells whether Core ML takes the models.

    Args:
        reference: eager PyTorch at fp32, by kind.
        yardsticks: other runs of PyTorch: name → kind of input → draws.
        contract: says which outputs are rankings.
    """
    found = {
        kind: of
        for kind, of in reference.items()
        if meaningless(of, partial(floor_of, "fp32", of, yardsticks, kind, contract)) is None
    }
    return found or dict(reference)


def select(
    inputs: Mapping[str, Draws], reference: Mapping[str, Draws], labels: Sequence[int | None]
) -> dict[str, tuple[int, ...]]:
    """Which draws go into the kit: one of every kind whatever it costs, then in turns while there is room.

    Args:
        inputs: all draws of the build, by kind.
        reference: their outputs.
        labels: the true label of each sample; the samples taken are spread over them.

    Returns:
        By kind, indices in ascending order.
    """
    waiting = {
        kind: spread(labels)[:MOST_SAMPLES] if kind == "samples" else list(range(count(draws)))
        for kind, draws in inputs.items()
    }
    chosen: dict[str, list[int]] = {kind: [] for kind in waiting}
    room_in, room_out = INPUT_BYTES, OUTPUT_BYTES
    while any(waiting.values()):
        for kind, queue in waiting.items():
            cost_in, cost_out = (_bytes_per_draw(draws[kind]) for draws in (inputs, reference))
            if chosen[kind] and (cost_in > room_in or cost_out > room_out):
                queue.clear()
            elif queue:
                chosen[kind].append(queue.pop(0))
                room_in, room_out = room_in - cost_in, room_out - cost_out
    return {kind: tuple(sorted(indices)) for kind, indices in chosen.items()}


def spread(labels: Sequence[int | None]) -> list[int]:
    """All indices, the first of every label first, then the second of every label, and so on."""
    seen: dict[int | None, int] = {}
    turns = []
    for index, label in enumerate(labels):
        turns.append((seen.get(label, 0), index))
        seen[label] = seen.get(label, 0) + 1
    return [index for _, index in sorted(turns)]


def floors_at(
    precision: Precision,
    reference: Mapping[str, Draws],
    yardsticks: Mapping[str, Mapping[str, Draws]],
    contract: Contract,
) -> dict[str, float]:
    """The noise floors of a precision, of the kinds of input that have one: NaN from PyTorch itself has none."""
    floors = {kind: floor_of(precision, of, yardsticks, kind, contract) for kind, of in reference.items()}
    return {kind: floor for kind, floor in floors.items() if floor is not None and math.isfinite(floor)}


def take(kinds: Mapping[str, Draws], draws: Mapping[str, tuple[int, ...]]) -> dict[str, Draws]:
    """These draws only."""
    return {
        kind: {name: values[list(some)] for name, values in kinds[kind].items()}
        for kind, some in draws.items()
        if kind in kinds
    }


def count(draws: Draws) -> int:
    """How many draws there are."""
    return len(next(iter(draws.values())))


def _bytes_per_draw(draws: Draws) -> int:
    return sum(values[0].nbytes for values in draws.values())


def _model(
    checked: Checked,
    captured: Captured,
    folder: Path,
    reference: Mapping[str, Draws],
    floors: Mapping[str, dict[str, Draws]],
) -> KitModel:
    assert checked.manifest is not None
    assert checked.path is not None
    item = checked.item
    name = f"{item.target.name}-{item.precision}"
    return KitModel(
        name=name,
        target=item.target.name,
        precision=item.precision,
        file=place(checked.path, folder / "models" / name).relative_to(folder).as_posix(),
        sha256=checked.manifest.sha256,
        macos=_macos(item.target.min_os),
        floor_snr_db=floors_at(item.precision, reference, floors, captured.project.contract),
        tolerance=captured.project.spec.bound(item.precision, item.target.name),
    )


def _macos(ios: str) -> int:
    """The macOS that came out with a version of iOS: three behind until iOS 18, the same number since 26."""
    major = int(ios.split(".")[0])
    return major if major >= 26 else major - 3


def _save(file: Path, kinds: Mapping[str, Draws]) -> str:
    """Writes draws by kind, as `work.draws.save` does but compressed; NumPy dates every entry 1980. Gives the hash."""
    arrays: dict[str, Any] = {f"{kind}/{name}": value for kind, of in kinds.items() for name, value in of.items()}
    np.savez_compressed(file, **arrays)
    return hashlib.sha256(file.read_bytes()).hexdigest()
