from __future__ import annotations

import pytest

from tests.conftest import ROOT, Build
from tests.samples import PARTS
from tests.test_build import files


@pytest.mark.parametrize("part", PARTS)
def test_the_checked_in_sample_app_is_what_a_build_renders(part: str, digits: Build) -> None:
    kept, made = files(ROOT / "sample_apps" / "digits" / part), files(digits.folder / part)
    assert kept.keys() == made.keys(), "run `make samples` and look at the diff"
    assert [name for name in kept if kept[name] != made[name]] == [], "run `make samples` and look at the diff"


def test_what_is_checked_in_stays_small() -> None:
    size = sum(len(data) for part in PARTS for data in files(ROOT / "sample_apps" / "digits" / part).values())
    assert size < 1_000_000
    assert (ROOT / "sample_apps" / "digits" / "digits.safetensors").stat().st_size < 300_000
