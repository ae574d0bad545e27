"""Runs a `.tflite` file on LiteRT's GPU engine (ML Drift), on whatever Vulkan driver this host has, in software or not.

The wheel's engine and its shaders are those of Android. What differs from a phone is the driver below them, which the
record names. The engine runs in a process of its own (`deploykit.backends.litert.gpu_host`), which is killed when its
time is up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from deploykit import vulkan
from deploykit.backends.base import Runner, Taken, Tensors
from deploykit.backends.litert.gpu_host import Made, Opened, Refused
from deploykit.backends.litert.gpu_log import parts, read_residency, refusal
from deploykit.errors import ArtifactError, RunnerLimitError, RunnerStoppedError
from deploykit.jobs import how_it_ended
from deploykit.manifest import GpuRecord

LIMIT_S = 300.0
"""For opening a file and all its runs. SwiftShader on two cores takes 0.7 s to open a small network, and from 5 ms
(digits) to 6 s (SegFormer-b0 at 512 × 512) for a run."""

HOST = (
    "import sys; sys.path[:] = {path!r}; from deploykit.backends.litert.gpu_host import serve; "
    "serve({channel}, {artifact!r}, {arithmetic!r}, {loader!r})"
)

CRASH = "On a phone it would end the app, which no self-test can catch"


class GpuRunner(Runner):
    """`CompiledModel` on the GPU, as target android_litert runs it where a phone's GPU takes the file."""

    def __init__(self, path: Path, arithmetic: Literal["fp32", "fp16"] = "fp32", limit_s: float = LIMIT_S) -> None:
        """Opens a file.

        Args:
            path: the file.
            arithmetic: what the engine is to compute in; a phone's default is fp16.
            limit_s: seconds for this and all runs.

        Raises:
            RunnerLimitError: if there is no driver, or the engine refuses the driver or the file.
            RunnerStoppedError: if the time is up.
            ArtifactError: if the engine crashes at the file.
        """
        driver = vulkan.find()
        if isinstance(driver, str):
            raise RunnerLimitError(driver)
        self._limit_s, self._end = limit_s, time.monotonic() + limit_s
        self._folder = tempfile.TemporaryDirectory(prefix="deploykit-gpu-")
        self._log = Path(self._folder.name) / "log"
        self._channel, theirs = _pair()
        paths = [str(Path(entry).absolute()) for entry in sys.path]
        loader = str(driver.loader or "")
        code = HOST.format(
            path=paths, channel=theirs.fileno(), artifact=str(path.absolute()), arithmetic=arithmetic, loader=loader
        )
        # Drivers put sockets into this folder and compiled shaders into the user's cache: neither is to outlive this.
        private = {"XDG_RUNTIME_DIR": self._folder.name, "XDG_CACHE_HOME": self._folder.name}
        with theirs, self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                env=os.environ | driver.environment | private,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._opened: Opened | None = None
        try:
            opened = self._answer()
            if isinstance(opened, Refused):
                raise refusal(self._said, opened.why, driver)
        except ArtifactError:
            self.close()
            raise
        self._opened = opened
        self._residency = read_residency(self._said, opened.whole, arithmetic)

    def takes(self) -> tuple[Taken, ...]:
        """See `Runner.takes`."""
        return self._opened.takes if self._opened else ()

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`.

        Raises:
            ArtifactError: if the engine cannot run it, or crashes.
            RunnerStoppedError: if the time is up.
        """
        with contextlib.suppress(OSError):  # it has ended: the answer says how
            self._channel.send(inputs)
        made: Made = self._answer()
        if made.plain:
            self._residency = self._residency.model_copy(update={"arithmetic": "fp32"})
        return made.outputs

    def residency(self) -> GpuRecord:
        """See `Runner.residency`."""
        return self._residency

    def parts(self) -> str:
        """See `Runner.parts`."""
        return parts(self._said, self._opened is not None and self._opened.whole)

    def close(self) -> None:
        """Ends the engine's process, and hands its log on."""
        if not self._log.exists():
            return
        self._channel.close()
        self._process.kill()
        self._process.wait()
        print(self._said, flush=True)
        self._folder.cleanup()

    @property
    def _said(self) -> str:
        """What the engine wrote so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _answer(self) -> Any:
        """What the process answers, or how it ended without."""
        if not self._channel.poll(max(0.0, self._end - time.monotonic())):
            raise RunnerStoppedError(f"LiteRT's GPU engine was not done after {self._limit_s:g} s, and was ended")
        try:
            answer = self._channel.recv()
        except (EOFError, OSError):
            code = self._process.wait()
            if code == -signal.SIGKILL:
                raise RunnerStoppedError(f"LiteRT's GPU engine {how_it_ended(code)}") from None
            how = f"its process {how_it_ended(code)}"
            # ai-edge-litert 2.3 does so when it opens files with integer weights and float activations.
            when = "opened" if self._opened is None else "ran"
            raise ArtifactError(f"LiteRT's GPU engine crashed when it {when} the file: {how}. {CRASH}") from None
        if isinstance(answer, ArtifactError):
            raise ArtifactError(f"on the GPU, {answer}")
        return answer


def _pair() -> tuple[Connection, socket.socket]:
    """Both ends of a channel; the second one is for the other process."""
    ours, theirs = socket.socketpair()
    return Connection(ours.detach()), theirs
