from __future__ import annotations

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploykit.environments import ENVIRONMENTS
from deploykit.environments import make as making
from deploykit.environments.make import Place, ready, reason
from deploykit.errors import UnavailableError
from tests.conftest import ROOT
from tests.environments.small import NAME, Small, small

UNREACHABLE = "http://127.0.0.1:9/simple"
"""The discard port: nothing listens there."""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return small(tmp_path / "wheels")


def version(programs: Path) -> str:
    return subprocess.run([programs / NAME], capture_output=True, text=True, check=True).stdout.strip()


def folders(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.env"))


def test_made_once_then_found_without_a_process(
    environment: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    assert Place.of(environment, cache).find() is None
    with ThreadPoolExecutor(2) as two_at_once:
        first, second = two_at_once.map(lambda _: ready(environment, cache), range(2))
    assert first == second
    assert version(first) == "1"
    assert len(folders(cache)) == 1
    with monkeypatch.context() as patch:
        patch.setattr(making.subprocess, "run", None)  # not callable: a process would fail
        assert ready(environment, cache) == first
    found = Place.of(environment, cache).find()
    assert found is not None
    assert found[1].versions[NAME] == "1"
    # Another lock is another environment, and the old one stays.
    environment.write("2")
    assert Place.of(environment, cache).find() is None
    second = ready(environment, cache)
    assert (version(first), version(second)) == ("1", "2")
    # What somebody takes out of it is seen.
    (second / NAME).unlink()
    assert Place.of(environment, cache).find() is None


def test_a_kill_leaves_nothing_that_is_used(environment: Small, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    code = (
        "from pathlib import Path; from tests.environments.small import Small; "
        "from deploykit.environments.make import ready; "
        f"ready(Small('small', {NAME!r}, ({NAME!r},), ({sys.version_info[:2]},), (), 'tests', "
        f"Path({str(environment.folder)!r})), Path({str(cache)!r}))"
    )
    maker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    end = time.monotonic() + 60
    while not (folders(cache) and any(folders(cache)[0].iterdir())):
        assert maker.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    maker.kill()
    maker.wait()
    (left,) = folders(cache)
    assert Place.of(environment, cache).find() is None
    made = ready(environment, cache)
    assert version(made) == "1"
    assert made.parent != left


def test_without_a_network_it_says_so_in_one_line(
    environment: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", UNREACHABLE)
    cache = tmp_path / "cache"
    with pytest.raises(UnavailableError, match=r"no connection: \[Errno \d+\] Connection refused; `deploykit") as error:
        ready(environment, cache)
    assert "\n" not in str(error.value)
    log = Place.of(environment, cache).log
    assert str(log) in str(error.value)
    assert "No matching distribution" in log.read_text()
    assert folders(cache) == []


def test_a_package_that_was_changed_is_refused(environment: Small, tmp_path: Path) -> None:
    environment.lock.write_text(re.sub(r"sha256:\w{4}", "sha256:0000", environment.lock.read_text()))
    with pytest.raises(UnavailableError, match="HASHES"):
        ready(environment, tmp_path / "cache")


def test_another_python_is_named(environment: Small, tmp_path: Path) -> None:
    other = small(environment.folder, ((2, 7), (3, 0)))
    with pytest.raises(UnavailableError, match=rf"runs on Python 2\.7, 3\.0, this is 3\.{sys.version_info[1]}"):
        ready(other, tmp_path / "cache")


def test_a_cache_that_cannot_be_written_is_named(environment: Small, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match=r"cannot be installed: .*file.*: Not a directory"):
        ready(environment, tmp_path / "file" / "cache")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("a\nERROR: No matching distribution\nERROR: more\n", "ERROR: No matching distribution"),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<x>: Failed to "
            "connect: [Errno -3] Temporary failure in name resolution')': /simple/a/\nERROR: No such\n",
            "no connection: [Errno -3] Temporary failure in name resolution",
        ),
        (
            "connection broken by 'ReadTimeoutError(\"x: timed out.\")': /y",
            'no connection: ReadTimeoutError("x: timed out.")',
        ),
        ("Looking\nthe last line\n\n", "the last line"),
        ("", "it said nothing"),
    ],
)
def test_reasons(said: str, why: str) -> None:
    assert reason(said) == why


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_lock_is_whole(name: str) -> None:
    environment = ENVIRONMENTS[name]
    text = environment.lock.read_text()
    pinned = re.findall(r"^([a-z0-9.-]+==\S+) \\$", text, re.MULTILINE)
    assert environment.requirement in pinned
    assert len(pinned) == len(re.findall(r"^[^ #]", text, re.MULTILINE))
    for entry in re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)
    assert not re.search(r"://|index", text)
