"""What this machine can convert, run and compile, and how to get what is missing."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.table import Table

from deploykit.backends import BACKENDS, RUNNERS
from deploykit.environments import ENVIRONMENTS, Environment
from deploykit.environments.make import REMEDY, Place, ready, reason
from deploykit.errors import UnavailableError
from deploykit.probes.known import known, unprobed


@dataclass(frozen=True)
class Tool:
    """A program that is looked for on PATH."""

    name: str
    purpose: str
    remedy: str
    find: Callable[[], str | None]
    """Its version or path, or None."""


def _on_path(*names: str) -> Callable[[], str | None]:
    return lambda: next((found for name in names if (found := shutil.which(name))), None)


def _java() -> str | None:
    if not (path := shutil.which("java")):
        return None
    shown = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr.splitlines()
    return shown[0] if shown else path


def _swift() -> str | None:
    """On PATH, or in the Debian root that `make toolchains` makes."""
    cache = Path(os.environ.get("DEPLOYKIT_TOOLCHAINS", Path.home() / ".cache/deploykit/toolchains"))
    root = cache / "swift-trixie"
    return shutil.which("swift") or (str(root) if os.path.lexists(root / "usr/bin/swift") else None)


DEBIAN = "make toolchains (in deploykit's repository), or apt-get install {}"
TOOLS = (
    Tool("java", "compiles and runs the generated Kotlin", DEBIAN.format("openjdk-17-jdk-headless"), _java),
    Tool("mvn", "fetches what the generated Kotlin is compiled against", DEBIAN.format("maven"), _on_path("mvn")),
    Tool("swift", "compiles the generated Swift", "make toolchains, or https://www.swift.org/install", _swift),
    Tool(
        "chromium",
        "brings a Vulkan driver in software, for LiteRT's GPU engine",
        DEBIAN.format("chromium"),
        _on_path("chromium"),
    ),
)


def diagnosis(*, make: bool = False) -> Table:
    """One table: converters, environments, runners, compilers.

    Args:
        make: whether to make environments that are not there yet.
    """
    table = Table("what", "state", "detail", title=f"deploykit on {platform.platform()}", title_justify="left")
    for tool in sorted({tool for backend in BACKENDS.values() for tool in backend.tools}):
        try:
            table.add_row(f"converter {tool}", "ok", version(tool))
        except PackageNotFoundError:
            table.add_row(f"converter {tool}", "missing", f"pip install {tool}")
    table.add_row("probes", *_probes())
    for environment in ENVIRONMENTS.values():
        table.add_row(f"environment {environment.name}", *_environment(environment, make))
    for name, runner in RUNNERS.items():
        missing = runner.unavailable()
        by = ", ".join(str(path) for path in runner.needs() if path.suffix == ".json")
        detail = missing or (f"{runner.title}, by {by}" if by else runner.title)
        table.add_row(f"runner {name}", "not here" if missing else "ok", detail)
    for entry in TOOLS:
        found = entry.find()
        table.add_row(f"tool {entry.name}", "ok" if found else "missing", found or f"{entry.purpose}: {entry.remedy}")
    return table


def _probes() -> tuple[str, str]:
    """Whether what deploykit knows of the converters' mistakes is of the versions that are installed."""
    if others := unprobed():
        told = ", ".join(f"{name} {now} (probed: {before})" for name, (before, now) in others.items())
        return (
            "other versions",
            f"{told}: rewrites may be too many or too few; deploykit probe tells what they get wrong",
        )
    return "ok", f"{len({record.case for record in known().records})} one-op models, on these versions"


def _environment(environment: Environment, make: bool) -> tuple[str, str]:
    """Its state, and its version and place, or why it is not there."""
    if make:
        try:
            ready(environment)
        except UnavailableError as error:
            return "missing", str(error)
    place = Place.of(environment)
    found = place.find()
    if found is None:
        if place.log.exists():
            return "missing", f"the last attempt failed: {reason(place.log.read_text(encoding='utf-8'))}; {REMEDY}"
        return "missing", f"{environment.purpose}: made on first use, or now by deploykit doctor --make"
    _, made = found
    name = re.split(r"[=<>~!]", environment.requirement)[0]
    return "ok", f"{name} {made.versions[name]}, Python {made.python}, in {place.cache}"
