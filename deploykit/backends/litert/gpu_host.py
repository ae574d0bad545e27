"""The process that LiteRT's GPU engine runs in: a driver may hang, crash, and leave threads behind.

Started by `deploykit.backends.litert.gpu`, which sends inputs and gets what is below, one answer for each message.
"""

from __future__ import annotations

import ctypes
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.options import CpuOptions, GpuOptions, Options

from deploykit.backends.base import Taken, Tensors
from deploykit.backends.litert.runner import LiteRtRunner
from deploykit.errors import ArtifactError

PR_SET_PDEATHSIG = 1
"""https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html"""


@dataclass(frozen=True)
class Opened:
    """The first answer.

    Attributes:
        whole: whether LiteRT calls the file fully accelerated.
        takes: its inputs.
    """

    whole: bool
    takes: tuple[Taken, ...]


@dataclass(frozen=True)
class Refused:
    """The first answer, and the last one, where the file cannot be opened; the engine's own words are in the log."""

    why: str


@dataclass(frozen=True)
class Made:
    """The answer to inputs.

    Attributes:
        outputs: by name.
        plain: at the first run in fp16, whether float32 gives the same bits: then nothing was computed in fp16. None
            at all others.
    """

    outputs: Tensors
    plain: bool | None = None


def serve(channel: int, artifact: str, arithmetic: str, loader: str) -> None:
    """Opens a file, then runs it on whatever inputs come, until the channel ends.

    Args:
        channel: descriptor of a socket.
        artifact: a `.tflite` file.
        arithmetic: `fp32` or `fp16`.
        loader: Vulkan's loader, where the system has none; else empty.
    """
    # A native call that hangs keeps Python from seeing the channel's end: the kernel ends this process with its parent.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with Connection(channel) as parent:
        try:
            if loader:  # the engine asks for it by name, and finds what is loaded already
                ctypes.CDLL(loader, mode=os.RTLD_GLOBAL)
            runner = LiteRtRunner(Path(artifact), _options(arithmetic))
        except (ArtifactError, OSError) as error:
            parent.send(Refused(str(error)))
            return
        parent.send(Opened(runner.fully_accelerated, runner.takes()))
        asked = arithmetic == "fp16"
        while True:
            try:
                inputs: Tensors = parent.recv()
            except EOFError:
                return
            try:
                outputs = runner.run(inputs)
                plain = _same(outputs, inputs, artifact) if asked else None
            except ArtifactError as error:
                parent.send(error)
            else:
                asked = False
                parent.send(Made(outputs, plain))


def _options(arithmetic: str) -> Options:
    # With the CPU beside it: an SDK asks for the GPU alone and is refused where an op is left over, but what the GPU
    # computes of such a file can be wrong all the same.
    return Options(
        HardwareAccelerator.GPU | HardwareAccelerator.CPU,
        cpu_options=CpuOptions(num_threads=1),
        gpu_options=GpuOptions(enforce_f32=arithmetic == "fp32"),
    )


def _same(outputs: Tensors, inputs: Tensors, artifact: str) -> bool:
    """Whether the engine gives these outputs in float32, too."""
    with LiteRtRunner(Path(artifact), _options("fp32")) as runner:
        plain = runner.run(inputs)
    return all(np.array_equal(value, plain[name], equal_nan=value.dtype.kind == "f") for name, value in outputs.items())
