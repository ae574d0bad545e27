"""coremltools' graph passes, less what they get wrong."""

from __future__ import annotations

from typing import Any

import coremltools as ct
from coremltools.converters.mil.mil import Builder
from coremltools.converters.mil.mil.passes.defs.optimize_elementwise_binary import fuse_elementwise_to_batchnorm
from coremltools.converters.mil.mil.passes.pass_registry import register_pass


@register_pass(namespace="deploykit", name="fuse_elementwise_to_batchnorm")
class ExactBatchNorm(fuse_elementwise_to_batchnorm):  # type: ignore[misc]  # coremltools has no types
    """coremltools' pass, with the epsilon that it forgets.

    It makes x · gamma + beta a batch_norm of mean 0 and variance 1, whose default epsilon of 1e-5 then divides by
    sqrt(1.00001): each GroupNorm's gain is off by 5e-6. docs/upstream/coremltools-batchnorm-epsilon.md has the figures.
    """

    @staticmethod
    def _try_to_transform(mul: Any, add: Any, block: Any) -> bool:
        name = add.outputs[0].name
        if not fuse_elementwise_to_batchnorm._try_to_transform(mul, add, block):
            return False
        made = next(op for op in block.operations if op.op_type == "batch_norm" and op.outputs[0].name == name)
        exact = Builder.batch_norm(
            x=made.x,
            mean=made.mean,
            variance=made.variance,
            gamma=made.gamma,
            beta=made.beta,
            epsilon=made.gamma.val.dtype.type(0),
            name=name,
            before_op=made,
        )
        block.replace_uses_of_var_after_op(anchor_op=made, old_var=made.outputs[0], new_var=exact)
        block.remove_ops([made])
        return True


REPLACED = {"common::fuse_elementwise_to_batchnorm": "deploykit::fuse_elementwise_to_batchnorm"}
"""coremltools' pass → ours."""


def pipeline() -> ct.PassPipeline:
    """coremltools' default passes, in their order, with ours in place of those that we replace."""
    default = ct.PassPipeline.DEFAULT
    return ct.PassPipeline([REPLACED.get(name, name) for name in default.passes], "deploykit")
