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
        yield _change("breaking", platform, f"{_placed(pair.new)}, was {pair.old.shown}{more}")
    for each in found.added:
        owner = each.owner
        if each.closed and any(other.kind == "type" and other.place == owner for other in was.declarations):
            yield _change("breaking", platform, f"new: {_placed(each)}; {EXHAUSTIVE[platform]} has to know it")
        else:
            yield _change("compatible", platform, f"new: {_placed(each)}")
    for pair in found.defaults:
        yield from _defaults(pair, platform)


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
