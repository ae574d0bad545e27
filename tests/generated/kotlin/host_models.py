"""Where LiteRT's library is, and tiny .tflite files for the tests of Android's engines on a JVM."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int64): schema.TensorType.INT64,
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.bool_): schema.TensorType.BOOL,
}

WEIGHTS = np.random.default_rng(5).normal(0, 1, (3, 4)).astype(np.float32)


def litert_library() -> Path:
    """LiteRT's C API in the wheel of ai-edge-litert; found without loading it."""
    package = importlib.util.find_spec("ai_edge_litert")
    assert package
    assert package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / "libLiteRt.so"


def scores() -> bytes:
    """softmax(x W^T) of rows of four, whose number may be changed; the weights are delegated to XNNPACK."""
    model = _Model()
    graph = model.graph("serving_default")
    rows = graph.tensor("rows", np.float32, (1, 4), signature=(-1, 4))
    weights = graph.constant("weights", WEIGHTS)
    products = graph.tensor("products", np.float32, (1, 3), signature=(-1, 3))
    result = graph.tensor("softmax", np.float32, (1, 3), signature=(-1, 3))
    connected = schema.FullyConnectedOptionsT()
    connected.keepNumDims = True
    graph.op("FULLY_CONNECTED", [rows, weights, -1], [products], "FullyConnectedOptions", connected)
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    graph.op("SOFTMAX", [products], [result], "SoftmaxOptions", softmax)
    graph.signature({"x": rows}, {"scores": result})
    return model.pack()


def choice() -> bytes:
    """Two inputs and two outputs of int32 and bool, which the signature lists in another order than the graph."""
    model = _Model()
    graph = model.graph("serving_default")
    numbers = graph.tensor("first_of_graph", np.int32, (2, 3))
    mask = graph.tensor("second_of_graph", np.bool_, (2, 3))
    doubled = graph.tensor("doubled", np.int32, (2, 3))
    chosen = graph.tensor("third", np.int32, (2, 3))
    inverse = graph.tensor("fourth", np.bool_, (2, 3))
    graph.op("ADD", [numbers, numbers], [doubled], "AddOptions", schema.AddOptionsT())
    graph.op("SELECT_V2", [mask, doubled, numbers], [chosen], "SelectV2Options", schema.SelectV2OptionsT())
    graph.op("LOGICAL_NOT", [mask], [inverse], "LogicalNotOptions", schema.LogicalNotOptionsT())
    graph.ends([numbers, mask], [chosen, inverse])
    graph.signature({"mask": mask, "numbers": numbers}, {"inverse": inverse, "chosen": chosen})
    return model.pack()


def two_signatures() -> bytes:
    """`serving_default` adds floats; `wide` doubles an int64 and narrows it to int8."""
    model = _Model()
    graph = model.graph("serving_default")
    left = graph.tensor("left", np.float32, (2, 2))
    right = graph.tensor("right", np.float32, (2, 2))
    total = graph.tensor("total", np.float32, (2, 2))
    graph.op("ADD", [left, right], [total], "AddOptions", schema.AddOptionsT())
    graph.signature({"left": left, "right": right}, {"sum": total})
    wide = model.graph("wide")
    numbers = wide.tensor("numbers", np.int64, (5,))
    doubled = wide.tensor("doubled", np.int64, (5,))
    narrow = wide.tensor("narrow", np.int8, (5,))
    wide.op("ADD", [numbers, numbers], [doubled], "AddOptions", schema.AddOptionsT())
    cast = schema.CastOptionsT()
    cast.inDataType, cast.outDataType = schema.TensorType.INT64, schema.TensorType.INT8
    wide.op("CAST", [numbers], [narrow], "CastOptions", cast)
    wide.signature({"numbers": numbers}, {"doubled": doubled, "narrow": narrow})
    return model.pack()


class _Model:
    """A file in the making: the schema's own objects, and nothing that the tests do not need."""

    def __init__(self) -> None:
        self.root = schema.ModelT()
        self.root.version = 3
        self.root.operatorCodes, self.root.subgraphs, self.root.signatureDefs = [], [], []
        self.root.buffers = [schema.BufferT()]

    def graph(self, key: str) -> _Graph:
        graph = schema.SubGraphT()
        graph.name = key.encode()
        graph.tensors, graph.operators = [], []
        self.root.subgraphs.append(graph)
        return _Graph(self.root, graph, len(self.root.subgraphs) - 1, key)

    def pack(self) -> bytes:
        return bytes(flatbuffer_utils.convert_object_to_bytearray(self.root))


@dataclass(frozen=True)
class _Graph:
    root: schema.ModelT
    graph: schema.SubGraphT
    index: int
    key: str

    def tensor(
        self, name: str, dtype: type[np.generic], shape: tuple[int, ...], signature: tuple[int, ...] | None = None
    ) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name.encode(), list(shape), _TYPES[np.dtype(dtype)]
        tensor.shapeSignature = list(signature) if signature else None
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def constant(self, name: str, value: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(value.tobytes(), np.uint8)
        self.root.buffers.append(buffer)
        index = self.tensor(name, value.dtype.type, value.shape)
        self.graph.tensors[index].buffer = len(self.root.buffers) - 1
        return index

    def op(self, name: str, inputs: list[int], outputs: list[int], kind: str, options: object) -> None:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        self.root.operatorCodes.append(code)
        made = schema.OperatorT()
        made.opcodeIndex = len(self.root.operatorCodes) - 1
        made.inputs, made.outputs = inputs, outputs
        made.builtinOptionsType, made.builtinOptions = getattr(schema.BuiltinOptions, kind), options
        self.graph.operators.append(made)

    def ends(self, inputs: list[int], outputs: list[int]) -> None:
        self.graph.inputs, self.graph.outputs = inputs, outputs

    def signature(self, inputs: dict[str, int], outputs: dict[str, int]) -> None:
        if self.graph.inputs is None:
            self.ends(list(inputs.values()), list(outputs.values()))
        definition = schema.SignatureDefT()
        definition.signatureKey, definition.subgraphIndex = self.key.encode(), self.index
        definition.inputs, definition.outputs = _maps(inputs), _maps(outputs)
        self.root.signatureDefs.append(definition)


def _maps(tensors: dict[str, int]) -> list[schema.TensorMapT]:
    made = []
    for name, index in tensors.items():
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name.encode(), index
        made.append(entry)
    return made
