"""Where in the user's own source each op of a program comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

from deploykit.backends.base import ORIGINS

_FRAME = re.compile(r'^\s*File "(?P<file>[^"<]+)", line (?P<line>\d+), in .*\n\s*(?P<code>.*)$', re.MULTILINE)
_PACKAGES = re.compile(r".*/(?:site|dist)-packages/")
_DEPLOYKIT = Path(__file__).parents[2]
_TORCH = f"{Path(torch.__file__).parent}/"


def save_origins(
    captured: torch.export.ExportedProgram, lowered: torch.export.ExportedProgram, root: Path, folder: Path
) -> None:
    """Writes `ORIGINS` for the program that a converter sees.

    Args:
        captured: as torch.export gave it.
        lowered: the same after decompositions.
        root: of the user's project.
        folder: where the file goes.
    """
    write_origins(origins_of(captured, lowered, root), folder)


def origins_of(
    captured: torch.export.ExportedProgram, lowered: torch.export.ExportedProgram, root: Path
) -> dict[str, str]:
    """The line and the module of each op of a program, for example "model.py:12 `x = x / 0.1` in blocks.1 (Block)".

    Args:
        captured: as torch.export gave it; it knows lines that decompositions forget.
        lowered: the same after decompositions; its node names are what converters name their ops after.
        root: of the user's project: paths are relative to it, or to the package that they are in.
    """
    lines = {node.name: line for node in calls(captured.graph_module) if (line := line_of(node, root))}
    found = {}
    for node in calls(lowered.graph_module):
        own = line_of(node, root) or next((lines[name] for name in ancestors(node) if name in lines), None)
        place = " in ".join(filter(None, (own, _module(node))))
        if place:
            found[node.name] = place
    return found


def calls(module: torch.fx.GraphModule) -> Iterator[torch.fx.Node]:
    """The calls of a graph and of the graphs within it, such as the body of an autocast region."""
    for inner in module.modules():
        if isinstance(inner, torch.fx.GraphModule):
            yield from (node for node in inner.graph.nodes if node.op == "call_function")


def modules_of(captured: torch.export.ExportedProgram, root: Path) -> dict[str, str]:
    """The lines of each module, by the name that litert-torch gives to the tensors of its ops.

    A module whose ops come from several lines has the first of them, and says how many there are.

    Args:
        captured: as torch.export gave it.
        root: of the user's project.
    """
    lines: dict[str, dict[str, str]] = {}
    for node in calls(captured.graph_module):
        stack = list((node.meta.get("nn_module_stack") or {}).values())
        if stack and (line := line_of(node, root)):
            key = "/".join(f"{kind}_{path.rpartition('.')[2]}" if path else str(kind) for path, kind in stack)
            lines.setdefault(key, {})[line] = f" in {_module(node)}"
    return {
        key: (first + module if len(found) == 1 else f"{first} or another of {len(found)} lines{module}")
        for key, found in lines.items()
        for first, module in [next(iter(found.items()))]
    }


def write_origins(found: dict[str, str], folder: Path) -> None:
    """Leaves `ORIGINS` beside a road's file."""
    (folder / ORIGINS).write_text(json.dumps(found, indent=0, sort_keys=True), encoding="utf-8")


def line_of(node: torch.fx.Node, root: Path) -> str | None:
    """The innermost line that is not torch's own, for example "model.py:12 `x = x / 0.1`"."""
    return line_in(str(node.meta.get("stack_trace", "")), root)


def line_in(trace: str, root: Path) -> str | None:
    """The same of a stack trace as text."""
    frames = [f for f in _FRAME.finditer(trace) if not f["file"].startswith(_TORCH)]
    return f"{_short(Path(frames[-1]['file']), root)}:{frames[-1]['line']} `{frames[-1]['code']}`" if frames else None


def _short(file: Path, root: Path) -> str:
    """Never an absolute path: reports of the same model are the same on every machine."""
    if _PACKAGES.match(file.as_posix()):
        return _PACKAGES.sub("", file.as_posix())
    for base in (root.resolve(), _DEPLOYKIT):
        if file.is_relative_to(base):
            return file.relative_to(base).as_posix()
    return file.name


def ancestors(node: torch.fx.Node) -> Iterable[str]:
    """Its own name, and those of the nodes that it was made from."""
    yield node.name
    pending = list(node.meta.get("from_node") or ())
    while pending:
        source = pending.pop(0)
        yield source.name
        pending += source.from_node or ()


def _module(node: torch.fx.Node) -> str | None:
    """`stages.2.attn (LiteMLA)`, of the user's network."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return None
    path, kind = stack[-1]
    name = path.removeprefix("network").lstrip(".") or "the network"
    return f"{name} ({str(kind).rsplit('.', 1)[-1]})"
