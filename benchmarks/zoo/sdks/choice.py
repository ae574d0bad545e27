"""Which networks' SDKs are tried: the smallest of each task that has both."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from deploykit.report.model import Report
from deploykit.zoo.entry import ZooEntry

FOLDERS = {"kotlin": "android", "swift": "ios"}
"""Language → the folder of its SDK in a build."""


def choose(entries: Iterable[ZooEntry], out: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names of the networks to try, and why none of a task is, by the names of all of that task.

    Args:
        entries: of one task or several.
        out: builds by name, as `python -m benchmarks.zoo` leaves them.
    """
    tasks: dict[str, dict[str, str]] = {}
    for entry in entries:
        tasks.setdefault(entry.folder, {})[entry.name] = lacks(out / entry.name)
    chosen, absent = [], {}
    for networks in tasks.values():
        if whole := [name for name, why in networks.items() if not why]:
            chosen.append(min(whole, key=lambda name: size(out / name)))
        else:
            absent |= networks
    return tuple(chosen), absent


def lacks(build: Path) -> str:
    """Why a build has not both SDKs; empty if it has."""
    file = build / "report/report.json"
    if not file.exists():
        return "not built"
    report = Report.model_validate_json(file.read_bytes())
    missing = [sdk for sdk in report.sdks if not sdk.written]
    return "; ".join(f"no {sdk.language.capitalize()} SDK: {sdk.reason}" for sdk in missing)


def size(build: Path) -> int:
    """Bytes of both SDKs; nearly all are the models'."""
    return sum(
        file.stat().st_size for folder in FOLDERS.values() for file in (build / folder).rglob("*") if file.is_file()
    )
