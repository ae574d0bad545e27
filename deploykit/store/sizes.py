"""Where an artifact fits: limits of the stores, as data, and what a file takes of them."""

from __future__ import annotations

import tomllib
import zlib
from functools import cache
from pathlib import Path
from typing import Literal

from deploykit.strict import Strict

DATA = Path(__file__).parent / "limits.toml"
CHUNK = 2**20


class Limit(Strict):
    """What a store takes of one kind."""

    platform: Literal["android", "ios"]
    name: str
    """After "fits into": `an AI pack`."""
    bytes: int
    compressed: bool
    """Whether what is downloaded counts, or what lies on the device."""
    source: str


@cache
def limits() -> tuple[Limit, ...]:
    """All of them, the smaller ones of a platform first."""
    found = [Limit.model_validate(row) for row in tomllib.loads(DATA.read_text(encoding="utf-8"))["limit"]]
    return tuple(sorted(found, key=lambda limit: limit.bytes))


def compressed(path: Path) -> int:
    """Bytes of a file or package under DEFLATE, which is about what a phone downloads.

    Play Console compresses similarly, not identically: https://support.google.com/googleplay/android-developer/answer/9859372
    """
    return sum(_deflated(file) for file in ([path] if path.is_file() else sorted(path.rglob("*"))) if file.is_file())


def _deflated(file: Path) -> int:
    deflater, size = zlib.compressobj(), 0
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            size += len(deflater.compress(chunk))
    return size + len(deflater.flush())


def fitting(platform: str, plain: int, download: int) -> tuple[Limit | None, Limit | None]:
    """The smallest limit that sizes keep, and the largest that they do not.

    Args:
        platform: `android` or `ios`.
        plain: bytes on the device.
        download: bytes compressed.
    """
    kept = [limit for limit in limits() if limit.platform == platform and _taken(limit, plain, download) <= limit.bytes]
    broken = [limit for limit in limits() if limit.platform == platform and limit not in kept]
    return (kept[0] if kept else None), (broken[-1] if broken else None)


def _taken(limit: Limit, plain: int, download: int) -> int:
    return download if limit.compressed else plain
