"""How large the cache may become, and what goes first."""

from __future__ import annotations

import os
import time
from pathlib import Path

from deploykit.cache.sealed import PART
from deploykit.cache.store import Store
from deploykit.errors import ArgumentsError

LIMIT = "DEPLOYKIT_CACHE_GB"
"""The environment variable that says how large."""
LIMIT_GB = 10.0
"""Unless the variable says otherwise. A build of a network with 30 million weights keeps about 1 GB."""
STAMP_S = 90 * 86400.0
"""A stamp of an output folder that no build looked at for so long is removed."""


def default_limit() -> int:
    """Bytes that the cache may have.

    Raises:
        ArgumentsError: if `DEPLOYKIT_CACHE_GB` is no number.
    """
    given = os.environ.get(LIMIT, str(LIMIT_GB))
    try:
        return int(float(given) * 1e9)
    except ValueError:
        raise ArgumentsError([f"{LIMIT}={given}: not a number; give gigabytes, for example {LIMIT_GB:.0f}"]) from None


def prune(store: Store, limit: int) -> None:
    """Removes what was not used for longest until at most `limit` bytes are left, and what no record names.

    With that goes what builds that were killed have left. Holds the store's lock: what another build is writing stays.
    """
    if not store.folder.exists():
        return
    with store.locked():
        objects = store.objects()
        kept: set[str] = set()
        total = 0
        for entry in store.entries():
            new = set() if entry.record is None else set(entry.record.objects) - kept
            more = sum(_size(objects[digest]) for digest in new & objects.keys())
            if entry.record is None or total + more > limit:
                entry.path.unlink(missing_ok=True)
            else:
                total += more
                kept |= new
        for digest in objects.keys() - kept:
            objects[digest].unlink(missing_ok=True)
        for left in (*(store.folder / "new").glob("*"), *store.folder.glob(f"*/*{PART}")):
            left.unlink(missing_ok=True)
        for stamp in (store.folder / "builds").glob("*.json"):
            if stamp.stat().st_mtime < time.time() - STAMP_S:
                stamp.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # a damaged one may go at any time
