"""`templates/mac/check.py`, really run: on a stand-in for a Mac, and held against the installed coremltools' names."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import inspect
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import coremltools as ct
import numpy as np
import pytest
from coremltools.models import compute_device, compute_plan
from coremltools.proto import Model_pb2

from deploykit.mac import ALL_UNITS, Device, Results
from deploykit.manifest import ComputeUnits, Manifest
from deploykit.work.draws import load
from tests.conftest import ROOT, Build
from tests.mac import mac_kits

SCRIPT = ROOT / "templates" / "mac" / "check.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mac_check", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def small(digits: Build, tmp_path: Path) -> Path:
    """A kit with one model and one unit."""
    kit = mac_kits.copy(digits.folder / "mac", tmp_path / "kit")
    data = json.loads((kit / "kit.json").read_text())
    data.update(models=data["models"][:1], compute_units=["cpu_and_gpu"])
    (kit / "kit.json").write_text(json.dumps(data))
    return kit


def test_raw_outputs_times_and_plans_come_back(digits: Build, measured: Path) -> None:
    results = Results.model_validate_json(measured.read_text(), strict=True)
    assert results.machine.chip == "Apple M9, arm64"
    assert results.machine.devices == ("cpu", "gpu", "neural_engine")
    assert [(r.model, r.compute_units) for r in results.runs] == [
        (f"ios_coreml-{precision}", units) for precision in ("fp16", "fp32") for units in ALL_UNITS
    ]
    reference = load(digits.folder / "mac" / "reference.npz")
    for run in results.runs:
        folder = digits.folder / "artifacts" / "ios_coreml" / run.model.removeprefix("ios_coreml-")
        assert run.sha256 == Manifest.model_validate_json((folder / "manifest.json").read_text()).sha256
        if run.compute_units == "cpu_and_ne":
            assert "RuntimeError: Error compiling model" in run.error
            assert run.plan.error == run.error
            assert run.milliseconds is None
            continue
        assert set(run.kinds) == {"random", "zeros", "extremes", "samples"}
        assert run.milliseconds
        assert run.predictions == sum(len(draws["scores"]) for draws in reference.values()) - 1
        for kind, gave in run.kinds.items():
            scores, wanted = gave.outputs["scores"].array(), reference[kind]["scores"]
            assert scores.shape == wanted.shape
            if run.compute_units == "cpu_and_gpu":
                assert not scores.any()
            else:
                np.testing.assert_allclose(scores, wanted, atol=5e-3)
        types = [op.type for op in run.plan.ops]
        assert "const" not in types
        assert "ios17.softmax" in types
        assert sum(op.cost or 0 for op in run.plan.ops) == pytest.approx(1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("aborts", ("the process that ran it ended with signal 6",)),
        ("old-macos", ("needs macOS 14 or newer; this Mac has 12.6",)),
        ("no-zeros", ("zeros: RuntimeError: Unable to compute the prediction", "largest difference")),
    ],
)
def test_what_goes_wrong_is_written_down(wrong: str, words: tuple[str, ...], small: Path) -> None:
    done = mac_kits.check(small, wrong)
    assert done.returncode == 0, done.stderr
    (run,) = Results.model_validate_json((small / "results.json").read_text(), strict=True).runs
    assert bool(run.not_run) == (wrong == "old-macos")
    assert bool(run.error) == (wrong == "aborts")
    for word in words:
        assert word in done.stdout


def test_a_mac_without_the_device_says_so(script: ModuleType) -> None:
    model = {"macos": 1}
    assert "no neural engine" in script.lacking(model, "cpu_and_ne", {"devices": ["cpu", "gpu"]})
    assert script.lacking(model, "cpu_and_gpu", {"devices": ["cpu", "gpu"]}) == ""
    assert script.lacking(model, "cpu_and_ne", {"devices": ["unknown (needs macOS 14)"]}) == ""


def test_a_changed_kit_is_not_run(small: Path) -> None:
    (small / "reference.npz").write_bytes(b"else")
    done = mac_kits.check(small)
    assert done.returncode == 2
    assert "reference.npz: not the file that the kit was made with" in done.stderr
    assert not (small / "results.json").exists()


@pytest.mark.skipif(sys.platform == "darwin", reason="this is a Mac")
def test_elsewhere_nothing_is_measured(small: Path) -> None:
    command = [sys.executable, str(small / "check.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Apple's runtime needs a Mac" in done.stderr
    assert not (small / "results.json").exists()


def test_finders_files_do_not_change_a_model(script: ModuleType, small: Path) -> None:
    (model,) = json.loads((small / "kit.json").read_text())["models"]
    for name in (".DS_Store", "._weights"):
        (small / model["file"] / name).write_bytes(b"Finder")
    assert script.sha256(small / model["file"]) == model["sha256"]


def test_the_script_needs_numpy_and_coremltools_only() -> None:
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 9))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert names - set(sys.stdlib_module_names) == {"numpy", "coremltools"}


def test_what_the_script_calls_is_in_coremltools(script: ModuleType) -> None:
    assert "compute_units" in inspect.signature(ct.models.MLModel).parameters
    for name in ("predict", "make_state", "get_spec", "get_compiled_model_path"):
        assert callable(getattr(ct.models.MLModel, name))
    assert {unit.name.lower() for unit in ct.ComputeUnit} == set(ALL_UNITS) == set(get_args(ComputeUnits))
    plan = compute_plan.MLComputePlan
    assert list(inspect.signature(plan.load_from_path).parameters) == ["path", "compute_units"]
    for name in ("get_compute_device_usage_for_mlprogram_operation", "get_estimated_cost_for_mlprogram_operation"):
        assert list(inspect.signature(getattr(plan, name)).parameters) == ["self", "operation"]
    assert isinstance(plan.model_structure, property)
    wanted = {
        "MLModelStructure": {"program"},
        "MLModelStructureProgram": {"functions"},
        "MLModelStructureProgramFunction": {"block"},
        "MLModelStructureProgramBlock": {"operations"},
        "MLModelStructureProgramOperation": {"operator_name", "outputs", "blocks"},
        "MLModelStructureProgramNamedValueType": {"name"},
        "MLComputePlanDeviceUsage": {"preferred_compute_device", "supported_compute_devices"},
        "MLComputePlanCost": {"weight"},
    }
    for name, fields in wanted.items():
        assert fields <= {field.name for field in dataclasses.fields(getattr(compute_plan, name))}, name
    assert callable(compute_device.MLComputeDevice.get_all_compute_devices)
    devices = {c.__name__ for c in compute_device.MLComputeDevice.__subclasses__()}
    assert devices == set(script.DEVICES)
    assert set(script.DEVICES.values()) | {"other"} == set(get_args(Device))
    array = Model_pb2.FeatureTypes__pb2.ArrayFeatureType
    assert set(script.FED) <= set(array.ArrayDataType.keys())


def test_the_stand_in_takes_what_coremltools_takes() -> None:
    """Else the tests above would say nothing of the real one."""
    code = (
        "import inspect, json, sys; sys.path.insert(0, sys.argv[1]); import coremltools as ct;"
        "from coremltools.models import compute_plan as p, compute_device as d;"
        "calls = [ct.models.MLModel.predict, ct.models.MLModel.get_spec, p.MLComputePlan.load_from_path,"
        " p.MLComputePlan.get_compute_device_usage_for_mlprogram_operation,"
        " p.MLComputePlan.get_estimated_cost_for_mlprogram_operation, d.MLComputeDevice.get_all_compute_devices];"
        "print(json.dumps([[c.__qualname__, list(inspect.signature(c).parameters)] for c in calls]))"
    )
    command = [sys.executable, "-c", code, str(mac_kits.STAND_IN)]
    calls: list[Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for name, parameters in calls:
        owner, method = name.split(".")
        home = next(module for module in (ct.models, compute_plan, compute_device) if hasattr(module, owner))
        real = list(inspect.signature(getattr(getattr(home, owner), method)).parameters)
        assert parameters == real[: len(parameters)], name
