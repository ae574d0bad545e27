"""What stands for Apple's frameworks on Linux: Swift asks through named pipes, Python answers.

`standins/Reference` is the other end and says what a message is. Core ML is deploykit's reference runner, Image I/O is
Pillow.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deploykit.backends.coreml.interface import read_interface
from deploykit.backends.coreml.reference.runner import ReferenceRunner
from deploykit.manifest import FileTensor

EXIF_ORIENTATION = 0x0112

Arrays = dict[str, NDArray[Any]]


class Reference:
    """Answers until the process ends, one question at a time.

    Args:
        root: the folder that Swift sees; the pipes are made in it.
        seen: the same as Swift calls it.
    """

    def __init__(self, root: Path, seen: str) -> None:
        self._root, self._seen = root, seen
        self._runners: dict[Path, ReferenceRunner] = {}
        self._actions: dict[str, Callable[[Path, Arrays], Arrays]] = {
            "inputs": lambda path, _: described(read_interface(path).inputs),
            "outputs": lambda path, _: described(read_interface(path).outputs),
            "run": self._run,
            "picture": picture,
            "sha256": lambda _, given: {"digest": np.frombuffer(sha256(given["bytes"]).digest(), np.uint8)},
        }
        self.runs = 0
        self.folder = root / "pipes"
        self.folder.mkdir()
        for name in ("questions", "answers"):
            os.mkfifo(self.folder / name)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:  # each turn is one process of Swift's, which may crash before it is answered
            questions, answers = (self.folder / name for name in ("questions", "answers"))
            with suppress(BrokenPipeError), questions.open("rb") as asked, answers.open("wb") as told:
                self._answer(asked, told)

    def _answer(self, asked: BinaryIO, told: BinaryIO) -> None:
        while length := asked.read(4):
            question = json.loads(asked.read(int.from_bytes(length, "little")))
            given = read_arrays(question["arrays"], asked)
            try:
                path = self._root / Path(question["path"] or self._seen).relative_to(self._seen)
                header, made = {}, self._actions[question["action"]](path, given)
            except Exception as error:  # whatever it is, Swift is told
                header, made = {"error": f"{type(error).__name__}: {error}"}, {}
            write(header, made, told)

    def _run(self, path: Path, given: Arrays) -> Arrays:
        if path not in self._runners:
            self._runners[path] = ReferenceRunner(path)
        self.runs += 1
        return self._runners[path].run(given)


def described(tensors: tuple[FileTensor, ...]) -> Arrays:
    """Tensors without numbers."""
    return {tensor.name: np.zeros(0, tensor.dtype) for tensor in tensors}


def picture(path: Path, _: Arrays) -> Arrays:
    """Rows of a picture as they are stored, under the name of its orientation."""
    with Image.open(path) as opened:
        orientation = opened.getexif().get(EXIF_ORIENTATION, "")
        plain = opened if opened.mode in ("L", "RGB", "RGBA") else opened.convert("RGB")
        return {str(orientation): np.asarray(plain)}


def read_arrays(headers: list[dict[str, Any]], source: BinaryIO) -> Arrays:
    """The arrays behind a header."""
    arrays = {}
    for header in headers:
        numbers = np.frombuffer(source.read(header["bytes"]), header["dtype"])
        arrays[header["name"]] = numbers.reshape(header["shape"])
    return arrays


def write(header: dict[str, Any], arrays: Arrays, target: BinaryIO) -> None:
    """One message."""
    told = [
        {"name": name, "dtype": str(array.dtype), "shape": array.shape, "bytes": array.nbytes}
        for name, array in arrays.items()
    ]
    text = json.dumps({"action": "", "path": "", "arrays": told} | header).encode()
    target.write(len(text).to_bytes(4, "little") + text)
    for array in arrays.values():
        target.write(np.ascontiguousarray(array).tobytes())
    target.flush()
