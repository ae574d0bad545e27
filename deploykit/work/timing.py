"""How fast files are beside each other, on this host."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from deploykit.backends import RUNNERS
from deploykit.work.draws import load

ROUNDS = 20
LIMIT_S = 10.0


def time_files(runner: str, files: tuple[Path, ...], inputs: Path) -> tuple[float, ...]:
    """The least seconds that each file needs for one input.

    All are open at once and take turns, so that whatever else the machine does meets them alike.

    Args:
        runner: of `RUNNERS`.
        files: what it opens.
        inputs: the build's test inputs; the first random one is used.
    """
    given = {name: values[0] for name, values in load(inputs)["random"].items()}
    best = [float("inf")] * len(files)
    with ExitStack() as stack:
        opened = [stack.enter_context(RUNNERS[runner].open(file)) for file in files]
        for each in opened:
            each.run(given)  # the first run also prepares
        end = time.monotonic() + LIMIT_S
        for _ in range(ROUNDS):
            for number, each in enumerate(opened):
                start = time.perf_counter()
                each.run(given)
                best[number] = min(best[number], time.perf_counter() - start)
            if time.monotonic() > end:
                break
    return tuple(best)
