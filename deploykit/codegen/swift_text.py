"""Swift and Markdown as text: literals, comments, reserved words."""

from __future__ import annotations

import re
import unicodedata

from deploykit.errors import CodegenError

# https://docs.swift.org/swift-book/documentation/the-swift-programming-language/lexicalstructure/#Keywords-and-Punctuation
_RESERVED = """
associatedtype class deinit enum extension fileprivate func import init inout internal let open operator private
precedencegroup protocol public rethrows static struct subscript typealias var break case catch continue default
defer do else fallthrough for guard if in repeat return switch throw where while Any as await false is nil
self Self super throws true try Type Protocol
"""
RESERVED = frozenset(_RESERVED.split())


def literal(text: str) -> str:
    r"""A Swift string literal. What cannot be seen (controls, marks of direction, joiners) is written as `\u{…}`.

    >>> print(literal('5" \\(x)'))
    "5\" \\(x)"

    Raises:
        CodegenError: if `text` holds half of a surrogate pair, which no file can hold.
    """
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    simple = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
    if char in simple:
        return simple[char]
    category = unicodedata.category(char)
    if category == "Cs":
        raise CodegenError(f"text holds U+{ord(char):04X}, half of a surrogate pair; write the character itself")
    return f"\\u{{{ord(char):X}}}" if category in ("Cc", "Cf", "Zl", "Zp") else char


def identifier(name: str) -> str:
    """`name`, in backticks if Swift reserves it."""
    return f"`{name}`" if name in RESERVED else name


def plain(text: str) -> str:
    """`text` on one line without what cannot be seen, for comments."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    return " ".join(visible.split())


def doc(*paragraphs: str) -> str:
    """A `///` comment, a blank line between paragraphs."""
    return "\n///\n".join(f"/// {plain(paragraph)}" for paragraph in paragraphs if plain(paragraph))


def markdown(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown or HTML would take for markup."""
    inline = re.sub(r"([\\`*_\[\]<>|&~$])", r"\\\1", plain(text))
    return re.sub(r"^(\d*)([#+\-.)])(?=\s|$|#)", r"\1\\\2", inline)
