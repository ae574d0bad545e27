"""What `deploykit diff` finds: changes in words, with what each means for an app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Group = Literal["contract", "API", "size", "numbers", "runtime"]
GROUPS: tuple[Group, ...] = ("contract", "API", "size", "numbers", "runtime")

Effect = Literal["breaking", "changed", "compatible"]
"""`breaking`: an app that was made with the old build has to be changed, or will do something else than it was written
for. `changed`: it goes on, with other answers, sizes or times. `compatible`: there is more than there was."""


@dataclass(frozen=True)
class Change:
    """One of them."""

    group: Group
    effect: Effect
    where: str
    """Platform or artifact; empty where it is the model's."""
    text: str


@dataclass(frozen=True)
class Diff:
    """All of them, in the order of `GROUPS`."""

    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def breaking(self) -> tuple[Change, ...]:
        """Those that break an app."""
        return tuple(change for change in self.changes if change.effect == "breaking")
