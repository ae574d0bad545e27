"""Exact rewrites of ATen ops that a converter lacks or gets wrong, as a table. A new one is a row and a function.

A rewrite is a plain function of an op's own arguments that gives the same result by other ops; it returns
`NotImplemented` to leave a call as it is. Which road needs which rewrite stands in `deploykit.backends.BACKENDS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rewrite:
    """A row of the table."""

    ops: tuple[str, ...]
    """The overloads whose calls it may replace, as torch.export writes them: "aten.constant_pad_nd.default". Of a
    rewrite of kind "call": where the test is that tells from a value of the program whether there is anything to do."""
    where: str
    """The function, resolved on use: importing this table does not import torch."""
    why: str
    """What goes wrong without it, and in which converter."""
    kind: Literal["op", "call", "graph"] = "op"
    """What the function takes: an op's own arguments; any op with its arguments and an example of its result; or a
    `GraphModule`, which it changes in place, telling whether it did."""


_HERE = "deploykit.prepare.rewrites."

REWRITES: dict[str, Rewrite] = {
    "negative padding as slices": Rewrite(
        ("aten.constant_pad_nd.default", "aten.pad.default"),
        _HERE + "padding:constant_pad",
        "coremltools 9.0 refuses a padding below 0",
    ),
    "constants folded": Rewrite(
        (),
        _HERE + "constants:fold",
        "coremltools 9.0 lacks many ops of masks and tables, and gets -inf and integers wrong in others",
        kind="graph",
    ),
    "rank at most 5": Rewrite(
        (_HERE + "rank:is_tall",),
        _HERE + "rank:low_rank",
        "Core ML has no tensors of rank 6 and more",
        kind="call",
    ),
}
