"""What a job's processes hold, and what a machine has for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deploykit.batch import memory

HOLD = (
    "import subprocess, sys\nx = bytearray(b'x' * {mb} * 2**20)\n{more}\nprint('there', flush=True)\nsys.stdin.read()"
)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="this system does not tell")
def test_the_memory_of_a_job_is_that_of_all_its_processes() -> None:
    child = HOLD.format(mb=100, more="")
    more = f"subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE).stdout.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD.format(mb=50, more=more)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        held = memory.of_session(process.pid)
        process.communicate()
    assert held is not None
    assert 150e6 < held < 250e6


def test_a_container_has_what_its_group_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_meminfo", lambda name: None)
    whole = memory.for_jobs()
    limit, other = tmp_path / "memory.max", tmp_path / "none"
    monkeypatch.setattr(memory, "GROUP_LIMITS", (limit, other))
    limit.write_text("max\n")
    assert memory.for_jobs() == whole
    limit.write_text("1000000000\n")
    assert memory.for_jobs() == 0.75
