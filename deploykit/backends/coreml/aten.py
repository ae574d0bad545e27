"""ATen ops that coremltools' torch.export front end does not know, put into its registry by importing this."""

from __future__ import annotations

from typing import Any

from coremltools.converters.mil.frontend.torch.ops import _get_inputs
from coremltools.converters.mil.frontend.torch.torch_op_registry import register_torch_op


@register_torch_op(override=True)  # type: ignore[untyped-decorator]  # coremltools has no types
def alias(context: Any, node: Any) -> None:
    """Its operand: after functionalisation nothing can write through it. coremltools 9.1 knows it, 9.0 does not."""
    context.add(_get_inputs(context, node)[0], torch_name=node.name)
