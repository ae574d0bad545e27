"""Ops converted alone: what litert-torch gets wrong, found, made small, and written down for others."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deploykit.backends import BACKENDS
from deploykit.bisect import proof as proof_module
from deploykit.bisect.proof import SMALLEST, WINDOWS, proofs, prove, showing
from deploykit.bisect.records import Bisection, ProofRecord
from deploykit.bisect.repro import CONVERTERS, FILES, write
from deploykit.bisect.windows import Statement, Window
from deploykit.probes.results import Finding
from deploykit.probes.sweep import all_roads
from tests.bisect.networks import Divided, Doubled, OneKey, Resized, line, made


def proven(
    network: nn.Module, folder: Path, *examples: torch.Tensor, backend: str = "litert"
) -> tuple[Bisection, ProofRecord]:
    subject, road = made(network, backend, folder, *examples), BACKENDS[backend].roads[0].name
    looked = subject.look()
    prove(folder, backend, road, 0, looked.plain_db)
    last = proofs(folder)[-1]
    assert last.shows
    found = Bisection(
        artifact="a.tflite",
        model="a",
        backend=backend,
        road=road,
        runner="tflite",
        made="given",
        verdict="converter",
        input="random 0",
        snr_db=looked.plain_db,
        required_db=70.0,
        bad=looked.bad,
        proof=last,
        versions={"litert-torch": "1.2.3"},
    )
    return found, last


def test_one_op_and_its_repro(tmp_path: Path) -> None:
    found, proof = proven(Resized(), tmp_path)
    assert proof.ops == ("aten.upsample_nearest2d.vec",)
    assert found.culprit is not None
    number = line('mode="nearest"')
    assert found.culprit.place.startswith(f"tests/bisect/networks.py:{number} ")
    out = tmp_path / "repro"
    out.mkdir()
    record = write(tmp_path, found, out)
    assert sorted(file.name for file in out.iterdir()) == sorted(FILES)
    assert record.ran
    assert record.snr_db == pytest.approx(proof.finding.snr_db, abs=0.1)
    code = (out / "repro.py").read_text()
    assert "deploykit" not in code
    assert "torch.ops.aten.upsample_nearest2d.vec(tanh, [7, 7], None)" in code
    texts = [(out / name).read_text() for name in ("repro.py", "issue.md", "versions.txt")]
    assert not any(re.search(rf"{re.escape(str(tmp_path))}|/tmp|/root|/home|20\d\d-", text) for text in texts)
    issue = texts[1]
    assert f"actual: {proof.finding.snr_db} dB" in issue
    assert "litert-torch 1.2.3" in issue
    assert f"networks.py:{number} " in issue
    assert issue_code_is_wrong(issue)
    program = torch.export.load(out / "program.pt2")
    with np.load(out / "inputs.npz") as arrays:
        (value,) = program.module()(x0=torch.from_numpy(arrays["input_tanh"])).values()
    assert value.shape == (1, 4, 7, 7)


@pytest.mark.parametrize(
    ("backend", "network", "example", "op", "code"),
    [
        ("coreml", Doubled(), torch.randn(1, 8), "aten.add.Tensor", "x = torch.add("),
        ("onnx", Divided(), torch.randn(1, 3, 9, 9), "aten.avg_pool2d.default", "x = F.avg_pool2d("),
    ],
    ids=["coreml", "onnx"],
)
def test_other_converters(
    backend: str, network: nn.Module, example: torch.Tensor, op: str, code: str, tmp_path: Path
) -> None:
    found, proof = proven(network, tmp_path, example, backend=backend)
    assert proof.ops == (op,)
    assert found.culprit is not None
    assert found.culprit.place.startswith(f"tests/bisect/networks.py:{line(code)} ")
    (tmp_path / "repro").mkdir()
    record = write(tmp_path, found, tmp_path / "repro")
    assert record.ran, record.reason
    assert record.snr_db == pytest.approx(proof.finding.snr_db, abs=0.2)


def issue_code_is_wrong(issue: str) -> bool:
    """The code of an issue runs by itself; litert-torch is not called twice for the same."""
    code = re.findall(r"```python\n(.*?)```", issue, re.DOTALL)[0]
    space: dict[str, object] = {}
    exec(code, space)
    model, inputs = space["model"], space["inputs"]
    assert isinstance(model, nn.Module)
    assert isinstance(inputs, tuple)
    return tuple(model(*inputs).shape) == (1, 4, 7, 7)


def test_two_ops_that_are_right_alone(tmp_path: Path) -> None:
    found, proof = proven(OneKey(), tmp_path, torch.randn(1, 8, 8))  # loud, were there not as many keys as values
    assert proof.suspect == "scaled_dot_product_attention"
    assert set(proof.ops) == {"aten.expand.default", "aten.scaled_dot_product_attention.default"}
    singles = [record for record in proofs(tmp_path) if len(record.nodes) == 1]
    assert singles
    assert not any(record.shows for record in singles)
    window = pickle.loads((tmp_path / SMALLEST).read_bytes())
    assert window.names == proof.nodes
    assert found.culprit is not None


def test_what_is_a_little_rough_is_not_blamed_for_what_is_plainly_wrong() -> None:
    rough = Finding(outcome="rough", snr_db=90.0)
    assert not showing(rough, 10.0)
    assert showing(rough, 65.0)
    assert showing(Finding(outcome="wrong", snr_db=3.0), 65.0)
    assert not showing(Finding(outcome="refused"), 10.0)


def test_every_road_has_its_converter_for_others() -> None:
    assert CONVERTERS.keys() == all_roads().keys()


def test_a_converter_that_dies_costs_the_window_that_it_died_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = [Window(name, (Statement(name, "aten.x", "x", (), None),), {}, {}, (), (name,)) for name in "abc"]
    (tmp_path / WINDOWS).write_bytes(pickle.dumps(windows))

    def measured(window: Window, *_: object) -> Finding:
        if window.suspect == "b":
            raise KeyboardInterrupt  # as sudden as an end of the process
        return Finding(outcome="wrong" if window.suspect == "c" else "right", snr_db=3.0)

    monkeypatch.setattr(proof_module, "measured", measured)
    with pytest.raises(KeyboardInterrupt):
        prove(tmp_path, "onnx", "dynamo", 0, 10.0)
    assert [record.finding.outcome for record in proofs(tmp_path)] == ["right", "crashed"]
    prove(tmp_path, "onnx", "dynamo", 2, 10.0)
    assert [record.finding.outcome for record in proofs(tmp_path)] == ["right", "crashed", "wrong"]
    assert proofs(tmp_path)[-1].shows
