"""What a probe found, as data: a file that can be continued, checked in, and read by others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from deploykit.backends import BACKENDS
from deploykit.errors import ArgumentsError
from deploykit.strict import Strict

Outcome = Literal["right", "rough", "wrong", "refused", "crashed", "not_run"]

OUTCOMES: dict[Outcome, str] = {
    "right": "computes what PyTorch computes",
    "rough": "computes it with fewer digits than fp32 has: an approximation, or an epsilon that is not PyTorch's",
    "wrong": "gives a file that runs and computes something else, without a word",
    "refused": "an error: from the converter, or from the runtime that is given its file",
    "crashed": "took its process down, or did not end in time",
    "not_run": "could not be had: torch.export refuses the case, or no runner here knows the file",
}
"""The quietest failure is the worst: `wrong` is what nobody notices."""


class Finding(Strict):
    """What became of one case on one road."""

    outcome: Outcome
    snr_db: float | None = None
    """Of the worst floating point output against eager fp32; 300 means equal bits."""
    max_abs: float | None = None
    """Largest absolute error; of integers and booleans, too."""
    required_db: float | None = None
    """100, or 15 less than PyTorch's own fp32 against fp64 where that is lower, but at least 60."""
    reason: str = ""
    seconds: float | None = None


Answer = tuple[tuple[str, ...], Finding | None]
"""The rewrites that were used, and what came of it."""


class Record(Strict):
    """A case on a road, without the road's rewrites and with them."""

    case: str
    road: str
    """As "backend/road"."""
    bare: Finding
    rewrites: tuple[str, ...] = ()
    """Those of the road's that had a use here."""
    rewritten: Finding | None = None
    """With these rewrites; None where none had a use."""
    cure: tuple[str, ...] = ()
    """Rewrites that the road does not list, and that make it right, where it is not."""

    @property
    def final(self) -> Finding:
        """What deploykit's own use of the road comes to."""
        return self.rewritten or self.bare


class RoadState(Strict):
    """What a road's findings hang on, beside the versions."""

    code: str
    """Of the backend's own modules: the first digits of a hash."""
    rewrites: tuple[str, ...] = ()
    """Those that the road lists."""


class Results(Strict):
    """All records, and what they were measured with."""

    versions: dict[str, str]
    roads: dict[str, RoadState]
    """By "backend/road"."""
    records: tuple[Record, ...] = Field(default=())

    def trusted(self, road: str, now: Results) -> Literal["whole", "bare", "no"]:
        """What of a road's records still holds: all, what was found without rewrites, or nothing."""
        then, present = self.roads.get(road), now.roads.get(road)
        if self.versions != now.versions or then is None or present is None or then.code != present.code:
            return "no"
        return "whole" if then.rewrites == present.rewrites else "bare"


def installed_versions() -> dict[str, str]:
    """Of torch, the converters, and the runtimes that execute their files."""
    tools = {tool for backend in BACKENDS.values() for tool in backend.tools} | {"torch", "onnxruntime", "numpy"}
    found = {}
    for tool in sorted(tools):
        try:
            found[tool] = version(tool)
        except PackageNotFoundError:
            found[tool] = "not installed"
    return found


def road_state(backend: str, rewrites: tuple[str, ...]) -> RoadState:
    """Of a road as it is now."""
    folder = Path(__file__).parents[1] / "backends" / backend
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return RoadState(code=digest.hexdigest()[:12], rewrites=rewrites)


def load(path: Path) -> Results:
    """Reads a results file.

    Raises:
        ArgumentsError: if it cannot be read, or is something else.
    """
    try:
        return Results.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise ArgumentsError(
            [f"{path} is no results file of `deploykit probe` ({first}); give another --out"]
        ) from None


def save(results: Results, path: Path) -> None:
    """Writes a results file whole or not at all, a record a line: it is checked in, and read as a diff."""
    head = json.dumps(results.model_dump(mode="json", exclude={"records"}), indent=1).removesuffix("}").rstrip()
    rows = ",\n".join(item.model_dump_json(exclude_defaults=True) for item in results.records)
    text = head + ',\n "records": [\n' + rows + "\n ]\n}\n"
    fresh = path.with_name(path.name + ".part")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def loudest_first(records: Iterable[Record]) -> Sequence[Record]:
    """The wrong ones, worst first: without rewrites, then by how little is left of the signal."""
    wrong = [item for item in records if item.bare.outcome == "wrong" or item.final.outcome == "wrong"]
    return sorted(wrong, key=lambda item: (item.final.outcome != "wrong", _db(item), item.road, item.case))


def _db(item: Record) -> float:
    worst = item.final if item.final.outcome == "wrong" else item.bare
    return -300.0 if worst.snr_db is None else worst.snr_db
