"""`weight.bin`, read through a memory map.

Layout (MILBlob, version 2): a header of 64 bytes {u32 count, u32 version}, then per tensor a record of 64 bytes
{u32 0xDEADBEEF, u32 type, u64 bytes, u64 offset of the data}. All offsets are multiples of 64.
Source: coremltools, mlmodel/src/MILBlob/Blob/StorageFormat.hpp.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploykit.backends.coreml.reference.dtypes import DType
from deploykit.errors import ArtifactError

_ALIGNMENT = 64
_VERSION = 2
_SENTINEL = 0xDEADBEEF
_RECORD = struct.Struct("<IIQQ")
_REMEDY = "the file is damaged or belongs to another model; convert the model again"


class WeightFile:
    """One weight file. Every read is checked against the file's bounds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                # Copy-on-write: torch wants writable memory, the file must never change.
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
            raise ArtifactError(f"cannot read the weight file {path}: {error}; convert the model again") from error
        if len(self._map) < _ALIGNMENT:
            raise ArtifactError(f"{path} has {len(self._map)} bytes, less than its header of 64; {_REMEDY}")
        _, version = struct.unpack_from("<II", self._map)
        if version != _VERSION:
            raise ArtifactError(f"{path} is of weight file version {version}, known is {_VERSION}; {_REMEDY}")

    def read(self, offset: int, dtype: DType, expected: int, where: str) -> NDArray[np.uint8]:
        """The bytes of one tensor.

        Args:
            offset: where the tensor's record starts.
            dtype: what the program says that the elements are.
            expected: the number of bytes that the program's shape and type ask for.
            where: what asks for it, for error messages.

        Returns:
            uint8 [bytes], a writable view of the (private) map.
        """
        here = f"{where}: the weight record at offset {offset} of {self.path}"
        if offset % _ALIGNMENT or not _ALIGNMENT <= offset <= len(self._map) - _ALIGNMENT:
            raise ArtifactError(f"{here} is not within its {len(self._map)} bytes, in steps of 64; {_REMEDY}")
        sentinel, code, size, start = _RECORD.unpack_from(self._map, offset)
        if sentinel != _SENTINEL:
            raise ArtifactError(f"{here} starts with 0x{sentinel:08X} in place of 0x{_SENTINEL:08X}; {_REMEDY}")
        if dtype.blob is not None and code != dtype.blob:
            raise ArtifactError(f"{here} is of type {code}, the program says {dtype.name} ({dtype.blob}); {_REMEDY}")
        if start % _ALIGNMENT or start + size > len(self._map):
            raise ArtifactError(f"{here} points to bytes {start} to {start + size} of {len(self._map)}; {_REMEDY}")
        if size < expected:
            raise ArtifactError(f"{here} holds {size} bytes, the program's shape asks for {expected}; {_REMEDY}")
        return np.frombuffer(self._map, np.uint8, expected, start)
