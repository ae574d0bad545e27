"""Whole networks by torch.export: the runner agrees with PyTorch, and a small fault in the artifact shows."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
import torch
from coreml_reference_programs import normal, snr
from coremltools.proto import Model_pb2
from torch import nn

from deploykit.backends.coreml.reference import OpOutput, ReferenceRunner

IMAGE = normal(2, 3, 16, 16)


class Network(nn.Module):
    """A bit of what mobile networks are made of: convolutions, attention, norms, pools."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.Hardswish(), nn.MaxPool2d(3, 1, 1))
        self.mix = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.GELU())
        self.norm = nn.LayerNorm(16, eps=1e-5)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.head = nn.Linear(16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        x = x + self.mix(x)
        tokens = self.norm(x.flatten(2).transpose(1, 2) * 0.1)
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return self.head(tokens.mean(1))


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    network = Network()
    with torch.no_grad():
        for _ in range(20):
            network(torch.randn(8, 3, 16, 16))  # alive: the norm's statistics are those of data
        network.head.weight.mul_(5)
    return network.eval()


@pytest.fixture(scope="module")
def packages(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("networks")
    exported = torch.export.export(network, (torch.from_numpy(IMAGE),)).run_decompositions({})
    for precision in ("FLOAT32", "FLOAT16"):
        model = ct.convert(
            exported,
            convert_to="mlprogram",
            minimum_deployment_target=ct.target.iOS17,
            compute_precision=getattr(ct.precision, precision),
            skip_model_load=True,
        )
        model.save(str(folder / f"{precision}.mlpackage"))
    return {precision: folder / f"{precision}.mlpackage" for precision in ("FLOAT32", "FLOAT16")}


@pytest.fixture(scope="module")
def reference(network: nn.Module) -> np.ndarray:
    with torch.inference_mode():
        result = network.double()(torch.from_numpy(IMAGE).double()).numpy()
    network.float()
    assert result.std() > 0.1
    return result


def run(path: Path, mode: Any = "rounded", **options: Any) -> np.ndarray:
    runner = ReferenceRunner(path, mode)
    inputs = {item.name: IMAGE.astype(item.dtype.array) for item in runner.inputs}
    return runner.run(inputs, **options)[runner.outputs[0].name]


def test_fp32(packages: dict[str, Path], reference: np.ndarray) -> None:
    rounded, wide = run(packages["FLOAT32"]), run(packages["FLOAT32"], "fp64")
    assert rounded.dtype == np.float32
    assert wide.dtype == np.float64
    assert snr(reference, rounded) > 100
    assert snr(reference, wide) > 110


def test_fp16(packages: dict[str, Path], reference: np.ndarray) -> None:
    rounded, unrounded = run(packages["FLOAT16"]), run(packages["FLOAT16"], "unrounded")
    assert rounded.dtype == np.float16
    assert unrounded.dtype == np.float32
    assert 45 < snr(reference, rounded) < 75
    assert snr(reference, unrounded) > snr(reference, rounded)


def test_every_fp16_value_is_an_fp16_number(packages: dict[str, Path]) -> None:
    """Also those of ops whose results the program does not round, because they only move values."""
    seen = []

    def check(made: OpOutput) -> None:
        if made.value.is_floating_point() and made.op != "cast":
            assert made.dtype == "FLOAT16"
            assert torch.equal(made.value, made.value.half().to(made.value.dtype)), (made.op, made.name)
            seen.append(made.op)

    run(packages["FLOAT16"], on_output=check)
    assert {"conv", "reshape", "transpose"} <= set(seen)


def faulty(package: Path, target: Path, op: str, parameter: str, change: Any) -> Path:
    """The package with one constant changed."""
    import shutil

    shutil.copytree(package, target)
    file = target / "Data/com.apple.CoreML/model.mlmodel"
    spec = Model_pb2.Model()
    spec.ParseFromString(file.read_bytes())
    function = spec.mlProgram.functions["main"]
    operations = function.block_specializations[function.opset].operations
    binding = next(o for o in operations if o.type == op).inputs[parameter].arguments[0]
    if binding.WhichOneof("binding") == "name":
        constant = next(o for o in operations if o.type == "const" and o.outputs[0].name == binding.name)
        change(constant.attributes["val"].immediateValue.tensor)
    else:
        change(binding.value.immediateValue.tensor)
    file.write_bytes(spec.SerializeToString())
    return target


def set_float(number: float) -> Any:
    def change(tensor: Any) -> None:
        if tensor.WhichOneof("value") == "bytes":
            tensor.bytes.values = struct.pack("<e" if len(tensor.bytes.values) == 2 else "<f", number)
        else:
            tensor.floats.values[:] = [number]

    return change


def set_integers(*numbers: int) -> Any:
    def change(tensor: Any) -> None:
        assert len(tensor.ints.values) == len(numbers)
        tensor.ints.values[:] = numbers

    return change


def set_text(text: str) -> Any:
    def change(tensor: Any) -> None:
        tensor.strings.values[:] = [text]

    return change


@pytest.mark.parametrize(
    ("op", "parameter", "change", "at_most"),
    [
        ("layer_norm", "epsilon", set_float(1e-3), 90),
        ("conv", "pad", set_integers(2, 0, 1, 1), 30),
        ("gelu", "mode", set_text("TANH_APPROXIMATION"), 95),
        ("softmax", "axis", set_integers(-2), 60),
    ],
)
def test_faults_show(
    op: str,
    parameter: str,
    change: Any,
    at_most: float,
    packages: dict[str, Path],
    reference: np.ndarray,
    tmp_path: Path,
) -> None:
    sound = snr(reference, run(packages["FLOAT32"]))
    broken = snr(reference, run(faulty(packages["FLOAT32"], tmp_path / "net.mlpackage", op, parameter, change)))
    assert broken < at_most
    assert broken < sound - 15
