"""The output folder: everything is made beside it and swapped in whole, so a build that dies leaves the old one."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from deploykit.errors import DeploykitError, OutputError, UserError

WRITTEN = ("artifacts", "android", "ios", "mac", "report")
"""What a build writes; anything else in the folder is somebody else's."""

FULL_BYTES = 256 * 1024
"""A failure with less than this left on the disk is put down to the disk."""


@contextmanager
def staged(out: Path, *, carried: bool = False, written: Collection[str] = WRITTEN) -> Iterator[Path]:
    """Gives a folder beside `out` to build in; it takes `out`'s place when the block ends well.

    Args:
        out: the output folder.
        carried: the block takes over everything that is in `out`, foreign files too, so they are no reason to refuse.
        written: what deploykit writes there; a folder with anything else in it is refused.

    Raises:
        OutputError: if `out` holds files that deploykit did not write, another build is at work in it, or the disk
            is full; `out` is then as it was.
    """
    out = out.absolute()
    if not carried:
        refuse_foreign(out, written)
    staging, old = (out.parent / f".{out.name}.deploykit-{part}" for part in ("staging", "old"))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _lock(out):
            _recover(out, staging, old)
            staging.mkdir()
            try:
                yield staging
                if out.exists():
                    out.rename(old)
                staging.rename(out)
            except (OSError, DeploykitError) as error:
                if _is_full(error, out.parent):
                    raise OutputError(f"the disk of {out.parent} is full; what was in {out} is untouched") from error
                raise
            finally:
                _recover(out, staging, old)
    except Timeout:
        raise OutputError(f"another build is writing to {out}; wait for it, or choose another --out") from None
    except OSError as error:
        raise OutputError(
            f"{error.filename or out}: {error.strerror or error}; what was in {out} is untouched"
        ) from error


def wait_for(out: Path, seconds: float) -> None:
    """Waits until no other build writes to a folder, at most so long; the build itself says what is in its way then."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with suppress(Timeout), _lock(out.absolute(), seconds):
        pass


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Gives a folder beside `out` to write to; it becomes `out` when the block ends well, else it is removed.

    Raises:
        OutputError: if `out` exists and is not an empty folder, or cannot be written.
    """
    staging: Path | None = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
        inner = staging / out.name  # mkdtemp's own folder is for its owner only, whatever the umask says
        inner.mkdir()
        yield inner
        inner.rename(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror or error}; give a new folder") from error
    finally:
        if staging:
            shutil.rmtree(staging, ignore_errors=True)


def _lock(out: Path, seconds: float = 0.0) -> FileLock:
    return FileLock(out.parent / f".{out.name}.deploykit-lock", timeout=seconds)


def _recover(out: Path, staging: Path, old: Path) -> None:
    """Clears what a killed build left. Between two renames `out` may be missing: then the old one comes back."""
    if old.exists() and not out.exists():
        old.rename(out)
    for left in (staging, old):
        if left.exists():
            shutil.rmtree(left)


def refuse_foreign(out: Path, written: Collection[str] = WRITTEN) -> None:
    """Refuses an output folder that holds anything but what deploykit writes.

    Raises:
        OutputError: naming what is in the way.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; --out takes a folder")
    foreign = sorted(p.name for p in out.iterdir() if p.name not in written) if out.is_dir() else []
    if foreign:
        shown = ", ".join(foreign[:5]) + (" …" if len(foreign) > 5 else "")
        raise OutputError(f"{out} holds what deploykit did not write ({shown}); --out takes a folder of its own")


def _is_full(error: OSError | DeploykitError, folder: Path) -> bool:
    """Native libraries and dying processes do not say why they could not write; the disk itself does."""
    if isinstance(error, UserError):
        return False
    said = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return said or shutil.disk_usage(folder).free < FULL_BYTES
