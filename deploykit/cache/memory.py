"""Jobs that are done once: looked up before they are sent to a process, kept by that process when they are done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from deploykit import digests
from deploykit.cache.conditions import holds, host
from deploykit.cache.follow import followed
from deploykit.cache.pickles import dumps, loads
from deploykit.cache.store import DamagedError, Reads, Record, Store
from deploykit.errors import LoweringError, StoppedError
from deploykit.jobs import logged

T = TypeVar("T")


@dataclass(frozen=True)
class Task(Generic[T]):
    """A function for a process of its own, and what is known of it without running it."""

    name: str
    """Unique in a build, for people: `lower litert-fp32 by onnx2tf`."""
    log: Path
    function: Callable[..., T]
    """Of `deploykit.work`: its arguments are plain data and paths."""
    arguments: tuple[object, ...]
    writes: tuple[Path, ...] = ()
    """Files or folders among the arguments that it makes; they are kept."""
    reads: tuple[Path, ...] = ()
    """Files that it reads beside those among its arguments."""
    about: object = None
    """What its result depends on, in place of the arguments, where they hold more than that."""
    foreign: bool = False
    """Whether the user's own code runs in it."""


@dataclass(frozen=True)
class Answer:
    """What comes back from a job's process."""

    value: object
    error: LoweringError | None = None
    reads: Reads | None = None
    """None where it was not kept."""
    lost: tuple[str, ...] = ()
    """Why it was not kept."""


@dataclass
class Memory:
    """The cache as one build sees it."""

    store: Store
    scratch: Path
    """Paths in it stand for their content."""
    model: str
    """What the build is about, for people."""
    fresh: bool = False
    """Whether to keep only, and use nothing."""
    told: Callable[[str], None] = lambda text: None
    """Gets what the user should know."""
    reused: list[str] = field(default_factory=list)
    """Jobs whose results came from the cache."""
    ran: list[str] = field(default_factory=list)
    reads: list[Reads] = field(default_factory=list)
    """Of every job that was kept or reused."""
    lost: list[str] = field(default_factory=list)
    """Jobs that could not be kept, or did not come to an end that is kept."""

    def submit(self, pool: Executor, task: Task[T]) -> Future[T]:
        """The job's result: from the cache, or from a process of `pool`, which keeps it."""
        done: Future[T] = Future()
        key = self._key(task)
        if not self.fresh and (record := self.store.get(key)) is not None and holds(record.reads):
            try:
                answer = self._restored(record, task)
            except DamagedError as error:
                self.store.remove(key)
                self.told(f"the cache's entry for {task.name} is removed: {error}")
            else:
                self.reused.append(task.name)
                self.reads.append(record.reads)
                _settle(done, answer)
                return done
        self.ran.append(task.name)
        keep = Keep(self.store.folder, key, self.scratch, self.model)
        sent = pool.submit(logged, task.log, remembered, keep, task)
        sent.add_done_callback(lambda future: self._finished(task, future, done))
        return done

    def _finished(self, task: Task[T], sent: Future[Any], done: Future[T]) -> None:
        if sent.cancelled():
            done.cancel()
        elif error := sent.exception():
            self.lost.append(task.name)
            done.set_exception(error)
        else:
            answer: Answer = sent.result()
            if answer.reads is None:
                self.lost.append(task.name)
            else:
                self.reads.append(answer.reads)
            for why in answer.lost:
                self.told(f"{task.name} is not kept in the cache: {why}")
            _settle(done, answer)

    def _key(self, task: Task[Any]) -> str:
        about = task.arguments if task.about is None else task.about
        content = [digests.measure(path)[1] if path.exists() else None for path in task.reads]
        return digests.of([host(), task.name, self._plain(about, task.writes), content])

    def _plain(self, value: object, writes: tuple[Path, ...]) -> Any:
        """Plain data, with paths in the scratch folder as their content, or as a place to write to."""
        if isinstance(value, Path):
            for index, place in enumerate(writes):
                if value.is_relative_to(place):
                    return ["written", index, value.relative_to(place).as_posix()]
            return (
                ["read", value.name, digests.measure(value)[1]]
                if value.is_relative_to(self.scratch)
                else (digests.plain(value))
            )
        if isinstance(value, tuple | list):
            return [self._plain(item, writes) for item in value]
        if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
            return {name: self._plain(getattr(value, name), writes) for name in value.__dataclass_fields__}
        return digests.plain(value)

    def _restored(self, record: Record, task: Task[Any]) -> Answer:
        value = loads(self.store.open(record.answer), self.scratch)
        log = self.store.open(record.log)
        for name, digest in record.files.items():
            index, _, inner = name.partition("/")
            self.store.copy(digest, task.writes[int(index)] / inner if inner else task.writes[int(index)])
        with task.log.open("ab") as file:
            file.write(log)
        return Answer(None, LoweringError(value[1])) if value[0] == "failed" else Answer(value[1])


@dataclass(frozen=True)
class Keep:
    """Where, and as what, a job's process keeps its result."""

    folder: Path
    key: str
    scratch: Path
    model: str


def remembered(keep: Keep, task: Task[Any]) -> Answer:
    """Runs a job in this process and keeps what it gave; a failure of a converter, too, unless it was stopped."""
    start, before = time.time(), task.log.stat().st_size
    error: LoweringError | None = None
    value: object = None
    with followed((keep.scratch, task.log), time.time_ns(), task.foreign) as seen:
        try:
            value = task.function(*task.arguments)
        except StoppedError:
            raise  # another time it may come to an end
        except LoweringError as raised:
            error = raised
    reads = seen.reads()
    if seen.lost:
        print(*(f"not kept in the cache: {why}" for why in seen.lost), sep="\n", flush=True)
        return Answer(value, error, None, tuple(seen.lost))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    record = Record(keep.key, task.name, keep.model, "", {}, "", reads, 0, round(time.time() - start, 3))
    result = dumps(("done", value) if error is None else ("failed", str(error)), keep.scratch)
    try:
        Store(keep.folder).put(record, result, task.log.read_bytes()[before:], dict(_files(task.writes)))
    except OSError as problem:
        why = f"{keep.folder} cannot be written: {problem.strerror or problem}"
        print(f"not kept in the cache: {why}", flush=True)
        return Answer(value, error, None, (why,))
    return Answer(value, error, reads)


def _settle(done: Future[T], answer: Answer) -> None:
    if answer.error is not None:
        done.set_exception(answer.error)
    else:
        done.set_result(cast("T", answer.value))


def _files(places: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    for index, place in enumerate(places):
        if place.is_file():
            yield str(index), place
        else:
            yield from ((f"{index}/{p.relative_to(place).as_posix()}", p) for p in place.rglob("*") if p.is_file())
