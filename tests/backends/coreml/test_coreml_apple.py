"""Apple's runtime off a Mac: a stand-in for coremltools' model object shows what it is given and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import coremltools as ct
import numpy as np
import pytest
from coremltools.proto import Model_pb2

from deploykit.backends.coreml import runner
from deploykit.errors import ArtifactError
from deploykit.manifest import ComputeUnits

ARRAY = Model_pb2.FeatureTypes__pb2.ArrayFeatureType


class StandIn:
    """Doubles `image`; counts its calls in a state, where it has one."""

    declared = ARRAY.FLOAT32
    stateful = False

    def __init__(self, path: str, compute_units: ct.ComputeUnit) -> None:
        if path == "damaged.mlpackage":
            raise RuntimeError("Error compiling model")
        self.path, self.units = path, compute_units

    def get_spec(self) -> Any:
        spec = Model_pb2.Model()
        image = spec.description.input.add(name="image")
        image.type.multiArrayType.dataType = self.declared
        if self.stateful:
            spec.description.state.add(name="calls")
        return spec

    def make_state(self) -> list[int]:
        return [0]

    def predict(self, inputs: dict[str, np.ndarray], state: list[int] | None = None) -> dict[str, np.ndarray]:
        if "image" not in inputs:
            raise RuntimeError("Feature image is required but not specified.")
        if state is not None:
            state[0] += 1
            return {"calls": np.array(state)}
        scores = 2 * inputs.pop("image")  # as coremltools does: the caller's dictionary is not left alone
        return {"scores": scores, "units": np.array(self.units.name)}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    monkeypatch.setattr(runner.ct.models, "MLModel", StandIn)
    return StandIn


def test_names_and_arrays_pass_through() -> None:
    inputs = {"image": np.ones(3, np.float32)}
    with runner.AppleRunner(Path("m.mlpackage")) as opened:
        for _ in range(2):
            np.testing.assert_array_equal(opened.run(inputs)["scores"], [2, 2, 2])


@pytest.mark.parametrize("units", get_args(ComputeUnits))
def test_the_caller_chooses_the_units(units: ComputeUnits) -> None:
    with runner.AppleRunner(Path("m.mlpackage"), units) as opened:
        assert opened.run({"image": np.ones(1)})["units"] == units.upper()


def test_all_units_is_the_default_and_every_unit_of_coremltools_has_a_name() -> None:
    with runner.AppleRunner(Path("m.mlpackage")) as opened:
        assert opened.run({"image": np.ones(1)})["units"] == "ALL"
    assert set(runner.UNITS.values()) == set(ct.ComputeUnit)


@pytest.mark.parametrize(
    ("declared", "given", "fed"),
    [
        (ARRAY.FLOAT32, np.bool_, np.float32),
        (ARRAY.INT32, np.bool_, np.int32),
        (ARRAY.INT32, np.int64, np.int32),
        (ARRAY.FLOAT16, np.float16, np.float32),
    ],
)
def test_an_input_is_given_as_the_model_declares_it(
    declared: int, given: type, fed: type, stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_in, "declared", declared)
    with runner.AppleRunner(Path("m.mlpackage")) as opened:
        assert opened.run({"image": np.ones(2, given)})["scores"].dtype == fed


def test_every_run_starts_with_a_fresh_state(stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "stateful", True)
    with runner.AppleRunner(Path("m.mlpackage")) as opened:
        assert [int(opened.run({"image": np.ones(1)})["calls"][0]) for _ in range(3)] == [1, 1, 1]


def test_what_core_ml_says_is_kept() -> None:
    with runner.AppleRunner(Path("m.mlpackage")) as opened, pytest.raises(ArtifactError, match="image is required"):
        opened.run({})
    with pytest.raises(ArtifactError, match="Error compiling model"):
        runner.AppleRunner(Path("damaged.mlpackage"))
