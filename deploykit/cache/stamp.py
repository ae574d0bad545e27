"""Whether an output folder is already what a build would make: then nothing has to be done, nor imported.

A stamp is written once a build is whole. It has a digest of everything that the build was made of, and of every file
that it wrote. A stamp that does not hold in every point is no stamp.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deploykit import digests, vulkan
from deploykit.cache.conditions import ZOO, holds, host
from deploykit.cache.follow import PACKAGE
from deploykit.cache.memory import Memory
from deploykit.cache.sealed import read, write
from deploykit.cache.store import Reads, Store
from deploykit.request import BuildRequest
from deploykit.resources import folder as resources

REPORT = Path("report") / "report.json"


def up_to_date(request: BuildRequest) -> str | None:
    """The JSON of the report in the output folder, if a build would make the same folder again; else None."""
    if request.store is None or request.fresh:
        return None
    try:
        stamp = read(_file(request.store, request.out))
        reads = Reads(**stamp["reads"])
        if stamp["made of"] != _made_of(request) or not holds(reads) or stamp["output"] != _output(request.out):
            return None
        os.utime(_file(request.store, request.out))
        return (request.out / REPORT).read_text(encoding="utf-8")
    except (OSError, ValueError, TypeError, KeyError):
        return None


def stamp(request: BuildRequest, memory: Memory | None) -> None:
    """Notes what the output folder was made of, if all of that is known."""
    if request.store is None or memory is None or memory.lost:
        return
    made: dict[str, Any] = {
        "made of": _made_of(request),
        "reads": asdict(_together(memory.reads)),
        "output": _output(request.out),
    }
    with request.store.locked():
        write(_file(request.store, request.out), made)


def _made_of(request: BuildRequest) -> str:
    """A digest of what is asked for, the installed packages, the machine, and all code and data of deploykit."""
    asked = (
        request.source,
        request.targets,
        request.precisions,
        request.best,
        request.mixing,
        request.wish,
        request.sweep,
    )
    driver = [vulkan.unavailable(), *map(digests.of_file, vulkan.needs())]
    return digests.of([host(), os.cpu_count(), driver, digests.plain(asked), type(request.source).__name__, _code()])


def code() -> str:
    """A digest of all code and data of deploykit."""
    return digests.of(_code())


def _code() -> dict[str, str | None]:
    # A network of the zoo is a project: it counts where it is built, as what its jobs have read.
    files = [path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts and path.parent.parent != ZOO]
    named = {f"deploykit/{path.relative_to(PACKAGE).as_posix()}": digests.of_file(path) for path in sorted(files)}
    for name in ("templates", "targets"):
        top = resources(name)
        named |= {
            f"{name}/{path.relative_to(top).as_posix()}": digests.of_file(path)
            for path in sorted(top.rglob("*"))
            if path.is_file()
        }
    return named


def _output(out: Path) -> dict[str, str | None]:
    """Every file of an output folder by its digest; hard links are read once."""
    files = sorted(path for path in out.rglob("*") if path.is_file())
    same = {path.stat().st_ino: path for path in files}
    with ThreadPoolExecutor() as pool:
        known = dict(zip(same, pool.map(digests.of_file, same.values()), strict=True))
    return {path.relative_to(out).as_posix(): known[path.stat().st_ino] for path in files}


def _together(reads: Iterable[Reads]) -> Reads:
    all_of = Reads()
    for each in reads:
        all_of.files.update(each.files)
        all_of.folders.update(each.folders)
        all_of.environ.update(each.environ)
    return all_of


def _file(store: Store, out: Path) -> Path:
    return store.folder / "builds" / f"{digests.of(str(out.absolute()))[:32]}.json"
