"""TFLite's model analyzer, as far as it can be believed.

The one in ai-edge-litert 2.3.0 calls every file compatible with the GPU delegate: its list of incompatible nodes is
never filled (tflite/python/analyzer_wrapper/model_analyzer.cc at f674577). So it is given a file first that no GPU
delegate takes. If that one passes, what it says of others is worth nothing, and it is not asked.
"""

from __future__ import annotations

import re
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import flatbuffers  # type: ignore[import-untyped]  # it ships no types
import numpy as np
from ai_edge_litert import _pywrap_analyzer_wrapper
from ai_edge_litert import schema_py_generated as schema

from deploykit.accelerator_names import TFLITE_GPU
from deploykit.opgraph import Answer, Graph, Verdict

_WARNED = re.compile(
    r"GPU COMPATIBILITY WARNING: Subgraph#(?P<graph>\d+) has GPU delegate compatibility issues at nodes "
)
_NODES = re.compile(_WARNED.pattern + r"(?P<nodes>\d+(?:, \d+)*) on TFLite runtime version")
_NODE = re.compile(r"^ *Op#(?P<node>\d+) .*\n *GPU COMPATIBILITY WARNING: (?P<why>.*)$", re.MULTILINE)
_PRAISED = "Your model looks compatible with GPU delegate"
_KEPT = 20
"""Lines of a text that is not understood."""

SOURCE = "the model analyzer of ai-edge-litert"


def ask(path: Path, graph: Graph) -> Answer | None:
    """What the analyzer says of the GPU delegate; None where it would say the same of any file."""
    return heard(graph, _said(path)) if can_refuse() else None


@cache
def can_refuse() -> bool:
    """Whether the installed analyzer warns of a file that no GPU delegate takes: one with a custom op."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "custom.tflite"
        path.write_bytes(_custom())
        return _WARNED.search(_said(path)) is not None


def _said(path: Path) -> str:
    return str(_pywrap_analyzer_wrapper.ModelAnalyzer(str(path), True, True))


def heard(graph: Graph, text: str) -> Answer:
    """The analyzer's text as verdicts; one that is not understood is kept word for word, and makes all unknown."""
    main = next((found for found in _NODES.finditer(text) if found["graph"] == "0"), None)
    if main is not None:
        why = {int(found["node"]): found["why"] for found in _NODE.finditer(text)}
        refused = {int(node) for node in main["nodes"].split(", ")}
        verdicts = tuple(
            Verdict("not taken", why.get(op.number, "the analyzer warns of it"))
            if op.number in refused
            else Verdict("taken")
            for op in graph.ops
        )
        return _answer(verdicts)
    if _PRAISED in text and "WARNING" not in text:
        return _answer((Verdict("taken"),) * len(graph.ops))
    lines = [line for line in text.splitlines() if "GPU" in line or "WARNING" in line] or text.splitlines()[-_KEPT:]
    unknown = Verdict("unknown", "the analyzer says something that is not understood")
    return _answer((unknown,) * len(graph.ops), tuple(lines))


def _answer(verdicts: tuple[Verdict, ...], notes: tuple[str, ...] = ()) -> Answer:
    return Answer(TFLITE_GPU, "vendor's tool", SOURCE, f"ai-edge-litert {version('ai-edge-litert')}", verdicts, notes)


def _custom() -> bytes:
    """A file of one custom op."""
    op, code = schema.OperatorT(), schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = b"deploykit.NoGpuHasThis"
    op.opcodeIndex, op.inputs, op.outputs = 0, np.array([0], np.int32), np.array([1], np.int32)
    graph = schema.SubGraphT()
    graph.tensors = [_tensor(b"in"), _tensor(b"out")]
    graph.inputs, graph.outputs = np.array([0], np.int32), np.array([1], np.int32)
    graph.operators = [op]
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes, model.buffers = 3, [graph], [code], [schema.BufferT()]
    builder: Any = flatbuffers.Builder(256)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(name: bytes) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, np.array([1, 4], np.int32), 0, 0
    return tensor
