from __future__ import annotations

from pathlib import Path

import pytest

from deploykit.errors import SpecError
from deploykit.project import read_project
from deploykit.spec import ImageInput
from tests.golden_files import check_golden

ERRORS = Path(__file__).parent / "golden" / "errors"
SAMPLES = Path(__file__).parents[1] / "sample_apps"


@pytest.mark.parametrize("case", sorted(p.name for p in ERRORS.iterdir()))
def test_a_wrong_config_names_file_line_and_remedy(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ERRORS / case)
    with pytest.raises(SpecError) as raised:
        read_project(Path("deploykit.toml"))
    check_golden(ERRORS / case / "failure.txt", str(raised.value) + "\n")


def test_a_missing_config_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="deploykit init"):
        read_project(tmp_path / "deploykit.toml")


def test_the_samples_are_valid() -> None:
    digits, photo = (read_project(SAMPLES / name / "deploykit.toml") for name in ("digits", "photo"))
    image = digits.spec.input["image"]
    assert isinstance(image, ImageInput)
    assert (digits.name, image.shape, image.network_shape) == ("digits", (1, 28, 28, 1), (1, 1, 28, 28))
    assert digits.labels[3] == "three"
    assert len(photo.labels) == 1000
