"""Into which parts an accelerator's ops fall: held against the paths of random graphs."""

from __future__ import annotations

import random
from functools import cache
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from deploykit.accelerators.partition import cuts, kept, parts

Case = tuple[list[tuple[int, ...]], list[bool]]


@st.composite
def graphs(draw: st.DrawFn) -> Case:
    """Small graphs in the order of execution, with what is taken."""
    size = draw(st.integers(1, 9))
    before = [
        tuple(sorted(draw(st.sets(st.integers(0, place - 1), max_size=3)))) if place else () for place in range(size)
    ]
    return before, draw(st.lists(st.booleans(), min_size=size, max_size=size))


def paths(before: list[tuple[int, ...]]) -> list[list[int]]:
    """Every path from an op that waits for nothing."""

    @cache
    def to(place: int) -> list[list[int]]:
        return [[*path, place] for maker in before[place] for path in to(maker)] or [[place]]

    return [path for place in range(len(before)) for path in to(place)]


@given(graphs())
def test_exactly_what_is_taken_has_a_part(case: Case) -> None:
    before, taken = case
    found = parts(before, taken)
    assert [number is not None for number in found] == taken
    used = {number for number in found if number is not None}
    assert used == set(range(len(used)))


@given(graphs())
def test_no_path_leaves_a_part_and_comes_back(case: Case) -> None:
    before, taken = case
    found = parts(before, taken)
    for path in paths(before):
        numbers = [number for number, _ in groupby(found[place] for place in path)]
        real = [number for number in numbers if number is not None]
        assert len(real) == len(set(real))
        assert real == sorted(real)


@given(graphs())
def test_there_are_as_many_parts_as_the_worst_path_needs(case: Case) -> None:
    before, taken = case
    worst = max(sum(mine for mine, _ in groupby(taken[place] for place in path)) for path in paths(before))
    assert len({number for number in parts(before, taken) if number is not None}) == worst


@given(graphs(), st.randoms(use_true_random=False))
def test_another_order_of_execution_gives_the_same_parts(case: Case, chance: random.Random) -> None:
    before, taken = case
    order: list[int] = []
    ready = [place for place, makers in enumerate(before) if not makers]
    while ready:
        place = ready.pop(chance.randrange(len(ready)))
        order.append(place)
        ready += [p for p, m in enumerate(before) if p not in order and p not in ready and set(m) <= set(order)]
    moved = {place: number for number, place in enumerate(order)}
    other = parts([tuple(moved[m] for m in before[place]) for place in order], [taken[place] for place in order])
    assert [other[moved[place]] for place in range(len(before))] == parts(before, taken)


@given(graphs())
def test_cuts_lie_between_what_is_taken(case: Case) -> None:
    before, taken = case
    wanted = {
        place
        for path in paths(before)
        for at, place in enumerate(path)
        if not taken[place] and any(taken[p] for p in path[:at]) and any(taken[p] for p in path[at + 1 :])
    }
    assert cuts(before, parts(before, taken)) == wanted


def test_the_largest_parts_are_handed_over() -> None:
    found = [0, 0, None, 1, None, 2, 2, 2]
    assert kept(found, 0) == {0, 1, 2}
    assert kept(found, 1) == {2}
    assert kept(found, 2) == {0, 2}
    assert kept([0, None, 1], 1) == {0}
