"""The public declarations of an SDK's Kotlin.

The library is compiled with `-Xexplicit-api=strict`, so what an app can name says `public`; the exceptions, which the
compiler knows too, are overrides, the cases of an enum, and what a data class has in its constructor. Tests hold this
against what Kotlin's own tool reads of the compiled classes (tests/golden/kotlin-api).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from deploykit.diff.declarations import Declaration, Parameter
from deploykit.diff.tokens import Source, read, within_file

VISIBILITIES = frozenset({"public", "private", "internal", "protected"})
FORMS = frozenset({"data", "enum", "annotation", "inner", "companion", "value", "fun", "sealed", "abstract", "open"})
CALLING = frozenset({"suspend", "inline", "operator", "infix", "tailrec", "external", "vararg", "noinline"})
MODIFIERS = VISIBILITIES | FORMS | CALLING | {"final", "override", "const", "lateinit", "crossinline"}
KEYWORDS = frozenset({"class", "interface", "object", "fun", "val", "var", "constructor", "typealias"})
TOLD = ("abstract", "open", "sealed", "data", "enum", "annotation", "value", "inner", "companion", "fun")
"""Modifiers of a type that an app depends on."""
TOLD_OF_MEMBERS = ("const", "suspend", "operator", "infix", "inline")
CLOSED = frozenset({"enum", "sealed", "annotation"})
"""Types that an app cannot make."""
HIDDEN = VISIBILITIES - {"public"}


@dataclass(frozen=True)
class Head:
    """What stands before a declaration's name."""

    modifiers: frozenset[str]
    keyword: str
    place: int
    """Of the token behind the keyword."""

    @property
    def is_public(self) -> bool:
        """Whether an app can name it, if it can name what it stands in."""
        return bool({"public", "override"} & self.modifiers) and not HIDDEN & self.modifiers

    def told(self, names: Iterable[str]) -> str:
        """Some of the modifiers, in their usual order."""
        return "".join(f"{name} " for name in names if name in self.modifiers)


def declarations(texts: Iterable[str]) -> list[Declaration]:
    """Of a library's files.

    Raises:
        UnreadableError: if one is damaged.
    """
    found = list[Declaration]()
    for text in texts:
        source = read(text, dollars=True)
        with within_file():
            found += _Reader(source).members(0, len(source.tokens), "")
    sealed = {each.place for each in found if each.kind == "type" and each.before.startswith("sealed ")}
    return [replace(each, closed=each.closed or (each.kind == "type" and each.owner in sealed)) for each in found]


@dataclass(frozen=True)
class _Reader:
    source: Source

    def is_at(self, place: int, *texts: str) -> bool:
        return place < len(self.source.tokens) and self.source.tokens[place].text in texts

    def members(self, start: int, end: int, owner: str) -> Iterator[Declaration]:
        """Public declarations between two places, with what they hold."""
        place = start
        while place < end:
            head = self.head(place, end) if place == start or self.source.tokens[place].first else None
            if head is None or not head.is_public:
                place = self.source.after(head.place - 1 if head else place)
            elif head.keyword in ("class", "interface", "object"):
                made, place = self.type(head, end, owner)
                yield from made
            elif head.keyword in ("val", "var"):
                yield from self.property(head, end, owner)
                place = head.place
            else:
                yield self.function(head, end, owner)
                place = head.place

    def head(self, place: int, end: int) -> Head | None:
        """Modifiers and a keyword at `place`; None where something else stands there."""
        modifiers = set[str]()
        while place < end:
            text = self.source.tokens[place].text
            if text in KEYWORDS and not (text == "fun" and self.is_at(place + 1, "interface")):
                return Head(frozenset(modifiers), text, place + 1)
            if text in MODIFIERS:
                modifiers.add(text)
            elif not text.startswith("@"):
                return None
            place += 1
            if text.startswith("@") and self.is_at(place, "(") and not self.source.tokens[place].spaced:
                place = self.source.after(place)
        return None

    def type(self, head: Head, end: int, owner: str) -> tuple[list[Declaration], int]:
        """A class, interface or object with what it holds, and the place behind it."""
        place = head.place
        if head.keyword == "object" and self.is_at(place, "{", ":"):
            name = "Companion"
        else:
            name, place = self.source.tokens[place].text, place + 1
        generics, place = self.generics(place)
        inside = ".".join(filter(None, (owner, name)))
        made = [Declaration("type", owner, name, f"{head.told(TOLD)}{head.keyword} {name}{generics}")]
        given, place = self.constructor(place)
        header_end = self.header_end(place, end)
        body = (header_end + 1, self.source.ends[header_end]) if self.is_at(header_end, "{") else None
        if given is not None:
            made += self.constructor_declarations(given, head, inside)
        elif head.keyword == "class" and not CLOSED & head.modifiers and not self.has_constructors(body):
            made.append(Declaration("constructor", inside, "constructor", "constructor", ()))
        if self.is_at(place, ":"):
            names = self.supertypes(place + 1, header_end)
            made += [Declaration("supertype", inside, each, f": {each}") for each in names]
        if body is None:
            return made, header_end
        start, stop = body
        if "enum" in head.modifiers:
            made += self.cases(start, stop, inside)
            start = next((at for at in self.source.steps(start, stop) if self.is_at(at, ";")), stop - 1) + 1
        return [*made, *self.members(start, stop, inside)], stop + 1

    def header_end(self, place: int, end: int) -> int:
        """Where a type's `{` stands, or, where it has none, what comes behind it."""
        at = place
        while at < end and not self.is_at(at, "{"):
            if self.source.tokens[at].first and not self.is_at(at, ":") and not self.is_at(at - 1, ":", ","):
                break
            at = self.source.after(at)
        return at

    def generics(self, place: int) -> tuple[str, int]:
        """`<K>` and the place behind it."""
        if not self.is_at(place, "<"):
            return "", place
        end, depth = place, 0
        while True:
            depth += {"<": 1, ">": -1}.get(self.source.tokens[end].text, 0)
            end = self.source.after(end)
            if depth == 0:
                return self.source.text(place, end), end

    def constructor(self, place: int) -> tuple[tuple[int, int, bool] | None, int]:
        """Where the primary constructor's parameters stand, and whether apps can call it; and what is behind it."""
        at, public = place, True
        while self.is_at(at, "private", "internal", "protected", "public", "constructor"):
            public &= not self.is_at(at, *HIDDEN)
            at += 1
        if self.is_at(at, "(") and (at > place or not self.source.tokens[at].first):
            return (at + 1, self.source.ends[at], public), self.source.after(at)
        return None, place

    def constructor_declarations(
        self, constructor: tuple[int, int, bool], head: Head, owner: str
    ) -> Iterator[Declaration]:
        start, end, public = constructor
        if public and not CLOSED & head.modifiers:
            yield Declaration("constructor", owner, "constructor", "constructor", self.parameters(start, end))
        for begin, stop in self.source.pieces(start, end):
            given = self.head(begin, stop)
            if given is None or given.keyword not in ("val", "var") or HIDDEN & given.modifiers:
                continue
            if "data" in head.modifiers or given.is_public:
                yield from self.property(given, stop, owner)

    def has_constructors(self, body: tuple[int, int] | None) -> bool:
        return body is not None and any(self.is_at(at, "constructor") for at in self.source.steps(*body))

    def supertypes(self, start: int, end: int) -> Iterator[str]:
        """Names of what a type is, too."""
        for begin, stop in self.source.pieces(start, end):
            last = next((at for at in range(begin, stop) if self.is_at(at, "(", "by")), stop)
            yield self.source.text(begin, last)

    def cases(self, start: int, end: int, owner: str) -> Iterator[Declaration]:
        """Of an enum, up to the `;`."""
        stop = next((at for at in self.source.steps(start, end) if self.is_at(at, ";")), end)
        for begin, _ in self.source.pieces(start, stop):
            at = begin
            while self.source.tokens[at].text.startswith("@"):
                at = self.source.after(at + 1) if self.is_at(at + 1, "(") else at + 1
            name = self.source.tokens[at].text
            yield Declaration("case", owner, name, name, closed=True)

    def parameters(self, start: int, end: int) -> tuple[Parameter, ...]:
        found = []
        for begin, stop in self.source.pieces(start, end):
            colon = self.source.find(begin, stop, ":")
            equals = next((at for at in self.source.steps(colon, stop) if self.is_at(at, "=")), stop)
            many = any(self.is_at(at, "vararg") for at in range(begin, colon))
            default = self.source.text(equals + 1, stop) if equals < stop else None
            kind = ("vararg " if many else "") + self.source.text(colon + 1, equals)
            found.append(Parameter(self.source.tokens[colon - 1].text, kind, default))
        return tuple(found)

    def written_type(self, place: int, end: int) -> str:
        """`: Type` at `place`; empty where none is written."""
        if not self.is_at(place, ":"):
            return ""
        at = place + 1
        while at < end and not self.is_at(at, "=", "{", ",", "by", "get", "where"):
            if self.source.tokens[at].first and not self.is_at(at - 1, ":", "->"):
                break
            at = self.source.after(at)
            if self.is_at(at - 1, "<") and not self.source.tokens[at - 1].spaced:
                at = self.generics(at - 1)[1]
        return f": {self.source.text(place + 1, min(at, end))}"

    def property(self, head: Head, end: int, owner: str) -> Iterator[Declaration]:
        generics, place = self.generics(head.place)
        colon = place
        while (
            colon < end
            and not self.is_at(colon, ":", "=", "by", "{")
            and (colon == place or not self.source.tokens[colon].first)
        ):
            colon = self.source.after(colon)
        name = self.source.text(place, colon)
        shown = f"{head.told(TOLD_OF_MEMBERS)}{generics}{' ' if generics else ''}val {name}"
        yield Declaration("property", owner, name, shown, after=self.written_type(colon, end))
        if head.keyword == "var" and not self.hides_its_setter(colon, end):
            yield Declaration("setter", owner, name, f"var {name}")

    def hides_its_setter(self, place: int, end: int) -> bool:
        """Whether `private set` stands behind a property, before the next declaration."""
        for at in self.source.steps(place, end):
            if self.source.tokens[at].first and self.head(at, end):
                return False
            if self.is_at(at, *HIDDEN) and self.is_at(at + 1, "set"):
                return True
        return False

    def function(self, head: Head, end: int, owner: str) -> Declaration:
        """Of `fun`, or a further constructor."""
        if head.keyword == "typealias":
            name = self.source.tokens[head.place].text
            stop = next((at for at in range(head.place + 1, end) if self.source.tokens[at].first), end)
            return Declaration("type", owner, name, f"typealias {self.source.text(head.place, stop)}")
        generics, place = self.generics(head.place)
        opening = self.source.find(place, end, "(")
        made = head.keyword == "constructor"
        name = "constructor" if made else self.source.text(place, opening)
        given = self.parameters(opening + 1, self.source.ends[opening])
        after = "" if made else self.written_type(self.source.after(opening), end)
        words = name if made else f"{head.told(TOLD_OF_MEMBERS)}fun {generics}{' ' if generics else ''}{name}"
        return Declaration("constructor" if made else "function", owner, name, words, given, after)
