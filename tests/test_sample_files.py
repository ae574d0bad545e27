"""Arrays and sound as samples; pictures are in test_sample_reading.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import wavfile

from deploykit.capture.sources import load_attribute
from deploykit.errors import SampleError
from deploykit.samples import Sample, read_samples
from deploykit.spec import Contract


def contract(**shapes: tuple[int | str, ...]) -> Contract:
    inputs = {name: {"type": "tensor", "shape": shape} for name, shape in shapes.items()}
    names = {size for shape in shapes.values() for size in shape if isinstance(size, str)}
    dims = {name: {"min": 100, "max": 400} for name in names}
    outputs = {"y": {"type": "tensor"}}
    return Contract.model_validate({"task": "tensors", "inputs": inputs, "outputs": outputs, "dims": dims})


def read(folder: Path, given: Contract) -> tuple[Sample, ...]:
    return read_samples(folder.name, folder.parent, given, load_attribute)


def folder(tmp_path: Path) -> Path:
    made = tmp_path / "some"
    made.mkdir()
    return made


def test_an_array_is_the_only_input_and_an_archive_has_all_by_name(tmp_path: Path) -> None:
    some = folder(tmp_path)
    np.save(some / "a.npy", np.ones((1, 3)))
    (sample,) = read(some, contract(x=(1, 3)))
    assert sample.tensors(contract(x=(1, 3)))["x"].dtype == np.float32
    (some / "a.npy").unlink()
    np.savez(some / "b.npz", b=np.zeros((1, 2)), a=np.ones((1, 3)))
    both = contract(a=(1, 3), b=(1, 2))
    (sample,) = read(some, both)
    assert {name: value.tolist() for name, value in sample.tensors(both).items()} == {"a": [[1] * 3], "b": [[0] * 2]}


@pytest.mark.parametrize(
    ("wave", "loudest"),
    [
        (np.array([0, 16384, -32768] * 100, np.int16), -1.0),
        (np.array([128, 192, 0] * 100, np.uint8), -1.0),
        (np.array([0, 0.5, -0.25] * 100, np.float32), 0.5),
        (np.array([[0, 0], [16384, 16384], [0, -32768]] * 100, np.int16), 0.5),
    ],
    ids=["int16", "uint8", "float32", "stereo"],
)
def test_sound_is_one_row_from_minus_one_to_one(wave: Any, loudest: float, tmp_path: Path) -> None:
    some = folder(tmp_path)
    wavfile.write(some / "a.wav", 16000, wave)
    (sample,) = read(some, contract(wave=(1, 1, 250)))
    found = sample.tensors(contract(wave=(1, 1, 250)))["wave"]
    assert found.shape == (1, 1, 250)
    assert found[0, 0, :2].tolist() == [0, 0.5]
    assert float(found.flat[np.abs(found).argmax()]) == loudest


def test_a_recording_is_as_long_as_it_is_where_the_model_takes_that(tmp_path: Path) -> None:
    some = folder(tmp_path)
    wavfile.write(some / "a.wav", 16000, np.zeros(321, np.int16))
    (sample,) = read(some, contract(wave=(1, "time")))
    assert sample.tensors(contract(wave=(1, "time")))["wave"].shape == (1, 321)


def test_what_does_not_fit_is_named_all_at_once(tmp_path: Path) -> None:
    some = folder(tmp_path)
    for name in "ab":
        wavfile.write(some / f"{name}.wav", 16000, np.zeros(90, np.int16))
    np.savez(some / "c.npz", other=np.zeros(3))
    with pytest.raises(SampleError) as raised:
        read(some, contract(wave=(1, 100)))
    for words in (
        "a.wav: it has 90 values; the model takes 100",
        "b.wav: it has 90",
        "it holds other; the model takes wave",
    ):
        assert words in str(raised.value)
    with pytest.raises(SampleError, match="more than one row"):
        read(some, contract(wave=(1, 10, 10)))


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".wav"])
def test_unreadable_files_are_named(suffix: str, tmp_path: Path) -> None:
    some = folder(tmp_path)
    (some / f"a{suffix}").write_bytes(b"nothing of the kind")
    with pytest.raises(SampleError, match=f"(?s)cannot be read.*a{suffix}"):
        read(some, contract(x=(1, 3)))
