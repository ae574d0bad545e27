"""The shapes that a Core ML file takes: an input's list of shapes, or a range for each size.

Core ML knows two ways: `EnumeratedShapes`, of which it prepares each one, and `RangeDim`. Below iOS 18 only one input
may have a list; where another input has the same dimension, the list still holds for both, since their sizes have to be
equal. Source: https://apple.github.io/coremltools/docs-guides/source/flexible-inputs.html
"""

from __future__ import annotations

from itertools import product
from typing import Any

import coremltools as ct
import numpy as np

from deploykit.backends.base import LowerRequest
from deploykit.sizes import Shape, sized

TYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}
"""What coremltools wants to be told of an input; at fp16 it makes float16 of what it is not told of."""

SEVERAL_LISTS = 18
"""The iOS that takes several inputs with a list of shapes each."""


def open_inputs(request: LowerRequest) -> list[Any]:
    """`ct.TensorType` of every input."""
    ranges = {name: ct.RangeDim(dim.low, dim.high, default=dim.size, symbol=name) for name, dim in request.dims.items()}
    several = int(request.options["min_os"].split(".")[0]) >= SEVERAL_LISTS
    listed: list[str] = []
    inputs = []
    for tensor in request.signature.inputs:
        names = [size for size in dict.fromkeys(tensor.shape) if isinstance(size, str)]
        # Of several inputs with lists, iOS 18 wants as many shapes of each: that is so where they have the same dims.
        may = not listed or (several and set(names) == set(listed))
        if names and may and all(request.dims[name].values for name in names):
            listed = names
            shape: Any = _enumerated(tensor.shape, names, request)
        else:
            shape = tuple(ranges[size] if isinstance(size, str) else size for size in tensor.shape)
        inputs.append(ct.TensorType(name=tensor.name, shape=shape, dtype=TYPES[tensor.dtype]))
    return inputs


def _enumerated(shape: Shape, names: list[str], request: LowerRequest) -> Any:
    lists = [sorted(request.dims[name].values) for name in sorted(names)]
    shapes = [sized(shape, dict(zip(sorted(names), sizes, strict=True))) for sizes in product(*lists)]
    return ct.EnumeratedShapes(shapes, default=sized(shape, {name: request.dims[name].size for name in names}))
