"""The project's own samples: a folder of pictures, or a Python factory."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from deploykit.errors import SampleError
from deploykit.spec import Contract
from deploykit.transforms import Placement, placement, preprocess
from deploykit.truths import Truth, label_of, read_truth

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


@dataclass(frozen=True)
class Sample:
    """One input as an app has it, and what it is, if that is known."""

    name: str
    value: Image.Image | tuple[NDArray[Any], ...]
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
    """Reads `source`: a folder (`label/name.png` or `name.png`), or `file.py:factory` giving (value, label) pairs.

    Args:
        source: as in `[build] samples`.
        root: the project's folder.
        contract: for the labels.
        load: gives the object that `file.py:name` stands for.

    Raises:
        SampleError: naming the folder, the file or the factory, and what is wrong with it.
    """
    return read_some_samples(source, root, contract, load, 0.0)[0]


def read_some_samples(
    source: str, root: Path, contract: Contract, load: Callable[[str, Path], Any], unreadable: float
) -> tuple[tuple[Sample, ...], tuple[str, ...]]:
    """The same where some of a folder's pictures may be broken.

    Args:
        source: as in `[quantize] samples`.
        root: the project's folder.
        contract: for the labels.
        load: gives the object that `file.py:name` stands for.
        unreadable: share of a folder's pictures that may be unreadable.

    Returns:
        The samples, and the pictures that were left out, each with the reason.

    Raises:
        SampleError: as `read_samples`.
    """
    if ":" in source:
        made, left_out = _from_factory(source, root, contract, load), tuple[str, ...]()
    else:
        made, left_out = _from_folder(root / source, contract, unreadable)
    if not made:
        kinds = f"; the folder has none of {', '.join(SUFFIXES)}" if ":" not in source else ""
        raise SampleError(f"samples = {source!r} gives no samples{kinds}")
    return made, left_out


def _from_folder(folder: Path, contract: Contract, unreadable: float) -> tuple[tuple[Sample, ...], tuple[str, ...]]:
    if not folder.is_dir():
        raise SampleError(f"samples folder {folder} does not exist")
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    samples, broken = [], []
    for file in files:
        try:
            with Image.open(file) as picture:
                picture.load()
            known = file.parent.name in contract.labels and contract.task == "image-classification"
            truth = read_truth(file.parent.name if known else None, contract, None)
            samples.append(Sample(str(file.relative_to(folder)), picture.copy(), truth))
        except (UnidentifiedImageError, OSError) as error:
            broken.append(f"{file.relative_to(folder)}: {error}")
    if len(broken) > unreadable * len(files):
        allowed = f" ({len(broken)} of {len(files)}, {unreadable:.0%} are allowed)" if unreadable else ""
        raise SampleError(f"pictures in {folder} cannot be read{allowed}:\n  " + "\n  ".join(broken))
    return tuple(samples), tuple(broken)


def _from_factory(source: str, root: Path, contract: Contract, load: Callable[[str, Path], Any]) -> tuple[Sample, ...]:
    factory = load(source, root)
    try:
        pairs: Iterable[tuple[Any, Any]] = tuple(factory())
    except Exception as error:
        raise SampleError(f"samples = {source!r}: the factory raised {type(error).__name__}: {error}") from error
    return tuple(_sample(source, i, pair, contract) for i, pair in enumerate(pairs))


def _sample(source: str, index: int, pair: tuple[Any, Any], contract: Contract) -> Sample:
    if not (isinstance(pair, tuple) and len(pair) == 2):
        raise SampleError(f"samples = {source!r}: item {index} is not a pair (picture or arrays, label or None)")
    value, given = pair
    if not isinstance(value, Image.Image):
        value = tuple(np.asarray(v) for v in (value if isinstance(value, tuple | list) else (value,)))
    try:
        truth = read_truth(given, contract, _placement(value, contract))
    except ValueError as error:
        raise SampleError(f"samples = {source!r}: item {index}: {error}") from error
    return Sample(f"{index:04d}", value, truth)


def _placement(value: Image.Image | tuple[NDArray[Any], ...], contract: Contract) -> Placement | None:
    """Where a sample lies in the picture that the artifact takes; None where it is none."""
    pictures = [spec for spec in contract.inputs.values() if spec.type == "image"]
    return placement(value, pictures[0]) if isinstance(value, Image.Image) and len(pictures) == 1 else None
