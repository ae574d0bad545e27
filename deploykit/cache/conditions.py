"""Under which conditions a kept result is good: those in every job's key, and what the job was seen to read."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from pathlib import Path

from deploykit import digests
from deploykit.cache.follow import OWN, PACKAGE, PACKAGES
from deploykit.cache.store import Reads

FORMAT = 1
"""Of records; another one reads none of the old ones."""

SWITCHES = ("TORCH", "PYTORCH", "LITERT", "COREMLTOOLS", "ONNX", "ORT_", "JAX_", "XLA_")
"""Beginnings of environment variables that change what the packages do."""

DATA = (".json", ".lock")
"""Files of the package that jobs may read; its modules are in their records."""

ZOO = PACKAGE / "zoo"
"""No job reads what is measured of it."""


def holds(reads: Reads) -> bool:
    """Whether everything is as a job read it."""
    return (
        all(os.environ.get(name) == value for name, value in reads.environ.items())
        and all(digests.of_names(Path(path)) == digest for path, digest in reads.folders.items())
        and all(_digest(path, _stamp(path)) == digest for path, digest in reads.files.items())
    )


@cache
def host() -> dict[str, object]:
    """What every job depends on: the installed packages by version, deploykit's data, Python, the machine."""
    found = (name for folder in PACKAGES if Path(folder).is_dir() for name in os.listdir(folder))  # noqa: PTH208 - quick
    packages = sorted({name for name in found if name.endswith((".dist-info", ".egg-info"))})
    data = sorted(path for path in PACKAGE.rglob("*") if path.suffix in DATA and path.parent != ZOO)
    return {
        "format": FORMAT,
        "packages": digests.of(packages),
        "data": digests.of([[path.relative_to(PACKAGE).as_posix(), digests.of_file(path)] for path in data]),
        "switches": sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(SWITCHES)),
        "python": sys.version,
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _stamp(path: str) -> tuple[int, int]:
    try:
        stat = _place(path).stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


@cache
def _digest(path: str, stamp: tuple[int, int]) -> str | None:
    """Of a file that many records name; read again only once it has changed."""
    return digests.of_file(_place(path))


def _place(path: str) -> Path:
    return PACKAGE / path.removeprefix(OWN) if path.startswith(OWN) else Path(path)
