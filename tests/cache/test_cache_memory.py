from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploykit.cache import conditions
from deploykit.cache import memory as memories
from deploykit.cache.memory import Memory, Task
from deploykit.cache.store import Store
from deploykit.errors import LoweringError, StoppedError
from deploykit.jobs import IsolatedPool, JobDied
from tests import cache_functions as functions
from tests import job_functions

Made = Callable[..., Memory]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A build's view of one cache; each has a scratch folder of its own."""

    def make(**options: Any) -> Memory:
        scratch = tmp_path / f"scratch{len(list(tmp_path.glob('scratch*')))}"
        (scratch / "out").mkdir(parents=True)
        (scratch / "source").write_text("hello")
        return Memory(Store(tmp_path / "cache"), scratch, "net", **options)

    return make


def shout(memory: Memory, marks: int = 1, **options: Any) -> tuple[Path, str]:
    scratch = memory.scratch
    given = (scratch / "source", scratch / "out", marks)
    task = Task("shout", scratch.with_suffix(".log"), functions.shout, given, writes=(scratch / "out",), **options)
    with IsolatedPool(1) as pool:
        return memory.submit(pool, task).result()


def test_a_job_is_done_once(made: Made) -> None:
    first, second = made(), made()
    assert shout(first) == (first.scratch / "out" / "loud.txt", "HELLO!")
    assert shout(second) == (second.scratch / "out" / "loud.txt", "HELLO!")
    assert (second.scratch / "out" / "loud.txt").read_text() == "HELLO!"
    assert second.scratch.with_suffix(".log").read_text() == "shouting\n"
    assert (first.ran, first.reused) == (["shout"], [])
    assert (second.ran, second.reused) == ([], ["shout"])
    assert first.reads == second.reads
    assert any(name.startswith("@deploykit/") for name in first.reads[0].files)


def test_another_argument_file_or_package_is_another_job(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    shout(made())
    marks = made()
    shout(marks, 2)
    content = made()
    (content.scratch / "source").write_text("hullo")
    assert shout(content)[1] == "HULLO!"
    beside = made()
    shout(beside, reads=(beside.scratch / "source",))
    packages = made()
    monkeypatch.setattr(memories, "host", lambda: {"packages": "others"})
    shout(packages)
    assert [memory.reused for memory in (marks, content, beside, packages)] == [[], [], [], []]


def test_changed_code_is_another_job(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    shout(made())
    again = made()
    digest = conditions._digest
    monkeypatch.setattr(
        conditions, "_digest", lambda path, stamp: "changed" if path == "@deploykit/errors.py" else digest(path, stamp)
    )
    shout(again)
    assert again.ran == ["shout"]


def test_fresh_keeps_and_uses_nothing(made: Made) -> None:
    shout(made())
    fresh, after = made(fresh=True), made()
    shout(fresh)
    shout(after)
    assert (fresh.ran, after.reused) == (["shout"], ["shout"])


def test_a_damaged_entry_is_said_and_done_again(made: Made) -> None:
    shout(made())
    told: list[str] = []
    memory = made(told=told.append)
    for path in (memory.store.folder / "objects").glob("*/*"):
        path.write_bytes(b"\0" + path.read_bytes()[1:])
    assert shout(memory)[1] == "HELLO!"
    assert memory.ran == ["shout"]
    assert len(told) == 1
    assert "entry for shout is removed" in told[0]
    assert memory.store.verify() == []


def test_failures_of_converters_are_remembered_and_accidents_are_not(made: Made) -> None:
    def outcome(memory: Memory, function: Callable[..., None], *given: object) -> list[str]:
        task: Task[None] = Task("fails", memory.scratch.with_suffix(".log"), function, given)
        with IsolatedPool(1) as pool, pytest.raises((LoweringError, JobDied)) as raised:
            memory.submit(pool, task).result()
        assert "no op hello" in str(raised.value) or not given
        return memory.ran

    first, second = made(), made()
    assert outcome(first, functions.fails, first.scratch / "source") == ["fails"]
    assert outcome(second, functions.fails, second.scratch / "source") == []
    assert second.scratch.with_suffix(".log").read_text() == "failing\n"
    for function in (functions.stopped, job_functions.killed):
        memories = made(), made()
        assert [outcome(memory, function) for memory in memories] == [["fails"], ["fails"]]
        assert [memory.lost for memory in memories] == [["fails"], ["fails"]]
    assert issubclass(StoppedError, LoweringError)


USERS = "import os\nfrom pathlib import Path\nhere = Path(__file__).parent\n"


@pytest.fixture
def users(made: Made, tmp_path: Path) -> Callable[[], tuple[str, Memory]]:
    """Runs the user's code in `user/model.py`."""
    (tmp_path / "user").mkdir()

    def run() -> tuple[str, Memory]:
        memory = made()
        log = memory.scratch.with_suffix(".log")
        task = Task("capture", log, functions.users, (tmp_path / "user" / "model.py",), foreign=True)
        with IsolatedPool(1) as pool:
            return memory.submit(pool, task).result(), memory

    return run


READ: dict[str, tuple[str, Callable[[Path, pytest.MonkeyPatch], object]]] = {
    "its code": ("answer = 1", lambda at, _: (at / "model.py").write_text("answer = 2")),
    "a file": (
        "answer = (here / 'data').read_text()",
        lambda at, _: (at / "data").write_text("other"),
    ),
    "a file that was not there": (
        "try:\n    answer = open(here / 'more').read()\nexcept OSError:\n    answer = 'none'",
        lambda at, _: (at / "more").write_text("more"),
    ),
    "a module": (
        "import sys\nsys.path.insert(0, str(here))\nimport beside\nanswer = beside.value",
        lambda at, _: (at / "beside.py").write_text("value = 33"),
    ),
    "a folder": (
        "answer = sorted(os.listdir(here / 'folder'))",
        lambda at, _: (at / "folder" / "b").write_text(""),
    ),
    "a variable": (
        "answer = os.environ.get('DEPLOYKIT_TEST', 'unset')",
        lambda _, monkeypatch: monkeypatch.setenv("DEPLOYKIT_TEST", "set"),
    ),
    "safetensors": (
        "from safetensors import safe_open\nwith safe_open(here / 'w.safetensors', 'np') as f:\n"
        "    answer = f.get_tensor('w').tolist()",
        lambda at, _: weights(at, 2.0),
    ),
}


def weights(at: Path, value: float) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"w": np.array([value])}, at / "w.safetensors")


@pytest.mark.parametrize("case", READ)
def test_what_the_users_code_reads_is_seen(
    case: str, users: Callable[[], tuple[str, Memory]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = tmp_path / "user"
    (at / "data").write_text("data")
    (at / "beside.py").write_text("value = 3")
    (at / "folder").mkdir()
    weights(at, 1.0)
    code, change = READ[case]
    (at / "model.py").write_text(USERS + code)
    first, _ = users()
    again, memory = users()
    assert (again, memory.reused) == (first, ["capture"])
    change(at, monkeypatch)
    after, memory = users()
    assert after != first
    assert memory.ran == ["capture"]


def test_a_file_of_the_jobs_own_is_no_input(users: Callable[[], tuple[str, Memory]], tmp_path: Path) -> None:
    code = "(here / 'x').write_text('1')\nanswer = (here / 'x').read_text()"
    (tmp_path / "user" / "model.py").write_text(USERS + code)
    users()
    assert users()[1].reused == ["capture"]


def test_a_cache_that_cannot_be_written_is_said(made: Made) -> None:
    memory = made()
    memory.store.folder.write_text("a file is in the way")
    told: list[str] = []
    memory.told = told.append
    assert shout(memory)[1] == "HELLO!"
    assert memory.lost == ["shout"]
    assert f"{memory.store.folder} cannot be written" in told[0]


LOST = {
    "a program": ("import subprocess\nanswer = subprocess.run(['true']).returncode", "it started true"),
    "a connection": (
        "import socket\ns = socket.socket()\nanswer = s.connect_ex(('127.0.0.1', 9))",
        "it connected to ('127.0.0.1', 9)",
    ),
    "a file that changes": (
        "answer = (here / 'model.py').read_text()\n(here / 'model.py').touch()",
        "model.py changed meanwhile",
    ),
}


@pytest.mark.parametrize("case", LOST)
def test_what_cannot_be_followed_is_not_kept(
    case: str, users: Callable[[], tuple[str, Memory]], tmp_path: Path
) -> None:
    code, why = LOST[case]
    (tmp_path / "user" / "model.py").write_text(USERS + code)
    users()
    _, memory = users()
    assert (memory.ran, memory.lost) == (["capture"], ["capture"])
    assert why in memory.scratch.with_suffix(".log").read_text()
