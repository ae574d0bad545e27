"""One road at one precision."""

from __future__ import annotations

import math
import re
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.errors import DeploykitError, LoweringError, StoppedError
from deploykit.parity.inputs import MOST_COMBINATIONS
from deploykit.sizes import sized

if TYPE_CHECKING:
    from torch.export import ExportedProgram

    from deploykit.precisions import Precision
    from deploykit.work.capture import Captured

MOST_SIGNATURES = MOST_COMBINATIONS
"""Of a file: every one of them is checked."""

LONGEST = 300
"""Characters of a converter's message that go into the report; the log has all."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def requested(captured: Captured, precision: Precision, options: Mapping[str, str], folder: Path) -> LowerRequest:
    """What a road is asked for.

    Args:
        captured: the model.
        precision: of the file.
        options: the target's fields that the backend asked for.
        folder: where the file goes; made here.
    """
    folder.mkdir(parents=True)
    project = captured.project
    return LowerRequest(
        name=project.name,
        version=project.spec.model.version,
        license=project.spec.model.license,
        precision=precision,
        options=dict(options),
        signature=captured.signature,
        folder=folder,
        source=project.root,
        dims=project.contract.dims,
        states=project.contract.states,
    )


def lower(backend: str, road: str, program: Path, request: LowerRequest) -> tuple[Path, tuple[str, ...], float]:
    """Gives the file that a road wrote, the rewrites that it took, and the seconds.

    Raises:
        LoweringError: with what the converter raised, on one line; the traceback is printed.
        StoppedError: if it was memory or the disk that it lacked.
    """
    start = time.monotonic()
    import torch

    from deploykit.prepare.rewriting import rewrite
    from deploykit.work import provenance

    provenance.share()
    entry = next(entry for entry in BACKENDS[backend].roads if entry.name == road)
    with lowering():
        loaded = torch.export.load(program)
        sizes = listed_sizes(request) if BACKENDS[backend].one_shape else []
        done = [rewrite(_at(loaded, request, each), entry.rewrites) for each in sizes or [{}]]
        others = {signature_name(each): made for each, (made, _) in zip(sizes[1:], done[1:], strict=True)}
        file = entry.function(done[0][0], replace(request, others=others))
        used = tuple(dict.fromkeys(name for _, names in done for name in names))
        return file, used, round(time.monotonic() - start, 3)


@contextmanager
def lowering() -> Iterator[None]:
    """Whatever a converter raises, as a LoweringError of one line; the traceback is printed."""
    try:
        yield
    except DeploykitError:
        raise
    except Exception as error:
        # A converter may raise anything: the traceback is for the log, the reason for the report.
        traceback.print_exc()
        raise (StoppedError if starved(error) else LoweringError)(told(error)) from error


def starved(error: BaseException | None) -> bool:
    """Whether it is the machine that gave out; torch says it in words only."""
    while error is not None:
        if isinstance(error, MemoryError | OSError) or "alloc" in str(error).lower():
            return True
        error = error.__cause__ or error.__context__
    return False


def listed_sizes(request: LowerRequest) -> list[dict[str, int]]:
    """Every combination of listed sizes, the default ones first; nothing where the contract leaves none open.

    Raises:
        LoweringError: if a size is a range, or there are too many combinations.
    """
    if not request.dims:
        return []
    if ranges := [f"{name} ({dim})" for name, dim in request.dims.items() if not dim.values]:
        raise LoweringError(
            f"a TFLite file takes the sizes that it was made for, and {', '.join(ranges)} is a range; "
            f"list the sizes that the app needs: [dim.{ranges[0].split()[0]}] values = [...]"
        )
    count = math.prod(len(dim.values) for dim in request.dims.values())
    if count > MOST_SIGNATURES:
        raise LoweringError(
            f"the contract lists {count} combinations of sizes, and each is a signature of its own; "
            f"more than {MOST_SIGNATURES} are not made. List fewer values"
        )
    default = {name: dim.size for name, dim in request.dims.items()}
    found = [
        dict(zip(request.dims, sizes, strict=True)) for sizes in product(*(d.values for d in request.dims.values()))
    ]
    return [default, *(sizes for sizes in found if sizes != default)]


def signature_name(sizes: Mapping[str, int]) -> str:
    """What the signature for some sizes is called: `time_100_words_5`."""
    return "_".join(f"{name}_{size}" for name, size in sizes.items())


def _at(program: ExportedProgram, request: LowerRequest, sizes: Mapping[str, int]) -> ExportedProgram:
    """The program at these sizes; as it is where there are none."""
    if not sizes:
        return program
    import torch

    from deploykit.dynamic import at_sizes

    example = {
        tensor.name: torch.zeros(sized(tensor.shape, sizes), dtype=getattr(torch, tensor.dtype))
        for tensor in request.signature.inputs
    }
    return at_sizes(program, example)


def told(error: BaseException) -> str:
    """The first line of an error, and of the one at its root: exporters wrap what really happened."""
    root = error
    while root.__cause__ is not None:
        root = root.__cause__
    return " ← ".join(dict.fromkeys(_first(each) for each in (error, root)))


def _first(error: BaseException) -> str:
    lines = _COLOURS.sub("", str(error)).strip().splitlines() or ["no message"]
    return f"{type(error).__name__}: {lines[0][:LONGEST]}"
