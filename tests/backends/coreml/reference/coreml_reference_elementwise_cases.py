"""Cases: elementwise ops and activations."""

from __future__ import annotations

import math

import numpy as np
import torch
from coreml_reference_programs import Case, normal
from coremltools.converters.mil.mil import Builder as mb

X = normal(2, 3, 4)
POSITIVE = np.abs(X) + 0.1
UNIT = np.tanh(X) * np.float32(0.95)
Y = normal(3, 1, seed=1)
INTS = np.array([[-7, -1, 0], [3, 5, 8]], np.int32)
OTHERS = np.array([2, -3, 4], np.int32)
EVEN = (INTS % 2 == 0).astype(np.int32)


def unary(op: str, x: np.ndarray, expected, note: str = "", **attributes) -> Case:
    return Case(op, lambda x: getattr(mb, op)(x=x, **attributes), {"x": x}, expected, note)


def binary(op: str, x: np.ndarray, y: np.ndarray, expected, note: str = "") -> Case:
    return Case(op, lambda x, y: getattr(mb, op)(x=x, y=y), {"x": x, "y": y}, expected, note)


def logical(op: str, expected) -> Case:
    """Programs take no booleans; so they are cast within."""

    def build(x, y):
        x, y = mb.cast(x=x, dtype="bool"), mb.cast(x=y, dtype="bool")
        return mb.logical_not(x=x) if op == "logical_not" else getattr(mb, op)(x=x, y=y)

    return Case(op, build, {"x": EVEN, "y": 1 - EVEN[:1]}, expected)


def numpy(function):
    return lambda *tensors: function(*[t.numpy() for t in tensors])


def gelu_exact(x):
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def elu(x):
    return torch.where(x >= 0, x, 0.5 * torch.expm1(x))


def softplus(x):
    return torch.logaddexp(x, torch.zeros_like(x))


ALPHA, BETA = np.array([0.5, 1.0, 2.0], np.float32), np.array([2.0, 1.0, 0.5], np.float32)
PER_CHANNEL = torch.from_numpy(ALPHA.astype(np.float64))[:, None]

CASES = [
    *[
        unary(op, X, numpy(getattr(np, op)))
        for op in ["abs", "ceil", "cos", "cosh", "exp", "exp2", "floor", "sign", "sin", "sinh", "tan", "tanh"]
    ],
    unary("exp2", OTHERS + 3, lambda x: 2**x, "int32"),
    *[unary(op, UNIT, numpy(getattr(np, "arc" + op[1:]))) for op in ["acos", "asin", "atan", "atanh"]],
    unary("round", np.array([-1.5, -0.5, 0.5, 1.5, 2.5], np.float32), numpy(np.rint), "half-to-even"),
    unary("sqrt", POSITIVE, numpy(np.sqrt)),
    unary("square", X, lambda x: x * x),
    unary("erf", X, numpy(np.vectorize(math.erf))),
    unary("log", POSITIVE, lambda x: torch.log(x + 0.25), epsilon=0.25),
    unary("rsqrt", POSITIVE, lambda x: (x + 0.25) ** -0.5, epsilon=0.25),
    unary("inverse", POSITIVE, lambda x: 1 / (x + 0.25), epsilon=0.25),
    unary("inverse", POSITIVE, lambda x: 1 / (x + 1e-4), "default-epsilon"),
    unary("clip", X, numpy(lambda x: np.clip(x, -0.5, 0.75)), alpha=-0.5, beta=0.75),
    unary("threshold", X, numpy(lambda x: np.maximum(x, 0.25)), alpha=0.25),
    unary("identity", X, lambda x: x),
    logical("logical_not", lambda x, y: x == 0),
    unary("cast", X * 3, numpy(np.trunc), "to-int32-truncates", dtype="int32"),
    unary("cast", INTS, lambda x: x, "to-fp32", dtype="fp32"),
    unary("cast", X, lambda x: x != 0, "to-bool", dtype="bool"),
    *[
        binary(op, X, Y, numpy(f), "broadcast")
        for op, f in {
            "add": np.add,
            "sub": np.subtract,
            "mul": np.multiply,
            "maximum": np.maximum,
            "minimum": np.minimum,
            "real_div": np.divide,
            "floor_div": np.floor_divide,
            "mod": np.mod,
            "equal": np.equal,
            "not_equal": np.not_equal,
            "greater": np.greater,
            "greater_equal": np.greater_equal,
            "less": np.less,
            "less_equal": np.less_equal,
        }.items()
    ],
    binary("pow", POSITIVE, Y, numpy(np.power), "broadcast"),
    binary("floor_div", INTS, OTHERS, numpy(np.floor_divide), "int32"),
    binary("mod", INTS, OTHERS, numpy(np.mod), "int32"),
    binary("real_div", INTS, OTHERS, None, "int32"),
    logical("logical_and", lambda x, y: (x & y) != 0),
    logical("logical_or", lambda x, y: (x | y) != 0),
    logical("logical_xor", lambda x, y: (x ^ y) != 0),
    Case(
        "select",
        lambda c, x, y: mb.select(cond=mb.cast(x=c, dtype="bool"), a=x, b=y),
        {"c": EVEN, "x": normal(2, 3), "y": normal(2, 3, seed=1)},
        numpy(np.where),
    ),
    unary("relu", X, lambda x: x * (x > 0)),
    unary("relu6", X * 6, numpy(lambda x: np.clip(x, 0, 6))),
    unary("sigmoid", X, lambda x: 1 / (1 + torch.exp(-x))),
    unary("silu", X, lambda x: x / (1 + torch.exp(-x))),
    unary("softplus", X * 30, softplus),
    unary("softsign", X, lambda x: x / (1 + x.abs())),
    unary("gelu", X, gelu_exact, "default"),
    unary("gelu", X, gelu_exact, "exact", mode="EXACT"),
    unary("gelu", X, gelu_tanh, "tanh", mode="TANH_APPROXIMATION"),
    unary("gelu", X, lambda x: x / (1 + torch.exp(-1.702 * x)), "sigmoid", mode="SIGMOID_APPROXIMATION"),
    unary("elu", X, elu, alpha=0.5),
    unary("leaky_relu", X, lambda x: torch.where(x >= 0, x, x * 0.25), alpha=0.25),
    unary("clamped_relu", X, lambda x: torch.where(x >= 0, x, x * 0.25).clamp(max=0.5), alpha=0.25, beta=0.5),
    unary("prelu", X[..., None], lambda x: torch.where(x >= 0, x, x * PER_CHANNEL[..., None]), alpha=ALPHA),
    unary("linear_activation", X, lambda x: 0.5 * x - 0.25, alpha=0.5, beta=-0.25),
    unary("scaled_tanh", X, lambda x: 0.5 * torch.tanh(2 * x), alpha=0.5, beta=2.0),
    unary("sigmoid_hard", X * 3, lambda x: (0.25 * x + 0.5).clamp(0, 1), alpha=0.25, beta=0.5),
    unary("softplus_parametric", X, lambda x: PER_CHANNEL * softplus(x / PER_CHANNEL), alpha=ALPHA, beta=BETA),
    unary("thresholded_relu", X, lambda x: x * (x >= 0.5), alpha=0.5),
    *[
        unary("softmax", X, lambda x, a=a: torch.exp(x) / torch.exp(x).sum(a, keepdim=True), f"axis{a}", axis=a)
        for a in (-1, 1)
    ],
]
