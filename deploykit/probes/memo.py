"""Saves a worker what torch works out anew for every export, although it cannot change within a process.

Two thirds of the time of a one-op ONNX export is the reading of onnxscript's function library; a fifth of any
decomposition is a list of torch's own composite ops. Neither depends on the model. torch keeps no copy of the second
because somebody could register ops meanwhile; here nobody does once the converter is imported.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

from deploykit.backends.roads import RoadEntry

CONSTANT: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "torch._export.utils",
        "_collect_all_valid_cia_ops",
        ("torch.export.exported_program", "torch.export.decomp_utils"),
    ),
)
"""Module, function without arguments, and the modules that imported it by name."""


def remember(road: RoadEntry) -> None:
    """Imports a road's converter, and lets what is constant in it be worked out once; call it in a worker."""
    resolve_name(road.where)
    for home, name, users in CONSTANT:
        kept = functools.cache(getattr(resolve_name(home), name))
        for module in (home, *users):
            setattr(resolve_name(module), name, kept)
    registry = resolve_name("torch.onnx._internal.exporter._registration:ONNXRegistry")
    made: Callable[..., Any] = functools.cache(registry.from_torchlib)
    registry.from_torchlib = staticmethod(made)
    # torch.export and coremltools collect garbage for every model: what is there now will not become garbage.
    gc.collect()
    gc.freeze()
