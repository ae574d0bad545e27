"""What an app can name, read from Kotlin and Swift; Kotlin's also held against compiled classes."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from deploykit.diff import declarations, kotlin, swift, tokens
from tests.conftest import ROOT
from tests.generated.kotlin import api_dumps
from tests.golden_files import check_golden

GOLDEN = ROOT / "tests/golden/diff"
DUMPS = ROOT / "tests/golden/kotlin-api"


def told(found: list[declarations.Declaration]) -> list[str]:
    return [f"{each.kind}  {each.owner}  {each.shown}" for each in found]


@pytest.mark.parametrize("read", [kotlin, swift], ids=["kt", "swift"])
def test_declarations_are_read(read: ModuleType, request: pytest.FixtureRequest) -> None:
    file = GOLDEN / f"declarations.{request.node.callspec.id}"
    lines = told(read.declarations([file.read_text("utf-8")]))
    check_golden(file.with_name(f"{file.name}.txt"), "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("source", ["fun a() {", 'val a = "x', "/* a", "fun a() )", 'val a = "${b"'])
def test_what_is_cut_off_is_refused(source: str) -> None:
    with pytest.raises(tokens.UnreadableError):
        kotlin.declarations([source])


@pytest.mark.parametrize("read", [kotlin, swift], ids=["kt", "swift"])
def test_sources_that_lack_a_word_are_read_or_refused(read: ModuleType, request: pytest.FixtureRequest) -> None:
    text = (GOLDEN / f"declarations.{request.node.callspec.id}").read_text("utf-8")
    refused = 0
    for word in re.finditer(r"\w+|[^\w\s]", text):
        try:
            read.declarations([text[: word.start()] + text[word.end() :]])
        except tokens.UnreadableError:
            refused += 1
        try:
            read.declarations([text[: word.end()]])
        except tokens.UnreadableError:
            refused += 1
    assert refused > 100


def test_the_runtime_is_read_as_kotlin_compiled_it() -> None:
    """Of all tasks, without the class that is generated for each model."""
    dumps = "\n".join(file.read_text("utf-8") for file in DUMPS.glob("*.api"))
    compiled = {name for name in api_dumps.members(dumps) if not name.startswith("TestModel")}
    sources = (ROOT / "templates/kotlin/runtime").glob("*.kt")
    assert api_dumps.expected(kotlin.declarations(path.read_text("utf-8") for path in sources)) == compiled


def test_a_generated_class_is_read_as_kotlin_compiled_it() -> None:
    golden = ROOT / "tests/golden/kotlin/digits/src/main/kotlin"
    compiled = api_dumps.members((DUMPS / "classify.api").read_text("utf-8"))
    found = api_dumps.expected(kotlin.declarations(path.read_text("utf-8") for path in golden.rglob("*.kt")))
    assert {name.replace("DigitClassifier", "TestModel") for name in found} == compiled


OLD = """
public fun a(x: Int): Int = x
public fun b(x: Int = 1): Int = x
public class C(public val y: Int)
"""


def test_changes_of_one_declaration_are_told_apart() -> None:
    old = kotlin.declarations([OLD])
    new = kotlin.declarations(["public fun a(x: Int, z: Int = 2): Int = x\npublic fun b(x: Int = 2): Int = x"])
    found = declarations.compare(old, new)
    assert told(list(found.removed)) == ["type    class C"], "what was in it is not told beside it"
    assert found.added == ()
    ((changed,), (default,)) = found.changed, found.defaults
    assert changed.calls_compile
    assert (default.old.name, default.new.parameters[0].default) == ("b", "2")  # type: ignore[index]
    back = declarations.compare(new, old).changed[0]
    assert not back.calls_compile
