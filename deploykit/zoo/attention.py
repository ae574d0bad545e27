"""Attention in plain products of matrices, with no tensor of more than four dimensions."""

from __future__ import annotations

import torch


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, heads: int, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """What queries see: values, weighed by how well their keys fit ("Attention Is All You Need", 2017).

    Args:
        query: batch × queries × channels.
        key: batch × keys × channels.
        value: the same.
        heads: number of parts that the channels are cut into, each with its own weights.
        mask: queries × keys, added to the scores; large negative numbers hide a key.

    Returns:
        Batch × queries × channels.
    """
    query, key, value = (
        part.reshape(part.shape[0], part.shape[1], heads, -1).transpose(1, 2) for part in (query, key, value)
    )
    scores = torch.matmul(query * query.shape[3] ** -0.5, key.transpose(2, 3))
    seen = torch.matmul((scores if mask is None else scores + mask).softmax(dim=3), value)
    return seen.transpose(1, 2).flatten(2)
