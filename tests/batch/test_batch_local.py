"""Real builds in this machine's own processes: what fails, what is done, what is done again."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest
from filelock import FileLock

from deploykit.batch import Job, Options, Summary, journal, run_batch
from deploykit.batch.job import Order
from deploykit.batch.journal import Entry
from deploykit.batch.request import finished
from deploykit.batch.work import work
from deploykit.cache.stamp import code
from deploykit.errors import OutputError
from tests.batch import batch_networks as networks
from tests.conftest import Run

BATCH = """
out = "made"

[defaults]
targets = ["android_onnx"]
precisions = ["fp32"]
memory = 1

[job.net]
source = "networks.py:net"

[job.bad]
source = "networks.py:bad"
"""


@dataclass(frozen=True)
class Made:
    """A batch that was run."""

    folder: Path
    run: Run

    @property
    def summary(self) -> Summary:
        return Summary.model_validate_json((self.folder / "made" / "report" / "report.json").read_text())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, cli: Callable[..., Run]) -> Made:
    folder = networks.write(tmp_path_factory.mktemp("batch"))
    (folder / "fleet.toml").write_text(BATCH)
    return Made(folder, cli("batch", "fleet.toml", "--jobs", 2, cwd=folder))


def test_a_job_that_fails_leaves_the_others_alone(made: Made) -> None:
    assert made.run.code == 1
    net, bad = made.summary.jobs
    assert (net.verdict, net.parameters, net.sdks) == ("passed", 58, ("android",))
    assert [(each.target, each.precision, each.verdict) for each in net.artifacts] == [
        ("android_onnx", "fp32", "passed")
    ]
    assert net.peak_bytes is None or net.peak_bytes > 100e6
    assert (bad.verdict, bad.folder) == ("failed", None)
    assert "the factory raised ValueError: no such width" in bad.headline
    assert bad.headline in (made.folder / "made" / str(bad.log)).read_text()


def test_the_console_tells_of_every_job(made: Made) -> None:
    assert "✗ 1 of 2 models passed: 1 failed." in made.run.out
    assert "✓ passed net in" in made.run.err
    assert "the factory raised ValueError" in made.run.out
    assert "Traceback" not in made.run.out + made.run.err


def test_the_report_links_to_what_is_there(made: Made) -> None:
    at = made.folder / "made" / "report"
    page = (at / "index.html").read_text()
    for link in ("../net/report/index.html", "../report/logs/bad.log"):
        assert f'href="{link}"' in page
        assert (at / link).is_file()
    suites = ElementTree.parse(at / "junit.xml").getroot()
    assert (suites.get("tests"), suites.get("errors"), suites.get("failures")) == ("2", "1", "0")


def test_what_is_done_is_not_done_again(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is any process started to find that out."""
    job = Job("net", "networks.py:net", made.folder, ("android_onnx",), ("fp32",))
    before = made.summary.jobs[0]

    def none(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", none)
    shutil.copytree(made.folder / "made" / "report", made.folder / "kept")
    note = made.folder / "made" / "report" / "jobs" / "net.json"
    note.write_text(note.read_text().replace('"ended"', '"stopped"'))  # as if the batch had been stopped then
    try:
        again = run_batch([job], Options(made.folder / "made"))
    finally:
        shutil.rmtree(made.folder / "made" / "report")
        (made.folder / "kept").rename(made.folder / "made" / "report")
    assert again.verdict == "passed"
    assert again.jobs == (before.model_copy(update={"memory": job.memory}),)


def test_what_has_changed_is_to_be_done_again(made: Made) -> None:
    module = made.folder / "networks.py"
    text = module.read_text()
    one = order(made.folder, "net", out=made.folder / "made")
    assert finished(one) is not None
    assert finished(replace(one, job=replace(one.job, precisions=("fp16",)))) is None
    artifact = next((one.folder / "artifacts").rglob("*.onnx"))
    data = artifact.read_bytes()
    for file, other in ((module, text.replace("Linear(8, 2)", "Linear(8, 3)").encode()), (artifact, data + b"x")):
        before = file.read_bytes()
        file.write_bytes(other)
        assert finished(one) is None
        file.write_bytes(before)
        assert finished(one) is not None


def test_two_batches_do_not_write_to_one_folder(tmp_path: Path) -> None:
    job = Job("net", "networks.py:net", networks.write(tmp_path))
    (tmp_path / "out" / "report").mkdir(parents=True)
    with (
        FileLock(tmp_path / "out" / "report" / ".lock"),
        pytest.raises(OutputError, match="another batch is writing to"),
    ):
        run_batch([job], Options(tmp_path / "out"))


def order(folder: Path, factory: str, **more: object) -> Order:
    for part in ("jobs", "logs"):
        (folder / "out" / "report" / part).mkdir(parents=True, exist_ok=True)
    job = Job(factory, f"{folder}/networks.py:{factory}", folder, ("android_onnx",), ("fp32",))
    return replace(Order(job, folder / "out", cores=1, fresh=False, code=code()), **more)


def test_a_job_that_is_no_longer_wanted_is_ended_and_keeps_what_is_said_of_it(tmp_path: Path) -> None:
    one = order(networks.write(tmp_path), "net")
    journal.write(one, Entry(state="waiting"))
    given: list[Entry] = []
    thread = threading.Thread(target=lambda: given.append(work(one)))
    thread.start()
    build = None
    while build is None:
        children = psutil.Process().children()
        build = next((each for each in children if str(one.folder) in " ".join(each.cmdline())), None)
    over = journal.write(one, Entry(state="stopped", reason="the cluster was lost"))
    thread.join(20)
    assert given[0].reason == "it was stopped"
    assert not build.is_running()
    assert journal.read(one) == over


def test_a_worker_that_is_not_as_it_has_to_be_says_so(tmp_path: Path) -> None:
    one = order(networks.write(tmp_path), "net", code="another")
    journal.write(one, Entry(state="waiting"))
    assert "has another deploykit" in work(one).reason
    assert "does not see" in work(order(tmp_path, "net", out=tmp_path / "nowhere")).reason


@pytest.mark.parametrize("state", ["ended", "stopped"])
def test_a_job_that_is_over_is_not_begun_again(state: str, tmp_path: Path) -> None:
    one = order(networks.write(tmp_path), "net")
    over = journal.write(one, Entry.model_validate({"state": state, "tries": 3, "reason": "given up"}))
    assert work(one) == over
    assert not one.log.exists()


def test_the_last_try_is_left_to_the_batch(tmp_path: Path) -> None:
    one = order(networks.write(tmp_path), "net")
    for tries, state in ((2, "died"), (3, "ended")):
        journal.write(one, Entry(state="running", tries=tries))
        entry = work(one)
        assert (entry.state, entry.tries) == (state, tries)
        assert journal.read(one) == entry
    assert entry.reason.startswith("given up")
