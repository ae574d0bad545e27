"""One case through one road: export, rewrite, lower, read the file back, run it, compare."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils import _pytree as pytree

from deploykit.backends import BACKENDS, RUNNERS, RUNS
from deploykit.backends.base import LowerRequest, Tensors
from deploykit.backends.roads import RoadEntry
from deploykit.errors import UnavailableError, UnsupportedOpsError
from deploykit.manifest import Signature, TensorSpec
from deploykit.prepare.rewriting import rewrite
from deploykit.probes.cases.base import Case
from deploykit.probes.judge import judge
from deploykit.probes.results import Answer, Finding
from deploykit.targets import all_targets

NAME = "probe"

_NOISE = re.compile(r"\x1b\[[0-9;]*m|(?<![\w.])(?:/[\w.+@-]+)+/")
"""Colours, and the folders of absolute paths: what is said of a converter is the same on every machine."""


class Named(nn.Module):
    """A case's module with its tensors by name, as deploykit lowers every model; int64 travels as int32."""

    def __init__(self, module: nn.Module, long: tuple[bool, ...]) -> None:
        super().__init__()
        self.module = module
        self.long = long

    def forward(self, **tensors: torch.Tensor) -> dict[str, torch.Tensor]:
        given = (value.long() if long else value for value, long in zip(tensors.values(), self.long, strict=True))
        made = pytree.tree_leaves(self.module(*given))
        return {f"y{index}": value for index, value in enumerate(made)}


@dataclass(frozen=True)
class Prepared:
    """A case, exported, with what is right."""

    program: torch.export.ExportedProgram
    inputs: Tensors
    reference: Tensors
    exact: Tensors | None
    signature: Signature


def prepare(case: Case) -> Prepared:
    """Runs a case in eager mode and exports it; whatever is raised is torch's own."""
    tensors = case.tensors()
    long = tuple(value.dtype == torch.int64 for value in tensors)
    module = Named(case.module(), long).eval()
    given = {f"x{i}": v.int() if v.dtype == torch.int64 else v for i, v in enumerate(tensors)}
    return exported(module, given, at_float64(case.module, long, given))


def exported(module: Named, given: dict[str, torch.Tensor], exact: Tensors | None) -> Prepared:
    """A module, exported, with what is right.

    Args:
        module: takes the inputs by name.
        given: the inputs.
        exact: the outputs at float64, where there is such a thing.
    """
    with torch.no_grad():
        made = module(**given)
        program = torch.export.export(module, args=(), kwargs=given, strict=False)
    return Prepared(
        program,
        {name: value.numpy() for name, value in given.items()},
        {name: value.numpy() for name, value in made.items()},
        exact,
        Signature(inputs=specs(given), outputs=specs(made)),
    )


def probe(case: Case, backend: str, road: RoadEntry, rewrites: tuple[str, ...]) -> Answer:
    """What becomes of a case on a road.

    Args:
        case: the op.
        backend: the road's.
        road: how to lower.
        rewrites: what to apply before, of `REWRITES`; () for the converter as it is.

    Returns:
        The rewrites that were used, and the finding; None where rewrites were given and none had a use.
    """
    start = time.monotonic()
    try:
        prepared = prepare(case)
    except Exception as error:
        return (), None if rewrites else Finding(outcome="not_run", reason=f"torch.export: {told(error)}")
    try:
        program, used = rewrite(prepared.program, rewrites) if rewrites else (prepared.program, ())
    except Exception as error:
        return rewrites, Finding(outcome="refused", reason=f"rewriting: {told(error)}")
    if rewrites and not used:
        return (), None
    finding = measure(prepared, program, backend, road)
    return used, finding.model_copy(update={"seconds": round(time.monotonic() - start, 2)})


def measure(prepared: Prepared, program: torch.export.ExportedProgram, backend: str, road: RoadEntry) -> Finding:
    """What a road makes of a program: lowered, saved, read back, run and compared."""
    with request_of(backend, prepared.signature) as request:
        try:
            file = road.function(program, request)
        except UnavailableError as error:
            return Finding(outcome="not_run", reason=told(error))
        except Exception as error:
            return Finding(outcome="refused", reason=told(error))
        try:
            with RUNNERS[RUNS[backend]].open(file) as runner:
                outputs = runner.run(prepared.inputs)
        except UnsupportedOpsError as error:
            return Finding(outcome="not_run", reason=told(error))
        except Exception as error:
            return Finding(outcome="refused", reason=told(error))
        return judge(prepared.reference, prepared.exact, outputs)


@contextlib.contextmanager
def request_of(backend: str, signature: Signature) -> Iterator[LowerRequest]:
    """What a build asks a road for, of the first target that has this backend."""
    target = next(item for item in all_targets().values() if item.backend == backend)
    options = {name: str(getattr(target, name)) for name in BACKENDS[backend].options}
    with tempfile.TemporaryDirectory(prefix="deploykit-probe-") as folder:
        yield LowerRequest(NAME, "0", None, "fp32", options, signature, Path(folder), Path(folder))


def at_float64(make: Callable[[], nn.Module], long: tuple[bool, ...], given: dict[str, torch.Tensor]) -> Tensors | None:
    """The outputs at fp64; None where an op has no double, or a type is written out.

    Args:
        make: makes the module.
        long: which of its inputs are int64 inside.
        given: the inputs.
    """
    try:
        module = Named(make().double(), long).eval()
        wide: dict[str, Any] = {name: v.double() if v.is_floating_point() else v for name, v in given.items()}
        with torch.no_grad():
            return {name: value.numpy() for name, value in module(**wide).items()}
    except (RuntimeError, ValueError, TypeError):
        return None


def specs(tensors: dict[str, torch.Tensor]) -> tuple[TensorSpec, ...]:
    """Names, types and shapes."""
    return tuple(
        TensorSpec.model_validate({"name": n, "dtype": str(t.dtype).removeprefix("torch."), "shape": tuple(t.shape)})
        for n, t in tensors.items()
    )


def told(error: BaseException) -> str:
    """An error in one line that is not too long to read: the one at the root, where an exporter wraps it."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(_NOISE.sub("", str(error)).split()) or "no message"
    return f"{type(error).__name__}: {text[:240]}"
