"""The kept road at another precision, by way of its file at fp32 or fp16."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from pkgutil import resolve_name

from deploykit.backends import BACKENDS
from deploykit.backends.base import ORIGINS, LowerRequest, Quantizer, QuantizeRequest
from deploykit.calibration import KIND
from deploykit.work.draws import each, load
from deploykit.work.lower import lowering


def narrow(
    backend: str, road: str, twin: Path, used: tuple[str, ...], request: LowerRequest
) -> tuple[Path, tuple[str, ...], float]:
    """Gives what `deploykit.work.lower.lower` gives, without lowering again.

    Args:
        backend: its name.
        road: its name; its row in the table says how.
        twin: the file at fp32.
        used: the rewrites that it took.
        request: what the road would be asked for.

    Raises:
        LoweringError: as `lower`.
        StoppedError: as `lower`.
    """
    start = time.monotonic()
    entry = next(entry for entry in BACKENDS[backend].roads if entry.name == road)
    with lowering():
        path = Path(shutil.copyfile(twin, request.folder / twin.name))
        copy_origins(twin.parent, request.folder)
        resolve_name(entry.narrow)(path)
    return path, used, round(time.monotonic() - start, 3)


def copy_origins(given: Path, to: Path) -> None:
    """A file made of another one has its ops, which come from the same lines."""
    if (given / ORIGINS).is_file():
        shutil.copyfile(given / ORIGINS, to / ORIGINS)


def quantize(
    backend: str, base: Path, used: tuple[str, ...], request: QuantizeRequest, folder: Path
) -> tuple[Path, tuple[str, ...], float]:
    """Gives what `deploykit.work.lower.lower` gives, of a float file.

    Args:
        backend: its name; its row in the table says by what.
        base: the file.
        used: the rewrites that it took.
        request: what it is to become.
        folder: gets the file; made here.

    Raises:
        LoweringError: as `lower`.
        StoppedError: as `lower`.
    """
    start = time.monotonic()
    folder.mkdir(parents=True)
    with lowering():
        path = folder / base.name
        (shutil.copytree if base.is_dir() else shutil.copyfile)(base, path)
        copy_origins(base.parent, folder)
        draws = list(each(load(request.calibration)[KIND])) if request.calibration else []
        quantizer: Quantizer = resolve_name(BACKENDS[backend].quantize)
        more = quantizer(path, request, draws)
    return path, (*used, *more), round(time.monotonic() - start, 3)
