"""Verdicts of the parity stage, on outputs that are right, wrong, missing or meaningless."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deploykit.backends.base import Inside
from deploykit.jobs import IsolatedPool
from deploykit.manifest import Interface, Manifest, Signature
from deploykit.progress import Progress
from deploykit.project import Project
from deploykit.spec import Spec
from deploykit.stages.check import Checked, check, measure
from deploykit.stages.execute import Lowered, Ran
from deploykit.stages.plan import Item, Plan
from deploykit.stages.workspace import Workspace
from deploykit.targets import all_targets
from deploykit.work.capture import Captured
from deploykit.work.draws import save
from deploykit.work.examine import Examined

RIGHT = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 1, 4)

SPEC = Spec.model_validate(
    {
        "model": {"entry": "m.py:net"},
        "task": {"type": "tensors"},
        "input": {"x": {"type": "tensor", "shape": (1, 4)}},
        "output": {"y": {"type": "tensor"}},
    }
)


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., Checked]:
    """Runs the stage on one target whose file gave `outputs` where PyTorch gave `reference`."""

    def run(
        ran: np.ndarray | Ran,
        reference: np.ndarray = RIGHT,
        target: str = "android_onnx",
        exact: np.ndarray | None = None,
    ) -> Checked:
        scratch = tmp_path / ".work"
        scratch.mkdir()
        save(scratch / "fp32.npz", {"random": {"y": reference}})
        save(scratch / "fp64.npz", {"random": {"y": reference * (1 + 1e-7) if exact is None else exact}})
        (scratch / "m.onnx").write_bytes(b"an artifact")
        if isinstance(ran, np.ndarray):
            save(scratch / "outputs.npz", {"random": {"y": ran}})
            ran = Ran(scratch / "outputs.npz")
        item = Item(all_targets()[target], "fp32")
        signature = Signature(inputs=(), outputs=())
        captured = Captured(Project(tmp_path, SPEC, (), "m"), signature, 0, "", (), (), (), (), {})
        lowered = {item.lowering: Lowered("dynamo", (), scratch / "m.onnx", scratch / "log")}
        with IsolatedPool(1) as pool:
            work = Workspace(tmp_path, scratch, pool, Progress())
            outcomes = {(item.lowering, runner): ran for runner in item.runners}
            seen = {item.lowering: Examined(Interface(inputs=(), outputs=()), Inside())}
            (made,) = check(work, captured, lowered, outcomes, seen, Plan((item,)))
        return made

    return run


def test_right_outputs_pass_and_the_manifest_says_so(checked: Callable[..., Checked], tmp_path: Path) -> None:
    made = checked(RIGHT * np.float32(1 + 3e-7))
    (record,) = made.parity
    assert record.verdict == "passed"
    assert record.floor_snr_db == pytest.approx(140, abs=2)
    assert record.required_snr_db == 70
    written = (tmp_path / "artifacts" / "android_onnx" / "fp32" / "manifest.json").read_text()
    assert Manifest.model_validate_json(written).parity == made.parity


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        (RIGHT * 1.01, "dB is below"),
        (np.zeros_like(RIGHT), "dB is below"),
        (np.where(RIGHT > 0.9, np.nan, RIGHT), "NaN or infinite"),
        (RIGHT[:, :, :3], "output y is"),
    ],
    ids=["off by a hundredth", "zeros", "one NaN", "another shape"],
)
def test_wrong_outputs_fail(outputs: np.ndarray, words: str, checked: Callable[..., Checked]) -> None:
    (record,) = checked(outputs).parity
    assert record.verdict == "failed"
    assert words in record.reason


def test_a_file_that_does_not_run_has_failed_and_a_runners_limit_is_not_run(
    checked: Callable[..., Checked], tmp_path: Path
) -> None:
    made = checked(Ran(None, "ONNX Runtime cannot open it"))
    assert [(r.verdict, r.reason) for r in made.parity] == [("failed", "ONNX Runtime cannot open it")]
    assert made.manifest
    assert made.manifest.verdict == "failed"


def test_a_runners_limit_is_not_run(checked: Callable[..., Checked]) -> None:
    made = checked(Ran(None, "the runner does not know op x", limit=True))
    assert [r.verdict for r in made.parity] == ["not_run"]
    assert made.manifest
    assert made.manifest.verdict == "not_run"


@pytest.mark.parametrize("exact", [np.zeros_like(RIGHT), RIGHT], ids=["zeros", "noise"])
def test_a_reference_that_says_nothing_is_not_run(exact: np.ndarray, checked: Callable[..., Checked]) -> None:
    (record,) = checked(np.zeros_like(RIGHT), reference=np.zeros_like(RIGHT), exact=exact).parity
    assert record.verdict == "not_run"
    assert "all zeros" in record.reason


def test_a_network_that_ignores_its_input_is_not_run(checked: Callable[..., Checked]) -> None:
    same = np.repeat(RIGHT[:1], 3, axis=0)
    (record,) = checked(same, reference=same).parity
    assert record.verdict == "not_run"
    assert "same for every random input" in record.reason


def test_on_a_mac_both_runners_have_their_verdicts(
    checked: Callable[..., Checked], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    made = checked(RIGHT * np.float32(1 + 3e-7), target="ios_coreml")
    assert [(r.runner, r.compute_units, r.verdict) for r in made.parity] == [
        ("coreml-reference", None, "passed"),
        ("coreml-apple", "all", "passed"),
    ]


def test_a_folders_hash_tells_contents_and_names_apart(tmp_path: Path) -> None:
    for folder, names in {"a": ("x", "y"), "b": ("x", "z"), "c": ("x", "y")}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_text("same")
    (a, b, c) = (measure(tmp_path / folder) for folder in "abc")
    assert a == c
    assert a != b
    assert a[0] == 8


def test_a_reference_that_is_rounding_noise_is_not_run(checked: Callable[..., Checked], tmp_path: Path) -> None:
    """As behind a norm over a constant: no two implementations agree there, and none is wrong."""
    rng = np.random.default_rng(0)
    noisy = RIGHT + rng.normal(0, 0.1, RIGHT.shape).astype(np.float32)
    (record,) = checked(RIGHT, exact=noisy).parity
    assert record.verdict == "not_run"
    assert "PyTorch's own answer is noise on this input: it agrees with itself to 1" in record.reason
    assert record.snr_db is None


@pytest.mark.parametrize(("wrong", "verdict"), [(2, "passed"), (0, "failed")])
def test_draws_that_are_noise_are_left_out_and_the_others_judged(
    wrong: int, verdict: str, checked: Callable[..., Checked]
) -> None:
    """A network may be chaotic on a few inputs only."""
    exact = RIGHT * np.float32(1 + 1e-7)
    exact[2] += 0.5
    outputs = RIGHT.copy()
    outputs[wrong] *= 1.1
    (record,) = checked(outputs, exact=exact).parity
    assert record.verdict == verdict
    assert record.draws == 2
    assert record.reason.endswith("1 of 3 are left out, where PyTorch's own answer is noise")
