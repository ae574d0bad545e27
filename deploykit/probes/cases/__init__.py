"""The cases, by theme. A new one is a row in a theme's module."""

from __future__ import annotations

from collections.abc import Iterable

from deploykit.probes.cases import (
    activation,
    arithmetic,
    attention,
    convolution,
    indexing,
    norm,
    pooling,
    reduction,
    resize,
    sequence,
    shape,
)
from deploykit.probes.cases.base import Case

THEMES: dict[str, tuple[Case, ...]] = {
    "resize": resize.CASES,
    "pooling": pooling.CASES,
    "attention": attention.CASES,
    "convolution": convolution.CASES,
    "norm": norm.CASES,
    "activation": activation.CASES,
    "reduction": reduction.CASES,
    "indexing": indexing.CASES,
    "shape": shape.CASES,
    "arithmetic": arithmetic.CASES,
    "sequence": sequence.CASES,
}


def by_id(themes: Iterable[str] = THEMES) -> dict[str, Case]:
    """All cases of some themes by their ids, in the order of the tables."""
    return {case.id: case for theme in themes for case in THEMES[theme]}
