"""What stands at the top of an entry: a `deploykit.toml`, and two tables more."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from deploykit.project import TABLES
from deploykit.spec import Spec
from deploykit.strict import Strict
from deploykit.tomlfile import Tables


class Paper(Strict):
    """`[paper]`: where the network comes from, and what is said of it there."""

    title: str
    year: Annotated[int, Field(ge=1980, le=2100)]
    parameters: Annotated[int, Field(ge=1)] | None = None
    """As the paper states them; None where it does not."""
    multiply_adds: Annotated[float, Field(gt=0)] | None = None
    """The same, for inputs of this entry's size."""
    table: str | None = None
    """Where in the paper the figures stand."""

    @model_validator(mode="after")
    def _found(self) -> Paper:
        if (self.parameters or self.multiply_adds) and not self.table:
            raise ValueError('figures need their place in the paper: table = "Table 2"')
        return self


class Listing(Strict):
    """`[zoo]`: what a reader of the catalogue has to know."""

    packages: tuple[str, ...] = ()
    """What has to be installed beside deploykit, as `pip install` takes it."""
    classes: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How many labels there are, where their names are another data set's affair: `class 0`, `class 1`…"""
    difference: str | None = None
    """Why the network has not as many parameters as the paper states."""
    notes: tuple[str, ...] = ()
    """Known limits, what was left out, which of the paper's tricks is shown and how."""


class EntrySpec(Spec):
    """The whole block."""

    paper: Paper
    zoo: Listing = Listing()

    @model_validator(mode="before")
    @classmethod
    def _labelled(cls, raw: Any) -> Any:
        match raw:
            case {"zoo": {"classes": int(classes)}, "task": dict(task)} if "labels" not in task:
                return {**raw, "task": {**task, "labels": tuple(f"class {index}" for index in range(classes))}}
        return raw


ENTRY_TABLES: Tables = {**TABLES, (): EntrySpec, ("paper",): Paper, ("zoo",): Listing}
