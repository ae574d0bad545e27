"""Defects that a reference execution has to find: two that were found in the wild, and faults put into artifacts."""

from __future__ import annotations

import gc
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from coremltools.proto import Model_pb2
from torch import nn

from benchmarks.coreml_reference.floor import RoundedProgram
from benchmarks.coreml_reference.ranges import LARGEST, Ranges
from benchmarks.coreml_reference.subject import Subject, run, subject_of
from benchmarks.coverage import MODELS
from deploykit.backends.coreml import passes
from deploykit.backends.coreml.lower import from_export
from deploykit.backends.coreml.reference import Mode, ReferenceRunner
from deploykit.backends.eager import EagerRunner
from deploykit.parity.compare import compare
from deploykit.parity.inputs import Draws
from deploykit.parity.tolerance import required_snr_db


@pytest.fixture(scope="module", autouse=True)
def quick_conversions() -> Iterator[None]:
    """ct.convert runs full garbage collections, 0.2 s each over torch's modules: they are taken out of its sight."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def snr(reference: Draws, outputs: Draws) -> float:
    figure = compare(reference, outputs).snr_db
    assert figure is not None
    return figure


def executed(package: Path, subject: Subject, mode: Mode = "rounded", **options: Any) -> Draws:
    with ReferenceRunner(package, mode) as runner:
        return run(runner, subject.inputs, **options)


def test_an_overflow_is_found_and_named(tmp_path: Path) -> None:
    """efficientvit_b0: linear attention is a quotient of sums of products, for which PyTorch's module goes to fp32.

    Its q, k and v are made 12 times larger here, as training may do. The factor cancels out in the quotient.
    """
    torch.manual_seed(0)
    network, examples = MODELS["efficientvit_b0"]()
    for module in network.modules():
        if type(module).__name__ == "LiteMLA":
            module.qkv.conv.weight.data.mul_(12)
    subject = subject_of("efficientvit_b0", network, examples)
    package = from_export(subject.program, subject.request("fp16", tmp_path / "fp16"))
    ranges = Ranges()
    unrounded = executed(package, subject, "unrounded", on_output=ranges)
    assert snr(subject.reference, executed(package, subject)) < 10
    assert snr(subject.reference, unrounded) > 40  # so nothing but the range is wrong
    blamed = ranges.excesses[0]
    assert blamed.op == "matmul"
    assert blamed.magnitude > LARGEST
    # What eager PyTorch says of fp16 is no yardstick here: it hides the overflow.
    assert snr(subject.reference, run(EagerRunner(subject.module, "fp16"), subject.inputs)) > 30
    assert snr(subject.reference, run(RoundedProgram(subject.program), subject.inputs)) < 10


def test_the_epsilon_that_coremltools_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """mobilevitv2_050: without our pass each GroupNorm's gain is off by 5e-6, which fp64 maths lays bare.

    Its GroupNorms get gains and shifts, as training gives them: those of 1 and 0 are dropped before.
    """
    torch.manual_seed(0)
    network, examples = MODELS["mobilevitv2_050"]()
    for module in network.modules():
        if isinstance(module, nn.GroupNorm):
            module.weight.data.copy_(1 + 0.1 * torch.randn_like(module.weight))
            module.bias.data.copy_(0.1 * torch.randn_like(module.bias))
    subject = subject_of("mobilevitv2_050", network, examples)
    wide = subject.wide()
    assert wide is not None
    sound = from_export(subject.program, subject.request("fp32", tmp_path / "sound"))
    monkeypatch.setattr(passes, "REPLACED", {})
    stock = from_export(subject.program, subject.request("fp32", tmp_path / "stock"))
    assert snr(wide, executed(sound, subject, "fp64")) > 100
    assert snr(wide, executed(stock, subject, "fp64")) < 95


class Slice(nn.Module):
    """What the faults need, in the order of a mobile transformer: padding, a gate, norms, exact GELUs."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.stem = nn.Conv2d(3, 64, 3, 2, 1)
        self.tokens = nn.LayerNorm(32)
        self.mix = nn.Sequential(*[nn.Sequential(nn.Linear(32, 32), nn.GELU()) for _ in range(6)])
        self.head = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        value, gate = self.stem(torch.relu(self.norm(0.7 * x))).chunk(2, 1)
        y = self.tokens((2 * value * torch.sigmoid(gate)).flatten(2).transpose(1, 2))
        return self.head(self.mix(y)[:, :8])


@pytest.fixture(scope="module")
def subject() -> Subject:
    torch.manual_seed(0)
    network = Slice()
    network.stem.weight.data.mul_(5)  # so that few tokens have so little variance that epsilon matters much
    for layer in network.mix:
        nn.init.orthogonal_(layer[0].weight, gain=1.7)  # keeps the spread through the layers
    return subject_of("slice", network, (torch.randn(1, 3, 32, 32),))


@pytest.fixture(scope="module")
def packages(subject: Subject, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("slice")
    return {
        "fp32": from_export(subject.program, subject.request("fp32", folder / "fp32")),
        "fp16": from_export(subject.program, subject.request("fp16", folder / "fp16")),
    }


Edit = Callable[[Any, Any], None]
"""Changes an operation, given a function that finds the tensor of a parameter."""


def faulty(package: Path, target: Path, op: str, edit: Edit) -> Path:
    """The package with every op of that type edited, saved."""
    shutil.copytree(package, target)
    file = target / "Data/com.apple.CoreML/model.mlmodel"
    spec = Model_pb2.Model.FromString(file.read_bytes())
    function = spec.mlProgram.functions["main"]
    operations = function.block_specializations[function.opset].operations
    constants = {o.outputs[0].name: o.attributes["val"].immediateValue.tensor for o in operations if o.type == "const"}

    def parameter(operation: Any, name: str) -> Any:
        binding = operation.inputs[name].arguments[0]
        by_name = binding.WhichOneof("binding") == "name"
        return constants[binding.name] if by_name else binding.value.immediateValue.tensor

    found = [operation for operation in operations if operation.type == op]
    assert found, f"the program has no {op}"
    for operation in found:
        edit(operation, parameter)
    file.write_bytes(spec.SerializeToString())
    return target


def epsilon(operation: Any, parameter: Any) -> None:
    tensor = parameter(operation, "epsilon")
    if tensor.WhichOneof("value") == "bytes":
        tensor.bytes.values = struct.pack("<e", 1e-3)
    else:
        tensor.floats.values[:] = [1e-3]


def shift(operation: Any, parameter: Any) -> None:
    parameter(operation, "pad").ints.values[:] = [2, 0, 1, 1]


def swap(operation: Any, parameter: Any) -> None:
    first, second = operation.outputs
    first.name, second.name = second.name, first.name


def tanh(operation: Any, parameter: Any) -> None:
    parameter(operation, "mode").strings.values[:] = ["TANH_APPROXIMATION"]


@dataclass(frozen=True)
class Fault:
    op: str
    edit: Edit
    shows_at_fp16: bool


FAULTS = {
    "padding shifted by a pixel": Fault("conv", shift, True),
    "outputs of a split swapped": Fault("split", swap, True),
    "GELU by tanh": Fault("gelu", tanh, False),
    "epsilon of LayerNorm": Fault("layer_norm", epsilon, False),
    "epsilon of BatchNorm": Fault("batch_norm", epsilon, False),
}


def test_without_a_fault_all_is_well(subject: Subject, packages: dict[str, Path]) -> None:
    assert snr(subject.reference, executed(packages["fp32"], subject)) > 100
    assert snr(subject.reference, executed(packages["fp16"], subject)) > 50


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows_at_fp32(name: str, subject: Subject, packages: dict[str, Path], tmp_path: Path) -> None:
    wide = subject.wide()
    assert wide is not None
    fault = FAULTS[name]
    package = faulty(packages["fp32"], tmp_path / "faulty.mlpackage", fault.op, fault.edit)
    demanded = required_snr_db("fp32", snr(wide, subject.reference), None)
    assert snr(subject.reference, executed(package, subject)) < demanded


@pytest.mark.parametrize("name", FAULTS)
def test_a_small_fault_drowns_at_fp16(name: str, subject: Subject, packages: dict[str, Path], tmp_path: Path) -> None:
    """So the artifact that ships proves little by itself, and its fp32 twin has to pass as well."""
    fault = FAULTS[name]
    package = faulty(packages["fp16"], tmp_path / "faulty.mlpackage", fault.op, fault.edit)
    sound, found = (snr(subject.reference, executed(p, subject)) for p in (packages["fp16"], package))
    floor = snr(subject.reference, run(EagerRunner(subject.module, "fp16"), subject.inputs))
    assert (found < required_snr_db("fp16", floor, None)) == fault.shows_at_fp16
    assert (found < sound - 3) == fault.shows_at_fp16
