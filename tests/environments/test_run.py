from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploykit.environments.run import Ran, run
from tests.conftest import ROOT

PRELUDE = "import os, sys, subprocess, time\n"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs as an environment has it; a script may be written into it."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "python").symlink_to(sys.executable)
    return folder


def test_what_a_script_says_and_its_exit_code_come_back(programs: Path, tmp_path: Path) -> None:
    (programs / "tool").write_text(
        PRELUDE + "print('one', flush=True)\nprint('two', sys.argv[1:], os.getcwd(), file=sys.stderr)\nsys.exit(3)\n"
    )
    assert run(programs, "tool", ["a b"], tmp_path, 60) == Ran(3, f"one\ntwo ['a b'] {tmp_path}\n")


def test_a_script_finds_its_neighbours_and_nothing_of_ours(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "ours.py").write_text("")
    (programs / "neighbour").write_text("#!/bin/sh\necho found ${PYTHONPATH-nothing}\n")
    (programs / "neighbour").chmod(0o755)
    (programs / "tool").write_text(
        PRELUDE + "subprocess.run(['neighbour'])\ntry:\n    import ours\nexcept ImportError:\n    print('clean')\n"
    )
    assert run(programs, "tool", [], tmp_path, 60) == Ran(0, "found nothing\nclean\n")


def test_a_script_is_killed_when_its_time_is_up_with_its_children(programs: Path, tmp_path: Path) -> None:
    (programs / "tool").write_text(
        PRELUDE + "p = subprocess.Popen(['sleep', '300'])\nprint(p.pid, flush=True)\ntime.sleep(300)\n"
    )
    start = time.monotonic()
    ran = run(programs, "tool", [], tmp_path, 3)
    assert ran.code is None
    assert time.monotonic() - start < 30
    assert ends(int(ran.said))


def test_a_script_ends_with_the_process_that_started_it(programs: Path, tmp_path: Path) -> None:
    (programs / "tool").write_text(
        PRELUDE + "open('pids.part', 'w').write(str(os.getpid()))\nos.rename('pids.part', 'pids')\ntime.sleep(300)\n"
    )
    code = (
        "from pathlib import Path; from deploykit.environments.run import run; "
        f"run(Path({str(programs)!r}), 'tool', [], Path({str(tmp_path)!r}), 300)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    end = time.monotonic() + 60
    while not (tmp_path / "pids").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert ends(int((tmp_path / "pids").read_text()))


def ends(pid: int) -> bool:
    """Whether a process is gone, or a zombie that nobody here can reap, within some seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False
