"""One network of the zoo, read without running it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from deploykit.errors import SpecError
from deploykit.project import Project, parse_project
from deploykit.tomlfile import read_text
from deploykit.zoo.schema import ENTRY_TABLES, EntrySpec, Listing, Paper

START, END = "# /// deploykit", "# ///"
"""Around the block, in the syntax of PEP 723 (inline script metadata)."""
UNTRAINED, TRAINED = "network", "pretrained"
"""The factories: with weights as they are initialised, and with a package's own trained ones."""


@dataclass(frozen=True)
class ZooEntry:
    """A network of the zoo.

    Attributes:
        file: the entry.
        project: what is built of it, with seeded weights that were made alive.
        summary: first line of the file's docstring.
        has_weights: whether the file has a loader of trained weights.
    """

    file: Path
    project: Project
    summary: str
    has_weights: bool

    @property
    def name(self) -> str:
        """As the command line takes it."""
        return self.project.name

    @property
    def folder(self) -> str:
        """The task that it is listed under."""
        return self.file.parent.name.replace("_", "-")

    @property
    def paper(self) -> Paper:
        """Where the network comes from."""
        return self._spec.paper

    @property
    def listing(self) -> Listing:
        """What a reader of the catalogue has to know."""
        return self._spec.zoo

    @property
    def _spec(self) -> EntrySpec:
        assert isinstance(self.project.spec, EntrySpec)
        return self.project.spec

    def missing(self) -> tuple[str, ...]:
        """The packages that are not installed here."""
        return tuple(package for package in self.listing.packages if not _installed(package))

    def with_weights(self, pretrained: bool = False, weights: Path | None = None) -> Project:
        """What is built of it: with seeded weights, unless others are wanted.

        Args:
            pretrained: takes the trained weights of the package that the network is from.
            weights: takes a file's, of any training.

        Raises:
            SpecError: if a package is missing, both are wanted, or the package has no trained weights.
        """
        if missing := self.missing():
            quoted = " ".join(f"'{package}'" for package in missing)
            raise SpecError([f"{self.name} needs {', '.join(missing)}; install it: pip install {quoted}"])
        if pretrained and weights is not None:
            raise SpecError(["--pretrained and --weights are two sources of weights; give one of them"])
        if pretrained and not self.has_weights:
            raise SpecError([f"{self.name} has no trained weights that a package loads; give yours: --weights FILE"])
        if not pretrained and weights is None:
            return self.project
        spec = self.project.spec
        model = spec.model.model_copy(
            update={
                "alive": None,
                "entry": f"{self.file.name}:{TRAINED if pretrained else UNTRAINED}",
                "weights": None if weights is None else str(weights.absolute()),
            }
        )
        return replace(self.project, spec=spec.model_copy(update={"model": model}))


def read_entry(file: Path) -> ZooEntry:
    """Reads the block at the top of an entry.

    Raises:
        SpecError: with every problem found, each with file, line and remedy.
    """
    text = read_text(file, "write one with `deploykit zoo new NAME`")
    model = {"entry": f"{file.name}:{UNTRAINED}", "alive": 0}
    project = parse_project(file, _block(file, text), ENTRY_TABLES, model)
    try:
        code = ast.parse(text)
    except SyntaxError as error:
        raise SpecError([f"{file}:{error.lineno}: not valid Python: {error.msg}"]) from None
    functions = {node.name for node in code.body if isinstance(node, ast.FunctionDef)}
    problems = []
    if project.spec.model.name != name_of(file):
        problems.append(f'{file}: [model] name has to be "{name_of(file)}", as the file is called')
    if UNTRAINED not in functions:
        problems.append(f"{file}: it has no function {UNTRAINED}(), which makes the network")
    summary = (ast.get_docstring(code) or "").split("\n\n")[0].replace("\n", " ")
    if not summary:
        problems.append(f"{file}: it has no docstring; say in one sentence what the network is")
    if problems:
        raise SpecError(problems)
    return ZooEntry(file, project, summary, TRAINED in functions)


def name_of(file: Path) -> str:
    """Of the network in a file."""
    return file.stem.replace("_", "-")


def _block(file: Path, text: str) -> str:
    """The TOML at the top, each line at its place."""
    lines = text.splitlines()
    try:
        start = lines.index(START)
        end = lines.index(END, start)
    except ValueError:
        raise SpecError([f"{file}: it does not begin with a contract, between '{START}' and '{END}'"]) from None
    inside = [re.sub(r"^# ?", "", line) for line in lines[start + 1 : end]]
    return "\n".join([""] * (start + 1) + inside) + "\n"


def _installed(package: str) -> bool:
    name = re.split(r"[^A-Za-z0-9._-]", package, maxsplit=1)[0]
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
