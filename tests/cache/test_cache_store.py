from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploykit.cache.limit import prune
from deploykit.cache.store import DamagedError, Reads, Store
from tests.cache.entries import put

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def test_what_is_put_comes_back(store: Store, tmp_path: Path) -> None:
    found = put(store, "a", b"content", tmp_path)
    assert (found.name, found.model, found.reads, found.bytes) == ("lower a", "net", Reads({"a.py": "1"}), 16)
    store.copy(found.files["0/file"], tmp_path / "deep" / "copy")
    assert (tmp_path / "deep" / "copy").read_bytes() == b"content"
    assert store.open(found.answer) == b"answer"
    assert store.get("b") is None


def test_equal_files_are_kept_once(store: Store, tmp_path: Path) -> None:
    first, second = (put(store, key, b"x" * 1000, tmp_path) for key in "ab")
    assert first.files == second.files
    assert store.size() == 1000 + len(b"answer") + len(b"log")


def test_a_damaged_object_is_a_miss_and_goes(store: Store, tmp_path: Path) -> None:
    found = put(store, "a", b"content", tmp_path)
    digest = found.files["0/file"]
    path = store.folder / "objects" / digest[:2] / digest[2:]
    path.write_bytes(b"confent")
    with pytest.raises(DamagedError, match="is damaged"):
        store.copy(digest, tmp_path / "copy")
    assert not path.exists()
    with pytest.raises(DamagedError, match="is gone"):
        store.open(digest)


def test_a_damaged_record_is_a_miss_and_goes(store: Store, tmp_path: Path) -> None:
    put(store, "a", b"content", tmp_path)
    (path,) = (store.folder / "records").iterdir()
    path.write_text(path.read_text().replace("lower a", "lower b"))
    assert store.get("a") is None
    assert not path.exists()


def test_verify_names_and_removes_what_is_damaged(store: Store, tmp_path: Path) -> None:
    whole, broken = put(store, "a", b"content", tmp_path), put(store, "b", b"other", tmp_path)
    digest = broken.files["0/file"]
    (store.folder / "objects" / digest[:2] / digest[2:]).write_bytes(b"otter")
    (store.folder / "records" / "c.json").write_text("{}")
    wrong = {entry.path.stem: problem for entry, problem in store.verify()}
    assert wrong == {"b": "1 of its 3 files are damaged or gone", "c": "its record is damaged"}
    assert [entry.record for entry in store.entries()] == [whole]
    assert store.verify() == []


PUTS = """
import itertools, sys
from pathlib import Path
from deploykit.cache.limit import prune
from deploykit.cache.store import Reads, Record, Store
store, file = Store(Path(sys.argv[1])), Path(sys.argv[1] + sys.argv[2])
for number in itertools.count():
    file.write_bytes(f"{sys.argv[2]} {number} ".encode() * 100_000)
    record = Record(f"{sys.argv[2]}{number}", "n", "m", "", {}, "", Reads(), 0, 0.0)
    store.put(record, b"answer", b"", {"0": file})
    if number % 7 == 6:
        prune(store, 20_000_000)
    print(number, flush=True)
"""


def test_kills_leave_only_whole_entries(store: Store) -> None:
    """Two processes write and prune in one cache, and are killed in the middle of it."""
    for delay in (0.05, 0.11, 0.17):
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", PUTS, str(store.folder), name], stdout=subprocess.PIPE, cwd=ROOT, text=True
            )
            for name in "pq"
        ]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(delay)
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        assert store.entries()
        assert store.verify() == []
        prune(store, 20_000_000)
        assert not [*(store.folder / "new").iterdir(), *store.folder.rglob("*.part")]
