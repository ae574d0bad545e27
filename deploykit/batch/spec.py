"""`FILE.toml` of `deploykit batch`: the jobs, and what they have in common.

out = "fleet"                 # default: batch/ beside the file

[defaults]                    # of all jobs that do not say otherwise
targets = ["android_litert", "ios_coreml"]
precisions = ["fp16"]

[job.digits]
source = "models/digits"      # whatever `deploykit build` takes; paths are relative to the file

[job.large]
source = "timm:vit_base_patch16_224"
memory = 10                   # gigabytes at its peak
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError, field_validator

from deploykit.batch.job import MEMORY_GB, Job
from deploykit.batch.request import check
from deploykit.errors import ArgumentsError, SpecError
from deploykit.precisions import Precision
from deploykit.strict import Strict, relative_path
from deploykit.targets import all_targets
from deploykit.tomlfile import Lines, explain, nearest, read_toml, valid_keys


class Wishes(Strict):
    """`[defaults]`, and what a job may say otherwise: the options of `deploykit build`."""

    targets: tuple[str, ...] = ()
    precisions: tuple[Precision, ...] = ()
    best: bool = False
    keep_float: bool = False
    fp16_islands: bool = False
    memory: Annotated[float, Field(gt=0)] = MEMORY_GB

    @field_validator("targets")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = all_targets()
        if unknown := [f"no target is called {name!r}; {nearest(name, known)}" for name in value if name not in known]:
            raise ValueError("; ".join(unknown))
        return value


class JobSpec(Wishes):
    """`[job.NAME]`."""

    source: str


class BatchSpec(Strict):
    """The whole file."""

    out: str = "batch"
    defaults: Wishes = Wishes()
    job: dict[str, JobSpec]

    @field_validator("out")
    @classmethod
    def _out(cls, value: str) -> str:
        return relative_path(value)


TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): BatchSpec,
    ("defaults",): Wishes,
    ("job", "*"): JobSpec,
}


@dataclass(frozen=True)
class Batch:
    """What a file asks for."""

    out: Path
    jobs: tuple[Job, ...]


def read_batch(file: Path, only: Sequence[str] = ()) -> Batch:
    """Reads a file, and looks at every job's source.

    Args:
        file: of the batch.
        only: names of the jobs that are wanted; empty for all.

    Raises:
        SpecError: with every problem found, each with file, line and remedy.
        ArgumentsError: if a job that is wanted does not exist.
    """
    given, lines = read_toml(file, "docs/batch.md says what it holds")
    raw = _with_defaults(given)
    found: list[str] = []
    try:
        out = BatchSpec.model_validate(raw).out
    except ValidationError as error:
        found, out = [_explain(problem, given, lines) for problem in error.errors()], ""
    specs = _valid(raw)
    names = raw["job"] if isinstance(raw.get("job"), dict) else {}
    if wrong := [name for name in only if name not in names]:
        raise ArgumentsError([f"--only {name}: {file} has no such job; {nearest(name, names)}" for name in wrong])
    jobs = tuple(_job(name, spec, file.parent) for name, spec in specs.items() if not only or name in only)
    found += check(jobs, lambda job: lines.at(("job", job.name)))
    if not names and not found:
        found.append(f"{file}: there is no [job.NAME]: nothing is to be built")
    if found:
        raise SpecError(list(dict.fromkeys(found)))
    return Batch(file.parent / out, jobs)


def _valid(raw: dict[str, Any]) -> dict[str, JobSpec]:
    """The jobs that can be looked at further, also where others are wrong."""
    found = {}
    jobs = raw.get("job")
    for name, job in jobs.items() if isinstance(jobs, dict) else ():
        with contextlib.suppress(ValidationError):  # it is among the problems of the whole file
            found[name] = JobSpec.model_validate(job)
    return found


def _with_defaults(raw: dict[str, Any]) -> dict[str, Any]:
    """Every job with what it does not say itself; what is no table is left for pydantic to refuse."""
    defaults, jobs = raw.get("defaults", {}), raw.get("job", {})
    if not isinstance(defaults, dict) or not isinstance(jobs, dict):
        return raw
    known = {name: value for name, value in defaults.items() if name in Wishes.model_fields}
    return raw | {"job": {name: known | job if isinstance(job, dict) else job for name, job in jobs.items()}}


def _job(name: str, spec: JobSpec, root: Path) -> Job:
    return Job(name, root=root, **spec.model_dump())


def _explain(problem: Any, raw: dict[str, Any], lines: Lines) -> str:
    path = tuple(str(part) for part in problem["loc"])
    if path[0] == "job" and len(path) > 2 and path[2] in Wishes.model_fields and path[2] not in raw["job"][path[1]]:
        path = ("defaults", *path[2:])  # where it was said, and wrong
    valid = valid_keys(path[:-1], TABLES) if problem["type"] == "extra_forbidden" else ()
    # An element of a list stands where its list stands.
    at = tuple(part for part in path if not part.isdecimal() or path[0] != "defaults")
    return explain(problem, path, lines.at(at), valid)
