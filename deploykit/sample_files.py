"""Files that samples are read from: pictures, arrays and sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from deploykit.errors import SampleError
from deploykit.spec import Contract

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")

Value = Image.Image | tuple[NDArray[Any], ...]


def read_file(file: Path, contract: Contract) -> Value:
    """What a file holds, as a sample's value.

    Args:
        file: with one of `SUFFIXES`.
        contract: for the names of inputs, and how long a recording has to be.

    Raises:
        OSError: if it cannot be read; the message says why.
        SampleError: if what it holds can be read, but is nothing that the model takes.
    """
    return READERS[file.suffix.lower()](file, contract)


def _picture(file: Path, contract: Contract) -> Value:
    try:
        with Image.open(file) as picture:
            picture.load()
    except UnidentifiedImageError as error:
        raise OSError(str(error)) from error
    return picture.copy()


def _array(file: Path, contract: Contract) -> Value:
    """A `.npy` is the only input."""
    try:
        found: NDArray[Any] = np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise OSError(str(error)) from error
    return (found,)


def _arrays(file: Path, contract: Contract) -> Value:
    """A `.npz` has every input under its name."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            found = dict(arrays)
    except (ValueError, EOFError, KeyError) as error:
        raise OSError(str(error)) from error
    if set(found) != set(contract.inputs):
        raise SampleError(f"it holds {', '.join(found) or 'nothing'}; the model takes {', '.join(contract.inputs)}")
    return tuple(found[name] for name in contract.inputs)


def _sound(file: Path, contract: Contract) -> Value:
    """A `.wav` as float32 from -1 to 1, its channels' mean; the beginning, where the model takes fewer samples.

    The sampling rate is not looked at: a contract does not say one.
    """
    from scipy.io import wavfile  # scipy takes a while to import

    try:
        _, found = wavfile.read(file)
    except ValueError as error:
        raise OSError(str(error)) from error
    wave = found.astype(np.float64)
    if found.dtype.kind == "u":
        wave = (wave - 128) / 128
    elif found.dtype.kind == "i":
        wave = wave / -float(np.iinfo(found.dtype).min)
    wave = wave.mean(1) if wave.ndim == 2 else wave
    inputs = list(contract.inputs.items())
    long = [place for place, size in enumerate(inputs[0][1].shape) if size != 1]
    if len(inputs) != 1 or len(long) != 1:
        raise SampleError("it is a recording; the model takes more than one row of values")
    shape = list(inputs[0][1].shape)
    size = shape[long[0]]
    if isinstance(size, int) and len(wave) < size:
        raise SampleError(f"it has {len(wave):,} values; the model takes {size:,}")
    shape[long[0]] = size if isinstance(size, int) else len(wave)
    return (wave[: shape[long[0]]].astype(np.float32).reshape(shape),)


READERS: dict[str, Callable[[Path, Contract], Value]] = {
    **dict.fromkeys(PICTURES, _picture),
    ".npy": _array,
    ".npz": _arrays,
    ".wav": _sound,
}

SUFFIXES = tuple(READERS)
