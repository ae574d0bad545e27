"""Arithmetic with a constant along the first axis of a matrix or a cube, at rank 4.

LiteRT's GPU engine (ai-edge-litert 2.3) reads a constant of rank 2 or 3 as if it had one row: every other row is
computed with the first one's values, and the file counts as fully accelerated. Boxes with a table of anchors, or a
picture without a batch less its mean, come out wrong without a word. Of rank 4 it reads them right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import fx

from deploykit.prepare.rewrites.reshaped import between_reshapes, combines_two, shape_of

RANKS = (2, 3)


def at_rank_four(module: fx.GraphModule) -> bool:
    """Puts such ops between two reshapes, in place; tells whether there was any.

    Args:
        module: of torch.export, its parameters and buffers as attributes.
    """
    return between_reshapes(module, _is_wrong, _wide)


def _is_wrong(node: fx.Node, variable: set[fx.Node]) -> bool:
    """Whether it is an op of an input and a constant of rank 2 or 3 with more than one row."""
    shape = shape_of(node)
    if not combines_two(node) or len(shape) not in RANKS or not all(isinstance(size, int) for size in shape):
        return False
    constants = [shape_of(one) for one in node.all_input_nodes if one not in variable]
    return any(len(one) == len(shape) and one[0] != 1 for one in constants)


def _wide(shape: Sequence[Any], node: fx.Node) -> list[Any]:
    """[n, k] → [n, 1, 1, k], [n, h, k] → [n, 1, h, k]; with axes of one before it where the op has more."""
    rank = len(shape_of(node))
    full = [1] * (rank - len(shape)) + list(shape)
    return [full[0], *[1] * (4 - rank), *full[1:]]
