"""ATen ops that coremltools' torch.export front end does not know or gets wrong, registered by importing this."""

from __future__ import annotations

from typing import Any

from coremltools.converters.mil import Builder
from coremltools.converters.mil.frontend.torch.ops import _get_inputs, _get_kwinputs
from coremltools.converters.mil.frontend.torch.ops import max_pool1d as coremltools_max_pool
from coremltools.converters.mil.frontend.torch.ops import where as coremltools_where
from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY, register_torch_op
from coremltools.converters.mil.mil.ops.defs._utils import promote_input_dtypes


@register_torch_op(override=True)  # type: ignore[untyped-decorator]  # coremltools has no types
def alias(context: Any, node: Any) -> None:
    """Its operand: after functionalisation nothing can write through it. coremltools 9.1 knows it, 9.0 does not."""
    context.add(_get_inputs(context, node)[0], torch_name=node.name)


@register_torch_op(override=True)  # type: ignore[untyped-decorator]  # coremltools has no types
def addcmul(context: Any, node: Any) -> None:
    """Gives x + value · a · b."""
    x, a, b = _get_inputs(context, node)[:3]
    (value,) = _get_kwinputs(context, node, "value", default=[None])
    product = Builder.mul(x=a, y=b)
    if value is not None and value.val != 1:
        product = Builder.mul(x=product, y=float(value.val))
    context.add(Builder.add(x=x, y=product, name=node.name))


@register_torch_op(override=True)  # type: ignore[untyped-decorator]  # coremltools has no types
def gelu(context: Any, node: Any) -> None:
    """The exact one, or by tanh: coremltools overlooks the keyword, and always takes the exact one."""
    inputs = _get_inputs(context, node)
    mode = inputs[1] if len(inputs) > 1 else _get_kwinputs(context, node, "approximate", default=[None])[0]
    text = getattr(mode, "val", mode)
    made = Builder.gelu(x=inputs[0], mode="TANH_APPROXIMATION" if text == "tanh" else "EXACT", name=node.name)
    context.add(made)


@register_torch_op(override=True)  # type: ignore[untyped-decorator]  # coremltools has no types
def reciprocal(context: Any, node: Any) -> None:
    """1 / x: MIL's `inverse`, which coremltools takes, adds 1e-4 to x."""
    context.add(Builder.real_div(x=1.0, y=_get_inputs(context, node)[0], name=node.name))


@register_torch_op(torch_alias=["where.self", "where.scalarself", "where.scalarother", "where.scalar"], override=True)  # type: ignore[untyped-decorator]  # coremltools has no types
def where(context: Any, node: Any) -> None:
    """A choice between values of two types, or between numbers; coremltools broadcasts no numbers."""
    inputs = _get_inputs(context, node)
    if len(inputs) != 3 or any(value.rank for value in inputs):
        coremltools_where(context, node)
        return
    condition, a, b = inputs
    a, b = promote_input_dtypes([a, b])
    context.add(Builder.select(cond=condition, a=a, b=b, name=node.name))


POOLS = [f"max_pool{rank}d{kind}" for rank in (1, 2, 3) for kind in ("", "_with_indices")]


def _max_pool(context: Any, node: Any) -> None:
    """Without a stride it is the kernel, which torch.export leaves out."""
    if len(node.inputs) == 2:
        node.inputs = (*node.inputs, node.inputs[1])
    coremltools_max_pool(context, node)


for _pool in POOLS:
    _TORCH_OPS_REGISTRY.set_func_by_name(_max_pool, _pool)
