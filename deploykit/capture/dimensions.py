"""Sizes that are known at run time only: between the contract's names and torch.export's symbols.

Symbols are torch's own: a dimension is exported as `Dim.DYNAMIC`, with the ends of its range. That refuses a model that
fixes the size, and lets one through that only asks something of it (even, not 1): what the artifact makes of such sizes
is measured, at the ends of the range and between.
"""

from __future__ import annotations

import ast
import logging
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from torch.export import Dim
from torch.utils import _pytree as pytree

from deploykit.errors import CaptureError
from deploykit.sizes import Shape
from deploykit.spec import Contract

SHAPES_LOG = "torch.fx.experimental.symbolic_shapes"
"""Where torch tells which line of a model fixes a size; its exception does not."""

_CREATED = re.compile(r"create_symbol (\w+) = \d+ for (.*?\[(\d+)\]) ")
_FIXED = re.compile(r"set_replacement (\w+) = (\d+) ")


def open_sizes(contract: Contract) -> dict[str, object]:
    """`dynamic_shapes` for `torch.export` of a module with `forward(**tensors)`."""
    return {"tensors": {name: _axes(contract, spec.shape) for name, spec in contract.inputs.items()}}


def _axes(contract: Contract, shape: Shape) -> dict[int, object]:
    return {
        axis: Dim.DYNAMIC(min=contract.dims[size].low, max=contract.dims[size].high)
        for axis, size in enumerate(shape)
        if isinstance(size, str)
    }


def symbolic_outputs(program: torch.export.ExportedProgram, contract: Contract) -> dict[str, Shape]:
    """Each output's sizes, as numbers, names of dimensions and terms in them, such as `(time - 1) // 2 + 1`."""
    names = symbols(program, contract)
    (output,) = program.graph.find_nodes(op="output")
    fakes = pytree.tree_unflatten([node.meta["val"] for node in output.args[0]], program.call_spec.out_spec)
    return {name: tuple(_term(size, names) for size in fake.shape) for name, fake in fakes.items()}


def symbols(program: torch.export.ExportedProgram, contract: Contract) -> dict[str, str]:
    """torch's symbols, each with the name of the dimension that it stands for."""
    found: dict[str, str] = {}
    for name, fake in _inputs(program):
        for size, wanted in zip(fake.shape, contract.inputs[name].shape, strict=True):
            if isinstance(wanted, str) and not isinstance(size, int):
                found.setdefault(str(size.node.expr), wanted)
    return found


def check_open(program: torch.export.ExportedProgram, contract: Contract, watch: Watch) -> None:
    """Makes sure that every size which the contract leaves open is open, and that each dimension is one of its own.

    Raises:
        CaptureError: naming the dimensions.
    """
    found: dict[str, set[str]] = {}
    for name, fake in _inputs(program):
        for size, wanted in zip(fake.shape, contract.inputs[name].shape, strict=True):
            if isinstance(wanted, str):
                if isinstance(size, int):
                    raise watch.explained(CaptureError(f"the size {wanted} of the input {name} came out as {size}"))
                found.setdefault(str(size.node.expr), set()).add(wanted)
    if same := [sorted(names) for names in found.values() if len(names) > 1]:
        words = "; ".join(" and ".join(names) for names in same)
        raise CaptureError(f"the model wants the same size for {words}: give them one name in the contract")


def _inputs(program: torch.export.ExportedProgram) -> Iterator[tuple[str, torch.Tensor]]:
    """The contract's inputs, each with the tensor that stands for it."""
    wanted = list(program.graph_signature.user_inputs)
    values = {node.name: node.meta["val"] for node in program.graph.find_nodes(op="placeholder")}
    _, given = program.call_spec.in_spec.unflatten([values[name] for name in wanted])
    yield from given.items()


def _term(size: Any, names: dict[str, str]) -> int | str:
    if isinstance(size, int):
        return size
    text = re.sub(r"\b[su]\d+\b", lambda found: names.get(found.group(), found.group()), str(size.node.expr))
    return ast.unparse(ast.parse(text, mode="eval"))  # which leaves out needless brackets


class Watch(logging.Handler):
    """Listens to torch.export, and keeps where a size got fixed.

    Args:
        contract: names the dimensions.
        root: of the user's project: lines are told relative to it.
    """

    def __init__(self, contract: Contract, root: Path) -> None:
        super().__init__(logging.INFO)
        self._contract, self._root = contract, root.resolve()
        self._sources: dict[str, str] = {}
        self._fixed: dict[str, str] = {}
        self._log = logging.getLogger(SHAPES_LOG)

    def __enter__(self) -> Self:
        self._before = self._log.level, self._log.propagate
        self._log.addHandler(self)
        self._log.setLevel(logging.INFO)
        self._log.propagate = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._log.removeHandler(self)
        self._log.setLevel(self._before[0])
        self._log.propagate = self._before[1]

    def emit(self, record: logging.LogRecord) -> None:
        """Called by torch in the midst of the model's own code, so the stack holds the line."""
        text = record.getMessage()
        if created := _CREATED.search(text):
            self._sources[created.group(1)] = self._dimension(created.group(2), int(created.group(3)))
        elif (fixed := _FIXED.search(text)) and fixed.group(1) in self._sources:
            name = self._sources[fixed.group(1)]
            self._fixed.setdefault(name, f"{name} to {fixed.group(2)}{self._line()}")

    def explained(self, error: CaptureError) -> CaptureError:
        """The error, with the dimensions that were fixed and what to do; itself where none was."""
        if not self._fixed:
            return error
        names = ", ".join(self._fixed)
        return CaptureError(
            f"the contract leaves the size {names} open, but the model fixes it: {'; '.join(self._fixed.values())}\n"
            f"  Write that line for any size (x.shape in place of a number), or give {names} a number in the contract"
        )

    def _dimension(self, source: str, axis: int) -> str:
        """The dimension's name; torch's own words where it is none of the contract's."""
        quoted = re.findall(r"\['([^']+)'\]", source)
        spec = self._contract.inputs.get(quoted[-1]) if quoted else None
        size = spec.shape[axis] if spec is not None and axis < len(spec.shape) else source
        return size if isinstance(size, str) else source

    def _line(self) -> str:
        mine = [
            frame
            for frame in traceback.extract_stack()
            if Path(frame.filename).is_relative_to(self._root) and "site-packages" not in frame.filename
        ]
        if not mine:
            return ""
        return f" at {Path(mine[-1].filename).relative_to(self._root)}:{mine[-1].lineno} `{mine[-1].line}`"
