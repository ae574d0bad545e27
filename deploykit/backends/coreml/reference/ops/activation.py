"""Activations with parameters, and softmax."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments

# Above it softplus(x) equals x in every compute type; torch's own limit of 20 is visible in fp64.
_LINEAR_FROM = 88.0


def softplus(x: torch.Tensor) -> torch.Tensor:
    """log(1 + exp(x)). [iOS15.activation.softplus]."""
    return F.softplus(x, threshold=_LINEAR_FROM)


def softplus_parametric(a: Arguments) -> torch.Tensor:
    """alpha[c] · log(1 + exp(beta[c] · x)), channels are axis 1. [iOS15.activation.softplus_parametric]."""
    x = a.tensor("x")
    shape = [1, -1] + [1] * (x.ndim - 2)
    return a.tensor("alpha").reshape(shape) * softplus(a.tensor("beta").reshape(shape) * x)


def gelu(a: Arguments) -> torch.Tensor:
    """x·Φ(x), exact or one of two approximations. [iOS15.activation.gelu]."""
    x, mode = a.tensor("x"), a.text("mode", "EXACT")
    if mode == "SIGMOID_APPROXIMATION":
        return x * torch.sigmoid(1.702 * x)
    return F.gelu(x, approximate="tanh" if mode == "TANH_APPROXIMATION" else "none")


def elu(a: Arguments) -> torch.Tensor:
    """Gives x where positive, else alpha · (exp(x) - 1). [iOS15.activation.elu]."""
    return F.elu(a.tensor("x"), a.number("alpha", 1.0))


def leaky_relu(a: Arguments) -> torch.Tensor:
    """Gives x where positive, else alpha · x. [iOS15.activation.leaky_relu]."""
    return F.leaky_relu(a.tensor("x"), a.number("alpha", 0.01))


def clamped_relu(a: Arguments) -> torch.Tensor:
    """min(x where positive else alpha · x, beta). [iOS15.activation.clamped_relu]."""
    return F.leaky_relu(a.tensor("x"), a.number("alpha")).clamp_max(a.number("beta"))


def prelu(a: Arguments) -> torch.Tensor:
    """Gives x where positive, else alpha[c] · x, channels are axis 1. [iOS15.activation.prelu]."""
    return F.prelu(a.tensor("x"), a.tensor("alpha").reshape(-1))


def linear_activation(a: Arguments) -> torch.Tensor:
    """Gives alpha · x + beta. [iOS15.activation.linear_activation]."""
    return (a.tensor("x") * a.number("alpha")).add_(a.number("beta", 0.0))


def scaled_tanh(a: Arguments) -> torch.Tensor:
    """Gives alpha · tanh(beta · x). [iOS15.activation.scaled_tanh]."""
    return a.number("alpha", 1.0) * torch.tanh(a.tensor("x") * a.number("beta", 1.0))


def sigmoid_hard(a: Arguments) -> torch.Tensor:
    """min(max(alpha · x + beta, 0), 1). [iOS15.activation.sigmoid_hard]."""
    return (a.tensor("x") * a.number("alpha", 0.2)).add_(a.number("beta", 0.5)).clamp_(0, 1)


def thresholded_relu(a: Arguments) -> torch.Tensor:
    """Gives x where x >= alpha, else 0. [iOS15.activation.thresholded_relu]."""
    x = a.tensor("x")
    # F.threshold keeps what is larger: than the number before alpha.
    below = torch.nextafter(
        torch.tensor(a.number("alpha", 1.0), dtype=x.dtype), torch.tensor(-torch.inf, dtype=x.dtype)
    )
    return F.threshold(x, below.item(), 0.0)


def softmax(a: Arguments) -> torch.Tensor:
    """exp(x) / sum(exp(x)) along axis. [iOS15.activation.softmax]."""
    return torch.softmax(a.tensor("x"), a.integer("axis", -1))
