"""What was found with the versions that deploykit pins: checked in, and why each silent mistake is made."""

from __future__ import annotations

import fnmatch
from importlib.resources import files

from deploykit.probes.results import Results

FILE = "known.json"
"""Beside this module; written by `deploykit probe --out deploykit/probes/known.json`."""

CAUSES: dict[tuple[str, str], str] = {
    ("coreml/torch.export", "add[*alpha=*"): "alpha is ignored: x + y",
    ("coreml/torch.export", "interpolate[*antialias=True*"): "antialias is ignored",
}
"""(road, pattern of ids) → what the converter does in place of what was asked."""


def known() -> Results:
    """The results that travel with deploykit."""
    return Results.model_validate_json((files("deploykit.probes") / FILE).read_text(encoding="utf-8"))


def cause(road: str, case: str) -> str:
    """Why a case goes wrong on a road; empty where nobody has looked yet."""
    return next((text for (where, pattern), text in CAUSES.items() if where == road and fits(case, pattern)), "")


def fits(case: str, pattern: str) -> bool:
    """Whether an id fits a pattern in which only * and ? stand for others: brackets are part of ids."""
    return fnmatch.fnmatchcase(case, pattern.replace("[", "[[]"))
