"""What does not depend on the inputs is computed here, by PyTorch, and not by a converter.

Masks, position tables, meshes and normalised weights are where converters lack most ops, and where they get infinities
and integers wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import fx
from torch.utils import _pytree as pytree

LIMIT = 2**24
"""Bytes that a folded tensor may have, where what it is made from has fewer."""


def fold(module: fx.GraphModule) -> bool:
    """Replaces each part of a graph that needs no input by a buffer, in place; tells whether there was any.

    Args:
        module: of torch.export, its parameters and buffers as attributes. They are not changed: what is written to in
            place, other than by constants alone, stays as it is.
    """
    roots = _roots(module.graph)
    last = {roots[written]: node for node in module.graph.nodes for written in _written(node)}
    blocked: set[fx.Node] = set()
    while True:
        values, made, kept = _computed(module, roots, _variable(module.graph, roots, blocked))
        # What is written to after an input has met it has two values: it stays.
        order = {node: index for index, node in enumerate(module.graph.nodes)}
        early = {
            roots[node]
            for node in kept
            if roots[node] in last
            and any(user not in values and order[user] < order[last[roots[node]]] for user in node.users)
        }
        if not early:
            break
        blocked |= early
    for index, (node, value) in enumerate(kept.items()):
        _replace(module, node, f"_folded_{index}", value, values)
    for node in reversed(module.graph.nodes):
        if node in made and not node.users:
            module.graph.erase_node(node)
    module.recompile()
    return bool(kept)


def _computed(
    module: fx.GraphModule, roots: dict[fx.Node, fx.Node], variable: set[fx.Node]
) -> tuple[dict[fx.Node, Any], set[fx.Node], dict[fx.Node, torch.Tensor]]:
    """The values of constant nodes, those of them that are more than views of parameters, and what inputs meet."""
    values: dict[fx.Node, Any] = {}
    made: set[fx.Node] = set()
    kept: dict[fx.Node, torch.Tensor] = {}
    for node in module.graph.nodes:
        if node.op == "get_attr" and node not in variable:
            value = _attribute(module, node.target)
            if isinstance(value, torch.Tensor):
                values[node] = value.detach()
        elif _is_foldable(node) and node not in variable and all(n in values for n in node.all_input_nodes):
            values[node] = _evaluate(node, values)
            if not _is_small(values[node], [values[n] for n in node.all_input_nodes]):
                del values[node]
            elif not _aliased(node) or any(n in made for n in node.all_input_nodes):
                made.add(node)
        if node not in values:
            found = [n for n in node.all_input_nodes if n in made and isinstance(values[n], torch.Tensor)]
            kept |= {source: values[source] for source in found}
    return values, made, kept


def _replace(module: fx.GraphModule, node: fx.Node, name: str, value: torch.Tensor, values: dict[fx.Node, Any]) -> None:
    module.register_buffer(name, value.contiguous())
    with module.graph.inserting_before(node):
        buffer = module.graph.get_attr(name)
    buffer.meta = dict(node.meta)
    for user in list(node.users):
        if user not in values:
            user.replace_input_with(node, buffer)


def _attribute(module: fx.GraphModule, path: Any) -> Any:
    value: Any = module
    for part in str(path).split("."):
        value = getattr(value, part)
    return value


def _is_foldable(node: fx.Node) -> bool:
    if node.op != "call_function":
        return False
    if not isinstance(node.target, torch._ops.OpOverload):
        return getattr(node.target, "__name__", "") == "getitem"
    # An op without a result is there for its effect: an assertion.
    return torch.Tag.nondeterministic_seeded not in node.target.tags and bool(node.target._schema.returns)


def _evaluate(node: fx.Node, values: dict[fx.Node, Any]) -> Any:
    args, kwargs = fx.map_arg((node.args, node.kwargs), values.__getitem__)
    target: Any = node.target
    with torch.no_grad():
        return target(*args, **kwargs)


def _is_small(value: Any, sources: list[Any]) -> bool:
    return _bytes([value]) <= max(LIMIT, _bytes(sources))


def _bytes(values: list[Any]) -> int:
    return sum(t.numel() * t.element_size() for t in pytree.tree_leaves(values) if isinstance(t, torch.Tensor))


def _arguments(node: fx.Node) -> Iterator[tuple[Any, fx.Node]]:
    """The nodes that an op takes, each with what the op's schema says of its aliases."""
    if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
        return
    for index, argument in enumerate(node.target._schema.arguments):
        value = node.args[index] if index < len(node.args) else node.kwargs.get(argument.name)
        for leaf in pytree.tree_leaves(value):
            if isinstance(leaf, fx.Node):
                yield argument.alias_info, leaf


def _written(node: fx.Node) -> list[fx.Node]:
    return [source for alias, source in _arguments(node) if alias is not None and alias.is_write]


def _aliased(node: fx.Node) -> bool:
    """Whether its result may be a view of an operand."""
    return any(alias is not None for alias, _ in _arguments(node))


def _roots(graph: fx.Graph) -> dict[fx.Node, fx.Node]:
    """Each node → the one that owns its memory."""
    roots: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        aliases = [source for alias, source in _arguments(node) if alias is not None]
        if node.op == "call_function" and getattr(node.target, "__name__", "") == "getitem":
            aliases = node.all_input_nodes
        roots[node] = roots[aliases[0]] if aliases else node
    return roots


def _variable(graph: fx.Graph, roots: dict[fx.Node, fx.Node], blocked: set[fx.Node]) -> set[fx.Node]:
    """Nodes whose memory an input is written to, or that belong to the module and are written to at all."""
    variable = {node for node in graph.nodes if node.op == "placeholder" or roots[node] in blocked}
    while True:
        tainted = {
            roots[written]
            for node in graph.nodes
            for written in _written(node)
            if roots[written].op == "get_attr" or any(source in variable for source in node.all_input_nodes)
        }
        grown = {
            node
            for node in graph.nodes
            if node in variable or roots[node] in tainted or any(source in variable for source in node.all_input_nodes)
        }
        if grown == variable:
            return variable
        variable = grown
