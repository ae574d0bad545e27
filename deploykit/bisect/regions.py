"""Where, between what a file has right and what it gives wrong, the fault lies. Graphs only, no numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence


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


def suspects(region: Collection[str], order: Sequence[str], made_of: Mapping[str, Collection[str]]) -> list[str]:
    """A region in the order in which it is to be looked at: near to what is right first, then by execution."""
    depth: dict[str, int] = {}
    for name in order:
        if name in region:
            depth[name] = 1 + max((depth[other] for other in made_of[name] if other in depth), default=-1)
    return sorted(depth, key=lambda name: (depth[name], order.index(name)))
