"""Where, between what a file has right and what it gives wrong, the fault lies. Graphs only, no numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence


def behind(
    bad: Iterable[str], inputs: Callable[[str], Collection[str]], right: Callable[[str], bool]
) -> frozenset[str]:
    """What wrong results were made from, back to what is right.

    Args:
        bad: wrong results.
        inputs: what each was made from.
        right: whether one is right; the way back ends there.
    """
    found: set[str] = set()
    pending = list(bad)
    while pending:
        name = pending.pop()
        if name not in found and not right(name):
            found.add(name)
            pending += inputs(name)
    return frozenset(found)


def heads(region: Collection[str], order: Sequence[str], inputs: Callable[[str], Collection[str]]) -> list[str]:
    """The members of a region that take nothing of it, in the order of execution."""
    return [name for name in order if name in region and not set(inputs(name)) & set(region)]
