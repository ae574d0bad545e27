"""Sees what a job reads while it runs, so that its result can be told to be still good without running it.

Python's audit events tell of every file that Python opens and every folder that it lists. Installed packages are left
out: their versions are in the key of every job. What cannot be followed is said, and the job is then not kept: a
connection, a program that the user's code starts, a file that changed meanwhile, a package that opens files by itself.

Python cannot take an audit hook back, so this is for a job's own process.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import deploykit
from deploykit import digests
from deploykit.cache.store import Reads

PACKAGE = Path(deploykit.__file__).parent
CACHE = str(Path(__file__).parent) + os.sep
OWN = "@deploykit/"
"""Stands for the package's folder: checkouts with the same code share a cache."""

PACKAGES = {sysconfig.get_path(name) for name in ("purelib", "platlib")} | {
    path for path in sys.path if path.endswith(("site-packages", "dist-packages"))
}
"""Folders of installed packages, those that a `.pth` file names among them."""
_PATHS = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")} | PACKAGES
INSTALLED = tuple({path + os.sep for path in (*_PATHS, *map(os.path.realpath, _PATHS))})
"""Also by their real paths: a virtual environment may be a link, and what is opened is known by its real path."""
SYSTEM = ("/proc/", "/sys/", "/dev/")
"""What the kernel makes up."""

COARSE_NS = 20_000_000
"""File systems stamp with a clock that ticks, every 10 ms at the slowest, and so lags behind."""

CONNECTIONS = ("socket.connect", "socket.sendto")
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
"""Audit events: https://docs.python.org/3/library/audit_events.html"""

BY_THEMSELVES = ("cv2", "h5py", "netCDF4", "tables", "tensorflow")
"""Packages whose native code opens files past Python. safetensors does, too, and is followed by other means."""

NOT_JOBS = ("deploykit.cli", "deploykit.console", "deploykit.__main__", "deploykit.report", "deploykit.codegen")
"""What is imported in a job's process, or may be, and has no say in what the job gives."""


@dataclass
class Seen:
    """What was seen, while it is gathered."""

    apart: tuple[Path, ...]
    """Folders and files that do not count: the job's arguments have them already, or it writes them."""
    started: int
    """Nanoseconds since the epoch."""
    closely: bool
    """Whether more than modules is gathered."""
    opened: dict[str, None] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    """Files that the job itself began anew: what it reads of them later is no input."""
    listed: dict[str, None] = field(default_factory=dict)
    environ: dict[str, str | None] = field(default_factory=dict)
    lost: dict[str, None] = field(default_factory=dict)
    """Why it cannot all be followed."""

    def reads(self) -> Reads:
        """Everything with its digest as it is now; fills `lost` with what changed since the start."""
        files: dict[str, str | None] = {}
        for path in (*self.opened, *_modules()):
            if not self._counts(path):
                continue
            name = OWN + Path(path).relative_to(PACKAGE).as_posix() if _is_own(path) else path
            try:
                if Path(path).stat().st_mtime_ns >= self.started - COARSE_NS:
                    self.lost[f"{path} changed meanwhile"] = None
            except OSError:
                pass  # it was looked for and is not there, which counts as well
            files[name] = digests.of_file(Path(path))
        for name in BY_THEMSELVES:
            if self.closely and name in sys.modules:
                self.lost[f"{name} opens files by itself"] = None
        folders = {path: digests.of_names(Path(path)) for path in self.listed if self._counts(path)}
        return Reads(files, folders, self.environ)

    def _counts(self, path: str) -> bool:
        if f"{os.sep}__pycache__" in path or path.startswith(SYSTEM) or not Path(path).is_absolute():
            return False
        if not _is_own(path) and path.startswith(INSTALLED):
            return False
        return not any(Path(path).is_relative_to(folder) for folder in self.apart)


@contextmanager
def followed(apart: tuple[Path, ...], started: int, closely: bool) -> Iterator[Seen]:
    """Gathers what is read in the block.

    Args:
        apart: what does not count.
        started: when the job began; files that are newer may not be what it read.
        closely: whether other code than deploykit's and the packages' runs in it, which may read anything. Else
            modules are enough, and quicker: an audit hook is called a million times while a network is lowered.
    """
    seen = Seen(tuple(Path(os.path.realpath(path)) for path in apart), started, closely)
    if not closely:
        yield seen
        return
    active = True

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if active and (handle := HANDLERS.get(event)):
            handle(seen, event, given)

    sys.addaudithook(hook)
    _follow_environ(seen)
    _follow_safetensors()
    try:
        yield seen
    finally:
        active = False


def _opened(seen: Seen, event: str, given: tuple[Any, ...]) -> None:
    path, _, flags = given
    if not isinstance(path, str | bytes | os.PathLike):
        return  # an open descriptor
    real, flags = os.path.realpath(os.fsdecode(path)), flags or 0
    if flags & (os.O_TRUNC | os.O_EXCL):
        seen.made.add(real)
    elif flags & os.O_ACCMODE != os.O_WRONLY and real not in seen.made:
        seen.opened[real] = None


def _listed(seen: Seen, event: str, given: tuple[Any, ...]) -> None:
    path = given[0] or "."
    # Packages look for their libraries in every folder of the path.
    if isinstance(path, str | bytes | os.PathLike) and _by_the_user(own=True):
        seen.listed[os.path.realpath(os.fsdecode(path))] = None


def _connected(seen: Seen, event: str, given: tuple[Any, ...]) -> None:
    if _by_the_user() and given[1]:
        seen.lost[f"it connected to {given[1]}"] = None


def _started(seen: Seen, event: str, given: tuple[Any, ...]) -> None:
    if _by_the_user():
        seen.lost[f"it started {given[0] if given and given[0] else 'a process'}"] = None


HANDLERS: dict[str, Callable[[Seen, str, tuple[Any, ...]], None]] = {
    "open": _opened,
    "sqlite3.connect": lambda seen, event, given: _opened(seen, event, (given[0], "r", 0)),
    "os.listdir": _listed,
    "os.scandir": _listed,
    **dict.fromkeys(CONNECTIONS, _connected),
    **dict.fromkeys(PROGRAMS, _started),
}


def _follow_environ(seen: Seen) -> None:
    """Notes the variables that the user's code asks for."""
    plain = type(os.environ)

    class Followed(plain):  # type: ignore[misc, valid-type]  # its class is found only now
        def __getitem__(self, key: str) -> str:
            if isinstance(key, str) and _by_the_user():
                raw = self._data.get(self.encodekey(key))
                seen.environ[key] = None if raw is None else self.decodevalue(raw)
            value: str = super().__getitem__(key)
            return value

    os.environ.__class__ = Followed


def _follow_safetensors() -> None:
    """Its native code opens files past Python: tells of them as Python would."""
    import safetensors

    native = safetensors.safe_open

    def safe_open(filename: Any, *args: Any, **kwargs: Any) -> Any:
        sys.audit("open", filename, "rb", 0)
        return native(filename, *args, **kwargs)

    safetensors.safe_open = safe_open  # type: ignore[misc, assignment]  # a function in place of a class
    if module := sys.modules.get("safetensors.torch"):
        module.safe_open = safe_open  # type: ignore[attr-defined]  # looked up by name, so any module


def _by_the_user(own: bool = False) -> bool:
    """Whether the user's code is at work, or, with `own`, deploykit's; not a package that is just being imported."""
    for frame in _callers():
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            return False
        if _is_the_users(file) or (own and _is_own(file) and not file.startswith(CACHE)):
            return True
    return False


def _callers() -> Iterator[FrameType]:
    """The stack from inside out."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_the_users(filename: str) -> bool:
    return filename[:1] != "<" and not filename.startswith(INSTALLED) and not _is_own(filename)


def _is_own(path: str) -> bool:
    return path.startswith(f"{PACKAGE}{os.sep}")


def _modules() -> Iterator[str]:
    """The source files of every imported module that is not an installed package's."""
    for name, module in tuple(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if (
            isinstance(file, str)
            and Path(file).is_absolute()
            and not any(name == other or name.startswith(f"{other}.") for other in NOT_JOBS)
        ):
            path = os.path.realpath(file)
            if _is_own(path) or not path.startswith(INSTALLED):
                yield path
