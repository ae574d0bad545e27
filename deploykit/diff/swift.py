"""The public declarations of a Swift package.

They say `public`, are the cases of a public enum, or stand in a public protocol or extension. A property whose type
Swift infers is told with it where a plain initialiser is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deploykit.diff.declarations import Declaration, Kind, Parameter
from deploykit.diff.tokens import Source, read, within_file

HIDDEN = frozenset({"internal", "private", "fileprivate", "package"})
STORAGE = frozenset(
    {"lazy", "weak", "unowned", "static", "class", "nonisolated", "isolated", "distributed", "indirect"}
)
CALLING = frozenset({"final", "override", "mutating", "nonmutating", "required", "convenience", "dynamic"})
MODIFIERS = HIDDEN | STORAGE | CALLING | {"public", "open", "prefix", "postfix", "infix"}
TYPES = frozenset({"struct", "class", "enum", "actor", "protocol", "extension"})
MEMBERS = frozenset({"func", "init", "subscript", "var", "let", "typealias", "associatedtype", "case"})
TOLD = ("static", "final", "mutating", "nonisolated", "override")
"""Modifiers that an app depends on."""


@dataclass(frozen=True)
class Head:
    """What stands before a declaration's name."""

    modifiers: frozenset[str]
    keyword: str
    place: int
    """Of the token behind the keyword."""
    hides_its_setter: bool = False

    @property
    def is_public(self) -> bool:
        """Whether it says so."""
        return bool({"public", "open"} & self.modifiers)

    @property
    def told(self) -> str:
        """The modifiers that matter, in their usual order."""
        return "".join(f"{name} " for name in TOLD if name in self.modifiers)


def declarations(texts: Iterable[str]) -> list[Declaration]:
    """Of a module's files.

    Raises:
        UnreadableError: if one is damaged.
    """
    found, named = list[Declaration](), set[str]()
    for text in texts:
        source = read(text)
        with within_file():
            found += _Reader(source).members(0, len(source.tokens), "", False)
        tokens = source.tokens
        named |= {tokens[at + 1].text for at in range(len(tokens) - 1) if tokens[at].text in TYPES - {"extension"}}
    # Extensions of the module's own types are seen by apps only if the type is.
    unseen = named - {each.name for each in found if each.kind == "type"}
    seen = (each for each in found if not unseen & set(each.owner.split(".")))
    return list({each.linked: each for each in seen}.values())


@dataclass(frozen=True)
class _Reader:
    source: Source

    def is_at(self, place: int, *texts: str) -> bool:
        return place < len(self.source.tokens) and self.source.tokens[place].text in texts

    def members(self, start: int, end: int, owner: str, implied: bool) -> Iterator[Declaration]:
        """Public declarations between two places, with what they hold.

        Args:
            start: of what is read.
            end: behind it.
            owner: the types around it.
            implied: whether all is public that does not say otherwise.
        """
        place = start
        while place < end:
            head = self.head(place, end) if place == start or self.source.tokens[place].first else None
            if head is None:
                place = self.source.after(place)
                continue
            public = head.is_public or (implied and not HIDDEN & head.modifiers)
            # What extends a public type may be public without the extension's saying so.
            if head.keyword in TYPES and (public or head.keyword == "extension"):
                made, place = self.type(head, end, owner, public)
                yield from made
            else:
                if public and head.keyword not in TYPES:
                    yield from self.member(head, end, owner)
                place = head.place
                if head.keyword in TYPES:
                    place = self.source.after(self.brace(place, end))

    def head(self, place: int, end: int) -> Head | None:
        """Modifiers and a keyword at `place`; None where something else stands there."""
        modifiers, quiet = set[str](), False
        while place < end:
            text = self.source.tokens[place].text
            following = self.source.tokens[place + 1].text if place + 1 < end else ""
            if text in TYPES and not (text == "class" and following in MODIFIERS | MEMBERS):
                return Head(frozenset(modifiers), text, place + 1)
            if text in MEMBERS:
                return Head(frozenset(modifiers), text, place + 1, quiet)
            if text in MODIFIERS:
                if following == "(":
                    quiet |= text in HIDDEN and self.is_at(place + 2, "set")
                    modifiers |= set() if text in HIDDEN else {text}
                    place += 1
                else:
                    modifiers.add(text)
            elif text.startswith("@"):
                if following == "(" and not self.source.tokens[place + 1].spaced:
                    place += 1
            else:
                return None
            place = self.source.after(place)
        return None

    def brace(self, place: int, end: int) -> int:
        """Where a type's body begins."""
        return self.source.find(place, end, "{")

    def type(self, head: Head, end: int, owner: str, public: bool) -> tuple[list[Declaration], int]:
        """A type, or an extension of one, with what it holds, and the place behind it."""
        opening = self.brace(head.place, end)
        stop = self.source.ends[opening]
        generics, after = self.generics(head.place + 1)
        colon = next((at for at in self.source.steps(after, opening) if self.is_at(at, ":", "where")), opening)
        extends = head.keyword == "extension"
        name = self.source.text(head.place, after if not extends else colon).removesuffix(generics)
        inside = ".".join(filter(None, (owner, name)))
        made = [] if extends else [Declaration("type", owner, name, f"{head.told}{head.keyword} {name}{generics}")]
        if self.is_at(colon, ":") and (public or not extends):
            last = next((at for at in self.source.steps(colon, opening) if self.is_at(at, "where")), opening)
            names = [self.source.text(*piece) for piece in self.source.pieces(colon + 1, last)]
            made += [Declaration("supertype", inside, each, f": {each}") for each in names]
        if head.keyword == "enum":
            made += self.cases(opening + 1, stop, inside)
        implied = head.keyword == "protocol" or (extends and public)
        made += self.members(opening + 1, stop, inside, implied)
        return made, stop + 1

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

    def cases(self, start: int, end: int, owner: str) -> Iterator[Declaration]:
        """Of an enum."""
        for at in self.source.steps(start, end):
            if self.is_at(at, "case") and (self.source.tokens[at].first or self.is_at(at - 1, "indirect", "{")):
                for begin, stop in self.source.pieces(at + 1, self.line_end(at + 1, end)):
                    equals = next((at for at in self.source.steps(begin, stop) if self.is_at(at, "=")), stop)
                    name, shown = self.source.tokens[begin].text, self.source.text(begin, equals)
                    yield Declaration("case", owner, name, f"case {shown}", closed=True)

    def line_end(self, place: int, end: int) -> int:
        """Where the declaration that has no body ends."""
        for at in self.source.steps(place, end):
            if at > place and self.source.tokens[at].first and not self.is_at(at - 1, ",", "->", ":", "=", "&"):
                return at
        return end

    def member(self, head: Head, end: int, owner: str) -> Iterator[Declaration]:
        """A function, initialiser, property or alias. Cases are told with their enum."""
        if head.keyword in ("var", "let"):
            yield from self.property(head, end, owner)
        elif head.keyword in ("func", "init", "subscript"):
            yield self.function(head, end, owner)
        elif head.keyword in ("typealias", "associatedtype"):
            shown = self.source.text(head.place, self.line_end(head.place, end))
            yield Declaration("type", owner, self.source.tokens[head.place].text, f"{head.keyword} {shown}")

    def function(self, head: Head, end: int, owner: str) -> Declaration:
        opening = self.source.find(head.place, end, "(")
        behind = self.source.after(opening)
        stop = next((at for at in self.source.steps(behind, self.line_end(behind, end)) if self.is_at(at, "{")), None)
        result = self.source.text(behind, stop if stop is not None else self.line_end(behind, end))
        named = self.source.text(head.place, opening)
        shown = f"{head.told}{head.keyword}{' ' + named if head.keyword == 'func' else named}"
        given = self.parameters(opening + 1, self.source.ends[opening])
        name = self.source.tokens[head.place].text if head.keyword == "func" else head.keyword
        after = f" {result}" if result else ""
        kind: Kind = "constructor" if head.keyword == "init" else "function"
        return Declaration(kind, owner, name, shown, given, after)

    def parameters(self, start: int, end: int) -> tuple[Parameter, ...]:
        found = []
        for begin, stop in self.source.pieces(start, end):
            colon = self.source.find(begin, stop, ":")
            equals = next((at for at in self.source.steps(colon, stop) if self.is_at(at, "=")), stop)
            while self.source.tokens[begin].text.startswith("@"):
                begin += 1
            default = self.source.text(equals + 1, stop) if equals < stop else None
            found.append(Parameter(self.source.tokens[begin].text, self.source.text(colon + 1, equals), default))
        return tuple(found)

    def property(self, head: Head, end: int, owner: str) -> Iterator[Declaration]:
        name, place = self.source.tokens[head.place].text, head.place + 1
        stop = self.line_end(place, end)
        until = next((at for at in self.source.steps(place, stop) if self.is_at(at, "=", "{")), stop)
        written = self.source.text(place + 1, until) if self.is_at(place, ":") else self.inferred(until)
        after = f": {written}" if written else ""
        yield Declaration("property", owner, name, f"{head.told}let {name}", after=after)
        if head.keyword == "var" and not head.hides_its_setter and self.is_settable(until, owner):
            yield Declaration("setter", owner, name, f"{head.told}var {name}")

    def inferred(self, place: int) -> str:
        """The type of `= Type(…)`; empty where it is not that plain."""
        plain = (
            self.is_at(place, "=") and self.is_at(place + 2, "(") and self.source.tokens[place + 1].text[0].isupper()
        )
        return self.source.tokens[place + 1].text if plain else ""

    def is_settable(self, place: int, owner: str) -> bool:
        """Whether a `var` whose type ends at `place` is stored, or computed with a setter."""
        if not self.is_at(place, "{"):
            return True
        words = {self.source.tokens[at].text for at in self.source.steps(place + 1, self.source.ends[place])}
        return bool(words & {"set", "willSet", "didSet"})
