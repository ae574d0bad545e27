"""The smallest networks that can be built, and some that cannot: what tests of `deploykit batch` send about."""

from __future__ import annotations

from pathlib import Path

MODULE = '''
import os
import signal
import time
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent


def net():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)), torch.randn(1, 4)


def bad():
    raise ValueError("no such width")


def struck():
    """The same network; the first time it never comes to its end."""
    begun, on = HERE / "begun", HERE / "go-on"
    if not on.exists():
        begun.write_text(" ".join(map(str, worker())))
        time.sleep(600)
    return net()


def killer():
    """Takes its worker with it, whenever it is built."""
    with (HERE / "killed").open("a") as file:
        file.write("x")
    os.kill(worker()[0], signal.SIGKILL)
    time.sleep(600)


def worker():
    """The process that waits for this build, and the build's own."""
    import psutil

    for process in psutil.Process().parents():
        if "deploykit.batch.child" in " ".join(process.cmdline()):
            return process.ppid(), process.pid
'''


def write(folder: Path) -> Path:
    """The module in a folder."""
    (folder / "networks.py").write_text(MODULE)
    return folder
