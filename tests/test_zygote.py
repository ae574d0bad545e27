"""The zygote by itself; tests/test_jobs.py has what a pool makes of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from deploykit.zygote import SUPPORTED, RefusedError, Zygote
from tests import job_functions as jobs

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="jobs are forked on Linux only")


@pytest.fixture
def zygote() -> Iterator[Zygote]:
    made = Zygote(("colorsys", "no_such_module"), ("chunk" if sys.version_info < (3, 13) else "sched",), 1)
    yield made
    made.close()


def test_a_fork_has_what_the_zygote_imported(zygote: Zygote) -> None:
    first, second = zygote.fork(jobs.imported), zygote.fork(jobs.imported)
    modules = [forked.receive() for forked in (first, second)]
    assert "colorsys" in modules[0]
    assert "sched" not in modules[0]
    assert "chunk" not in modules[0]
    assert {"chunk", "sched"} & modules[1], "all others are there from the second job on"
    assert first.pid != second.pid
    assert [forked.exitcode() for forked in (first, second)] == [0, 0]


def test_large_arguments_and_answers_go_through(zygote: Zygote) -> None:
    forked = zygote.fork(jobs.echo, b"x" * 3_000_000)
    assert forked.receive() == b"x" * 3_000_000


def test_a_zygote_with_threads_refuses() -> None:
    made = Zygote(("tests.starts_a_thread",), (), 1)
    with pytest.raises(RefusedError):
        made.fork(jobs.imported)
    made.close()
    with pytest.raises(RefusedError):
        made.fork(jobs.imported)
