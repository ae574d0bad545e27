"""Exact rewrites of ATen ops that a converter lacks or gets wrong, as a table. A new one is a row and a function.

A rewrite is a plain function of an op's own arguments that gives the same result by other ops; it returns
`NotImplemented` to leave a call as it is. Which road needs which rewrite stands in `deploykit.backends.BACKENDS`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rewrite:
    """A row of the table."""

    ops: tuple[str, ...]
    """The overloads whose calls it may replace, as torch.export writes them: "aten.constant_pad_nd.default"."""
    where: str
    """The function, resolved on use: importing this table does not import torch."""
    why: str
    """What goes wrong without it, and in which converter."""


_HERE = "deploykit.prepare.rewrites."

REWRITES: dict[str, Rewrite] = {
    "negative padding as slices": Rewrite(
        ("aten.constant_pad_nd.default", "aten.pad.default"),
        _HERE + "padding:constant_pad",
        "coremltools 9.0 refuses a padding below 0",
    ),
}
