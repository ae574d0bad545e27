"""Entries of a cache."""

from __future__ import annotations

from pathlib import Path

from deploykit.cache.store import Reads, Record, Store


def record(key: str) -> Record:
    """A small one; what is in the cache gets digests and size of its own."""
    return Record(key, f"lower {key}", "net", "", {}, "", Reads({"a.py": "1"}), 0, 1.5)


def put(store: Store, key: str, content: bytes, tmp_path: Path) -> Record:
    """Keeps a job that gave one file."""
    (tmp_path / "file").write_bytes(content)
    store.put(record(key), b"answer", b"log", {"0/file": tmp_path / "file"})
    found = store.get(key)
    assert found is not None
    return found
