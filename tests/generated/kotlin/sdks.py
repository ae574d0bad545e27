"""SDKs for the tests: small, complete, and with the nastiest names that a user can give."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image

from deploykit.codegen import ir
from deploykit.sizes import DimSpec
from deploykit.tasks import TASKS as TASK_TABLE
from deploykit.tasks import TaskName

LABELS = (
    "plain",
    'quote " and \\ backslash',
    "dollar $name ${code}",
    "two\nlines",
    "é ü 猫",
    "emoji 🦊",
    "comment */ end /* start",
    "mark \u200f\u202e turned",
    "</string> & <b>",
    "'single' @at ?question",
    "`backtick` {{ jinja }} {% raw %}",
    " leading and trailing ",
)

WIDTH, HEIGHT = 6, 8

Engine = Literal["litert", "tflite", "onnxruntime"]

ENGINES: dict[Engine, tuple[str, str, str, tuple[str, ...]]] = {
    "litert": ("com.google.ai.edge.litert:litert", "2.1.6", "tflite", ("npu", "gpu", "cpu")),
    "tflite": ("org.tensorflow:tensorflow-lite", "2.16.1", "tflite", ("npu", "gpu", "cpu")),
    "onnxruntime": ("com.microsoft.onnxruntime:onnxruntime-android", "1.24.1", "onnx", ("npu", "cpu")),
}


def sdk(
    engine: Engine,
    folder: Path,
    labels: tuple[str, ...] = LABELS,
    model: str = 'Nasty "model" $x */ 🦊',
) -> ir.Sdk:
    """An SDK with one golden; its files are made in `folder`. The ONNX model is real, the others are a few bytes."""
    coordinate, version, extension, accelerators = ENGINES[engine]
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.random.default_rng(0).normal(0, 0.002, (WIDTH * HEIGHT, len(labels))).astype(np.float32)
    file = folder / f"model.{extension}"
    file.write_bytes(_onnx_model(weights) if extension == "onnx" else b"not a model")
    picture = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    golden = folder / "golden.png"
    Image.fromarray(picture).save(golden)
    scores = tuple(map(float, _softmax(picture.reshape(-1) @ weights)))
    return ir.Sdk(
        deploykit="0.1.0",
        target=f"android_{engine}",
        model=model,
        version="1.0",
        license="Apache-2.0",
        class_name="PictureClassifier",
        # `object` is a word of Kotlin's.
        namespace=f"com.example.{'object' if engine == 'litert' else engine}.pictures",
        module="Pictures",
        task="image-classification",
        labels=labels,
        inputs=(ir.Picture("image", WIDTH, HEIGHT, "gray", "bilinear", "none", 1.0),),
        outputs=(ir.Tensor("scores", "float32", (1, len(labels))),),
        # The sample app shows other scores than probabilities in another way.
        answer=ir.Scores("none" if engine == "tflite" else "softmax"),
        file=ir.ModelFile(file, file.name, hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size, "fp32"),
        runtime=ir.Runtime(engine, coordinate, version, accelerators, "24"),
        goldens=(ir.Golden('first "golden"', (ir.GoldenInput(golden),), (ir.GoldenOutput(1, scores),)),),
        required_snr_db=30.0,
        parity="matches PyTorch to 118 dB",
    )


def of_task(task: TaskName, **changes: Any) -> ir.Sdk:
    """An SDK of a task, whose files do not exist: rendering does not read them."""
    inputs, outputs, answer = TASKS[task]
    base = ir.Sdk(
        deploykit="0.1.0",
        target="android_litert",
        model='Nasty "model" $x */ 🦊',
        version='1.0 "$beta"',
        license=None,
        class_name="TestModel",
        namespace=f"com.example.{task.replace('-', '')}",
        module="Test",
        task=task,
        labels=LABELS if task in TASK_TABLE and TASK_TABLE[task].labelled else (),
        inputs=inputs,
        outputs=outputs,
        answer=answer,
        file=ir.ModelFile(Path("m.tflite"), "m.tflite", "3f" * 32, 123456, "fp16"),
        runtime=ir.Runtime("litert", "com.google.ai.edge.litert:litert", "2.1.6", ("npu", "gpu", "cpu"), "24"),
        goldens=(
            ir.Golden(
                "noise",
                tuple(
                    ir.GoldenInput(Path("noise.png" if isinstance(each, ir.Picture) else "noise.bin"))
                    for each in inputs
                ),
                tuple(ir.GoldenOutput(1, (0.5,)) for _ in outputs),
                {name: dim.size for name, dim in DIMS.items()} if task == "tensors" else {},
            ),
        ),
        required_snr_db=28.5,
        parity="matches PyTorch to 61 dB (LiteRT, fp16)",
        dims=DIMS if task == "tensors" else {},
    )
    return dataclasses.replace(base, **changes)


PICTURE = ir.Picture("image", 64, 48, "rgb", "bicubic", "letterbox", 1.0)

DIMS = {
    "class": DimSpec(values=(8, 2, 4), default=4),
    "in": DimSpec(min=1, max=9),
    "long_side": DimSpec(min=32, max=640, multiple_of=32, default=64),
}

TASKS: dict[TaskName, tuple[tuple[ir.Input, ...], tuple[ir.Tensor, ...], ir.Answer]] = {
    "image-classification": (
        (PICTURE,),
        (ir.Tensor("scores", "float32", (1, len(LABELS))),),
        ir.Scores("sigmoid"),
    ),
    "object-detection": (
        (PICTURE,),
        (ir.Tensor("classes", "float32", (1, 12, 99)), ir.Tensor("boxes", "float32", (1, 99, 4))),
        ir.Boxes("boxes", "classes", "xywh", "fractions", 0.25, 0.45),
    ),
    "segmentation": ((PICTURE,), (ir.Tensor("map", "int32", (1, 48, 64)),), ir.ClassMap(None)),
    "image-to-image": (
        (dataclasses.replace(PICTURE, crop="none"),),
        (ir.Tensor("picture", "float32", (1, 3, 96, 128)),),
        ir.NewPicture("object", (-1.0, 1.0), "NCHW", 8),
    ),
    "embedding": ((PICTURE,), (ir.Tensor("vector", "float32", (1, 256)),), ir.Vector(256)),
    "tensors": (
        (
            ir.Tensor("object", "float32", (1, 2)),
            ir.Tensor("sizes", "float32", (1, "class", "in")),
            ir.Tensor("open", "int32", ("long_side", "in")),
            PICTURE,
            ir.Tensor("class", "int32", ()),
            ir.Tensor("in", "bool", (4,)),
            ir.Tensor("memory", "float32", (8,), state="memory_out"),
        ),
        (
            ir.Tensor("hash_code", "float32", (1, "class * (in - 1) // 2")),
            ir.Tensor("memory_out", "float32", (8,)),
            ir.Tensor("class", "bool", (1,)),
        ),
        ir.AnyTensors(),
    ),
}
"""With names that Kotlin has other uses for."""


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def _onnx_model(weights: NDArray[np.float32]) -> bytes:
    node, value = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [
            node("Flatten", ["image"], ["flat"]),
            node("MatMul", ["flat", "weights"], ["logits"]),
            node("Softmax", ["logits"], ["scores"]),
        ],
        "pictures",
        [value("image", onnx.TensorProto.FLOAT, [1, HEIGHT, WIDTH, 1])],
        [value("scores", onnx.TensorProto.FLOAT, [1, weights.shape[1]])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())
