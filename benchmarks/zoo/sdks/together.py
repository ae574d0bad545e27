"""Many SDKs in one run of a compiler, and none of them spoils it for the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from subprocess import CompletedProcess


def compile_all(
    names: Sequence[str], run: Callable[[Sequence[str]], CompletedProcess[str]], complaint: re.Pattern[str]
) -> dict[str, str]:
    """Compiles all; if that fails, those whose files are complained of are left out, and the others compiled again.

    Args:
        names: of the SDKs.
        run: compiles those named.
        complaint: matches a line about a file: `name` of the SDK, and `text`.

    Returns:
        What was complained of first, by the SDKs that do not compile.

    Raises:
        RuntimeError: with the output, if the run fails for another reason.
    """
    broken: dict[str, str] = {}
    while left := [name for name in names if name not in broken]:
        done = run(left)
        if done.returncode == 0:
            return broken
        output = done.stdout + (done.stderr or "")
        found = {match["name"]: match["text"] for match in reversed(list(complaint.finditer(output)))}
        if not (found := {name: text for name, text in found.items() if name in left}):
            raise RuntimeError(output[-12000:])
        broken |= {name: f"does not compile: {text}" for name, text in found.items()}
    return broken
