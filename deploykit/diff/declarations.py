"""What an app can name of an SDK's code, as data: the same for Kotlin and Swift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["type", "supertype", "constructor", "function", "property", "setter", "case"]


@dataclass(frozen=True)
class Parameter:
    """Of a function or a constructor."""

    name: str
    """What a call writes before the value; `_` where it writes nothing."""
    type: str
    default: str | None = None

    @property
    def shown(self) -> str:
        """As a declaration has it, without the default's value: an app does not depend on that one to compile."""
        return f"{self.name}: {self.type}{' = …' if self.default is not None else ''}"


@dataclass(frozen=True)
class Declaration:
    """One thing that an app can name."""

    kind: Kind
    owner: str
    """The types around it, by dots; empty outside of any."""
    name: str
    before: str
    """What stands before its parameters, normalised: `suspend fun classify`."""
    parameters: tuple[Parameter, ...] | None = None
    after: str = ""
    """What stands behind them: `: Classification`."""
    closed: bool = field(default=False, compare=False)
    """Of a case: whether code that looks at all cases has to know it."""

    @property
    def place(self) -> str:
        """With the types around it."""
        return ".".join(filter(None, (self.owner, self.name)))

    @property
    def linked(self) -> tuple[str, str, str, tuple[tuple[str, str], ...] | None, str]:
        """What compiled code depends on: everything but defaults."""
        given = None if self.parameters is None else tuple((each.name, each.type) for each in self.parameters)
        return self.kind, self.owner, self.before, given, self.after

    @property
    def shown(self) -> str:
        """As one line of code."""
        given = "" if self.parameters is None else f"({', '.join(each.shown for each in self.parameters)})"
        return f"{self.before}{given}{self.after}"


@dataclass(frozen=True)
class Pair:
    """A declaration that two builds have in different forms."""

    old: Declaration
    new: Declaration

    @property
    def calls_compile(self) -> bool:
        """Whether it got nothing but parameters with defaults, at the end."""
        old, new = self.old.parameters, self.new.parameters
        if old is None or new is None or (self.old.before, self.old.after) != (self.new.before, self.new.after):
            return False
        same = [(each.name, each.type) for each in old] == [(each.name, each.type) for each in new[: len(old)]]
        kept = all(here.default is None or there.default is not None for here, there in zip(old, new, strict=False))
        return same and kept and all(each.default is not None for each in new[len(old) :])


@dataclass(frozen=True)
class Difference:
    """Between what two builds let an app name."""

    removed: tuple[Declaration, ...]
    added: tuple[Declaration, ...]
    changed: tuple[Pair, ...]
    """Compiled code does not find the new form."""
    defaults: tuple[Pair, ...]
    """The same to compiled code, with other defaults."""


def compare(old: Iterable[Declaration], new: Iterable[Declaration]) -> Difference:
    """What is gone, new, and changed. What is inside a type that is gone, or new, is not told."""
    had, has = ({each.linked: each for each in side} for side in (old, new))
    gone = [each for key, each in had.items() if key not in has]
    come = [each for key, each in has.items() if key not in had]
    pairs = []
    for each in list(gone):
        if match := next((other for other in come if _same(each, other)), None):
            pairs.append(Pair(each, match))
            gone.remove(each)
            come.remove(match)
    both = [Pair(had[key], has[key]) for key in had if key in has]
    return Difference(
        removed=_outermost(gone),
        added=_outermost(come),
        changed=tuple(pairs),
        defaults=tuple(pair for pair in both if pair.old.parameters != pair.new.parameters),
    )


def _same(one: Declaration, other: Declaration) -> bool:
    return (one.kind, one.owner, one.name) == (other.kind, other.owner, other.name)


def _outermost(given: list[Declaration]) -> tuple[Declaration, ...]:
    types = {each.place for each in given if each.kind == "type"}
    return tuple(each for each in given if not any(_inside(each.owner, name) for name in types))


def _inside(owner: str, name: str) -> bool:
    return owner == name or owner.startswith(f"{name}.")
