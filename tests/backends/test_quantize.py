"""Files with integers, palettes and zeros, by each backend's tool, against PyTorch with the same numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils
from torch import nn

from benchmarks.coreml_reference.subject import Subject, each, run
from deploykit.backends import BACKENDS, RUNNERS, RUNS
from deploykit.backends.base import QuantizeRequest
from deploykit.backends.honest import HonestRunner
from deploykit.digests import measure
from deploykit.parity.compare import compare
from deploykit.precisions import SCHEMES, Precision
from deploykit.prepare.rewriting import rewrite
from deploykit.spec import RangeMethod
from deploykit.targets import all_targets
from deploykit.work.draws import save
from deploykit.work.narrow import quantize
from tests.backends.roads import subject

MARGIN_DB = 6.0
"""Twice PyTorch's own noise, as `deploykit.parity.tolerance` has it."""


def network() -> nn.Module:
    """A dense, a depthwise and a pointwise convolution, a branch, and a head, with weights of very unlike channels."""
    torch.manual_seed(1)
    made = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1, groups=32),
        nn.Hardswish(),
        nn.Conv2d(32, 64, 1),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 48),
    )
    with torch.no_grad():
        made[4].weight *= torch.logspace(-1, 1, 64).reshape(-1, 1, 1, 1)
    return made


@cache
def tiny() -> Subject:
    return subject(network(), torch.rand(1, 3, 24, 24))


@dataclass(frozen=True)
class Float:
    """A file in floating point, and inputs to calibrate with."""

    file: Path
    calibration: Path
    options: dict[str, str]


@pytest.fixture(scope="module")
def floats(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Float]:
    """By backend and least system."""
    folder = tmp_path_factory.mktemp("floats")
    save(folder / "calibration.npz", {"samples": tiny().inputs})
    made = {}
    for backend, system in (("coreml", "17.0"), ("coreml", "18.0"), ("litert", ""), ("onnx", "")):
        row = BACKENDS[backend]
        program, _ = rewrite(tiny().program, row.roads[0].rewrites)
        request = tiny().request(row.quantized_from, folder / f"{backend}{system}")
        options = {"min_os": system} if system else {}
        request.options.update(options)
        file = row.roads[0].function(program, request)
        made[backend, system] = Float(file, folder / "calibration.npz", options)
    return made


CASES = sorted(
    {
        (target.backend, target.min_os if target.backend == "coreml" else "", precision)
        for target in all_targets().values()
        for precision in target.precisions
        if SCHEMES[precision].quantized
    }
)


@pytest.mark.parametrize(("backend", "system", "precision"), CASES)
def test_every_precision_of_every_target_equals_pytorch_at_it(
    backend: str, system: str, precision: Precision, floats: dict[tuple[str, str], Float], tmp_path: Path
) -> None:
    base = floats[backend, system]
    before = measure(base.file)
    request = QuantizeRequest(precision, base.calibration, options=base.options)
    file, _, _ = quantize(backend, base.file, (), request, tmp_path / "made")
    assert measure(base.file) == before
    with RUNNERS[RUNS[backend]].open(file) as runner:
        made = compare(tiny().reference, run(runner, tiny().inputs)).snr_db
    with HonestRunner(tiny().program, precision, each(tiny().inputs)) as runner:
        honest = compare(tiny().reference, run(runner, tiny().inputs)).snr_db
    assert made is not None
    assert honest is not None
    assert made > min(honest, 60.0) - MARGIN_DB
    interface = BACKENDS[backend].read_interface(file)
    assert [(t.name, t.dtype) for t in interface.inputs] == [(t.name, "float32") for t in tiny().signature.inputs]
    if SCHEMES[precision].activations == "float" and precision != "sparse":  # scales weigh more than so few weights
        assert measure(file)[0] < before[0]


def test_the_same_file_gives_the_same_bytes(floats: dict[tuple[str, str], Float], tmp_path: Path) -> None:
    for (backend, system), base in floats.items():
        request = QuantizeRequest("int8", base.calibration, options=base.options)
        made = [quantize(backend, base.file, (), request, tmp_path / f"{backend}{system}{n}")[0] for n in range(2)]
        assert measure(made[0]) == measure(made[1])


@pytest.mark.parametrize("method", get_args(RangeMethod))
@pytest.mark.parametrize("backend", ["coreml", "litert", "onnx"])
def test_ranges_come_from_all_inputs_and_clipping_ones_are_narrower(
    backend: str, method: RangeMethod, floats: dict[tuple[str, str], Float], tmp_path: Path
) -> None:
    base = floats[backend, "17.0" if backend == "coreml" else ""]
    rng = np.random.default_rng(0)
    (name,) = tiny().inputs
    quiet = rng.normal(0, 0.3, (24, 1, 3, 24, 24)).astype(np.float32)
    quiet[0, 0, 0, 0, 0] = 8.0  # in the first input only, and only once
    save(tmp_path / "calibration.npz", {"samples": {name: quiet}})
    request = QuantizeRequest("int8", tmp_path / "calibration.npz", method, base.options)
    file, _, _ = quantize(backend, base.file, (), request, tmp_path / "made")
    step = input_step(backend, file)
    wide = (8.0 - float(quiet.min())) / 255
    assert step == pytest.approx(wide, rel=0.05) if method == "min-max" else step < 0.9 * wide


def input_step(backend: str, file: Path) -> float:
    """The scale with which a file rounds its input."""
    if backend == "onnx":
        model = onnx.load(file)
        known = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        (node,) = (
            n for n in model.graph.node if n.op_type == "QuantizeLinear" and n.input[0] == model.graph.input[0].name
        )
        return float(known[node.input[1]])
    if backend == "litert":
        graph = flatbuffer_utils.read_model(str(file)).subgraphs[0]
        first = next(op for op in graph.operators if op.inputs[0] == graph.inputs[0])
        return float(graph.tensors[first.outputs[0]].quantization.scale[0])
    from coremltools.models import MLModel

    (function,) = MLModel(str(file), skip_model_load=True).get_spec().mlProgram.functions.values()
    (block,) = function.block_specializations.values()
    values = {op.outputs[0].name: op for op in block.operations if op.type == "const"}
    scale = next(op for op in block.operations if op.type == "quantize").inputs["scale"].arguments[0]
    literal = scale.value if scale.HasField("value") else values[scale.name].attributes["val"]
    found = literal.immediateValue.tensor
    return float(found.floats.values[0]) if found.floats.values else float(np.frombuffer(found.bytes.values, "<f2")[0])


def test_depthwise_weights_keep_8_bits_where_others_have_4(
    floats: dict[tuple[str, str], Float], tmp_path: Path
) -> None:
    base = floats["litert", ""]
    file, _, _ = quantize("litert", base.file, (), QuantizeRequest("int4-weights"), tmp_path / "litert")
    model = flatbuffer_utils.read_model(str(file))
    kinds = Counter(tensor.type for tensor in model.subgraphs[0].tensors)
    assert kinds[schema.TensorType.INT4] == 3
    assert kinds[schema.TensorType.INT8] == 1
    file, _, _ = quantize("onnx", floats["onnx", ""].file, (), QuantizeRequest("int4-weights"), tmp_path / "onnx")
    weights = Counter(
        i.data_type for i in onnx.load(file).graph.initializer if len(i.dims) == 4 or "weight_q" in i.name
    )
    assert weights[onnx.TensorProto.INT4] == 3
    assert weights[onnx.TensorProto.INT8] == 1
    onnx.checker.check_model(str(file))  # nodes in the order of execution


def test_zeros_are_left_out(tmp_path: Path) -> None:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(3, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3))
    thin = subject(made, torch.rand(1, 3, 16, 16))
    with torch.no_grad():
        weight = thin.program.state_dict["network.2.weight"]
        weight *= torch.rand_like(weight) < 0.2
    program, _ = rewrite(thin.program, BACKENDS["coreml"].roads[0].rewrites)
    file = BACKENDS["coreml"].roads[0].function(program, thin.request("fp16", tmp_path / "fp16"))
    small, _, _ = quantize("coreml", file, (), QuantizeRequest("sparse", options={"min_os": "17.0"}), tmp_path / "made")
    assert measure(small)[0] < 0.5 * measure(file)[0]
    with RUNNERS["coreml-reference"].open(file) as full, RUNNERS["coreml-reference"].open(small) as left:
        equal = compare(run(full, thin.inputs), run(left, thin.inputs)).snr_db
    assert equal is not None
    assert equal > 200
