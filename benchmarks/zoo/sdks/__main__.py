"""Compiles and runs the SDKs of one network of each task, and writes what came of it.

    python -m benchmarks.zoo.sdks [NAMES…] [--out build/zoo] [--kotlin] [--swift]

Of the builds that `python -m benchmarks.zoo` has made: the smallest of each task that has both SDKs, or those named.
All of a language are compiled at once, warnings as errors, with their sample apps; each then loads its model on the
CPU and runs its goldens, which are PyTorch's. `make toolchains` installs what compiles and runs them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.zoo.page import PAGE, page
from benchmarks.zoo.sdks import kotlin, swift
from benchmarks.zoo.sdks.choice import choose, lacks
from deploykit.zoo import sdks
from deploykit.zoo.catalogue import FOLDER, entries, find
from deploykit.zoo.measured import all_measured
from deploykit.zoo.sdks import NetworkSdks, SdkRun
from deploykit.zoo.show import goldens
from tests.tools import MISSING, find_tool

Run = Callable[[str, Mapping[str, Path], Path], dict[str, SdkRun]]

LANGUAGES: dict[str, tuple[str, Run]] = {"kotlin": ("mvn", kotlin.run), "swift": ("swift", swift.run)}
"""With the tool that compiles each."""


def main() -> int:
    """Parses the command line, compiles, runs, writes."""
    known = argparse.ArgumentParser(
        prog="python -m benchmarks.zoo.sdks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known.add_argument("names", nargs="*", metavar="NAMES", help="networks; one of each task where none is named")
    known.add_argument("--out", type=Path, default=Path("build/zoo"), help="where the builds are")
    known.add_argument("--work", type=Path, default=Path("build/zoo-sdks"), help="made anew, and left to be looked at")
    for language in LANGUAGES:
        known.add_argument(
            f"--{language}", action="store_true", help="only this language, or both where both are given"
        )
    options = known.parse_args()
    languages = [name for name in LANGUAGES if getattr(options, name)] or list(LANGUAGES)
    tools = {name: find_tool(LANGUAGES[name][0]) for name in languages}
    if problems := [MISSING.format(LANGUAGES[name][0]) for name, tool in tools.items() if tool is None]:
        known.error("; ".join(problems))
    names = tuple(entry.name for entry in find(options.names))
    absent: dict[str, str] = {}
    if not names:
        names, absent = choose(entries(), options.out)
    elif problems := [f"{name}: {why}" for name in names if (why := lacks(options.out / name))]:
        known.error("; ".join(problems))
    builds = {name: (options.out / name).resolve() for name in names}
    made: dict[str, dict[str, SdkRun]] = {}
    for language, tool in tools.items():
        assert tool is not None  # seen to above
        made[language] = LANGUAGES[language][1](tool, builds, (options.work / language).resolve())
        for name, run in made[language].items():
            print(f"{language} {name}: {goldens(run)}", flush=True)
    before = sdks.all_sdks()
    found = {
        name: before.get(name, NetworkSdks()).model_copy(
            update={"absent": "", **{language: runs[name] for language, runs in made.items()}}
        )
        for name in names
    }
    everything = found | {name: NetworkSdks(absent=why) for name, why in absent.items()}
    if options.names:
        everything = before | everything
    (FOLDER / sdks.FILE).write_bytes(sdks.write(everything))
    PAGE.write_text(page(entries(), all_measured(), everything), encoding="utf-8")
    wrong = [name for name in names if not all(runs[name].passed for runs in made.values())]
    print(f"{len(names) - len(wrong)} of {len(names)} networks' SDKs are right; not: {', '.join(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
