"""Files for an artifact's inputs: what becomes of each, and what is said of those that cannot be one."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deploykit.backends.base import Taken
from deploykit.work.given import Given, Inputs, read_inputs

X = Taken("x", np.dtype(np.float32), (2, 3))
COUNT = Taken("count", np.dtype(np.int32), (2,))
FREE = Taken("free", np.dtype(np.float16), (None, 3))
PICTURE = Taken("picture", np.dtype(np.float32), (1, 3, 4, 6), picture=True)


def saved(path: Path, value: Any) -> Path:
    if path.suffix == ".npy":
        np.save(path, value, allow_pickle=True)
    elif path.suffix == ".npz":
        np.savez(path, **value)
    else:
        value.save(path)
    return path


def read(*given: Given, takes: tuple[Taken, ...] = (X,), seed: int | None = None) -> Inputs:
    return read_inputs(given, takes, seed)


@pytest.mark.parametrize(
    ("value", "taken", "note"),
    [
        (np.ones((2, 3), np.float32), X, None),
        (np.full((2, 3), 0.1), X, "the input 'x' was float64, it is given as float32"),
        (np.ones((2, 3), np.uint8), X, "uint8"),
        (np.ones((2, 3), ">f4"), X, None),
        (np.array([1, -(2**31)], np.int64), COUNT, "int64"),
        (np.array([True, False]), COUNT, "bool"),
        (np.full((5, 3), 0.1), FREE, "given as float16"),
        (np.full((5, 3), np.inf), FREE, "given as float16"),
    ],
)
def test_values_that_survive_are_cast_and_said(value: Any, taken: Taken, note: str | None, tmp_path: Path) -> None:
    inputs = read(Given(None, saved(tmp_path / "a.npy", value)), takes=(taken,))
    assert inputs.problems == []
    assert inputs.values[taken.name].dtype == taken.dtype
    np.testing.assert_array_equal(inputs.values[taken.name], value.astype(taken.dtype))
    assert len(inputs.notes) == (0 if note is None else 1)
    assert (note or "") in "".join(inputs.notes)


@pytest.mark.parametrize(
    ("value", "taken", "words"),
    [
        (np.ones(2), COUNT, ("is float64", "takes int32 [2]", "array.astype('int32')")),
        (np.array([1, 2**31], np.int64), COUNT, ("1 of its values, such as 2147483648", "cannot be int32")),
        (np.array([-1, 2]), Taken("count", np.dtype(np.uint8), (2,)), ("such as -1",)),
        (np.full((2, 3), 2**24 + 1), X, ("6 of its values, such as 16777217",)),
        (np.full((1, 3), 1e6), FREE, ("such as 1000000.0", "cannot be float16")),
        (np.ones((3, 2)), X, ("has shape [3, 2]", "takes float32 [2, 3]", "reshape")),
        (np.ones((5, 4)), FREE, ("takes float16 [?, 3]",)),
        (np.ones((3,)), COUNT, ("has shape [3]", "and is float64")),
        (np.ones((2, 3), np.complex64), X, ("array of complex64",)),
        (np.array(["a", "b"]), X, ("array of <U1",)),
        (np.array([{}]), X, ("pickles are not read",)),
        (np.ones((2, 3), np.int32), Taken("x", np.dtype(np.bool_), (2, 3)), ("is int32", "takes bool")),
    ],
)
def test_arrays_that_cannot_be_the_input(value: Any, taken: Taken, words: tuple[str, ...], tmp_path: Path) -> None:
    inputs = read(Given(taken.name, saved(tmp_path / "a.npy", value)), takes=(taken,))
    assert inputs.values == {}
    (problem,) = inputs.problems
    assert str(tmp_path / "a.npy") in problem
    for word in words:
        assert word in problem


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "harm",)

    for value in (np.array([Harm()]), Harm()):
        file = tmp_path / "a.npy"
        if isinstance(value, np.ndarray):
            saved(file, value)
        else:
            import pickle

            file.write_bytes(pickle.dumps(value))
        (problem,) = read(Given(None, file)).problems
        assert "pickles are not read" in problem
        assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.npy", b""),
        ("text.npy", b"1 2 3"),
        ("cut.npy", b"\x93NUMPY\x01\x00v\x00"),
        ("cut.npz", b"PK\x03\x04 and no more"),
        ("text.png", b"no picture"),
    ],
)
def test_files_that_are_not_what_their_name_says(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (problem,) = read(Given(None, tmp_path / name)).problems
    assert problem.startswith(f"{tmp_path / name}: is n")


def test_an_array_larger_than_its_file(tmp_path: Path) -> None:
    whole = saved(tmp_path / "a.npy", np.ones((2, 3))).read_bytes()
    (tmp_path / "a.npy").write_bytes(whole.replace(b"(2, 3), }     ", b"(2, 99999), } "))
    (problem,) = read(Given(None, tmp_path / "a.npy")).problems
    assert "is no array that can be read" in problem


def test_an_archive_has_all_inputs(tmp_path: Path) -> None:
    file = saved(tmp_path / "all.npz", {"x": np.ones((2, 3)), "count": np.array([1, 2])})
    inputs = read(Given(None, file), takes=(X, COUNT))
    assert inputs.problems == []
    assert inputs.values["count"].tolist() == [1, 2]
    assert inputs.values["x"].dtype == np.float32
    (named, *_) = read(Given("x", file), takes=(X, COUNT)).problems
    assert "leave 'x=' off" in named


def test_a_damaged_archive(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00garbage")
    (tmp_path / "a.npz").write_bytes(buffer.getvalue())
    (problem,) = read(
        Given(None, tmp_path / "a.npz"), takes=(Taken("x", np.dtype(np.float32), (1,), optional=True),)
    ).problems
    assert "its array 'x' cannot be read" in problem


def test_all_problems_at_once(tmp_path: Path) -> None:
    one = saved(tmp_path / "one.npy", np.ones((2, 3)))
    inputs = read(Given("y", one), Given(None, one), Given("count", one), Given("count", one), takes=(X, COUNT))
    assert len(inputs.problems) == 5
    unknown, unnamed, wrong, twice, missing = inputs.problems
    assert "there is no input 'y'; the inputs are x, count" in unknown
    assert f"Give NAME={one}, where NAME is one of x, count" in unnamed
    assert "takes int32 [2]" in wrong
    assert "'count' is given twice" in twice
    assert missing == "the input 'x' is missing; give --input x=FILE with float32 [2, 3]"


def test_an_optional_input_may_be_missing() -> None:
    assert read(takes=(Taken("x", np.dtype(np.float32), (1,), optional=True),)).problems == []


def test_pictures_are_handed_over_upright(tmp_path: Path) -> None:
    sideways = Image.fromarray(np.arange(72, dtype=np.uint8).reshape(6, 4, 3))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by 90° to show it
    sideways.save(tmp_path / "a.png", exif=exif)
    inputs = read(Given(None, tmp_path / "a.png"), takes=(PICTURE,))
    assert inputs.problems == []
    np.testing.assert_array_equal(np.asarray(inputs.values["picture"]), np.rot90(np.asarray(sideways), -1))


def test_pictures_that_do_not_fit(tmp_path: Path) -> None:
    wide = saved(tmp_path / "wide.png", Image.new("RGB", (8, 4)))
    (problem,) = read(Given(None, wide), takes=(PICTURE,)).problems
    assert "is 4 × 8 pixels (height × width), the input 'picture' takes 4 × 6; resize the picture" in problem
    (problem,) = read(Given(None, saved(tmp_path / "a.npy", np.ones((4, 8, 3), np.uint8))), takes=(PICTURE,)).problems
    assert "takes 4 × 6" in problem
    (problem,) = read(Given(None, wide)).problems
    assert "is a picture, but the input 'x' takes float32 [2, 3]" in problem
    free = Taken("picture", np.dtype(np.float32), (1, 3, None, 8), picture=True)
    assert read(Given(None, wide), takes=(free,)).problems == []


def test_a_picture_as_an_array_stays_as_it_is(tmp_path: Path) -> None:
    value = np.ones((4, 6, 3), np.uint8)
    inputs = read(Given(None, saved(tmp_path / "a.npy", value)), takes=(PICTURE,))
    assert inputs.values["picture"].dtype == np.uint8
    assert inputs.notes == []


def test_what_is_not_given_is_drawn(tmp_path: Path) -> None:
    one = saved(tmp_path / "one.npy", np.ones((2, 3), np.float32))
    first, again, other = (read(Given("x", one), takes=(X, COUNT, PICTURE), seed=seed) for seed in (1, 1, 2))
    assert first.problems == []
    np.testing.assert_array_equal(first.values["x"], np.ones((2, 3)))
    assert set(first.values["count"].tolist()) <= {0, 1}
    drawn = first.values["picture"]
    assert (drawn.dtype, drawn.shape) == (np.float32, (1, 3, 4, 6))
    assert 0 <= drawn.min() < 50 < 200 < drawn.max() <= 255
    np.testing.assert_array_equal(drawn, again.values["picture"])
    assert not np.array_equal(drawn, other.values["picture"])
    assert "the input 'count' was drawn with seed 1: int32 [2]" in first.notes
    assert "no one shape to draw" in read(takes=(FREE,), seed=1).problems[0]


def test_a_runner_that_does_not_say_what_it_takes(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.npy", np.ones(2))
    assert read(Given("any", file), takes=()).values["any"].dtype == np.float64
    assert "where NAME is the name of an input" in read(Given(None, file), takes=()).problems[0]
