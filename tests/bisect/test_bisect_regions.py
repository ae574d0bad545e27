from __future__ import annotations

from deploykit.bisect.regions import behind, heads

#   x ─ a ─ b ─ d ─ out
#    └─ c ──────┘
GRAPH = {"a": ("x",), "b": ("a",), "c": ("x",), "d": ("b", "c"), "out": ("d",)}


def makers(name: str) -> tuple[str, ...]:
    return GRAPH.get(name, ())


def test_the_way_back_ends_at_what_is_right() -> None:
    right = {"x", "a", "c"}
    region = behind(["out"], makers, right.__contains__)
    assert region == {"out", "d", "b"}
    assert heads(region, list(GRAPH), makers) == ["b"]


def test_what_is_absent_beside_the_way_is_no_suspect() -> None:
    region = behind(["out"], makers, {"x", "d"}.__contains__)
    assert region == {"out"}


def test_two_branches_have_two_heads() -> None:
    region = behind(["out"], makers, {"x"}.__contains__)
    assert heads(region, list(GRAPH), makers) == ["a", "c"]


def test_the_graph_may_go_round() -> None:
    assert behind(["p"], {"p": ("q",), "q": ("p",)}.__getitem__, lambda name: False) == {"p", "q"}
