"""What LiteRT's GPU engine writes: why it opened nothing, where it ran a file, and which ops it left.

The words are the wheel's own, of ai-edge-litert 2.3.
"""

from __future__ import annotations

import re
from typing import Literal

from deploykit import vulkan
from deploykit.errors import RunnerLimitError
from deploykit.manifest import GpuRecord

NO_DRIVER = "Failed to initialize WebGPU environment"
WHOLE = "whole"
"""For a log that tells of no op, since none was left."""
PARTS = re.compile(
    r"^(?:ERROR: )?Following operations are not supported by GPU delegate:\n(?P<lines>.*?)\n"
    r"(?P<taken>\d+|No) operations will run on the GPU",
    re.MULTILINE | re.DOTALL,
)
"""What it tells of a signature some of whose ops it left."""
KEPT = 20
"""Lines of a log that is not understood."""

_ADAPTER = re.compile(r"Selected adapter: (.+?), arch=.*adapterType=(.+)")
_SHARES = re.compile(r"(\d+) operations will run on the GPU, and the remaining (\d+)")
_NOTHING = re.compile(r"No operations will run on the GPU, and all (\d+)")
_LEFT = re.compile(r"operations are not supported by GPU delegate:\n((?:[A-Z0-9_]+: .*\n)+)")
_REFUSED = re.compile(r"^Warning: (.+)", re.MULTILINE)
_ERROR = re.compile(r"^ERROR: (?!\[)(.+)", re.MULTILINE)


def parts(said: str, whole: bool) -> str:
    """Of a log what tells of parts: `WHOLE`, the engine's block, or its last lines where it has none.

    Args:
        said: the log.
        whole: whether LiteRT calls the file fully accelerated.
    """
    if whole:
        return WHOLE
    found = PARTS.search(said)
    return found[0] if found else "\n".join(understandable(said))


def understandable(said: str) -> tuple[str, ...]:
    """The last lines of a log, without what differs from run to run: chatter, times, addresses."""
    lines = [line for line in said.splitlines() if line.strip() and not re.match(r"INFO|I\d{4} ", line)]
    return tuple(re.sub(r"0x[0-9a-f]+|\d{9,}\.\d+|/\S*/", "", line) for line in lines[-KEPT:])


def refusal(said: str, why: str, driver: vulkan.Driver) -> RunnerLimitError:
    """Why the engine opened nothing: for the driver, or for the file.

    Args:
        said: the engine's log.
        why: what LiteRT raised.
        driver: what the engine was started with.
    """
    if NO_DRIVER in said:
        names = ", ".join(file.name for file in driver.files)
        reasons = "; ".join(dict.fromkeys(_REFUSED.findall(said))) or "it finds no GPU by it"
        return RunnerLimitError(
            f"LiteRT's GPU engine refuses this host's Vulkan driver ({names}): {reasons.rstrip('.')}. Another driver, "
            f"named by {vulkan.VARIABLES[0]}: {vulkan.REMEDY}"
        )
    errors = "; ".join(dict.fromkeys(_ERROR.findall(said))) or why.strip().splitlines()[-1].lstrip("\u2514 ")
    return RunnerLimitError(
        f"LiteRT's GPU engine does not take the file: {errors.rstrip('.')}. An SDK goes on to the CPU"
    )


def read_residency(said: str, whole: bool, arithmetic: Literal["fp32", "fp16"]) -> GpuRecord:
    """Where the engine ran a file, from its log.

    Args:
        said: the log; a file with several signatures is told signature by signature.
        whole: whether LiteRT calls the file fully accelerated.
        arithmetic: what was computed in.
    """
    name, kind = next(iter(_ADAPTER.findall(said)), ("unknown", ""))
    shares = [(int(gpu), int(cpu)) for gpu, cpu in _SHARES.findall(said)]
    shares += [(0, int(cpu)) for cpu in _NOTHING.findall(said)]
    left = {_reason(line) for block in _LEFT.findall(said) for line in block.splitlines()}
    return GpuRecord(
        adapter=name,
        software="CPU" in kind,
        arithmetic=arithmetic,
        on_cpu=0 if whole else sum(cpu for _, cpu in shares) or None,
        on_gpu=None if whole or not shares else sum(gpu for gpu, _ in shares),
        left=() if whole else tuple(sorted(left)),
    )


def _reason(line: str) -> str:
    """`RESHAPE: Tensor dimensions must be less than 5. view_1` without the tensor, of which there may be hundreds."""
    op, _, why = line.partition(": ")
    why = why.partition(". ")[0].strip().rstrip(".")
    return f"{op}: {why}" if why else op
