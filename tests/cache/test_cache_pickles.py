from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from deploykit.cache.pickles import dumps, loads
from deploykit.cache.store import Reads


def test_paths_in_the_scratch_folder_move_with_it(tmp_path: Path) -> None:
    value = {"in": tmp_path / "a" / "b", "out": Path("/elsewhere"), "reads": Reads({"x": None})}
    data = dumps(("done", value), tmp_path)
    assert str(tmp_path).encode() not in data
    assert loads(data, Path("/other")) == ("done", value | {"in": Path("/other/a/b")})


def test_a_cache_makes_nothing_but_deploykits_data(tmp_path: Path) -> None:
    class Bad:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, ("true",)

    with pytest.raises(pickle.UnpicklingError, match=r"system has no place"):
        loads(pickle.dumps(("done", Bad())), tmp_path)


@pytest.mark.parametrize("name", ["os.system", "shutil", "write", "Path.read_text"])
def test_nor_what_its_modules_have_imported_or_do(name: str, tmp_path: Path) -> None:
    module = b"deploykit.cache.store"
    call = b"\x80\x04\x8c%c%b\x8c%c%b\x93\x8c\x04true\x85R." % (len(module), module, len(name), name.encode())
    with pytest.raises(pickle.UnpicklingError, match=f"deploykit.cache.store.{name} has no place"):
        loads(call, tmp_path)
