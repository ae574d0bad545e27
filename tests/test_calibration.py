"""Which inputs ranges of activations are read from, and what is refused."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deploykit.calibration import calibration_draws, told
from deploykit.capture.sources import load_attribute
from deploykit.errors import SampleError
from deploykit.manifest import CalibrationRecord
from deploykit.project import Project
from deploykit.samples import Sample, spread
from deploykit.spec import Spec

NOISE = {"image": np.zeros((8, 1, 4, 4, 1), np.float32)}


def project(root: Path, **quantize: Any) -> Project:
    spec = Spec.model_validate(
        {
            "model": {"entry": "m.py:net"},
            "task": {"type": "tensors"},
            "input": {"image": {"type": "image", "size": (4, 4), "color": "gray"}},
            "output": {"y": {"type": "tensor"}},
            "quantize": quantize,
        }
    )
    return Project(root, spec, (), "net")


def pictures(folder: Path, good: int, bad: int) -> None:
    folder.mkdir()
    for index in range(good):
        Image.new("L", (6, 6), index).save(folder / f"{index:03d}.png")
    for index in range(bad):
        (folder / f"z{index}.png").write_bytes(b"no picture")


def draws(given: Project, samples: tuple[Sample, ...] = ()) -> tuple[Any, CalibrationRecord]:
    return calibration_draws(given, samples, NOISE, load_attribute)


def test_samples_are_spread_evenly_over_all() -> None:
    assert spread(100, 5) == [0, 25, 50, 74, 99]
    assert spread(3, 5) == spread(3, None) == [0, 1, 2]


def test_of_a_data_set_only_what_is_wanted_is_read(tmp_path: Path) -> None:
    code = """
        import numpy as np
        class Data:
            def __len__(self):
                return 10**6
            def __getitem__(self, index):
                return np.full((1, 4, 4, 1), index % 200, np.float32), None
        data = Data()
        stream = ((np.full((1, 4, 4, 1), value, np.float32), None) for value in range(5))
    """
    (tmp_path / "d.py").write_text(textwrap.dedent(code))
    found, record = draws(project(tmp_path, samples="d.py:data", count=3))
    assert found["image"][:, 0, 0, 0, 0].tolist() == [0, 0, 199]
    assert (record.count, record.of) == (3, 10**6)
    found, record = draws(project(tmp_path, samples="d.py:stream", count=3))
    assert found["image"][:, 0, 0, 0, 0].tolist() == [0, 2, 4]


def test_a_folder_is_read_through_the_contracts_preprocessing(tmp_path: Path) -> None:
    pictures(tmp_path / "some", 10, 0)
    found, record = draws(project(tmp_path, samples="some", count=4))
    assert found["image"].shape == (4, 1, 4, 4, 1)
    assert found["image"][:, 0, 0, 0, 0].tolist() == [0, 3, 6, 9]
    assert record == CalibrationRecord(source="some", count=4, of=10)
    assert told(record) == "The ranges of int8 activations come from 4 of 10 inputs of some."


def test_the_builds_samples_are_taken_where_no_others_are_named(tmp_path: Path) -> None:
    given = project(tmp_path)
    spec = given.spec.model_copy(update={"build": given.spec.build.model_copy(update={"samples": "held_out"})})
    samples = (Sample("a", Image.new("L", (4, 4), 7)),)
    found, record = draws(Project(tmp_path, spec, (), "net"), samples)
    assert (found["image"] == 7).all()
    assert (record.source, record.count, record.noise) == ("held_out", 1, False)


def test_without_samples_it_is_noise_and_says_so(tmp_path: Path) -> None:
    found, record = draws(project(tmp_path))
    assert found is NOISE
    assert (record.noise, record.count) == (True, 8)


def test_some_pictures_may_be_broken_where_the_project_says_so(tmp_path: Path) -> None:
    pictures(tmp_path / "some", 9, 1)
    _, record = draws(project(tmp_path, samples="some", unreadable=0.1))
    assert record.count == 9
    assert len(record.left_out) == 1
    assert record.left_out[0].startswith("z0.png: ")
    assert told(record).startswith(
        "The ranges of int8 activations come from 9 of 10 inputs of some. "
        "Left out, since they cannot be read: z0.png: cannot identify image file 'z0.png'"
    )
    with pytest.raises(SampleError, match=r"(?s)1 of 10, 5% are allowed.*z0\.png"):
        draws(project(tmp_path, samples="some", unreadable=0.05))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return []", "gives no samples"),
        ("return [(np.full((1, 4, 4, 1), np.nan), None)]", "NaN or infinite: 0000: image"),
        ("return [(np.zeros((1, 5, 5, 1)), None)]", r"image is \(1, 5, 5, 1\), the contract says \(1, 4, 4, 1\)"),
        ("raise OSError('no disk')", "OSError: no disk"),
    ],
)
def test_what_is_refused(body: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "d.py").write_text(f"import numpy as np\ndef make():\n    {body}\n")
    with pytest.raises(SampleError, match=words):
        draws(project(tmp_path, samples="d.py:make"))


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(SampleError, match="'none' gives no samples"):
        draws(project(tmp_path, samples="none"))
