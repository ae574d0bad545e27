from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from deploykit.cache.store import Reads, Record, Store
from tests.conftest import Run


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("DEPLOYKIT_CACHE", str(tmp_path / "cache"))
    made = Store(tmp_path / "cache")
    for number, name in enumerate(("capture", "lower onnx-fp32 by dynamo", "lower litert-fp32 by onnx2tf")):
        (tmp_path / "file").write_bytes(bytes([number]) * 500_000)
        made.put(Record(str(number), name, "net[0]", "", {}, "", Reads(), 0, 2.0), b"", b"", {"0": tmp_path / "file"})
    return made


def test_list_verify_clear(store: Store, cli: Callable[..., Run]) -> None:
    shown = cli("cache")
    assert shown.code == 0
    assert re.search(r"net\[0\]\s+lower\s+2\s+1 MB\s+4 s\s+just now", shown.out)
    assert f"3 entries, 1.5 MB on disk, in {store.folder}" in shown.out.replace("\n", "")
    whole = cli("cache", "verify")
    assert whole.code == 0
    assert "every digest is right" in whole.out
    for path in (store.folder / "objects").glob("*/*"):
        if path.read_bytes()[:1] == b"\1":
            path.write_bytes(b"\0")
    broken = cli("cache", "verify")
    assert broken.code == 1
    assert "net[0], lower onnx-fp32 by dynamo: 1 of its 3 files are damaged or gone; removed" in broken.out
    assert "2 other entries are whole" in broken.out
    assert "removed 2 entries" in cli("cache", "clear").out
    assert "is empty" in cli("cache").out


def test_a_wrong_limit_is_one_clear_error(
    store: Store, cli: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYKIT_CACHE_GB", "lots")
    run = cli("cache")
    assert run.code == 2
    assert "DEPLOYKIT_CACHE_GB=lots: not a number" in run.err
