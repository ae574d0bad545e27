from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def quick_conversions() -> Iterator[None]:
    """ct.convert runs a full garbage collection, 0.2 s over torch's modules: they are taken out of its sight."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
