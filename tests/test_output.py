from __future__ import annotations

import errno
from pathlib import Path

import pytest
from filelock import FileLock

from deploykit.errors import OutputError, UserError
from deploykit.output import new_folder, staged


def make(folder: Path, text: str) -> None:
    (folder / "report").mkdir(parents=True, exist_ok=True)
    (folder / "report" / "report.json").write_text(text)


def content(out: Path) -> str:
    return (out / "report" / "report.json").read_text()


def build_and_raise(out: Path, error: BaseException) -> None:
    with staged(out) as folder:
        make(folder, "half")
        raise error


def leftovers(out: Path) -> list[str]:
    return sorted(p.name for p in out.parent.iterdir() if p.name != out.name and not p.name.endswith("-lock"))


def test_a_build_takes_the_place_of_the_old_one_whole(tmp_path: Path) -> None:
    out = tmp_path / "build"
    for text in ("first", "second"):
        with staged(out) as folder:
            make(folder, text)
        assert content(out) == text
    assert leftovers(out) == []


@pytest.mark.parametrize("error", [UserError("no"), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")])
def test_a_build_that_ends_badly_leaves_the_old_one(tmp_path: Path, error: BaseException) -> None:
    out = tmp_path / "build"
    make(out, "old")
    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        build_and_raise(out, error)
    assert content(out) == "old"
    assert leftovers(out) == []


def test_what_a_killed_build_left_is_cleared(tmp_path: Path) -> None:
    out = tmp_path / "build"
    make(out, "old")
    make(tmp_path / ".build.deploykit-staging", "half of a killed build")
    with staged(out) as folder:
        make(folder, "new")
    assert content(out) == "new"
    assert leftovers(out) == []


def test_a_build_killed_between_the_two_renames_is_undone(tmp_path: Path) -> None:
    out = tmp_path / "build"
    make(tmp_path / ".build.deploykit-old", "old")
    with pytest.raises(UserError), staged(out):
        raise UserError("the next build fails")
    assert content(out) == "old"


def test_somebody_elses_files_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match=r"thesis\.tex"), staged(tmp_path):
        pytest.fail("the build must not start")
    assert (tmp_path / "thesis.tex").exists()
    with pytest.raises(OutputError, match="is a file"), staged(tmp_path / "thesis.tex"):
        pytest.fail("the build must not start")


def test_two_builds_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".build.deploykit-lock"),
        pytest.raises(OutputError, match="another build"),
        staged(tmp_path / "build"),
    ):
        pytest.fail("the build must not start")


def half_and_raise(out: Path) -> None:
    with new_folder(out) as folder:
        (folder / "half").touch()
        raise UserError("stop")


def put(out: Path, name: str) -> None:
    with new_folder(out) as folder:
        (folder / name).touch()


def test_a_new_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(UserError, match="stop"):
        half_and_raise(out)
    assert list(tmp_path.iterdir()) == []
    out.mkdir()
    put(out, "whole")
    with pytest.raises(OutputError, match="give a new folder"):
        put(out, "other")
    assert [p.name for p in out.iterdir()] == ["whole"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    with pytest.raises(OutputError, match="cannot be written"):
        put(out / "whole" / "inner", "x")
