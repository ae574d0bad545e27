"""A real Dask scheduler and two workers on loopback, some of which are killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from deploykit.batch import Job, Options, Summary, run_batch
from deploykit.batch import cluster as cluster_module
from deploykit.errors import ArgumentsError
from tests.batch import batch_networks as networks
from tests.conftest import ROOT, Run

BATCH = """
[defaults]
targets = ["android_onnx"]
precisions = ["fp32"]
memory = 1

[job.struck]
source = "networks.py:struck"

[job.killer]
source = "networks.py:killer"

[job.steady]
source = "networks.py:net"
memory = 10                     # more than any worker has: it gets one to itself
"""


def until(there: Callable[[], bool], what: str, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def dask(command: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", f"distributed.cli.dask_{command}", *map(str, arguments)]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address; two workers of one thread each, which come back when they are killed."""
    at = tmp_path_factory.mktemp("dask")
    file = at / "scheduler.json"
    with ExitStack() as stack:

        def started(*arguments: str | Path) -> None:
            process = stack.enter_context(dask(str(arguments[0]), *arguments[1:]))
            stack.callback(process.terminate)

        started("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file)
        until(lambda: file.exists() and file.stat().st_size > 0, "the scheduler has no address")
        address = json.loads(file.read_text())["address"]
        for number in range(2):
            folder = at / str(number)
            folder.mkdir()
            alone = ("--nthreads", "1", "--no-dashboard", "--local-directory", folder, "--resources", "memory=2")
            started("worker", address, *alone)
        yield address


def test_a_killed_worker_costs_one_try_and_a_job_that_kills_them_all_is_named(scheduler: str, tmp_path: Path) -> None:
    networks.write(tmp_path)
    (tmp_path / "fleet.toml").write_text(BATCH)
    command = [sys.executable, "-m", "deploykit", "batch", tmp_path / "fleet.toml", "--scheduler", scheduler]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: (tmp_path / "begun").exists() and (tmp_path / "begun").read_text() != "", "the job was not begun")
    worker, build = map(int, (tmp_path / "begun").read_text().split())
    (tmp_path / "go-on").touch()
    psutil.Process(worker).kill()
    until(lambda: not psutil.pid_exists(build), "the build of a killed worker goes on", 10)
    out, err = run.communicate(timeout=600)
    assert run.returncode == 1, out + err
    assert "Traceback" not in out + err

    made = Summary.model_validate_json((tmp_path / "batch" / "report" / "report.json").read_text())
    struck, killer, steady = made.jobs
    assert (struck.verdict, struck.tries) == ("passed", 2)
    assert (steady.verdict, steady.tries) == ("passed", 1)
    folder = Path("artifacts") / "android_onnx" / "fp32"
    first, again = (
        tmp_path / "batch" / job.name / folder / f"{name}.onnx" for job, name in ((steady, "net"), (struck, "struck"))
    )
    assert first.read_bytes() == again.read_bytes()

    assert (killer.verdict, killer.tries) == ("failed", 3)
    assert (tmp_path / "killed").read_text() == "xxx"
    assert killer.headline.startswith("given up: its process or its worker was killed each of the 3 times")
    assert "failed killer: given up" in err
    assert "✗ failed  killer" in out


def test_a_cluster_of_this_machine(tmp_path: Path, cli: Callable[..., Run]) -> None:
    networks.write(tmp_path)
    (tmp_path / "fleet.toml").write_text('[job.net]\nsource = "networks.py:net"\n')
    (tmp_path / "batch" / "net").mkdir(parents=True)
    (tmp_path / "batch" / "net" / "mine.txt").touch()
    run = cli("batch", tmp_path / "fleet.toml", "--workers", 2)
    assert run.code == 1
    assert "1 to build on a Dask cluster of 2" in run.err
    assert "holds what deploykit did not write (mine.txt)" in " ".join(run.out.split())
    assert "Traceback" not in run.out + run.err


@pytest.mark.parametrize(
    ("address", "words"),
    [("tcp://127.0.0.1:9", "tcp://127.0.0.1:9: cannot be reached"), ("nonsense", "cannot be reached")],
)
def test_a_scheduler_that_cannot_be_reached(
    address: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "CONNECT_S", 1)
    networks.write(tmp_path)
    with pytest.raises(ArgumentsError, match=words) as raised:
        run_batch([Job("a", "networks.py:net", tmp_path)], Options(tmp_path / "out", scheduler=address))
    assert "dask scheduler" in str(raised.value)
    assert not (tmp_path / "out" / "a").exists()


def test_dask_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    networks.write(tmp_path)
    with pytest.raises(ArgumentsError, match=r"pip install 'deploykit\[cluster\]'"):
        run_batch([Job("a", "networks.py:net", tmp_path)], Options(tmp_path / "out", workers=2))
