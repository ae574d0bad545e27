"""Products of vectors."""

from __future__ import annotations

from typing import Any

import torch

Tensor = torch.Tensor


def matmul(x: Tensor, y: Tensor) -> Any:
    """`aten.matmul` of a vector, as of a matrix of one row or column.

    Args:
        x: [N] or [..., M, N].
        y: [N] or [..., N, P].
    """
    if x.dim() > 1 and y.dim() > 1:
        return NotImplemented
    row, column = (x[None] if x.dim() == 1 else x), (y[:, None] if y.dim() == 1 else y)
    product = torch.matmul(row, column)
    product = product.squeeze(-1) if y.dim() == 1 else product
    return product.squeeze(-1 if y.dim() == 1 else -2) if x.dim() == 1 else product


VECTORS: dict[str, Any] = {"aten.matmul.default": matmul, "aten.mv.default": matmul, "aten.dot.default": matmul}
