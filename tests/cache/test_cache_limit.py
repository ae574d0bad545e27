from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from deploykit.cache.limit import default_limit, prune
from deploykit.cache.store import Store
from deploykit.errors import ArgumentsError
from tests.cache.entries import put


def test_pruning_removes_what_was_not_used_for_longest(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    for age, key in enumerate("abc"):
        put(store, key, key.encode() * 1000, tmp_path)
        then = time.time() - 100 * age
        os.utime(store.folder / "records" / f"{key}.json", (then, then))
    (store.folder / "objects" / "ff").mkdir(exist_ok=True)
    (store.folder / "objects" / "ff" / "orphan").write_bytes(b"of a build that was killed")
    halves = [store.folder / name for name in ("new/half", "records/half.part", "builds/half.part")]
    for half in halves:
        half.parent.mkdir(exist_ok=True)
        half.write_bytes(b"of a build that was killed")
    prune(store, 2500)
    assert [entry.path.stem for entry in store.entries()] == ["a", "b"]
    assert store.size() == 2000 + len(b"answer") + len(b"log")
    assert not [half for half in halves if half.exists()]
    assert store.verify() == []
    store.clear()
    assert store.entries() == []


def test_use_makes_young(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    for key in "ab":
        put(store, key, key.encode() * 1000, tmp_path)
        os.utime(store.folder / "records" / f"{key}.json", (1, 1))
    store.get("b")
    prune(store, 1500)
    assert [entry.path.stem for entry in store.entries()] == ["b"]


def test_the_limit_is_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPLOYKIT_CACHE_GB", raising=False)
    assert default_limit() == 10_000_000_000
    monkeypatch.setenv("DEPLOYKIT_CACHE_GB", "0.5")
    assert default_limit() == 500_000_000
    monkeypatch.setenv("DEPLOYKIT_CACHE_GB", "much")
    with pytest.raises(ArgumentsError, match="DEPLOYKIT_CACHE_GB=much: not a number"):
        default_limit()
