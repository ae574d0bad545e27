from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploykit.errors import EntryError, SpecError, UnsupportedOpsError
from deploykit.jobs import CORES, IsolatedPool, JobDied, JobFailed, cores, interleave, logged
from tests import job_functions as jobs

WAYS = {"spawned": (), "forked": ("colorsys",)}
"""How a pool's processes are made → what it imports for them."""


@pytest.fixture(params=WAYS)
def first(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return WAYS[request.param]


@pytest.fixture
def pool(first: tuple[str, ...]) -> Iterator[IsolatedPool]:
    with IsolatedPool(2, first) as made:
        yield made


def test_a_job_answers(pool: IsolatedPool) -> None:
    assert pool.submit(jobs.double, 21).result() == 42


def test_errors_come_back_whole(pool: IsolatedPool) -> None:
    with pytest.raises(EntryError, match="no such thing"):
        pool.submit(jobs.user_error).result()
    with pytest.raises(SpecError) as spec:
        pool.submit(jobs.structured, "spec").result()
    assert spec.value.problems == ("one", "two")
    with pytest.raises(UnsupportedOpsError) as ops:
        pool.submit(jobs.structured, "ops").result()
    assert ops.value.ops == ("a", "b")
    with pytest.raises(JobFailed, match=r"ValueError: surprise$"):
        pool.submit(jobs.defect).result()


def test_a_dead_process_takes_only_its_own_job_down(pool: IsolatedPool) -> None:
    died = [pool.submit(jobs.abort), pool.submit(jobs.killed)]
    lives = [pool.submit(jobs.double, i) for i in range(3)]
    with pytest.raises(JobDied, match="SIGABRT"):
        died[0].result()
    with pytest.raises(JobDied, match="SIGKILL"):
        died[1].result()
    assert [f.result() for f in lives] == [0, 2, 4]


@pytest.mark.parametrize("then", ["nothing", "defect", "killed"])
def test_temporary_files_go_with_their_job_however_it_ends(pool: IsolatedPool, tmp_path: Path, then: str) -> None:
    with contextlib.suppress(JobDied, JobFailed):
        pool.submit(jobs.littering, tmp_path / "note", then).result()
    left = (tmp_path / "note").read_text().splitlines()
    assert len(left) == 2
    assert not [path for path in left if Path(path).exists()]


def test_what_a_job_prints_goes_to_its_log(
    pool: IsolatedPool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pool.submit(logged, tmp_path / "log", jobs.chatter).result()
    assert (tmp_path / "log").read_text() == "from python\nfrom a native library\n"
    assert capfd.readouterr() == ("", "")


def test_jobs_end_when_their_parent_is_killed(first: tuple[str, ...], tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"""
from pathlib import Path
from typing import Any
from deploykit.jobs import IsolatedPool
from tests.job_functions import stay
if __name__ == "__main__":
    IsolatedPool(1, {first!r}).submit(stay, Path({str(note)!r})).result()
"""
    script = tmp_path / "parent.py"
    script.write_text(code)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    parent = subprocess.Popen([sys.executable, str(script)], env=env)
    deadline = time.monotonic() + 60
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = int(note.read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_leaving_by_an_error_kills_what_runs(first: tuple[str, ...], tmp_path: Path) -> None:
    note = tmp_path / "pid"
    pool = IsolatedPool(1, first)
    pool.submit(jobs.stay, note)
    while not (note.exists() and note.read_text()):
        time.sleep(0.05)
    pool.__exit__(KeyboardInterrupt)
    child, deadline = int(note.read_text()), time.monotonic() + 60
    while _alive(child) and time.monotonic() < deadline:  # it was killed, and may still be on its way out
        time.sleep(0.05)
    assert not _alive(child)


def test_interleaved_tasks_go_on_as_their_jobs_end(pool: IsolatedPool) -> None:
    seen: list[str] = []

    def task(name: str, *seconds: float) -> Generator[Future[Any], Future[Any], str]:
        for value in seconds:
            done = yield pool.submit(jobs.sleep, value)
            seen.append(f"{name} {done.result()}")
        return name

    def fails() -> Generator[Future[Any], Future[Any], str]:
        done = yield pool.submit(jobs.user_error)
        with pytest.raises(EntryError):
            done.result()
        return "failed"

    assert interleave([task("slow", 2.0), task("quick", 0.0, 0.1), fails(), task("idle")]) == [
        "slow",
        "quick",
        "failed",
        "idle",
    ]
    assert seen == ["quick 0.0", "quick 0.1", "slow 2.0"]


def test_a_build_that_is_not_alone_uses_its_share_of_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.delenv(CORES, raising=False)
    assert cores() == 8
    for given, used in (("3", 3), ("0", 1), ("99", 8), ("many", 8)):
        monkeypatch.setenv(CORES, given)
        assert cores() == used
