"""What interpreting an fp32 artifact costs, beside PyTorch's eager mode.

Time: both take NumPy arrays and give NumPy arrays, in turns in one process on one thread. Each pair gives a ratio of
CPU times, which other processes of the machine disturb less than the time on the wall; the median ratio counts.

Memory: a fresh process for each side imports what it needs, runs one tiny convolution so that libraries are set up,
gives freed memory back to the system, and resets the kernel's high-water mark. Then it loads the model from its file,
runs it once, and takes the peak of its resident memory less what was resident before. Pages of shared libraries that
come in meanwhile are taken off: 10 to 15 MB of code, the same on both sides, would flatter the ratio. The eager side is
as lean as it gets: the pickled module with memory-mapped weights, nothing initialised. The interpreter's side opens the
package. Mapped weights count on both sides as soon as they are read. It reads /proc, so it needs Linux.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from deploykit.backends.base import Tensors
from deploykit.prepare.deployable import Deployable

SECONDS = 3.0
"""Spent on timing one model, if `REPEATS` allow."""
REPEATS = (7, 60)
"""The least and the largest number of pairs."""

Side = Literal["eager", "interpreter"]


@dataclass(frozen=True)
class Time:
    """Seconds of CPU per run, medians; and the median of the pairs' ratios."""

    eager: float
    interpreter: float
    ratio: float


def time_of(module: Deployable, package: Path, inputs: Tensors) -> Time:
    """Times the fp32 package against the module, paired."""
    from deploykit.backends.coreml.reference import ReferenceRunner
    from deploykit.backends.eager import EagerRunner

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        runners = (EagerRunner(module), ReferenceRunner(package))
        first = [_seconds(runner, inputs) for _ in range(2) for runner in runners]
        count = int(min(max(SECONDS / max(sum(first[2:]), 1e-6), REPEATS[0]), REPEATS[1]))
        pairs = [tuple(_seconds(runner, inputs) for runner in runners) for _ in range(count)]
    finally:
        torch.set_num_threads(threads)
    eager, interpreter = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Time(eager, interpreter, statistics.median(b / a for a, b in pairs))


def _seconds(runner: Any, inputs: Tensors) -> float:
    start = time.process_time()
    runner.run(inputs)
    return time.process_time() - start


@dataclass(frozen=True)
class Memory:
    """Peak bytes beyond the imports, and their ratio."""

    eager: int
    interpreter: int

    @property
    def ratio(self) -> float:
        return self.interpreter / self.eager


def memory_of(module: Deployable, package: Path, inputs: Tensors, folder: Path) -> Memory:
    """Measures both sides, each in a process of its own.

    Args:
        module: the model.
        package: its fp32 artifact.
        inputs: one draw.
        folder: for files that the processes read.

    Raises:
        AttributeError, RuntimeError, PicklingError: if the module cannot be pickled.
    """
    torch.save(module, folder / "module.pt")
    np.savez(folder / "inputs.npz", **inputs)
    eager = sorted({"deploykit.backends.eager", *(type(child).__module__ for child in module.modules())})
    job = {"package": str(package), "eager": eager, "interpreter": ["deploykit.backends.coreml.reference"]}
    (folder / "job.json").write_text(json.dumps(job))
    return Memory(_measured("eager", folder), _measured("interpreter", folder))


def _measured(side: Side, folder: Path) -> int:
    command = [sys.executable, "-m", "benchmarks.coreml_reference.cost", side, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(result.stdout.strip().splitlines()[-1])


def peak(side: Side, folder: Path) -> int:
    """In the process of one side: bytes of peak resident memory that loading and one run add."""
    job = json.loads((folder / "job.json").read_text())
    for name in job[side]:
        importlib.import_module(name)
    with np.load(folder / "inputs.npz") as arrays:
        inputs = {name: arrays[name] for name in arrays.files}
    torch.set_num_threads(1)
    with torch.inference_mode():
        torch.nn.functional.conv2d(torch.ones(1, 8, 8, 8), torch.ones(8, 8, 3, 3))
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM, see proc(5)
    before, code = _status("VmRSS"), _libraries()
    if side == "eager":
        from deploykit.backends.eager import EagerRunner

        module = torch.load(folder / "module.pt", mmap=True, weights_only=False)
        EagerRunner(module).run(inputs)
    else:
        from deploykit.backends.coreml.reference import ReferenceRunner

        ReferenceRunner(Path(job["package"])).run(inputs)
    return _status("VmHWM") - before - (_libraries() - code)


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


def _libraries() -> int:
    """Bytes of shared libraries that are resident; see proc_pid_smaps(5)."""
    total, counts = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        key, _, value = line.partition(":")
        if "-" in key:  # the first line of a mapping: addresses, permissions, …, path
            counts = ".so" in line and " rw" not in line
        elif counts and key == "Rss":
            total += int(value.split()[0]) * 1024
    return total


if __name__ == "__main__":
    chosen: Side = "eager" if sys.argv[1] == "eager" else "interpreter"
    print(peak(chosen, Path(sys.argv[2])))
