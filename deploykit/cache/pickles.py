"""Results of jobs as bytes: pickled, but nothing other than deploykit's own data comes out of them."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any


def dumps(value: object, scratch: Path) -> bytes:
    """Pickled, with paths in the scratch folder relative to it."""
    file = io.BytesIO()
    pickler = _Pickler(file, protocol=5)
    pickler.scratch = scratch
    pickler.dump(value)
    return file.getvalue()


def loads(data: bytes, scratch: Path) -> tuple[str, Any]:
    """What `dumps` was given, with paths in this scratch folder.

    Raises:
        pickle.UnpicklingError: if it would make anything but deploykit's data and paths.
    """
    unpickler = _Unpickler(io.BytesIO(data))
    unpickler.scratch = scratch
    found: tuple[str, Any] = unpickler.load()
    return found


class _Pickler(pickle.Pickler):
    scratch: Path

    def persistent_id(self, obj: object) -> str | None:
        if isinstance(obj, Path) and obj.is_relative_to(self.scratch):
            return obj.relative_to(self.scratch).as_posix()
        return None


class _Unpickler(pickle.Unpickler):
    """Makes deploykit's own data and paths, nothing else: a cache is no place for code."""

    scratch: Path

    def persistent_load(self, pid: str) -> Path:
        return self.scratch / pid

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _HARMLESS:
            return super().find_class(module, name)
        if _top(module) in _OWN:
            # A module has what it imports as well, and a name may have dots: only classes made there will do.
            found = super().find_class(module, name)
            if isinstance(found, type) and _top(found.__module__) in _OWN:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a cache")


def _top(module: str) -> str:
    return module.split(".")[0]


_OWN = ("deploykit", "pathlib")
_HARMLESS = {("collections", "OrderedDict"), ("builtins", "set"), ("builtins", "frozenset")}
