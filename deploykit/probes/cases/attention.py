"""Attention, matrix products and einsum."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from deploykit.probes.cases.base import Case, Input, bools, layer, normal, op

Q, K, V = normal(2, 4, 5, 8), normal(2, 4, 7, 8), normal(2, 4, 7, 8)
ONE, FEW = normal(2, 1, 7, 8), normal(2, 2, 7, 8)


def _attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, **options: Any) -> torch.Tensor:
    return F.scaled_dot_product_attention(q, k, v, **options)


def _masked(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor, **options: Any) -> torch.Tensor:
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, **options)


def _expanded(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, **options: Any) -> torch.Tensor:
    """Multi-query attention: one key and value, seen by all heads."""
    heads = q.shape[1]
    return F.scaled_dot_product_attention(q, k.expand(-1, heads, -1, -1), v.expand(-1, heads, -1, -1), **options)


def _expanded_value(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return F.scaled_dot_product_attention(q, k, v.expand(-1, q.shape[1], -1, -1))


def _expanded_product(q: torch.Tensor, k: torch.Tensor, transposed: bool) -> torch.Tensor:
    wide = k.expand(-1, q.shape[1], -1, -1)
    return q @ (wide.transpose(-2, -1) if transposed else wide)


def _repeated(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, by: str) -> torch.Tensor:
    """Grouped-query attention, with keys and values repeated as transformers do it."""
    times = q.shape[1] // k.shape[1]

    def wide(x: torch.Tensor) -> torch.Tensor:
        if by == "interleave":
            return x.repeat_interleave(times, dim=1)
        batch, heads, length, size = x.shape
        return x[:, :, None].expand(batch, heads, times, length, size).reshape(batch, heads * times, length, size)

    return F.scaled_dot_product_attention(q, wide(k), wide(v))


def _by_hand(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Softmax in place of the fused op, with a causal mask of -inf."""
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5
    mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
    made: torch.Tensor = scores.masked_fill(~mask, float("-inf")).softmax(-1) @ v
    return made


def _key_mask(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """A mask with a broadcast dimension, as transformers make of padding."""
    hidden = torch.arange(k.shape[-2]) < k.shape[-2] - 2
    return F.scaled_dot_product_attention(q, k, v, attn_mask=hidden[None, None, None].expand(2, 1, q.shape[-2], -1))


class SelfAttention(nn.Module):
    """`nn.MultiheadAttention` of one sequence with itself."""

    def __init__(self, batch_first: bool = True, causal: bool = False, weights: bool = False) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(12, 3, batch_first=batch_first)
        self.causal, self.weights = causal, weights

    def forward(self, x: torch.Tensor) -> Any:
        length = x.shape[1 if self.inner.batch_first else 0]
        mask = nn.Transformer.generate_square_subsequent_mask(length) if self.causal else None
        made, weights = self.inner(x, x, x, attn_mask=mask, need_weights=self.weights)
        return (made, weights) if self.weights else made


class CrossAttention(nn.Module):
    """`nn.MultiheadAttention` with keys and values of other sizes and a key padding mask."""

    def __init__(self, kdim: int, vdim: int) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(12, 3, kdim=kdim, vdim=vdim, batch_first=True)

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        hidden = (torch.arange(k.shape[1]) > 4).expand(k.shape[0], -1)
        made: torch.Tensor = self.inner(q, k, v, key_padding_mask=hidden, need_weights=False)[0]
        return made


FUSED = (
    op("sdpa", _attend, Q, K, V),
    op("sdpa", _attend, Q, K, V, scale=0.3),
    op("sdpa", _attend, Q, K, V, is_causal=True),
    op("sdpa", _attend, normal(1, 2, 6, 8), normal(1, 2, 6, 8), normal(1, 2, 6, 8), is_causal=True),
    op("sdpa", _attend, Q, K, normal(2, 4, 7, 6)),
    op("sdpa", _attend, normal(2, 4, 5, 9), normal(2, 4, 7, 9), normal(2, 4, 7, 3)),
    op("sdpa", _attend, normal(4, 5, 8), normal(4, 7, 8), normal(4, 7, 8)),
    op("sdpa", _attend, normal(5, 8), normal(7, 8), normal(7, 8)),
    op("sdpa", _attend, normal(2, 3, 2, 5, 8), normal(2, 3, 2, 7, 8), normal(2, 3, 2, 7, 8)),
    op("sdpa", _attend, normal(1, 1, 1, 8), normal(1, 1, 7, 8), normal(1, 1, 7, 8)),
    op("sdpa", _attend, Q, FEW, FEW, enable_gqa=True),
    op("sdpa", _attend, Q, FEW, FEW, enable_gqa=True, is_causal=True),
    op("sdpa", _attend, Q, ONE, ONE, enable_gqa=True),
    op("sdpa", _attend, Q, ONE, ONE),
    op("sdpa float mask", _masked, Q, K, V, normal(5, 7)),
    op("sdpa float mask", _masked, Q, K, V, normal(2, 1, 5, 7)),
    op("sdpa float mask", _masked, Q, K, V, normal(2, 4, 5, 7), scale=0.25),
    op("sdpa float mask", _masked, Q, FEW, FEW, normal(2, 1, 5, 7), enable_gqa=True),
    op("sdpa bool mask", _masked, Q, K, V, bools(5, 7, share=0.8)),
    op("sdpa bool mask", _masked, Q, K, V, bools(2, 1, 5, 7, share=0.8)),
    op("sdpa key mask", _key_mask, Q, K, V),
    op("sdpa expanded", _expanded, Q, ONE, ONE),
    op("sdpa expanded", _expanded, Q, ONE, ONE, is_causal=True),
    op("sdpa expanded", _expanded, normal(1, 4, 5, 8), normal(1, 1, 7, 8), normal(1, 1, 7, 8)),
    op("sdpa expanded", _expanded, normal(1, 4, 5, 8), normal(1, 1, 5, 8), normal(1, 1, 5, 8)),
    # As many keys as a head has values: what confuses the two gives a wrong answer in place of an error.
    op("sdpa expanded", _expanded, normal(1, 4, 5, 8), normal(1, 1, 8, 8), normal(1, 1, 8, 8)),
    op("sdpa expanded value", _expanded_value, Q, K, ONE),
    op("sdpa repeated", _repeated, Q, FEW, FEW, by="interleave"),
    op("sdpa repeated", _repeated, Q, FEW, FEW, by="expand"),
    op("attention by hand", _by_hand, Q, K, V),
)

LAYERS = (
    layer("MultiheadAttention", SelfAttention, normal(2, 6, 12)),
    layer("MultiheadAttention", SelfAttention, normal(2, 6, 12), causal=True),
    layer("MultiheadAttention", SelfAttention, normal(2, 6, 12), weights=True),
    layer("MultiheadAttention", SelfAttention, normal(6, 2, 12), batch_first=False),
    layer(
        "MultiheadAttention cross",
        CrossAttention,
        normal(2, 5, 12),
        normal(2, 7, 10),
        normal(2, 7, 6),
        kdim=10,
        vdim=6,
    ),
    *(
        layer(
            "TransformerEncoderLayer",
            nn.TransformerEncoderLayer,
            normal(2, 6, 12),
            d_model=12,
            nhead=3,
            dim_feedforward=20,
            activation=activation,
            batch_first=True,
            norm_first=first,
        )
        for activation, first in (("relu", False), ("gelu", True))
    ),
)

_PRODUCTS: tuple[tuple[Input, Input], ...] = (
    (normal(3, 4), normal(4, 5)),
    (normal(2, 3, 4), normal(4, 5)),
    (normal(2, 3, 4), normal(2, 4, 5)),
    (normal(2, 1, 3, 4), normal(3, 4, 5)),
    (normal(4), normal(4)),
    (normal(4), normal(4, 5)),
    (normal(2, 3, 4), normal(4)),
    (normal(3, 4), normal(2, 4, 5)),
    (normal(2, 3, 1, 4), normal(2, 1, 4, 3)),
    (normal(1, 1, 2, 3, 4), normal(2, 3, 1, 4, 2)),
)

_EQUATIONS: tuple[tuple[str, tuple[Input, ...]], ...] = (
    ("ij,jk->ik", (normal(3, 4), normal(4, 5))),
    ("bhid,bhjd->bhij", (normal(2, 3, 4, 5), normal(2, 3, 6, 5))),
    ("bhij,bjhd->bihd", (normal(2, 3, 4, 6), normal(2, 6, 3, 5))),
    ("nctv,vw->nctw", (normal(2, 3, 4, 5), normal(5, 6))),
    ("bchw,hkc->bkhw", (normal(2, 3, 4, 5), normal(4, 6, 3))),
    ("ii->i", (normal(4, 4),)),
    ("bij->bj", (normal(2, 3, 4),)),
    ("i,j->ij", (normal(3), normal(4))),
    ("...ij,...jk->...ik", (normal(2, 3, 4), normal(2, 4, 5))),
    ("bnd,hde->bhne", (normal(2, 3, 4), normal(5, 4, 6))),
    ("bij,bjk,bkl->bil", (normal(2, 3, 4), normal(2, 4, 5), normal(2, 5, 3))),
)


def _einsum(*tensors: torch.Tensor, equation: str) -> torch.Tensor:
    return torch.einsum(equation, *tensors)


PRODUCTS = (
    *(op("matmul", torch.matmul, a, b) for a, b in _PRODUCTS),
    *(op("einsum", _einsum, *given, equation=equation) for equation, given in _EQUATIONS),
    *(
        op("matmul of expanded", _expanded_product, normal(2, 4, 5, 8), other, transposed=transposed)
        for other, transposed in ((normal(2, 1, 7, 8), True), (normal(2, 1, 8, 7), False))
    ),
    op("bmm", torch.bmm, normal(2, 3, 4), normal(2, 4, 5)),
    op("baddbmm", torch.baddbmm, normal(2, 3, 5), normal(2, 3, 4), normal(2, 4, 5), beta=0.5, alpha=2.0),
    op("addmm", torch.addmm, normal(5), normal(3, 4), normal(4, 5), beta=0.7, alpha=1.5),
    op("addmv", torch.addmv, normal(3), normal(3, 4), normal(4)),
    op("outer", torch.outer, normal(3), normal(4)),
    op("dot", torch.dot, normal(5), normal(5)),
    op("tensordot", torch.tensordot, normal(2, 3, 4), normal(4, 3, 5), dims=([1, 2], [1, 0])),
    op("kron", torch.kron, normal(2, 3), normal(3, 2)),
    op("linear", F.linear, normal(2, 3, 4), normal(5, 4), normal(5)),
    op("bilinear", F.bilinear, normal(2, 3), normal(2, 4), normal(5, 3, 4)),
    op("cdist", torch.cdist, normal(2, 4, 3), normal(2, 5, 3)),
    op("cdist", torch.cdist, normal(2, 4, 3), normal(2, 5, 3), p=1.0),
    op("cross", torch.linalg.cross, normal(2, 3), normal(2, 3)),
    op("cross", torch.linalg.cross, normal(3, 4), normal(3, 4), dim=0),
    op("cosine_similarity", F.cosine_similarity, normal(2, 5, 3), normal(2, 5, 3), dim=1),
    op("pairwise_distance", F.pairwise_distance, normal(4, 6), normal(4, 6)),
)

CASES: tuple[Case, ...] = (*FUSED, *LAYERS, *PRODUCTS)
