"""FILE.toml: what it says, and everything that is wrong with it at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deploykit.batch import Job
from deploykit.batch.job import MEMORY_GB
from deploykit.batch.matrix import MOST, github
from deploykit.batch.spec import read_batch
from deploykit.errors import ArgumentsError, SpecError
from tests.batch import batch_networks as networks
from tests.conftest import Run
from tests.golden_files import check_golden

GOLDEN = Path(__file__).parent / "golden" / "wrong"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    networks.write(tmp_path)
    (tmp_path / "fleet.toml").write_text(
        '[defaults]\ntargets = ["android_onnx"]\nkeep_float = true\n'
        '[job.one]\nsource = "networks.py:net"\n'
        '[job.two]\nsource = "timm:vit_base_patch16_224"\ntargets = ["ios_coreml"]\nprecisions = ["fp16"]\n'
        "memory = 10\n"
    )
    return tmp_path / "fleet.toml"


def test_a_job_says_what_the_defaults_do_not(file: Path) -> None:
    read = read_batch(file)
    assert read.out == file.parent / "batch"
    one, two = read.jobs
    assert one == Job("one", "networks.py:net", file.parent, ("android_onnx",), keep_float=True, memory=MEMORY_GB)
    assert (two.targets, two.precisions, two.keep_float, two.memory) == (("ios_coreml",), ("fp16",), True, 10)
    assert read_batch(file, ["two"]).jobs == (two,)


def test_everything_that_is_wrong_is_told_at_once_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    with pytest.raises(SpecError) as raised:
        read_batch(Path("fleet.toml"))
    told = str(raised.value).replace(f"{GOLDEN}/", "HERE/")
    check_golden(GOLDEN / "failure.txt", told + "\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"fleet\.toml: there is no \[job\.NAME\]"),
        ("job = 3\n", r"fleet\.toml:1: job = 3"),
        ("[job]\nx = 3\n", r"fleet\.toml:2: job\.x = 3"),
        ("defaults = 3\n", r"fleet\.toml:1: defaults = 3"),
        ("[job.a\n", "not valid TOML"),
    ],
)
def test_a_file_that_is_no_batch(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(text)
    with pytest.raises(SpecError, match=words):
        read_batch(tmp_path / "fleet.toml")
    with pytest.raises(SpecError, match="no such file; docs/batch"):
        read_batch(tmp_path / "none.toml")


def test_a_job_that_is_wanted_and_not_there(file: Path) -> None:
    with pytest.raises(ArgumentsError, match=r'--only tow: .*no such job; did you mean "two"'):
        read_batch(file, ["tow"])


def test_the_matrix_has_an_entry_for_every_job(file: Path, cli: Callable[..., Run]) -> None:
    run = cli("batch", file, "--format", "github-matrix")
    assert (run.code, run.out.count("\n")) == (0, 1)
    assert json.loads(run.out) == {
        "include": [{"name": "one", "only": "--only one"}, {"name": "two", "only": "--only two"}]
    }
    assert not (file.parent / "batch").exists()


def test_a_matrix_never_has_more_entries_than_it_may() -> None:
    jobs = [Job(f"j{number}", "timm:x") for number in range(MOST + 1)]
    entries = json.loads(github(jobs))["include"]
    assert len(entries) <= MOST
    assert [name for entry in entries for name in entry["name"].split(", ")] == [job.name for job in jobs]
    assert entries[0]["only"] == "--only j0 --only j1"


def test_options_that_do_not_go_together(file: Path, cli: Callable[..., Run]) -> None:
    run = cli("batch", file, "--scheduler", "tcp://a:1", "--workers", 2, "--jobs", 2, "--memory", 2)
    assert run.code == 2
    for words in ("--scheduler and --workers", "--jobs is for", "--memory is for"):
        assert words in run.err
