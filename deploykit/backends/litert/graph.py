"""The ops of a `.tflite` file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from deploykit.errors import ArtifactError, UnsupportedOpsError
from deploykit.opgraph import Attribute, Graph, RawOp, Shape, Tensor, graph_of

FEW = 16
"""Elements of an integer constant whose values are read: axes, sizes, paddings."""

TYPES: dict[int, str] = {
    code: name.lower() for name, code in vars(schema.TensorType).items() if not name.startswith("_")
}
OPS: dict[int, str] = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
_OPTIONS: dict[int, str] = {
    code: name for name, code in vars(schema.BuiltinOptions).items() if not name.startswith("_")
}

ASKED: dict[str, dict[str, str]] = {
    "BatchMatMulOptions": {"adj_x": "AdjX", "adj_y": "AdjY"},
    "Conv2DOptions": {"dilation_w": "DilationWFactor", "dilation_h": "DilationHFactor"},
    "DepthwiseConv2DOptions": {"dilation_w": "DilationWFactor", "dilation_h": "DilationHFactor"},
    "FullyConnectedOptions": {"keep_num_dims": "KeepNumDims"},
    "MirrorPadOptions": {"mode": "Mode"},
    "ResizeBilinearOptions": {"align_corners": "AlignCorners", "half_pixel_centers": "HalfPixelCenters"},
    "ResizeNearestNeighborOptions": {"align_corners": "AlignCorners", "half_pixel_centers": "HalfPixelCenters"},
    "SoftmaxOptions": {"beta": "Beta"},
    "StridedSliceOptions": {
        "ellipsis_mask": "EllipsisMask",
        "new_axis_mask": "NewAxisMask",
        "shrink_axis_mask": "ShrinkAxisMask",
    },
}
"""Options of ops that tables of `deploykit.accelerators` ask for → how the schema's reader calls them."""


def read_graph(path: Path) -> Graph:
    """Reads the main graph; other signatures hold the same ops at other sizes.

    Raises:
        ArtifactError: if the file is no TFLite model.
        UnsupportedOpsError: if it has custom ops: no stock runtime knows what they compute.
    """
    try:
        Interpreter(str(path))  # checks the whole file first: the schema's reader believes every offset
        model = schema.Model.GetRootAs(path.read_bytes(), 0)
        codes = [model.OperatorCodes(number) for number in range(model.OperatorCodesLength())]
        custom = [_custom(code) for code in codes if _builtin(code) == schema.BuiltinOperator.CUSTOM]
        if not custom:
            return _graph(model, [OPS.get(_builtin(code), str(_builtin(code))) for code in codes])
    except (ArtifactError, OSError, ValueError, RuntimeError, IndexError, AttributeError, TypeError) as error:
        raise ArtifactError(f"{path} is no TFLite model that can be read: {error}") from None
    raise UnsupportedOpsError(
        f"the analysis of {path.name} (custom ops are known to the program that registers them only)", custom
    )


def _builtin(code: Any) -> int:
    """Codes beyond 127 have a field of their own; old files have the old one only."""
    return max(int(code.BuiltinCode()), int(code.DeprecatedBuiltinCode()))


def _custom(code: Any) -> str:
    name: bytes | None = code.CustomCode()
    return name.decode("utf-8", "replace") if name else "without a name"


def _graph(model: Any, names: list[str]) -> Graph:
    graph = model.Subgraphs(0)
    tensors = [_tensor(model, graph.Tensors(number), number) for number in range(graph.TensorsLength())]
    given = [tensors[number].name for number in _list(graph.InputsAsNumpy())]
    # A variable keeps what an earlier run left.
    given += [tensor.name for place, tensor in enumerate(tensors) if graph.Tensors(place).IsVariable()]
    raw = []
    for number in range(graph.OperatorsLength()):
        op = graph.Operators(number)
        inputs = tuple(tensors[place] if place >= 0 else None for place in _list(op.InputsAsNumpy()))
        outputs = tuple(tensors[place] for place in _list(op.OutputsAsNumpy()))
        raw.append(RawOp(names[op.OpcodeIndex()], inputs, outputs, _attributes(op)))
    return graph_of("litert", raw, given, _notes(model))


def _notes(model: Any) -> tuple[str, ...]:
    signatures = {model.SignatureDefs(number).SubgraphIndex() for number in range(model.SignatureDefsLength())}
    inner = model.SubgraphsLength() - len(signatures | {0})
    notes = (
        ["the first of several signatures; the others hold the same ops at other sizes"] if len(signatures) > 1 else []
    )
    return (*notes, *([f"{inner} graphs within ops count as those ops"] if inner else ()))


def _list(array: Any) -> list[int]:
    """The reader gives 0 where there is no vector."""
    return [] if isinstance(array, int) else [int(each) for each in array]


def _tensor(model: Any, tensor: Any, number: int) -> Tensor:
    name = f"{number} {(tensor.Name() or b'').decode('utf-8', 'replace')}"
    dtype = TYPES.get(int(tensor.Type()), "unknown")
    shape: Shape | None = tuple(_list(tensor.ShapeAsNumpy()))
    signature = _list(tensor.ShapeSignatureAsNumpy())
    if signature:
        shape = tuple(None if size < 0 else size for size in signature)
    buffer = model.Buffers(tensor.Buffer())
    stored = buffer is not None and (buffer.DataLength() > 0 or buffer.Offset() > 1)
    values = None
    if stored and dtype in ("int32", "int64") and buffer.DataLength() and (tensor_size(shape) or 1) <= FEW:
        values = tuple(int(v) for v in np.frombuffer(buffer.DataAsNumpy().tobytes(), dtype))
    return Tensor(name, dtype, shape, constant=stored, values=values)


def tensor_size(shape: Shape | None) -> int | None:
    """Elements of a shape."""
    return Tensor("", "", shape).size


def _attributes(op: Any) -> dict[str, Attribute]:
    kind = _OPTIONS.get(int(op.BuiltinOptionsType()), "")
    table = op.BuiltinOptions()
    if kind not in ASKED or table is None:
        return {}
    options = getattr(schema, kind)()
    options.Init(table.Bytes, table.Pos)
    found: dict[str, Attribute] = {name: getattr(options, reader)() for name, reader in ASKED[kind].items()}
    if "dilation_w" in found:
        found = {"dilation": (int(found["dilation_h"]), int(found["dilation_w"]))}  # type: ignore[arg-type]  # numbers
    return found


def place_of(name: str) -> int:
    """The place of a tensor in the file, of its name in the graph."""
    return int(name.split(" ", 1)[0])
