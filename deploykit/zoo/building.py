"""Builds of the zoo's networks: one as any other build, several as a batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deploykit.errors import ArgumentsError
from deploykit.source import TRAINED, ZOO
from deploykit.zoo.catalogue import entries, files, find
from deploykit.zoo.entry import ZooEntry


def chosen(names: Sequence[str], every: bool, pretrained: bool, weights: Path | None) -> tuple[ZooEntry, ...]:
    """The networks that are meant, all of which can be built.

    Raises:
        ArgumentsError: if none is meant, or one file of weights is to be for several.
        SpecError: if one there is not, or lacks a package or weights; names all of them.
    """
    if bool(names) == every:
        raise ArgumentsError(["give names, as deploykit zoo list shows them, or --all"])
    found = tuple(entry for entry in entries() if not entry.missing()) if every else find(names)
    if weights is not None and len(found) > 1:
        raise ArgumentsError([f"--weights {weights} are one network's; give one name with them"])
    for entry in found:
        entry.with_weights(pretrained, weights)
    return found


def source(entry: ZooEntry, pretrained: bool = False) -> str:
    """As `deploykit build` takes it."""
    name = entry.name if entry.file == files().get(entry.name) else entry.file.absolute()
    return f"{ZOO}{name}{TRAINED if pretrained else ''}"
