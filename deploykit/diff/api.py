"""What a new SDK changes of what an app can name: Kotlin's and Swift's public declarations."""

from __future__ import annotations

from collections.abc import Iterator

from deploykit.diff.builds import Built
from deploykit.diff.changes import Change, Effect
from deploykit.diff.declarations import Declaration, Pair
from deploykit.diff.declarations import compare as compare_declarations
from deploykit.report.words import platform as title

PLATFORMS = ("android", "ios")

EXHAUSTIVE = {"android": "a `when` over it without `else`", "ios": "a `switch` over it without `default`"}
"""Code that a new case breaks."""

LONGEST = 200
"""Of two forms of a declaration that are told in full."""


def compare(old: Built, new: Built) -> Iterator[Change]:
    """Of the SDKs of two builds."""
    for platform in PLATFORMS:
        if platform in old.sdks and platform in new.sdks:
            yield from _declarations(old, new, platform)
        elif platform in old.sdks:
            yield _change("breaking", platform, f"there is no SDK any more: {new.absent(platform)}")
        elif platform in new.sdks:
            yield _change("compatible", platform, f"the SDK is new; {old.folder} has none: {old.absent(platform)}")


def _change(effect: Effect, platform: str, text: str) -> Change:
    return Change("API", effect, title(platform), text)


def _declarations(old: Built, new: Built, platform: str) -> Iterator[Change]:
    was, now = old.sdks[platform], new.sdks[platform]
    if was.module != now.module:
        yield _change("breaking", platform, f"import {now.module}, was {was.module}")
    found = compare_declarations(was.declarations, now.declarations)
    for each in found.removed:
        yield _change("breaking", platform, f"gone: {_placed(each)}")
    for pair in found.changed:
        more = "; calls compile as they are, what was compiled has to be compiled again" if pair.calls_compile else ""
        yield _change("breaking", platform, f"{_pair(pair)}{more}")
    for each in found.added:
        owner = each.owner
        if each.closed and any(other.kind == "type" and other.place == owner for other in was.declarations):
            yield _change("breaking", platform, f"new: {_placed(each)}; {EXHAUSTIVE[platform]} has to know it")
        else:
            yield _change("compatible", platform, f"new: {_placed(each)}")
    for pair in found.defaults:
        yield from _defaults(pair, platform)


def _pair(pair: Pair) -> str:
    """Both forms, or, where they are long, the parameters in which they differ."""
    both = f"{_placed(pair.new)}, was {pair.old.shown}"
    same = (pair.old.before, pair.old.after) == (pair.new.before, pair.new.after)
    was, now = ({each.name: each.type for each in side.parameters or ()} for side in (pair.old, pair.new))
    # Swift's parameters may have no names.
    if len(both) <= LONGEST or not same or "_" in {*was, *now}:
        return both
    told = [f"{name} is {now[name]}, was {was[name]}" for name in was if now.get(name, was[name]) != was[name]]
    told += [f"{name} is gone" for name in was if name not in now]
    told += [f"{name}: {now[name]} is new" for name in now if name not in was]
    what = f"{pair.new.owner}: {pair.new.before}(…)" if pair.new.owner else f"{pair.new.before}(…)"
    order = f"its parameters stand in the order {', '.join(now)}"
    return f"{what}: {'; '.join(told) or order}"


def _placed(each: Declaration) -> str:
    return f"{each.owner}: {each.shown}" if each.owner else each.shown


def _defaults(pair: Pair, platform: str) -> Iterator[Change]:
    for was, now in zip(pair.old.parameters or (), pair.new.parameters or (), strict=True):
        what = f"{pair.new.place}({now.name})"
        if was.default == now.default:
            continue
        if now.default is None:
            yield _change("breaking", platform, f"{what} has to be given; it was {was.default} by default")
        elif was.default is None:
            yield _change("compatible", platform, f"{what} need not be given; it is {now.default} by default")
        else:
            yield _change("changed", platform, f"{what} is {now.default} by default, was {was.default}")
