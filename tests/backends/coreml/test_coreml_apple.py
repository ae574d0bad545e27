"""Apple's runtime off a Mac: a stand-in for coremltools' model object shows that names and arrays pass through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deploykit.backends.coreml import runner
from deploykit.errors import ArtifactError


class StandIn:
    def __init__(self, path: str) -> None:
        self.path = path

    def predict(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if "image" not in inputs:
            raise RuntimeError("Feature image is required but not specified.")
        return {"scores": 2 * inputs["image"]}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner.ct.models, "MLModel", StandIn)


def test_names_and_arrays_pass_through() -> None:
    with runner.AppleRunner(Path("m.mlpackage")) as opened:
        np.testing.assert_array_equal(opened.run({"image": np.ones(3)})["scores"], [2, 2, 2])


def test_what_core_ml_says_is_kept() -> None:
    with runner.AppleRunner(Path("m.mlpackage")) as opened, pytest.raises(ArtifactError, match="image is required"):
        opened.run({})
