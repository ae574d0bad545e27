"""Values of an ONNX graph under other names."""

from __future__ import annotations

from collections.abc import Mapping

import onnx


def rename(graph: onnx.GraphProto, names: Mapping[str, str], *, outputs: bool = True) -> None:
    """Gives values other names, wherever they stand, in graphs inside of nodes, too.

    Args:
        graph: changed in place. Its inputs keep their names.
        names: old to new.
        outputs: whether its own outputs are renamed as well; if not, another node has to give them.
    """
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.HasField("g") else attribute.graphs:
                rename(inner, names)
    for value in (*(graph.output if outputs else ()), *graph.value_info, *graph.initializer):
        value.name = names.get(value.name, value.name)
