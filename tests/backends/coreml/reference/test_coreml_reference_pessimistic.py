"""The mode `pessimistic`: fp16 accumulation, against the same sums written one element at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from coreml_reference_programs import normal, save, snr
from coremltools.converters.mil.mil import Builder as mb

from deploykit.backends.coreml.reference import ReferenceRunner
from deploykit.backends.coreml.reference.ops import narrow


def accumulated(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x @ y of one matrix each: blocks of 8 products, an fp16 accumulator."""
    total = np.zeros((x.shape[0], y.shape[1]), np.float16)
    for start in range(0, x.shape[1], 8):
        block = x[:, start : start + 8].astype(np.float64) @ y[start : start + 8].astype(np.float64)
        total = (total.astype(np.float64) + block).astype(np.float16)
    return total.astype(np.float64)


def half(*shape: int, seed: int) -> np.ndarray:
    return normal(*shape, seed=seed).astype(np.float16)


X, W = half(5, 100, seed=1), half(7, 100, seed=2)
IMAGE, KERNEL = half(1, 6, 7, 8, seed=3), half(4, 3, 3, 3, seed=4)


def as_half(build: Any) -> Any:
    return lambda x: mb.cast(x=build(mb.cast(x=x, dtype="fp16")), dtype="fp32")


def columns(image: np.ndarray) -> np.ndarray:
    """Of two groups with stride 2 and a pad of 1: [group, outputs, channel · tap]."""
    padded = torch.from_numpy(np.pad(image.astype(np.float32), ((0, 0), (0, 0), (1, 1), (1, 1))))
    unfolded = F.unfold(padded, 3, stride=2)[0].numpy()
    return unfolded.reshape(2, 27, -1).transpose(0, 2, 1)


def convolved() -> np.ndarray:
    kernels = KERNEL.reshape(2, 2, 27).transpose(0, 2, 1)
    groups = [accumulated(c, k).T for c, k in zip(columns(IMAGE), kernels, strict=True)]
    return np.concatenate(groups).reshape(1, 4, 4, 4)


CASES = {
    "linear": (lambda x: mb.linear(x=x, weight=W), X, lambda: accumulated(X, W.T)),
    "matmul": (lambda x: mb.matmul(x=x, y=W, transpose_y=True), X, lambda: accumulated(X, W.T)),
    "einsum": (
        lambda x: mb.einsum(values=(x, W.T.reshape(1, 100, 1, 7)), equation="nchw,nwhu->nchu"),
        X.reshape(1, 5, 1, 100),
        lambda: accumulated(X, W.T).reshape(1, 5, 1, 7),
    ),
    "conv": (
        lambda x: mb.conv(x=x, weight=KERNEL, strides=[2, 2], pad_type="custom", pad=[1, 1, 1, 1], groups=2),
        IMAGE,
        convolved,
    ),
}


@pytest.mark.parametrize("op", CASES)
def test_accumulation(op: str, tmp_path: Path) -> None:
    build, x, expected = CASES[op]
    path = save(tmp_path / "net.mlpackage", as_half(build), {"x": x.astype(np.float32)})
    results = {}
    for mode in ("pessimistic", "rounded"):
        runner = ReferenceRunner(path, mode)
        results[mode] = runner.run({"x": x.astype(np.float32)})[runner.outputs[0].name]
    # A block's sum may round otherwise in fp32 than in fp64, where it lies between two fp16 numbers.
    assert snr(expected(), results["pessimistic"]) > 85
    assert snr(expected(), results["pessimistic"]) > snr(expected(), results["rounded"]) + 10
    assert not np.array_equal(results["pessimistic"], results["rounded"])


@pytest.mark.parametrize("equation", ["nchw,nwhu->nchu", "chw,whu->chu", "ab,bc->ac", "abc,abd->cd", "ij,kj->ik"])
def test_einsum_is_einsum(equation: str) -> None:
    """With values whose sums fp16 holds exactly."""
    left, right = equation.split("->")[0].split(",")
    sizes = dict(zip("nchwuabdijk", (2, 3, 4, 5, 6, 2, 3, 4, 20, 3, 2), strict=False))
    random = np.random.default_rng(0)
    x, y = (torch.from_numpy(random.integers(-4, 5, [sizes[c] for c in t]).astype(np.float32)) for t in (left, right))
    torch.testing.assert_close(narrow.einsum(equation, x, y), torch.einsum(equation, x, y), rtol=0, atol=0)


@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_convolution_is_convolution(spatial: int) -> None:
    random = np.random.default_rng(0)
    x = torch.from_numpy(random.integers(-4, 5, (2, 6, *[9, 8, 7][:spatial])).astype(np.float32))
    weight = torch.from_numpy(random.integers(-4, 5, (4, 3, *[3, 2, 1][:spatial])).astype(np.float32))
    strides, dilations = [2, 1, 3][:spatial], [2, 3, 1][:spatial]
    conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[spatial]
    expected = conv(x, weight, None, strides, 0, dilations, 2)
    torch.testing.assert_close(narrow.convolution(x, weight, strides, dilations, 2), expected, rtol=0, atol=0)


def test_fp32_programs_are_as_rounded(tmp_path: Path) -> None:
    x = X.astype(np.float32)
    path = save(tmp_path / "net.mlpackage", lambda x: mb.linear(x=x, weight=W.astype(np.float32)), {"x": x})
    results = [ReferenceRunner(path, mode).run({"x": x}) for mode in ("pessimistic", "rounded")]
    np.testing.assert_array_equal(*[next(iter(result.values())) for result in results])


def test_bias(tmp_path: Path) -> None:
    def build(x):
        return mb.linear(x=x, weight=W, bias=np.full(7, 100, np.float16))

    x = X.astype(np.float32)
    runner = ReferenceRunner(save(tmp_path / "net.mlpackage", as_half(build), {"x": x}), "pessimistic")
    result = runner.run({"x": x})[runner.outputs[0].name]
    np.testing.assert_allclose(result, (accumulated(X, W.T) + 100).astype(np.float16), 1e-3)
