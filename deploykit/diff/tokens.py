"""Kotlin and Swift as tokens: strings and comments end where they end, and every bracket knows its other half.

A lexer of its own, as what parses both languages does not read all that deploykit generates: tree-sitter-kotlin 1.1.0
gives up on the runtime's `ModelSession.kt`, and Pygments takes the `}` in `"${f("}")}"` for the end of the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

OPENING = {"(": ")", "[": "]", "{": "}"}

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<line>//[^\n]*)
    |(?P<block>/\*)
    |(?P<hash>\#+(?="))
    |(?P<directive>\#(?:if|elseif|else|endif)\b[^\n]*)
    |(?P<string>\"\"\"|\")
    |(?P<char>'(?:\\.[^']*|[^'\\])')
    |(?P<word>`[^`\n]+`|[@\#]?\w+)
    |(?P<sign>->|=>|\?:|\?\.|::|&&|\|\||\.\.\.|\.\.<|==|!=|<=|>=|.)""",
    re.VERBOSE | re.DOTALL,
)
_NESTED = re.compile(r"/\*|\*/")


class UnreadableError(ValueError):
    """A source that does not end as it should; says where."""


@dataclass(frozen=True)
class Token:
    """A word, a sign, or a whole string with its quotes.

    Attributes:
        text: as it stands there.
        first: whether it is the first of its line.
        spaced: whether white space stands before it.
        line: where it stands.
    """

    text: str
    first: bool = False
    spaced: bool = False
    line: int = 0


@dataclass(frozen=True)
class Source:
    """A file as tokens.

    Attributes:
        tokens: without comments and compiler directives: both branches of a `#if` are read.
        ends: of an opening bracket → where its closing one is.
    """

    tokens: tuple[Token, ...]
    ends: dict[int, int]

    def after(self, place: int) -> int:
        """The token behind the one at `place`, or behind the bracket that closes it."""
        return self.ends.get(place, place) + 1

    def text(self, start: int, end: int) -> str:
        """Tokens as text, with the same spaces whatever the spaces in the file."""
        return joined(self.tokens[start:end])

    def steps(self, start: int, end: int) -> Iterator[int]:
        """Places between two, without what stands in brackets."""
        place = start
        while place < end:
            yield place
            place = self.after(place)

    def find(self, start: int, end: int, *texts: str) -> int:
        """The first of some tokens between two places, outside of brackets.

        Raises:
            UnreadableError: if none stands there.
        """
        found = next((at for at in self.steps(start, end) if self.tokens[at].text in texts), None)
        if found is None:
            line = self.tokens[min(start, len(self.tokens) - 1)].line
            raise UnreadableError(f"line {line}: a {texts[0]} is missing behind this declaration's name")
        return found

    def pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """What stands between commas, outside of brackets; empty where there is nothing."""
        found, begin, place, angles = [], start, start, 0
        while place < end:
            text = self.tokens[place].text
            # A type's angle follows its name without a space, as `a < b` does not.
            if text == "<" and not self.tokens[place].spaced:
                angles += 1
            elif text == ">" and angles:
                angles -= 1
            elif text == "," and not angles:
                found.append((begin, place))
                begin = place + 1
            place = self.after(place)
        return [piece for piece in [*found, (begin, end)] if piece[0] < piece[1]]


@contextmanager
def within_file() -> Iterator[None]:
    """A declaration that goes on behind the file's last token is no programming error, but a file that was cut off."""
    try:
        yield
    except IndexError:
        raise UnreadableError("it ends in the middle of a declaration") from None


def read(text: str, dollars: bool = False) -> Source:
    """The tokens of a Kotlin or Swift file.

    Args:
        text: of the file.
        dollars: whether `${` in a string begins code, as in Kotlin.

    Raises:
        UnreadableError: if a string, a comment or a bracket is not closed.
    """
    tokens, place, line, first, spaced = list[Token](), 0, 1, True, False
    while place < len(text):
        match = _TOKEN.match(text, place)
        assert match is not None  # the last alternative takes any sign
        kind, end = match.lastgroup, match.end()
        if kind == "block":
            end = _comment_end(text, place)
        if kind in ("space", "line", "block", "directive"):
            first, spaced = first or "\n" in text[place:end], True
        else:
            if kind in ("string", "hash"):
                end = _string_end(text, place, dollars)
            tokens.append(Token(text[place:end], first, spaced, line))
            first = spaced = False
        line += text.count("\n", place, end)
        place = end
    return Source(tuple(tokens), _ends(tokens))


def joined(tokens: Sequence[Token]) -> str:
    """Tokens as a line of code."""
    parts, before = [], ""
    for token in tokens:
        parts.append(" " + token.text if before and _apart(before, token) else token.text)
        before = token.text
    return "".join(parts)


def _apart(before: str, token: Token) -> bool:
    """Whether a space stands between two tokens: of words always, of signs where someone put one on the same line."""
    if before in "([.@!" or token.text in ")],.:?":
        return False
    wordy = before[-1].isalnum() and (token.text[0].isalnum() or token.text[0] in "_`@")
    return wordy or before in (",", ":", "->", "=") or token.text in ("->", "=") or (token.spaced and not token.first)


def _comment_end(text: str, start: int) -> int:
    """Comments nest in both languages."""
    depth = 0
    for match in _NESTED.finditer(text, start):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    raise UnreadableError(f"line {_line(text, start)}: this comment has no end")


def _string_end(text: str, start: int, dollars: bool) -> int:
    """Behind a string's last quote. Templates (`${…}`) may have strings of their own."""
    hashes = len(text[start:]) - len(text[start:].lstrip("#"))
    place = start + hashes
    quote = '"""' if text.startswith('"""', place) else '"'
    place += len(quote)
    close, escape = quote + "#" * hashes, "\\" + "#" * hashes
    while place < len(text):
        if text.startswith(close, place):
            # """ a """" ends with the last three quotes.
            while len(quote) == 3 and text.startswith('"', place + len(quote)):
                place += 1
            return place + len(close)
        if dollars and text.startswith("${", place):
            place = _template_end(text, place + 1, dollars)
        elif text.startswith(escape + "(", place):
            place = _template_end(text, place + len(escape), dollars)
        elif text.startswith(escape, place) and len(quote) == 1:
            place += len(escape) + 1
        elif text[place] == "\n" and len(quote) == 1:
            break
        else:
            place += 1
    raise UnreadableError(f"line {_line(text, start)}: this string has no end")


def _template_end(text: str, start: int, dollars: bool) -> int:
    """Behind the bracket that closes the one at `start`."""
    open_, close, depth, place = text[start], OPENING[text[start]], 0, start
    while place < len(text):
        if text[place] == '"':
            place = _string_end(text, place, dollars)
            continue
        if text[place] == "'" and text[place + 2 : place + 3] == "'":
            place += 3
            continue
        depth += {open_: 1, close: -1}.get(text[place], 0)
        place += 1
        if depth == 0:
            return place
    raise UnreadableError(f"line {_line(text, start)}: this template in a string has no end")


def _ends(tokens: Sequence[Token]) -> dict[int, int]:
    ends, waiting = dict[int, int](), list[int]()
    for place, token in enumerate(tokens):
        if token.text in OPENING:
            waiting.append(place)
        elif token.text in OPENING.values():
            if not waiting or OPENING[tokens[waiting[-1]].text] != token.text:
                raise UnreadableError(f"line {token.line}: this {token.text} closes nothing")
            ends[waiting.pop()] = place
    if waiting:
        raise UnreadableError(f"line {tokens[waiting[-1]].line}: this {tokens[waiting[-1]].text} is never closed")
    return ends


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
