"""Random values: of the right shape, type and distribution. Core ML's own numbers cannot be reproduced."""

from __future__ import annotations

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.limits import bounded


def random_bernoulli(a: Arguments) -> torch.Tensor:
    """Gives 1 with probability prob, else 0. [iOS15.random.random_bernoulli]."""
    return (_uniform(a) < a.number("prob", 0.5)).to(torch.float64)


def random_normal(a: Arguments) -> torch.Tensor:
    """Normal values of mean and stddev. [iOS15.random.random_normal]."""
    shape = _shape(a)
    values = torch.randn(shape, generator=_generator(a), dtype=torch.float64)
    return values * a.number("stddev", 1.0) + a.number("mean", 0.0)


def random_uniform(a: Arguments) -> torch.Tensor:
    """Uniform values from low to below high. [iOS15.random.random_uniform]."""
    low, high = a.number("low", 0.0), a.number("high", 1.0)
    return low + (high - low) * _uniform(a)


def random_categorical(a: Arguments) -> torch.Tensor:
    """`size` indices per row, drawn with the row's probabilities (or logits). [iOS15.random.random_categorical]."""
    x, size = a.tensor("x"), a.integer("size", 1)
    probabilities = x if a.text("mode", "logits") == "probs" else torch.softmax(x, -1)
    bounded(a.op, (*x.shape[:-1], size))
    rows = torch.multinomial(probabilities.reshape(-1, x.shape[-1]), size, True, generator=_generator(a))
    return rows.reshape([*x.shape[:-1], size]).to(torch.float64)


def _uniform(a: Arguments) -> torch.Tensor:
    return torch.rand(_shape(a), generator=_generator(a), dtype=torch.float64)


def _shape(a: Arguments) -> list[int]:
    shape = a.integers("shape")
    bounded(a.op, shape)
    return shape


def _generator(a: Arguments) -> torch.Generator:
    """Of the op's seed; without one (-1), another in each run."""
    generator = torch.Generator()
    seed = a.integer("seed", -1)
    if seed >= 0:
        generator.manual_seed(seed)
    else:
        generator.seed()
    return generator
