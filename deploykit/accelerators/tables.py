"""What is published of each accelerator, read from `data/*.toml`: which ops it takes, and within which limits."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from deploykit.opgraph import Attribute, Evidence, Kind
from deploykit.strict import Strict

DATA = Path(__file__).parent / "data"


class Limit(Strict):
    """What has to hold for an op to be taken. A condition that cannot be seen in the file counts as met.

    Attributes:
        below: applies at feature levels below this one only.
        input: place of the input that it is about.
        output: place of the output that it is about, instead.
        every: whether it is about every input and output that is no constant, instead.
        types: element types that are allowed.
        ranks: least and largest rank.
        constant: whether the input has to be a constant (true) or must not be one (false).
        fixed: all sizes have to be known.
        inputs: how many inputs the op may have.
        attribute: the name of an attribute that must have one of `values`, where it is there.
        values: see `attribute`; for tuples, each element must be one of them.
        same_shape: places of inputs whose shapes have to be equal.
        square: the output's two middle sizes have to be equal.
        grouped: whether a convolution may have groups.
        pairs: allowed types of the first input and the first output.
        broadcast: whether the leading sizes of the first two inputs may differ.
        why: said instead of a text made from the above.
        folklore: whether the vendor does not say so.
    """

    below: int | None = None
    input: int = 0
    output: int | None = None
    every: bool = False
    types: tuple[str, ...] = ()
    ranks: tuple[int, int] | None = None
    constant: bool | None = None
    fixed: bool = False
    inputs: tuple[int, ...] = ()
    attribute: str = ""
    values: tuple[Attribute, ...] = ()
    same_shape: tuple[int, int] | None = None
    square: bool = False
    grouped: bool = True
    pairs: tuple[tuple[str, str], ...] = ()
    broadcast: bool = True
    why: str = ""
    folklore: bool = False


class Rule(Strict):
    """What is said of some ops.

    Attributes:
        ops: their types, in the file's format.
        since: the feature level that has them first.
        verdict: of the ops, where all limits are met.
        limits: all have to be met for them to be taken.
        why: where the verdict is another one than `taken`.
        folklore: whether the vendor does not say so.
    """

    ops: tuple[str, ...]
    since: int = 1
    verdict: Kind = "taken"
    limits: tuple[Limit, ...] = ()
    why: str = ""
    folklore: bool = False


class Level(Strict):
    """A version of an accelerator, as the platform numbers it."""

    level: int
    title: str
    """Of what has it: "Android 10"."""


class Table(Strict):
    """An accelerator."""

    name: str
    title: str
    format: Literal["litert", "onnx", "coreml"]
    """Of the files that it is given; the same as the backend's name."""
    evidence: Evidence
    source: str
    version: str
    others: Kind = "not taken"
    """What of ops that no rule names."""
    others_why: str = "it is not among its ops"
    others_folklore: bool = False
    partitions: int = 0
    """How many parts the runtime hands over at most, the largest; 0: all."""
    partitions_source: str = ""
    levels: tuple[Level, ...] = ()
    notes: tuple[str, ...] = ()
    every: tuple[Limit, ...] = ()
    """Limits of all its ops."""
    any_of: tuple[str, ...] = ()
    """Other tables: it takes what one of them takes."""
    rules: tuple[Rule, ...] = Field(default=(), alias="rule")

    @model_validator(mode="after")
    def _no_op_twice(self) -> Self:
        """An op in two rules would be judged by one of them only."""
        ops = [op for rule in self.rules for op in rule.ops]
        if twice := sorted({op for op in ops if ops.count(op) > 1}):
            raise ValueError(f"{self.name} has two rules for {', '.join(twice)}")
        return self


@cache
def all_tables() -> dict[str, Table]:
    """Every accelerator by name, in the order of their files."""
    return {
        path.stem: Table.model_validate({"name": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))})
        for path in sorted(DATA.glob("*.toml"))
    }
