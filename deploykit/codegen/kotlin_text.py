"""Kotlin, Markdown and Android resources as text: literals, comments, reserved words."""

from __future__ import annotations

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HARD_KEYWORDS = _words(
    "as break class continue do else false for fun if in interface is null object package return super this throw "
    "true try typealias typeof val var when while"
)
"""Words that Kotlin takes as names only between backticks (kotlinlang.org/docs/keyword-reference.html)."""

JAVA_KEYWORDS = _words(
    "abstract assert boolean break byte case catch char class const continue default do double else enum extends "
    "false final finally float for goto if implements import instanceof int interface long native new null package "
    "private protected public return short static strictfp super switch synchronized this throw throws transient "
    "true try void volatile while"
)
"""Words that the Android plugin refuses in a namespace, since it makes Java classes in it."""


def literal(text: str) -> str:
    r"""A Kotlin string literal.

    `$` starts a template in Kotlin; characters that cannot be seen, or that turn the direction of the text around
    them, are written as `\u` escapes so that the source reads as what it is.

    >>> print(literal('5 $ "é"'))
    "5 \$ \"é\""
    """
    return f'"{"".join(_ESCAPES.get(character) or _visible(character) for character in text)}"'


_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}


def _visible(character: str) -> str:
    if not _is_hidden(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _is_hidden(character: str) -> bool:
    """Control, format (right-to-left marks), surrogate, private or unassigned characters, and spaces but the usual."""
    category = unicodedata.category(character)
    return category[0] == "C" or (category[0] == "Z" and character != " ")


def doc(text: str) -> str:
    """Text inside a comment, on one line: neither `*/` nor `/*` (Kotlin's comments nest) nor a line end survives.

    >>> doc("a */ b")
    'a *∕ b'
    """
    shown = "".join(" " if _is_hidden(character) else character for character in text)
    return " ".join(shown.replace("*/", "*∕").replace("/*", "∕*").split())


def markdown(text: str) -> str:
    """Text inside a Markdown paragraph, on one line, that shows as it is."""
    # An underscore inside a word is not markup.
    return re.sub(r"([\\`*\[\]<>|~&]|(?<!\w)_|_(?!\w))", r"\\\1", doc(text))


def android_string(text: str) -> str:
    """The content of a `<string>` resource, on one line: XML's escapes and those of Android's resource compiler."""
    shown = " ".join("".join(" " if _is_hidden(character) else character for character in text).split())
    quoted = re.sub(r"""(["'\\@?])""", r"\\\1", shown)
    return quoted.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def package(namespace: str) -> str:
    """A package name, with Kotlin's reserved words in backticks.

    >>> package("com.example.object")
    'com.example.`object`'
    """
    return ".".join(f"`{part}`" if part in HARD_KEYWORDS else part for part in namespace.split("."))
