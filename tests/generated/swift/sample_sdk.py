"""The SDKs that the tests render: names and labels that Swift, JSON and Markdown might trip over."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from deploykit.codegen import ir
from deploykit.digests import measure
from deploykit.sizes import DimSpec

LABELS = (
    '5" \\(x)',
    "line\nbreak",
    "é",
    "👩‍🔬",
    "\u200fשלום",
    "class",
    "ends in \\",
    "*/ </code>",
    "$x {{ y }}",
    "# |",
    "",
)
"""Quotes, interpolation, control and direction marks, joined emoji, keywords, and what comments and tables end with."""

ONNXRUNTIME = "https://github.com/microsoft/onnxruntime-swift-package-manager"

Engine = Literal["coreml", "onnxruntime"]


def sample(folder: Path, engine: Engine = "coreml", labels: tuple[str, ...] = LABELS) -> ir.Sdk:
    """An SDK of a model that does not exist, with a file and one golden made in `folder`."""
    model = folder / ("model.mlpackage" if engine == "coreml" else "model.onnx")
    content = model / "Data" / "model.mlmodel" if engine == "coreml" else model
    content.parent.mkdir(parents=True, exist_ok=True)
    content.write_bytes(b"not a model")
    golden = folder / "golden.png"
    Image.fromarray(np.arange(9 * 7 * 3, dtype=np.uint8).reshape(7, 9, 3)).save(golden)
    scores = tuple(1 / (i + 1) for i in range(len(labels)))
    return ir.Sdk(
        deploykit="0.1.0",
        target="ios_coreml" if engine == "coreml" else "ios_onnx",
        model='digits "v1" \\(x)\n*/ `y`',
        version="1.0",
        license=None,
        class_name="DigitClassifier",
        namespace="com.example.digits_app",
        module="Torture",
        task="image-classification",
        labels=labels,
        inputs=(ir.Picture("image", 28, 24, "gray", "bilinear", "center", 0.875),),
        outputs=(ir.Tensor("scores", "float32", (1, len(labels))),),
        answer=ir.Scores("softmax"),
        file=ir.ModelFile(model, model.name, measure(model)[1], 123_456, "fp16"),
        runtime=ir.Runtime(
            engine=engine,
            coordinate=ONNXRUNTIME if engine == "onnxruntime" else "",
            version="1.24.1" if engine == "onnxruntime" else "",
            accelerators=("neural_engine", "gpu", "cpu") if engine == "coreml" else ("neural_engine", "cpu"),
            min_os="17.0",
        ),
        goldens=(ir.Golden("first <picture>", (ir.GoldenInput(golden),), (ir.GoldenOutput(1, scores),)),),
        required_snr_db=30.0,
        parity="Matches PyTorch to 118 dB or better (Core ML, fp16).",
    )


def tensors(folder: Path) -> ir.Sdk:
    """The same for a model of tensors: pictures and numbers, some of open sizes, named by Swift's own words."""
    base = sample(folder)
    golden = base.goldens[0]
    inputs: tuple[ir.Input, ...] = (
        ir.Picture("image", 12, 10, "rgb", "bilinear", "letterbox", 1.0),
        ir.Tensor("in", "int32", (1, "default")),
        ir.Tensor("self", "bool", ("in",)),
        ir.Tensor("hash_value", "float32", (1, 2, 2), state="class"),
    )
    outputs = (
        ir.Tensor("init", "float32", (1, 4)),
        ir.Tensor("default", "int32", ("default",)),
        ir.Tensor('2nd "mask"', "bool", (1, 2)),
        ir.Tensor("values", "float32", ()),
        ir.Tensor("class", "float32", (1, 2, 2)),
    )
    files = []
    for place, size in enumerate((12, 2)):
        file = folder / f"{place}.bin"
        file.write_bytes(bytes(size))
        files.append(ir.GoldenInput(file))
    sizes = (4, 3, 2, 1, 4)
    return dataclasses.replace(
        base,
        class_name="Everything",
        task="tensors",
        labels=(),
        inputs=inputs,
        outputs=outputs,
        answer=ir.AnyTensors(),
        goldens=(
            ir.Golden(
                "first",
                (*golden.inputs, *files),
                tuple(ir.GoldenOutput(1, (0.5,) * size) for size in sizes),
                {"in": 2, "default": 3},
            ),
        ),
        dims={"in": DimSpec(min=2, max=8, multiple_of=2, default=2), "default": DimSpec(values=(3, 5), default=3)},
    )
