"""The folder of the cache: files by the SHA-256 of their content, and records that name them.

    objects/ab/cdef…    a file's bytes
    records/….json      what a job gave: its files by name and digest, and what it read
    builds/….json       what a whole output folder was made of; see `deploykit.cache.stamp`

What holds, also if a build is ended by `kill -9`, and while other builds use the same folder:

- A file is whole or not there: it is written beside its place, synced and renamed; objects before the record that names
  them. What a killed build leaves beside is removed with the next pruning (`deploykit.cache.limit`).
- Who writes, prunes or clears holds the lock of the folder, which ends with its process. So no pruning takes an object
  between its writing and that of its record, nor a file that is being written.
- Readers need no lock: what they read is checked against its digest, and what is damaged or gone is a miss: it is done
  anew, never used. They remove a damaged file without the lock; if that takes one that was just written anew, that is
  a miss, too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from deploykit import digests
from deploykit.cache.sealed import read, write

FOLDER = "DEPLOYKIT_CACHE"
"""The environment variable that says where the cache is."""


@dataclass(frozen=True)
class Reads:
    """What a job read beside its arguments.

    Attributes:
        files: path → SHA-256, or None where there was no such file. A path under `@deploykit/` is in the package.
        folders: path → digest of the names in it.
        environ: environment variable → its value; None if it was not set.
    """

    files: dict[str, str | None] = field(default_factory=dict)
    folders: dict[str, str | None] = field(default_factory=dict)
    environ: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """What a job gave.

    Attributes:
        key: of the job, its arguments and the installed packages.
        name: of the job, for people.
        model: what it was about, for people.
        answer: the object that has the pickled result.
        files: name → object.
        log: the object that has what it printed.
        reads: what has to be as it was.
        bytes: of all its objects.
        seconds: that it took.
    """

    key: str
    name: str
    model: str
    answer: str
    files: dict[str, str]
    log: str
    reads: Reads
    bytes: int
    seconds: float

    @property
    def objects(self) -> tuple[str, ...]:
        """All objects that it names."""
        return (self.answer, self.log, *self.files.values())


@dataclass(frozen=True)
class Entry:
    """A record in the folder: None where it is damaged."""

    path: Path
    record: Record | None
    used: float
    """Seconds since the epoch."""


class Store:
    """A cache folder; made when something is put into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Record | None:
        """The record of a key, if there is one; a damaged one is removed."""
        path = self._record(key)
        try:
            record = _read(path)
        except OSError:
            return None
        except (ValueError, TypeError, KeyError):
            self.remove(key)
            return None
        with suppress(OSError):  # a cache that can only be read is one all the same
            os.utime(path)
        return record

    def put(self, record: Record, answer: bytes, log: bytes, files: Mapping[str, Path]) -> None:
        """Keeps what a job gave; takes the digests and the size from what is given here, not from `record`.

        Raises:
            OSError: if it cannot be written.
        """
        with self.locked():
            kept = {name: self._add(path) for name, path in files.items()}
            sizes = sum(path.stat().st_size for path in files.values()) + len(answer) + len(log)
            values = asdict(record) | {
                "answer": self._add(answer),
                "log": self._add(log),
                "files": kept,
                "bytes": sizes,
            }
            write(self._record(record.key), values)

    def open(self, digest: str) -> bytes:
        """An object's bytes.

        Raises:
            DamagedError: if it is gone, or is not what its name says.
        """
        try:
            data = self._object(digest).read_bytes()
        except OSError as error:
            raise DamagedError(f"{digest[:12]} is gone") from error
        if hashlib.sha256(data).hexdigest() != digest:
            self._drop(digest)
            raise DamagedError(f"{digest[:12]} is damaged")
        return data

    def copy(self, digest: str, to: Path) -> None:
        """Writes an object to a new file; never a link, since outputs may be edited.

        Raises:
            DamagedError: if it is gone, or is not what its name says; `to` may hold anything then.
        """
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(self._object(digest), to)
        except OSError as error:
            if not self._object(digest).exists():
                raise DamagedError(f"{digest[:12]} is gone") from error
            raise
        if digests.of_file(to) != digest:
            self._drop(digest)
            raise DamagedError(f"{digest[:12]} is damaged")

    def remove(self, key: str) -> None:
        """Forgets a record; its objects go with the next pruning."""
        with suppress(OSError):
            self._record(key).unlink(missing_ok=True)

    def entries(self) -> list[Entry]:
        """Every record, the last used first."""
        found = []
        for path in (self.folder / "records").glob("*.json"):
            with suppress(FileNotFoundError):  # another build may prune
                used = path.stat().st_mtime
                try:
                    found.append(Entry(path, _read(path), used))
                except (ValueError, TypeError, KeyError):
                    found.append(Entry(path, None, used))
        return sorted(found, key=lambda entry: -entry.used)

    def objects(self) -> dict[str, Path]:
        """Every object's file by its digest."""
        return {path.parent.name + path.name: path for path in (self.folder / "objects").glob("*/*")}

    def size(self) -> int:
        """Bytes of all objects."""
        return sum(path.stat().st_size for path in self.objects().values())

    def clear(self) -> None:
        """Removes everything but the lock."""
        if not self.folder.exists():
            return
        with self.locked():
            for part in ("records", "builds", "objects", "new"):
                shutil.rmtree(self.folder / part, ignore_errors=True)

    def verify(self) -> list[tuple[Entry, str]]:
        """Removes every record that is damaged or has a damaged or missing object; gives them with what is wrong."""
        wrong = []
        for entry in self.entries():
            problem = "its record is damaged"
            if entry.record is not None:
                broken = [d for d in dict.fromkeys(entry.record.objects) if digests.of_file(self._object(d)) != d]
                problem = (
                    f"{len(broken)} of its {len(entry.record.objects)} files are damaged or gone" if broken else ""
                )
                for digest in broken:
                    self._object(digest).unlink(missing_ok=True)
            if problem:
                entry.path.unlink(missing_ok=True)
                wrong.append((entry, problem))
        return wrong

    def locked(self) -> FileLock:
        """For whoever writes, prunes or clears; makes the folder.

        Raises:
            OSError: if that cannot be.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileLock(self.folder / "lock")

    def _add(self, source: Path | bytes) -> str:
        """Makes an object of a file or of bytes."""
        folder = self.folder / "new"
        folder.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(source, bytes):
                file.write(source)
            else:
                with source.open("rb") as given:
                    shutil.copyfileobj(given, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        digest = digests.of_file(Path(name))
        assert digest is not None  # it was just written
        to = self._object(digest)
        to.parent.mkdir(parents=True, exist_ok=True)
        Path(name).replace(to)
        return digest

    def _drop(self, digest: str) -> None:
        with suppress(OSError):
            self._object(digest).unlink(missing_ok=True)

    def _record(self, key: str) -> Path:
        return self.folder / "records" / f"{key}.json"

    def _object(self, digest: str) -> Path:
        return self.folder / "objects" / digest[:2] / digest[2:]


class DamagedError(Exception):
    """An object is not what its name says. Never leaves `deploykit.cache`: it is a miss."""


def default_store() -> Store:
    """In the user's cache, or where `DEPLOYKIT_CACHE` says."""
    given = os.environ.get(FOLDER)
    return Store(Path(given).absolute() if given else user_cache_path("deploykit") / "jobs")


def _read(path: Path) -> Record:
    values = read(path)
    return Record(**values | {"reads": Reads(**values["reads"])})
