"""MIL's data types: how each one is stored in a file, fed at the border, and carried between ops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from coremltools.proto import MIL_pb2

from deploykit.errors import ArtifactError


@dataclass(frozen=True, slots=True)
class DType:
    """One MIL data type.

    Attributes:
        name: MIL's name for it.
        bits: the size of one element in a file.
        array: its NumPy type in files and at the border; types under 8 bits are unpacked to bytes.
        tensor: its torch type between ops; a wider type where torch knows few ops for the exact one.
        blob: its code in a weight file's records, or None where the writer has no such type.
    """

    name: str
    bits: int
    array: np.dtype[Any]
    tensor: torch.dtype
    blob: int | None

    @property
    def is_float(self) -> bool:
        """Whether the mode's compute precision applies to it."""
        return self.tensor.is_floating_point


# Codes of the records: `BlobDataType` in coremltools, mlmodel/src/MILBlob/Blob/BlobDataType.hpp.
_TYPES = (
    DType("FLOAT16", 16, np.dtype(np.float16), torch.float16, 1),
    DType("FLOAT32", 32, np.dtype(np.float32), torch.float32, 2),
    DType("FLOAT64", 64, np.dtype(np.float64), torch.float64, None),
    DType("BOOL", 8, np.dtype(np.bool_), torch.bool, None),
    DType("INT8", 8, np.dtype(np.int8), torch.int8, 4),
    DType("INT16", 16, np.dtype(np.int16), torch.int16, 6),
    DType("INT32", 32, np.dtype(np.int32), torch.int32, 14),
    DType("INT64", 64, np.dtype(np.int64), torch.int64, None),
    DType("UINT8", 8, np.dtype(np.uint8), torch.uint8, 3),
    DType("UINT16", 16, np.dtype(np.uint16), torch.int32, 7),
    DType("UINT32", 32, np.dtype(np.uint32), torch.int64, 15),
    DType("INT4", 4, np.dtype(np.int8), torch.int8, 8),
    DType("UINT1", 1, np.dtype(np.uint8), torch.uint8, 9),
    DType("UINT2", 2, np.dtype(np.uint8), torch.uint8, 10),
    DType("UINT3", 3, np.dtype(np.uint8), torch.uint8, 12),
    DType("UINT4", 4, np.dtype(np.uint8), torch.uint8, 11),
    DType("UINT6", 6, np.dtype(np.uint8), torch.uint8, 13),
)
_BY_CODE = {int(MIL_pb2.DataType.Value(dtype.name)): dtype for dtype in _TYPES}

STRING = int(MIL_pb2.DataType.Value("STRING"))


def dtype_of(code: int, where: str) -> DType:
    """The type of MIL's enum value `code`; `where` goes into the error's message."""
    dtype = _BY_CODE.get(code)
    if dtype is None:
        known = MIL_pb2.DataType.DESCRIPTOR.values_by_number
        name = known[code].name if code in known else f"number {code}"
        raise ArtifactError(f"{where} has the data type {name}, which the reference runner does not know")
    return dtype
