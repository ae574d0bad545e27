"""Normalisations. Variances are those of the population, as everywhere in MIL."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments


def batch_norm(a: Arguments) -> torch.Tensor:
    """(x - mean) / sqrt(variance + epsilon) · gamma + beta, all [C]. [iOS15.normalization.batch_norm]."""
    gamma, beta = a.optional("gamma"), a.optional("beta")
    return F.batch_norm(
        a.tensor("x"), a.tensor("mean"), a.tensor("variance"), gamma, beta, eps=a.number("epsilon", 1e-5)
    )


def instance_norm(a: Arguments) -> torch.Tensor:
    """Normalises each channel of each sample over its spatial axes. [iOS15.normalization.instance_norm]."""
    x = a.tensor("x")
    return _scaled(a, _standardised(x, range(2, x.ndim), a.number("epsilon", 1e-5)), _per_channel(x))


def layer_norm(a: Arguments) -> torch.Tensor:
    """Normalises over `axes`; gamma and beta have the shape of those axes. [iOS15.normalization.layer_norm]."""
    x = a.tensor("x")
    axes = [axis % x.ndim for axis in a.integers("axes", range(x.ndim))]
    if axes == list(range(x.ndim - len(axes), x.ndim)):
        sizes = x.shape[x.ndim - len(axes) :]
        return F.layer_norm(x, sizes, a.optional("gamma"), a.optional("beta"), a.number("epsilon", 1e-5))
    shape = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
    return _scaled(a, _standardised(x, axes, a.number("epsilon", 1e-5)), shape)


def l2_norm(a: Arguments) -> torch.Tensor:
    """Gives x / sqrt(sum of squares over the last three axes + epsilon). [iOS15.normalization.l2_norm]."""
    x = a.tensor("x")
    return x / torch.sqrt(x.square().sum((-3, -2, -1), keepdim=True) + a.number("epsilon", 1e-6))


def local_response_norm(a: Arguments) -> torch.Tensor:
    """Gives x / (k + alpha/size · sum of squares of `size` neighbouring channels)^beta. [iOS15.normalization]."""
    x, size, alpha = a.tensor("x"), a.integer("size"), a.number("alpha", 1e-4)
    # The numbers that Apple's own test holds the runtime to are those of channels at axis 0 of rank 3, where the
    # documentation says axis 1, as of all other ranks.
    batch = x[None] if x.ndim == 3 else x
    return F.local_response_norm(batch, size, alpha, a.number("beta", 0.75), a.number("k", 1.0)).reshape(x.shape)


def _standardised(x: torch.Tensor, axes: Sequence[int], epsilon: float) -> torch.Tensor:
    variance, mean = torch.var_mean(x, list(axes), correction=0, keepdim=True)
    return (x - mean).div_(torch.sqrt(variance + epsilon))


def _scaled(a: Arguments, x: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Gain and shift, in place: x is nobody else's."""
    gamma, beta = a.optional("gamma"), a.optional("beta")
    if gamma is not None:
        x = x.mul_(gamma.reshape(shape))
    return x if beta is None else x.add_(beta.reshape(shape))


def _per_channel(x: torch.Tensor) -> list[int]:
    return [1, -1] + [1] * (x.ndim - 2)
