"""Reads `deploykit.toml`, and gives its errors a line number and the nearest valid name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from deploykit import outputs
from deploykit import spec as schema
from deploykit.crosschecks import cross_problems
from deploykit.errors import SpecError
from deploykit.sizes import DimSpec
from deploykit.targets import all_targets
from deploykit.tomlfile import Lines, Tables, nearest, parse_toml, read_text, valid_keys
from deploykit.tomlfile import explain as explained

CONFIG = "deploykit.toml"

# Which pydantic model validates which table; "*" stands for a name that the user chose. Pydantic puts the `type` of
# an input or output into an error's path, hence the last part.
TABLES: Tables = {
    (): schema.Spec,
    ("model",): schema.ModelSpec,
    ("task",): schema.TaskSpec,
    ("input", "*", "image"): schema.ImageInput,
    ("input", "*", "tensor"): schema.TensorInput,
    ("output", "*", "scores"): outputs.ScoresOutput,
    ("output", "*", "tensor"): outputs.TensorOutput,
    ("output", "*", "boxes"): outputs.BoxesOutput,
    ("output", "*", "class-map"): outputs.ClassMapOutput,
    ("output", "*", "picture"): outputs.PictureOutput,
    ("output", "*", "keypoints"): outputs.KeypointsOutput,
    ("output", "*", "embedding"): outputs.EmbeddingOutput,
    ("output", "*", "tokens"): outputs.TokensOutput,
    ("dim", "*"): DimSpec,
    ("build",): schema.BuildSpec,
    ("quantize",): schema.QuantizeSpec,
    ("sdk",): schema.SdkSpec,
    ("tolerance", "*"): schema.ToleranceSpec,
    ("tolerance", "*", "target", "*"): schema.BoundSpec,
}


@dataclass(frozen=True)
class Project:
    """A model to deploy: its contract, and the folder that its paths are relative to."""

    root: Path
    spec: schema.Spec
    labels: tuple[str, ...]
    name: str

    @property
    def contract(self) -> schema.Contract:
        """What travels with the artifacts."""
        return schema.Contract(
            task=self.spec.task.type,
            labels=self.labels,
            inputs=self.spec.input,
            outputs=self.spec.output,
            dims=self.spec.dim,
            verb=self.spec.task.verb,
            overlap=self.spec.task.overlap,
        )


@dataclass(frozen=True)
class Entry:
    """A model without a project: its contract is made by looking at it."""

    root: Path
    model: schema.ModelSpec


def read_project(file: Path) -> Project:
    """Reads a `deploykit.toml`.

    Raises:
        SpecError: with every problem found, each with file, line and remedy.
    """
    return parse_project(file, read_text(file, "write one with `deploykit init ENTRY`"))


def parse_project(
    file: Path, text: str, tables: Tables = TABLES, model: Mapping[str, object] = MappingProxyType({})
) -> Project:
    """Makes a project of a text.

    Args:
        file: where the text stands; paths in it are relative to its folder.
        text: TOML, each line at its place in the file.
        tables: which pydantic model validates which table; that of the whole is a `Spec`.
        model: what `[model]` has where the text does not say it.

    Raises:
        SpecError: with every problem found, each with file, line and remedy.
    """
    raw, lines = parse_toml(file, text)
    if isinstance(raw.get("model"), dict):
        raw["model"] = {**model, **raw["model"]}
    try:
        parsed = tables[()].model_validate(raw)
    except ValidationError as error:
        raise SpecError([_explain(problem, lines, tables) for problem in error.errors()]) from None
    assert isinstance(parsed, schema.Spec)
    named: list[tuple[tuple[str, ...], str]] = [(("build", "targets"), name) for name in parsed.build.targets]
    for precision, tolerance in parsed.tolerance.items():
        named += [(("tolerance", precision, "target", name), name) for name in tolerance.target]
    problems = [
        f"{lines.at(path)}: no target is called {name!r}; {nearest(name, all_targets())}"
        for path, name in named
        if name not in all_targets()
    ]
    problems += [f"{lines.at(path)}: {text}" for path, text in cross_problems(parsed)]
    labels, label_problems = _labels(parsed.task.labels, file.parent, lines)
    if problems + label_problems:
        raise SpecError(problems + label_problems)
    return Project(file.parent, parsed, labels, parsed.model.name or _default_name(parsed.model.entry))


def bare_project(entry: Entry, contract: schema.Spec) -> Project:
    """A project without a file: the contract was made by looking at the model."""
    return Project(entry.root, contract, (), entry.model.name or _default_name(entry.model.entry))


def _default_name(entry: str) -> str:
    head, tail = entry.split(":", 1)
    return tail if tail and "/" not in tail else Path(head).stem


def _labels(value: tuple[str, ...] | str | None, root: Path, lines: Lines) -> tuple[tuple[str, ...], list[str]]:
    if not isinstance(value, str):
        return value or (), []
    where = lines.at(("task", "labels"))
    try:
        labels = tuple((root / value).read_text(encoding="utf-8").removesuffix("\n").split("\n"))
    except (OSError, UnicodeDecodeError) as error:
        return (), [f"{where}: labels file {value!r} cannot be read: {getattr(error, 'strerror', None) or error}"]
    return labels, [] if labels != ("",) else [f"{where}: labels file {value!r} is empty; it takes one name a line"]


def _explain(problem: ErrorDetails, lines: Lines, tables: Tables) -> str:
    loc = tuple(str(part) for part in problem["loc"])
    path = tuple(p for i, p in enumerate(loc) if not (i == 2 and loc[0] in ("input", "output")))
    # The one check of the whole file is whether it fits the task.
    where, name = lines.at(path or ("task",)), ".".join(path)
    match problem["type"]:
        case "union_tag_not_found":
            return f"{where}: {name} needs a type; valid are: {_tags(loc)}"
        case "union_tag_invalid":
            given = problem.get("ctx", {}).get("tag", "")
            return f"{where}: {name} has the unknown type {given!r}; {nearest(str(given), _tags(loc).split(', '))}"
        case _:
            valid = valid_keys(loc[:-1], tables) if problem["type"] == "extra_forbidden" else ()
            return explained(problem, path, where, valid)


def _tags(loc: tuple[str, ...]) -> str:
    return "image, tensor" if loc[0] == "input" else "scores, tensor"
