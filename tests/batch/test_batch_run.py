"""Which job is sent when, and what becomes of those that do not come back: on a fleet that builds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from pathlib import Path

import pytest

from deploykit.batch import Job, JobRecord, Options, memory, run, run_batch
from deploykit.batch.job import TRIES, Order
from deploykit.batch.journal import Entry
from deploykit.errors import SpecError
from tests.batch import batch_networks as networks

End = Callable[[str, int], Entry | BaseException]


class KilledError(Exception):
    """What a cluster raises for a job whose workers were killed."""


class Fake:
    """A fleet whose jobs end one at a time, in the order in which they were sent."""

    name = "a fake"

    def __init__(self, most: int, memory: float | None = None, end: End | None = None) -> None:
        self.memory = memory
        self._most = most
        self._end = end or (lambda name, tries: Entry(state="ended", tries=tries, code=2, reason="no report"))
        self._running: list[tuple[str, Future[Entry]]] = []
        self._tries: Counter[str] = Counter()
        self.together: list[list[str]] = []
        """The jobs that ran at the same time, whenever one was sent."""

    @property
    def slots(self) -> int:
        """Is asked for before jobs are sent: the first one ends meanwhile."""
        if self._running:
            name, future = self._running.pop(0)
            self._tries[name] += 1
            end = self._end(name, self._tries[name])
            if isinstance(end, KilledError):
                future.set_exception(end)
            elif isinstance(end, BaseException):
                future.cancel()
                future.set_running_or_notify_cancel()
            else:
                future.set_result(end)
        return self._most

    def submit(self, order: Order) -> Future[Entry]:
        future: Future[Entry] = Future()
        self._running.append((order.job.name, future))
        self.together.append([name for name, _ in self._running])
        return future

    def killed(self, error: BaseException) -> bool:
        return isinstance(error, KilledError)


def records(fake: Fake, jobs: dict[str, float], folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, JobRecord]:
    """What comes of jobs, given by name with the gigabytes that they need."""
    monkeypatch.setattr(run, "TICK_S", 0.001)
    monkeypatch.setattr(run, "_fleet", lambda options: nullcontext(fake))
    networks.write(folder)
    given = [Job(name, "networks.py:net", folder, memory=need) for name, need in jobs.items()]
    return {record.name: record for record in run_batch(given, Options(folder / "out")).jobs}


def test_jobs_run_together_as_far_as_memory_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(4, memory=18)
    records(fake, {"small": 4, "large": 10, "other": 10, "tiny": 1}, tmp_path, monkeypatch)
    assert fake.together[0] == ["large"]
    assert ["large", "small", "tiny"] in fake.together
    assert not any({"large", "other"} <= set(names) for names in fake.together)


def test_no_more_jobs_than_slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(2)
    records(fake, dict.fromkeys("abcde", 100.0), tmp_path, monkeypatch)
    assert max(map(len, fake.together)) == 2


def test_a_job_that_needs_more_than_there_is_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(4, memory=18)
    records(fake, {"a": 4, "huge": 30, "b": 4}, tmp_path, monkeypatch)
    assert [names for names in fake.together if "huge" in names] == [["huge"]]


def test_two_of_10_gb_do_not_run_at_once_on_24(monkeypatch: pytest.MonkeyPatch) -> None:
    for total in (24e9, 24 * 2**30):
        monkeypatch.setattr(memory, "_total", lambda total=total: total)
        monkeypatch.setattr(memory, "_meminfo", lambda name: None)
        assert 10 < memory.for_jobs() < 20
    monkeypatch.setattr(memory, "_meminfo", lambda name: 3e9)  # another program has the rest
    assert memory.for_jobs() == 3


@pytest.mark.parametrize(
    "killed", [KilledError(), Entry(state="died", reason="was ended by SIGKILL")], ids=["worker", "process"]
)
def test_a_job_that_is_killed_is_begun_again_and_given_up_after_three_tries(
    killed: KilledError | Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(name: str, tries: int) -> Entry | BaseException:
        if name == "always" or (name == "once" and tries == 1):
            return killed.model_copy(update={"tries": tries}) if isinstance(killed, Entry) else killed
        return Entry(state="ended", tries=tries, code=2, reason="no report")

    fake = Fake(2, end=end)
    made = records(fake, dict.fromkeys(("once", "always", "well", "more", "most"), 1.0), tmp_path, monkeypatch)
    sent = Counter(names[-1] for names in fake.together)
    assert sent == {"once": 2, "always": TRIES, "well": 1, "more": 1, "most": 1}
    assert [names for names in fake.together if "always" in names][-1] == ["always"]  # the last try is alone
    assert made["always"].headline.startswith("given up: its process or its worker was killed each of the 3 times")
    assert made["once"].headline == made["well"].headline == "no report"
    assert made["always"].verdict == "failed"


def test_a_fleet_that_is_lost_leaves_what_it_has_not_begun_as_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(name: str, tries: int) -> Entry | BaseException:
        return RuntimeError() if name == "b" else Entry(state="ended", tries=tries, code=2, reason="no report")

    made = records(Fake(1, end=end), dict.fromkeys("abc", 1.0), tmp_path, monkeypatch)
    assert {name: (job.verdict, job.headline) for name, job in made.items()} == {
        "a": ("failed", "no report"),
        "b": ("not_run", "a fake was lost"),
        "c": ("not_run", "a fake was lost"),
    }


def test_a_cluster_without_workers_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ALONE_S", 0.01)
    made = records(Fake(0), {"a": 1.0}, tmp_path, monkeypatch)
    assert made["a"].verdict == "not_run"
    assert "has had no workers" in made["a"].headline


def test_everything_that_is_wrong_with_jobs_is_told_at_once(tmp_path: Path) -> None:
    wrong = [
        Job("report", "networks.py:net", networks.write(tmp_path)),
        Job("a/b", "timm:x"),
        Job("twice", "timm:x", targets=("android_onxx",)),
        Job("Twice", "no.py:net", tmp_path, memory=-1),
    ]
    with pytest.raises(SpecError) as raised:
        run_batch(wrong, Options(tmp_path / "out"))
    told = str(raised.value)
    for text in (
        "'report' cannot be",
        "'a/b' cannot be",
        "android_onxx",
        "more than one job",
        "no file",
        "memory = -1",
    ):
        assert text in told
    assert not (tmp_path / "out").exists()
    with pytest.raises(SpecError, match="no jobs"):
        run_batch([], Options(tmp_path / "out"))
