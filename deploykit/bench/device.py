"""Files on an attached Android device, by LiteRT's own benchmark tool and adb.

Source of the tool and its output: https://ai.google.dev/edge/litert/models/measurement
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deploykit.bench.host import Subject
from deploykit.bench.records import Speed

FOLDER = "/data/local/tmp/deploykit"
"""On the device: what adb's shell may write to and execute from."""

LIMIT_S = 300.0

ACCELERATORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"cpu": (), "gpu": ("--use_gpu=true",), "nnapi": ("--use_nnapi=true",)}
)
"""Accelerator → flags of the tool."""

_TIMINGS = re.compile(r"Inference timings in us: Init: ([\d.e+]+), First inference: ([\d.e+]+)")
_RUNS = re.compile(r"count=(\d+)(?: first=\S+)? curr=\S+(?: min=\S+ max=\S+ avg=([\d.e+]+))?(.*)")
_MEMORY = re.compile(r"[Mm]emory footprint(?: delta from the start of the tool)? \(MB\): .*overall=([\d.]+)")
_TAKEN = re.compile(r"Replacing (\d+) out of (\d+) node\(s\) with delegate")
_REFUSED = ("will not be executed by the delegate", "delegate is not", "Failed to apply")


@dataclass(frozen=True)
class Device:
    """An attached device."""

    serial: str
    model: str


class NoDevice(Exception):
    """Nothing can be measured on a device; the message says why, and the remedy."""


def attached() -> list[Device]:
    """The devices that adb can talk to.

    Raises:
        NoDevice: if there is no adb, it does not answer, or no device is attached.
    """
    if shutil.which("adb") is None:
        raise NoDevice("adb is not in PATH; install Android's platform-tools")
    lines = _adb(None, "devices").splitlines()[1:]
    states = dict(line.split()[:2] for line in lines if len(line.split()) >= 2)
    ready = [serial for serial, state in states.items() if state == "device"]
    if not ready:
        others = "; ".join(f"{serial} is {state}" for serial, state in states.items())
        seen = f" ({others})" if others else ""
        raise NoDevice(f"adb sees no device that is ready{seen}; attach one, and allow debugging on it")
    return [Device(serial, _adb(serial, "shell", "getprop", "ro.product.model").strip() or serial) for serial in ready]


def measure(device: Device, tool: Path, subjects: Sequence[Subject], runs: int) -> list[Speed]:
    """Pushes the tool and each `.tflite` file, and runs it on every accelerator that the tool knows.

    Args:
        device: an attached one.
        tool: LiteRT's `benchmark_model`, built for the device.
        subjects: others than `.tflite` files are passed over.
        runs: at least.

    Raises:
        NoDevice: if the device cannot be written to.
    """
    _adb(device.serial, "shell", "mkdir", "-p", FOLDER)
    _adb(device.serial, "push", str(tool), f"{FOLDER}/benchmark_model")
    _adb(device.serial, "shell", "chmod", "755", f"{FOLDER}/benchmark_model")
    found = []
    for subject in subjects:
        if subject.file.suffix != ".tflite":
            continue
        _adb(device.serial, "push", str(subject.file), f"{FOLDER}/model.tflite")
        for accelerator, flags in ACCELERATORS.items():
            blank = Speed(name=subject.name, by=accelerator, device=device.model, bytes=subject.bytes)
            command = [f"{FOLDER}/benchmark_model", f"--graph={FOLDER}/model.tflite", f"--num_runs={runs}", *flags]
            try:
                said = _adb(device.serial, "shell", *command)
            except NoDevice as error:
                found.append(blank.model_copy(update={"note": str(error)}))
            else:
                found.append(parsed(said, blank))
    _adb(device.serial, "shell", "rm", "-r", FOLDER)
    return found


def parsed(said: str, blank: Speed) -> Speed:
    """The tool's output as figures; where it holds none, its last line says why.

    Args:
        said: what the tool printed.
        blank: says what was measured.
    """
    timings, runs = _TIMINGS.search(said), _RUNS.findall(said)
    taken = _TAKEN.findall(said)
    notes = [f"{some} of {of} nodes on the {blank.by}" for some, of in taken if blank.by != "cpu"]
    if blank.by != "cpu" and any(words in said for words in _REFUSED):
        notes.append(f"not on the {blank.by}: the delegate refused it, the CPU computed it")
    elif blank.by != "cpu" and not taken and timings:
        notes.append(f"the tool does not say what the {blank.by} took")
    if timings is None or not runs:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return blank.model_copy(update={"note": f"no figures: {lines[-1] if lines else 'the tool printed nothing'}"})
    count, average, rest = runs[-1]
    ranks = dict(re.findall(r"(median|p95)=([\d.e+]+)", rest))
    memory = _MEMORY.search(said)
    median = ranks.get("median", average)
    if "median" not in ranks:
        notes.append("the mean, since this tool gives no median")
    return blank.model_copy(
        update={
            "load_ms": float(timings[1]) / 1000,
            "first_ms": float(timings[2]) / 1000,
            "median_ms": float(median) / 1000 if median else None,
            "p95_ms": float(ranks["p95"]) / 1000 if "p95" in ranks else None,
            "runs": int(count),
            "peak_bytes": round(float(memory[1]) * 2**20) if memory else None,
            "note": "; ".join(notes),
        }
    )


def _adb(serial: str | None, *arguments: str) -> str:
    """What a command of adb printed.

    Raises:
        NoDevice: if it failed or took too long.
    """
    command = ["adb", *(("-s", serial) if serial else ()), *arguments]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise NoDevice(f"`{' '.join(arguments[:2])}` gave no answer within {LIMIT_S:.0f} s") from None
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        last = said.strip().splitlines()[-1:] or ["it printed nothing"]
        raise NoDevice(f"`{' '.join(arguments[:2])}` failed ({done.returncode}): {last[0]}")
    return said
