from __future__ import annotations

from pathlib import Path

import pytest

from deploykit.cache.sealed import read, write


def test_a_file_with_its_own_digest(tmp_path: Path) -> None:
    write(tmp_path / "x.json", {"a": [1, None]})
    assert read(tmp_path / "x.json") == {"a": [1, None]}
    (tmp_path / "x.json").write_text((tmp_path / "x.json").read_text().replace("1, null", "2, null"))
    with pytest.raises(ValueError, match="is damaged"):
        read(tmp_path / "x.json")
