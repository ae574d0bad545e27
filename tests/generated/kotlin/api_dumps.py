"""Reads `.api` files, as Kotlin's tool for binary compatibility writes them."""

from __future__ import annotations

import re

TYPE = re.compile(r"^public .*?class (\S+)", re.MULTILINE)


def outer_types(dump: str) -> set[str]:
    """Types that stand in no other one, without their package."""
    return {name.rpartition("/")[2].partition("$")[0] for name in TYPE.findall(dump)}
