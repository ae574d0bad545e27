"""The beginning of a `.tflite` file as a file of its own, for an engine that shows nothing of its inside: LiteRT's GPU.

A copy with further tensors as outputs would not do: the engine joins a PAD with the convolution behind it all the same,
and never writes what it was to show.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from deploykit.backends.litert.runner import SIGNATURE


def beginning(path: Path, count: int, to: Path) -> None:
    """Writes a copy of the first ops alone; what they give and none of them takes are its outputs, `t<index>`.

    Args:
        path: a file with the signature `serving_default`.
        count: of ops, from 1.
        to: the copy.
    """
    model = flatbuffer_utils.read_model(str(path))
    graph = model.subgraphs[0]
    graph.operators = graph.operators[:count]
    taken = {int(index) for op in graph.operators for index in op.inputs}
    graph.outputs = [int(index) for op in graph.operators for index in op.outputs if int(index) not in taken]
    (signature,) = (s for s in model.signatureDefs if s.signatureKey.decode() == SIGNATURE)
    signature.outputs = [_named(f"t{index}", index) for index in graph.outputs]
    model.signatureDefs = [signature]
    flatbuffer_utils.write_model(model, str(to))


def ops_of(path: Path) -> list[tuple[str, tuple[int, ...]]]:
    """The ops of the main graph, in the order of execution: types, and the indices of what they give."""
    model = flatbuffer_utils.read_model(str(path))
    return [
        (flatbuffer_utils.opcode_to_name(model, op.opcodeIndex), tuple(int(index) for index in op.outputs))
        for op in model.subgraphs[0].operators
    ]


def _named(name: str, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, index
    return entry
