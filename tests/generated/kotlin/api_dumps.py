"""Reads `.api` files, as Kotlin's tool for binary compatibility writes them, and tells what of them sources promise."""

from __future__ import annotations

import re
from collections.abc import Iterable

from deploykit.diff.declarations import Declaration

TYPE = re.compile(r"^public .*?class (\S+)", re.MULTILINE)
MEMBER = re.compile(r"^\t(?:public|protected) (?P<words>.*?)(?P<kind>fun|field) (?P<name>\S+) (?P<type>\S+)")
PARAMETER = re.compile(r"\[*(?:L[^;]+;|[A-Z])")

MADE = re.compile(r"component\d+|copy|equals|hashCode|toString|getEntries|valueOf|values|INSTANCE|Companion")
"""What the compiler adds to data classes, objects and enums."""


def outer_types(dump: str) -> set[str]:
    """Types that stand in no other one, without their package."""
    return {name.rpartition("/")[2].partition("$")[0] for name in TYPE.findall(dump)}


def members(dump: str) -> set[str]:
    """`Type.member/parameters` of all that was written by hand, without what only the compiler calls."""
    found, owner = set(), ""
    for line in dump.splitlines():
        if match := TYPE.match(line):
            owner = match[1].rpartition("/")[2].replace("$", ".")
            found.add(owner)
        elif (match := MEMBER.match(line)) and "synthetic" not in match["words"] and not MADE.fullmatch(match["name"]):
            name = "constructor" if match["name"] == "<init>" else match["name"]
            given = match["type"].partition(")")[0].removeprefix("(")
            count = len(PARAMETER.findall(given)) if match["kind"] == "fun" else 0
            found.add(f"{owner}.{name}/{count}")
    return found


def expected(declarations: Iterable[Declaration]) -> set[str]:
    """The same of declarations that were read from sources."""
    found = set()
    for each in declarations:
        given = each.parameters or ()
        if each.kind == "type":
            found.add(each.place)
        elif each.kind in ("property", "setter"):
            accessor = f"{'get' if each.kind == 'property' else 'set'}{each.name[0].upper()}{each.name[1:]}"
            found.add(f"{each.owner}.{accessor}/{int(each.kind == 'setter')}")
        elif each.kind == "case":
            found.add(f"{each.owner}.{each.name}/0")
        elif each.kind != "supertype" and not MADE.fullmatch(each.name):
            found.add(f"{each.place}/{len(given) + ('suspend ' in each.before)}")
            # Java, too, shall be able to leave all defaults out.
            if each.kind == "constructor" and given and all(one.default is not None for one in given):
                found.add(f"{each.place}/0")
    return found
