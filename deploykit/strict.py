"""What all models of files share: their base classes, and what names and paths in them may be."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""What inputs and outputs may be called: the names reach three file formats, Kotlin and Swift unchanged."""

RESERVED = {
    *("any", "bool", "program", "func", "tensor", "list", "dict", "tuple", "true", "false", "string", "state"),
    *("bf16", "fp16", "fp32", "fp64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
}
"""Words of MIL, Core ML's language: coremltools 9 gives inputs and outputs of such names other ones
(`NameSanitizer` of its preprocessing passes)."""


class Strict(BaseModel):
    """Refuses unknown keys and is immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sparse(Strict):
    """Leaves out of its JSON what few models have: the files of all others stay as they are."""

    SPARSE: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _without_the_empty(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialize(self)
        return {name: value for name, value in values.items() if value or name not in self.SPARSE}


def relative_path(value: str) -> str:
    """Gives back a path inside the project folder.

    Raises:
        ValueError: if it leaves that folder.
    """
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value:
        raise ValueError(f"path {value!r} leaves the project folder; give a path inside it")
    return value
