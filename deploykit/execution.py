"""`deploykit run`: one run of a saved artifact on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploykit.backends import RUNNERS
from deploykit.errors import ArgumentsError, ArtifactError
from deploykit.jobs import IsolatedPool, JobDied, JobFailed, logged
from deploykit.manifest import Manifest
from deploykit.output import new_folder
from deploykit.spec import Contract
from deploykit.tomlfile import nearest
from deploykit.work.execute import Order, Outcome, Output, execute
from deploykit.work.given import SUFFIXES, Given


@dataclass(frozen=True)
class Request:
    """What the command line was given.

    Attributes:
        model: an artifact, or the folder of one with its manifest.
        inputs: texts "FILE" or "NAME=FILE".
        runner: its name; None takes the first of the table that opens the file.
        options: for the runner, by name.
        seed: draws the inputs that are not given.
        out: where the outputs go; None writes nothing.
    """

    model: Path
    inputs: tuple[str, ...] = ()
    runner: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    out: Path | None = None


def run(request: Request) -> RenderableType:
    """Runs an artifact once, writes its outputs if that is wished, and describes them.

    Raises:
        ArgumentsError: if something given is wrong; names all problems.
        ArtifactError: if the artifact cannot be opened or executed.
        OutputError: if the outputs cannot be written.
    """
    try:
        order = _order(request)
    except OSError as error:  # a name that is too long, a folder that may not be read
        raise ArgumentsError([f"{error.filename or request.model}: {error.strerror or error}"]) from None
    with (
        tempfile.TemporaryDirectory() as scratch,
        IsolatedPool(1) as pool,
        new_folder(request.out) if request.out else nullcontext() as folder,
    ):
        try:
            outcome = pool.submit(logged, Path(scratch) / "log", execute, order, folder).result()
        except (JobDied, JobFailed) as error:
            raise ArtifactError(f"{order.artifact} cannot be run by {order.runner}: {error}") from None
    return _shown(order, outcome, request.out)


def _order(request: Request) -> Order:
    """Everything that can be known without opening the artifact."""
    problems: list[str] = []
    artifact = _artifact(request.model, problems)
    inputs = tuple(given for text in request.inputs if (given := _given(text, problems)))
    runner = _runner(request, artifact, problems)
    if runner:
        problems += _wrong_options(runner, request.options)
    if request.out and (request.out.is_file() or (request.out.is_dir() and any(request.out.iterdir()))):
        problems.append(f"--out {request.out} is not an empty folder; nothing is overwritten, give a new one")
    if problems or artifact is None or runner is None:
        raise ArgumentsError(problems)
    return Order(runner, artifact, request.options, inputs, request.seed, _contract(artifact))


def _contract(artifact: Path) -> Contract | None:
    """What the artifact was made for, where its manifest lies beside it."""
    file = artifact.parent / "manifest.json"
    try:
        manifest = Manifest.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # not deploykit's folder: the file itself says what it takes
    return manifest.contract if manifest.file == artifact.name else None


def _artifact(model: Path, problems: list[str]) -> Path | None:
    """The artifact itself, where a folder with its manifest is given."""
    # A package has a Manifest.json, and many disks do not tell m from M.
    if model.suffix != ".mlpackage" and (model / "manifest.json").is_file():
        try:
            file = Manifest.model_validate_json((model / "manifest.json").read_text(encoding="utf-8")).file
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{model / 'manifest.json'} cannot be read: {error}") from None
        if Path(file).name != file:
            raise ArtifactError(f"{model / 'manifest.json'} names {file!r}, which does not lie beside it")
        model /= file
    if not model.exists():
        problems.append(f"{model} does not exist; give a model file, or the folder of an artifact with its manifest")
        return None
    return model


def _given(text: str, problems: list[str]) -> Given | None:
    name, equals, path = text.partition("=")
    given = Given(None, Path(text)) if not equals or Path(text).exists() else Given(name, Path(path))
    if given.name == "" or not given.path.name:
        problems.append(f"--input {text}: write NAME=FILE, or FILE alone where the model has one input")
    elif not given.path.is_file():
        problems.append(f"--input {text}: there is no file {given.path}")
    elif given.path.suffix.lower() not in SUFFIXES:
        problems.append(f"--input {text}: what kind of file is it? Known are {', '.join(SUFFIXES)}")
    else:
        return given
    return None


def _runner(request: Request, artifact: Path | None, problems: list[str]) -> str | None:
    """The runner's name, if it is known and opens the artifact here."""
    if request.runner is not None and request.runner not in RUNNERS:
        problems.append(f"--runner {request.runner}: no such runner; {nearest(request.runner, RUNNERS)}")
        return None
    if artifact is None:
        return request.runner
    fitting = [name for name, entry in RUNNERS.items() if entry.suffix == artifact.suffix]
    if not fitting:
        suffixes = ", ".join(sorted({entry.suffix for entry in RUNNERS.values()}))
        problems.append(f"{artifact} cannot be run: known are {suffixes}, or a folder with an artifact's manifest.json")
        return None
    name = request.runner or fitting[0]
    if name not in fitting:
        problems.append(f"--runner {name} does not open {artifact.suffix} files; those that do: {', '.join(fitting)}")
    if reason := RUNNERS[name].unavailable():
        problems.append(f"--runner {name} is not available: {reason}")
    return name


def _wrong_options(runner: str, given: dict[str, str]) -> Iterator[str]:
    known = RUNNERS[runner].options
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if name not in known:
            takers = ", ".join(other for other, entry in RUNNERS.items() if name in entry.options)
            yield f"{option} is not for the runner {runner}, but for {takers}"
        elif known[name] and value not in known[name]:
            yield f"{option} {value}: no such value; {nearest(value, known[name])}"


def _shown(order: Order, outcome: Outcome, out: Path | None) -> RenderableType:
    options = "".join(f", {name} {value}" for name, value in order.options.items())
    lines = [f"{order.artifact.name} on {order.runner}: {RUNNERS[order.runner].title}{options}"]
    lines += [f"note: {note}" for note in outcome.notes]
    table = Table("output", "dtype", "shape", "min", "max", "mean", "NaN/inf", "first values")
    for item in outcome.outputs:
        table.add_row(*map(Text, _cells(item)))
    written = [Text(f"wrote {out / name}") for name in outcome.files] if out else []
    return Group(Text("\n".join(lines)), table, *written)


def _cells(item: Output) -> tuple[str, ...]:
    figures = ("" if value is None else f"{value:.6g}" for value in (item.low, item.high, item.mean))
    shape = " × ".join(map(str, item.shape)) or ("" if item.dtype == "label" else "scalar")
    lost = "" if item.dtype == "label" else f"{item.nan}/{item.inf}"
    return item.name, item.dtype, shape, *figures, lost, ", ".join(item.first)
