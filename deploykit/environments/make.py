"""Makes an environment on first use, in the user's cache, and finds it again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from deploykit.environments import Environment
from deploykit.errors import UnavailableError

LIMIT_S = 900.0
"""For all of pip's work. The largest lock has 230 MB of wheels, which takes 30 s here: this is a line of 2 Mbit/s."""

REMEDY = "`deploykit doctor --make` makes it once a network is there"

_FOREIGN = ("PYTHONPATH", "PYTHONHOME", "PIP_CONSTRAINT", "PIP_NO_BINARY", "PIP_PREFIX", "PIP_TARGET", "PIP_USER")
"""Variables that would let other packages into an environment, or put its own elsewhere."""


@dataclass(frozen=True)
class Made:
    """An environment that is there.

    Attributes:
        folder: beside the record; each attempt has one of its own.
        python: version of its interpreter.
        versions: package → version.
    """

    folder: str
    python: str
    versions: dict[str, str]


@dataclass(frozen=True)
class Place:
    """Where an environment is kept, whether it is made or not.

    Console scripts hold their interpreter's absolute path, so a folder cannot be made under one name and renamed. What
    is renamed in whole is the record, a small file that names the folder: a folder that no record names is what a kill
    left, and nobody reads it.
    """

    environment: Environment
    cache: Path

    @classmethod
    def of(cls, environment: Environment, cache: Path | None = None) -> Place:
        """In the user's cache, or in `cache`."""
        return cls(environment, cache or user_cache_path("deploykit") / "environments")

    @property
    def key(self) -> str:
        """Another lock, interpreter or machine gets another environment."""
        lock = self.environment.lock.read_bytes()
        kind = f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"
        return f"{self.environment.name}-{hashlib.sha256(lock + kind.encode()).hexdigest()[:16]}"

    @property
    def record(self) -> Path:
        """The file that says that the environment is made, and where."""
        return self.cache / f"{self.key}.json"

    @property
    def log(self) -> Path:
        """What pip said when it failed last."""
        return self.cache / f"{self.key}.log"

    def find(self) -> tuple[Path, Made] | None:
        """Its folder of programs, if it is made and whole; starts no process.

        A removed or emptied folder, a cache that was moved, and an interpreter that is gone are seen.
        """
        try:
            made = Made(**json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        programs = _programs(self.cache / made.folder)
        scripts = [programs / script for script in self.environment.scripts]
        if not all(program.exists() for program in (programs / "python", *scripts)):
            return None
        # A script names its interpreter by an absolute path.
        here = f"{programs}{os.sep}".encode()
        return (programs, made) if all(here in script.read_bytes() for script in scripts) else None


def ready(environment: Environment, cache: Path | None = None) -> Path:
    """The environment's folder of programs; makes it if it is not there.

    Only one process makes it, others wait for that one.

    Raises:
        UnavailableError: if it cannot be made, with pip's own reason; `Place.log` has all that pip said.
    """
    place = Place.of(environment, cache)
    if found := place.find():
        return found[0]
    if sys.version_info[:2] not in environment.pythons:
        known = ", ".join(f"{major}.{minor}" for major, minor in environment.pythons)
        raise UnavailableError(
            f"{environment.requirement} runs on Python {known}, this is {sys.version_info[0]}.{sys.version_info[1]}"
        )
    try:
        place.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(place.cache / f"{place.key}.lock"):
            if found := place.find():
                return found[0]
            _make(place)
    except OSError as error:
        said = f"{error.filename or place.cache}: {error.strerror or error}"
        raise UnavailableError(f"{environment.requirement} cannot be installed: {said}") from error
    if found := place.find():
        return found[0]
    raise UnavailableError(f"{environment.requirement} lacks {' or '.join(environment.scripts)}; the lock is wrong")


def clean_environ() -> dict[str, str]:
    """This process's variables, without those that would let its packages into another environment."""
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return kept | {"PYTHONNOUSERSITE": "1"}


def _make(place: Place) -> None:
    for left in place.cache.glob(f"{place.key}.*.env"):
        shutil.rmtree(left, ignore_errors=True)  # what cannot be removed is in nobody's way
    folder = Path(tempfile.mkdtemp(prefix=f"{place.key}.", suffix=".env", dir=place.cache))
    python = str(_programs(folder) / "python")
    try:
        _run(place, [sys.executable, "-m", "venv", str(folder)])
        _run(place, [python, "-m", "pip", "install", *_PIP, "--requirement", str(place.environment.lock)])
        listed = json.loads(_run(place, [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]))
        versions = {item["name"]: item["version"] for item in listed}
        made = Made(folder.name, ".".join(map(str, sys.version_info[:3])), versions)
        written = folder / "record.json"
        written.write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
        written.replace(place.record)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    place.log.unlink(missing_ok=True)


_PIP = (
    "--require-hashes",
    "--no-deps",  # the lock is complete
    "--only-binary=:all:",  # compiling may take an hour, and needs what most machines lack
    "--ignore-requires-python",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
    "--retries=1",  # without a network each one costs seconds
)


def _run(place: Place, command: list[str]) -> str:
    """What a command printed on stdout.

    Raises:
        UnavailableError: if it fails; what it said is in the log then.
    """
    name, log = place.environment.requirement, place.log
    try:
        done = subprocess.run(
            command, env=clean_environ(), capture_output=True, text=True, timeout=LIMIT_S, check=False, cwd=place.cache
        )
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{name} could not be installed within {LIMIT_S:.0f} s; {REMEDY}") from None
    if done.returncode:
        said = done.stdout + done.stderr
        log.write_text(f"$ {' '.join(command)}\n{said}", encoding="utf-8")
        raise UnavailableError(f"{name} cannot be installed: {reason(said)}; {REMEDY}; log: {log}")
    return done.stdout


def reason(said: str) -> str:
    """The line of pip's, or venv's, output that says why it failed.

    Without a network pip's errors say that there is no such package; the warnings before them say why.
    """
    if broken := re.search(r"connection broken by '(.*)'", said):
        cause = re.findall(r"\[Errno [^]]*\] [^'\")]+", broken[1])
        return f"no connection: {cause[-1] if cause else broken[1]}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error:")]
    return (errors or lines[-1:] or ["it said nothing"])[0]


def _programs(folder: Path) -> Path:
    return folder / "bin"
