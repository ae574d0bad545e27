"""Files that a user gives for a saved artifact's inputs: read, and brought to the declared types."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from deploykit.backends.base import Taken
from deploykit.sample_files import PICTURES

SUFFIXES = (".npy", ".npz", *PICTURES)

_NPY, _ZIP = b"\x93NUMPY", b"PK"
"""How the files begin: numpy.lib.format, and the archives that `numpy.savez` makes."""

_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2}
"""NumPy's kinds of numbers, from narrow to wide: a value may become a wider kind, never a narrower one."""


@dataclass(frozen=True)
class Given:
    """A file for an input; without a name the only input, or (`.npz`) all that the file names."""

    name: str | None
    path: Path


@dataclass
class Inputs:
    """What was read so far.

    Attributes:
        values: by input: an array of the declared dtype, or a picture.
        notes: what was done to values on the way.
        problems: what is wrong, all of it.
    """

    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class _Unfit(Exception):
    """A file or a value that cannot be an input; the message says why, and the remedy."""


def read_inputs(given: Sequence[Given], takes: Sequence[Taken], seed: int | None) -> Inputs:
    """Reads every file, and draws what is not given.

    Args:
        given: the files.
        takes: the artifact's inputs; empty if its runner does not say: then names and types are not looked at.
        seed: draws the inputs that are not given: floats from a normal distribution, integers 0 or 1, pictures of
            noise. Without one they must be given.
    """
    known = {item.name: item for item in takes}
    inputs, named = Inputs(), set[str]()
    for file in given:
        try:
            for name, value in _read(file, takes):
                if name in named:
                    raise _Unfit(f"the input '{name}' is given twice; give it once")
                named.add(name)
                try:
                    _put(inputs, name, value, known)
                except _Unfit as error:
                    inputs.problems.append(f"{file.path}: {error}")
        except _Unfit as error:
            inputs.problems.append(f"{file.path}: {error}")
            named |= {file.name or (takes[0].name if len(takes) == 1 else "")}
    for item in takes:
        if item.name not in named and seed is not None:
            _draw(inputs, item, seed)
        elif item.name not in named and not item.optional:
            inputs.problems.append(f"the input '{item.name}' is missing; give --input {item.name}=FILE with {item}")
    return inputs


def _read(file: Given, takes: Sequence[Taken]) -> Iterator[tuple[str, Any]]:
    """Names and values of one file."""
    if file.path.suffix.lower() in PICTURES:
        yield _name(file, takes), _picture(file.path)
        return
    loaded = _load(file.path)
    if isinstance(loaded, np.ndarray):
        yield _name(file, takes), loaded
        return
    with loaded as arrays:
        if file.name is not None:
            raise _Unfit(f"names its arrays itself ({', '.join(arrays.files)}); leave '{file.name}=' off")
        for name in arrays.files:
            try:
                value = arrays[name]
            except (OSError, ValueError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
                raise _Unfit(f"its array '{name}' cannot be read: {error}; save it anew with numpy.savez") from None
            yield name, value


def _load(path: Path) -> Any:
    """An array, or an archive of arrays."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_NPY))
        if head != _NPY and not head.startswith(_ZIP):
            # What NumPy says of these is that they may be pickles, and how to open them all the same.
            raise _Unfit("is neither .npy nor .npz; save numbers with numpy.save, pickles are not read")
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError, MemoryError, zipfile.BadZipFile) as error:
        raise _Unfit(
            f"is no array that can be read ({error}); save numbers with numpy.save, pickles are not read"
        ) from None
    except OSError as error:
        raise _Unfit(f"cannot be read: {error.strerror or error}") from None


def _picture(path: Path) -> Image.Image:
    """Upright, as a gallery shows it."""
    try:
        with Image.open(path) as picture:
            return ImageOps.exif_transpose(picture)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
        raise _Unfit(f"is no picture that can be read: {error}") from None


def _name(file: Given, takes: Sequence[Taken]) -> str:
    if file.name is not None:
        return file.name
    if len(takes) != 1:
        names = f"one of {', '.join(item.name for item in takes)}" if takes else "the name of an input"
        raise _Unfit(f"which input is it for? Give NAME={file.path}, where NAME is {names}")
    return takes[0].name


def _put(inputs: Inputs, name: str, value: Any, known: dict[str, Taken]) -> None:
    """Checks a value, casts it and keeps it."""
    if not known:
        inputs.values[name] = value
        return
    if name not in known:
        raise _Unfit(f"there is no input '{name}'; the inputs are {', '.join(known)}")
    item = known[name]
    if isinstance(value, Image.Image):
        if not item.picture:
            raise _Unfit(f"is a picture, but the input '{name}' takes {item}; give it as .npy")
        _sized(item, value.height, value.width)
        inputs.values[name] = value
        return
    if value.dtype.kind not in _KINDS:
        raise _Unfit(f"is an array of {value.dtype}, the input '{name}' takes {item}; save numbers")
    value = value.astype(value.dtype.newbyteorder("="), copy=False)
    if item.picture and value.dtype == np.uint8 and value.ndim in (2, 3):
        _sized(item, *value.shape[:2])
        inputs.values[name] = value
        return
    wrong_shape = "" if item.fits(value.shape) else f"has shape {list(value.shape)}, the input '{name}' takes {item}"
    try:
        cast = _cast(value, item)
    except _Unfit as error:
        raise _Unfit("; and ".join(filter(None, (wrong_shape, str(error))))) from None
    if wrong_shape:
        raise _Unfit(f"{wrong_shape}; reshape it")
    if cast.dtype != value.dtype:
        inputs.notes.append(f"the input '{name}' was {value.dtype}, it is given as {cast.dtype}")
    inputs.values[name] = cast


def _sized(item: Taken, height: int, width: int) -> None:
    """Refuses a picture of another size: nothing resizes it behind the user's back."""
    if item.shape is not None and not all(
        w in (None, s) for w, s in zip(item.shape[-2:], (height, width), strict=True)
    ):
        wished = " × ".join("any" if size is None else str(size) for size in item.shape[-2:])
        raise _Unfit(
            f"is {height} × {width} pixels (height × width), the input '{item.name}' takes {wished}; resize the picture"
        )


def _cast(array: NDArray[Any], item: Taken) -> NDArray[Any]:
    """The array in the declared type, if its values survive that; floats may lose digits, but not become infinite."""
    if array.dtype == item.dtype:
        return array
    if _KINDS[array.dtype.kind] > _KINDS[item.dtype.kind]:
        raise _Unfit(
            f"is {array.dtype}, the input '{item.name}' takes {item}; values would be cut off, so convert them "
            f"yourself: array.astype('{item.dtype}')"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        cast = array.astype(item.dtype)
    lost = np.isfinite(array) & ~np.isfinite(cast) if array.dtype.kind == "f" else cast != array
    if lost.any():
        example = array[lost].flat[0]
        raise _Unfit(
            f"is {array.dtype}, and {np.count_nonzero(lost)} of its values, such as {example}, cannot be {item.dtype}, "
            f"which the input '{item.name}' takes"
        )
    return cast


def _draw(inputs: Inputs, item: Taken, seed: int) -> None:
    if item.default is None and (item.shape is None or None in item.shape):
        inputs.problems.append(
            f"the input '{item.name}' takes {item}: no one shape to draw; give --input {item.name}=FILE"
        )
        return
    shape = item.default if item.default is not None else tuple(size or 0 for size in item.shape or ())
    random = np.random.default_rng([seed, *item.name.encode()])  # inputs of one shape are not drawn alike
    if item.picture:
        values: NDArray[Any] = random.integers(0, 256, shape)
    elif item.dtype.kind == "f":
        values = random.standard_normal(shape)
    else:
        values = random.integers(0, 2, shape)
    inputs.values[item.name] = values.astype(item.dtype)
    at = f", as {list(shape)}" if item.words else ""
    inputs.notes.append(f"the input '{item.name}' was drawn with seed {seed}: {item}{at}")
