"""The project's own samples: a folder of pictures, arrays or sound, or what a Python file gives."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deploykit.errors import SampleError
from deploykit.sample_files import SUFFIXES, Value, read_file
from deploykit.spec import Contract
from deploykit.transforms import Placement, placement, preprocess
from deploykit.truths import Truth, label_of, read_truth


@dataclass(frozen=True)
class Sample:
    """One input as an app has it, and what it is, if that is known."""

    name: str
    value: Value
    truth: Truth = field(default_factory=dict)

    @property
    def label(self) -> int | None:
        """The label that an image classifier should find, if that is known."""
        return label_of(self.truth)

    def tensors(self, contract: Contract) -> dict[str, NDArray[Any]]:
        """As the artifact takes it.

        Raises:
            SampleError: if arrays do not fit the contract (both shapes are shown).
        """
        if isinstance(self.value, Image.Image):
            (name, spec), *rest = contract.inputs.items()
            if rest or spec.type != "image":
                raise SampleError(f"sample {self.name} is a picture, but the model takes {', '.join(contract.inputs)}")
            return {name: preprocess(self.value, spec)}
        if len(self.value) != len(contract.inputs):
            raise SampleError(
                f"sample {self.name} has {len(self.value)} arrays, the model takes {len(contract.inputs)}"
            )
        tensors = {}
        for (name, spec), value in zip(contract.inputs.items(), self.value, strict=True):
            if not contract.dims and value.shape != spec.shape:
                raise SampleError(f"sample {self.name}: {name} is {value.shape}, the contract says {spec.shape}")
            tensors[name] = value.astype(spec.border_dtype)
        if problems := contract.misfits({name: value.shape for name, value in tensors.items()}):
            raise SampleError(f"sample {self.name}: {'; '.join(problems)}")
        return tensors

    def png(self) -> bytes:
        """The picture as PNG; arrays have none.

        Raises:
            SampleError: if the sample is not a picture.
        """
        if not isinstance(self.value, Image.Image):
            raise SampleError(f"sample {self.name} is not a picture")
        file = io.BytesIO()
        self.value.save(file, "PNG")
        return file.getvalue()


def read_samples(source: str, root: Path, contract: Contract, load: Callable[[str, Path], Any]) -> tuple[Sample, ...]:
    """Reads `source`: a folder (`label/name.png` or `name.png`; also .npy, .npz, .wav), or `file.py:name`, a list of
    (value, truth) pairs, or a function that gives them.

    Args:
        source: as in `[build] samples`.
        root: the project's folder.
        contract: for the labels.
        load: gives the object that `file.py:name` stands for.

    Raises:
        SampleError: naming the folder, the file or the factory, and what is wrong with it.
    """
    return read_some_samples(source, root, contract, load)[0]


def read_some_samples(
    source: str,
    root: Path,
    contract: Contract,
    load: Callable[[str, Path], Any],
    unreadable: float = 0.0,
    count: int | None = None,
) -> tuple[tuple[Sample, ...], tuple[str, ...], int]:
    """The same where some of a folder's files may be broken, and not all of many are wanted.

    Args:
        source: as in `[quantize] samples`.
        root: the project's folder.
        contract: for the labels.
        load: gives the object that `file.py:name` stands for.
        unreadable: share of the files that are read which may be unreadable.
        count: how many samples are wanted, evenly spread over all; None for all of them. Others are not even read,
            where the source has a length.

    Returns:
        The samples, the files that were left out, each with the reason, and how many samples there are.

    Raises:
        SampleError: as `read_samples`.
    """
    if ":" in source:
        made, total = _from_python(source, root, contract, load, count)
        left_out: tuple[str, ...] = ()
    else:
        made, left_out, total = _from_folder(root / source, contract, unreadable, count)
    if not made:
        kinds = f"; the folder has none of {', '.join(SUFFIXES)}" if ":" not in source else ""
        raise SampleError(f"samples = {source!r} gives no samples{kinds}")
    return made, left_out, total


def spread(total: int, count: int | None) -> list[int]:
    """As many places as are wanted, evenly spread over all, in their order: a folder's begin with one class."""
    if count is None or total <= count:
        return list(range(total))
    return [int(place) for place in np.linspace(0, total - 1, count).round()]


def _from_folder(
    folder: Path, contract: Contract, unreadable: float, count: int | None
) -> tuple[tuple[Sample, ...], tuple[str, ...], int]:
    if not folder.is_dir():
        raise SampleError(f"samples folder {folder} does not exist")
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    read = [files[place] for place in spread(len(files), count)]
    samples, broken, wrong = [], [], []
    for file in read:
        name = str(file.relative_to(folder))
        known = file.parent.name in contract.labels and contract.task == "image-classification"
        truth = read_truth(file.parent.name if known else None, contract, None)
        try:
            samples.append(Sample(name, read_file(file, contract), truth))
        except OSError as error:
            broken.append(f"{name}: {str(error).replace(str(file), file.name)}")
        except SampleError as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise SampleError(f"files in {folder} do not fit the contract:\n  " + "\n  ".join(wrong))
    if len(broken) > unreadable * len(read):
        allowed = f" ({len(broken)} of {len(read)}, {unreadable:.0%} are allowed)" if unreadable else ""
        raise SampleError(f"files in {folder} cannot be read{allowed}:\n  " + "\n  ".join(broken))
    return tuple(samples), tuple(broken), len(files)


def _from_python(
    source: str, root: Path, contract: Contract, load: Callable[[str, Path], Any], count: int | None
) -> tuple[tuple[Sample, ...], int]:
    found = load(source, root)
    try:
        pairs = found() if callable(found) else found
        if not (hasattr(pairs, "__len__") and hasattr(pairs, "__getitem__")):  # as a list and a data set have them
            pairs = tuple(pairs)
        places = spread(len(pairs), count)
        wanted = [(place, pairs[place]) for place in places]
    except Exception as error:
        raise SampleError(f"samples = {source!r}: it raised {type(error).__name__}: {error}") from error
    return tuple(_sample(source, place, pair, contract) for place, pair in wanted), len(pairs)


def _sample(source: str, index: int, pair: tuple[Any, Any], contract: Contract) -> Sample:
    if not (isinstance(pair, tuple) and len(pair) == 2):
        raise SampleError(f"samples = {source!r}: item {index} is not a pair (picture or arrays, truth or None)")
    value, given = pair
    if not isinstance(value, Image.Image):
        value = tuple(np.asarray(v) for v in (value if isinstance(value, tuple | list) else (value,)))
    try:
        truth = read_truth(given, contract, _placement(value, contract))
    except ValueError as error:
        raise SampleError(f"samples = {source!r}: item {index}: {error}") from error
    return Sample(f"{index:04d}", value, truth)


def _placement(value: Value, contract: Contract) -> Placement | None:
    """Where a sample lies in the picture that the artifact takes; None where it is none."""
    pictures = [spec for spec in contract.inputs.values() if spec.type == "image"]
    return placement(value, pictures[0]) if isinstance(value, Image.Image) and len(pictures) == 1 else None
