"""ATen ops that coremltools' torch.export front end does not know, put into its registry by importing this."""

from __future__ import annotations

from typing import Any

from coremltools.converters.mil import Builder
from coremltools.converters.mil.frontend.torch.ops import _get_inputs, _get_kwinputs
from coremltools.converters.mil.frontend.torch.torch_op_registry import register_torch_op


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
