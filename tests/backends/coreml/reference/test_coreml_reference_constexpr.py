"""Compressed weights: the runner expands them as coremltools' own decompression does."""

from __future__ import annotations

from pathlib import Path

import coremltools as ct
import coremltools.optimize.coreml as cto
import numpy as np
import pytest
from coreml_reference_programs import normal, save
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import types

from deploykit.backends.coreml.reference import ReferenceRunner

WEIGHT = normal(16, 64, seed=1)
INPUT = {"x": normal(2, 64)}


def linear(x):
    return mb.linear(x=x, weight=WEIGHT)


AFFINE = cto.OpLinearQuantizerConfig(mode="linear", weight_threshold=0)
PRUNED = cto.OpMagnitudePrunerConfig(target_sparsity=0.5, weight_threshold=0)


def palette(bits: int, **options):
    return cto.OpPalettizerConfig(mode=options.pop("mode", "uniform"), nbits=bits, weight_threshold=0, **options)


CASES = {
    "affine": ("constexpr_affine_dequantize", cto.linear_quantize_weights, AFFINE, ct.target.iOS17),
    "lut4": ("constexpr_lut_to_dense", cto.palettize_weights, palette(4), ct.target.iOS17),
    "lut6": ("constexpr_lut_to_dense", cto.palettize_weights, palette(6), ct.target.iOS17),
    "sparse": ("constexpr_sparse_to_dense", cto.prune_weights, PRUNED, ct.target.iOS17),
    "blockwise-int8": ("constexpr_blockwise_shift_scale", cto.linear_quantize_weights, AFFINE, ct.target.iOS18),
    "lut4-ios18": ("constexpr_lut_to_dense", cto.palettize_weights, palette(4), ct.target.iOS18),
    "lut3-grouped": (
        "constexpr_lut_to_dense",
        cto.palettize_weights,
        palette(3, granularity="per_grouped_channel", group_size=4),
        ct.target.iOS18,
    ),
    "lut2-vectors": (
        "constexpr_lut_to_dense",
        cto.palettize_weights,
        palette(2, mode="kmeans", cluster_dim=4),
        ct.target.iOS18,
    ),
    "sparse-ios18": ("constexpr_sparse_to_dense", cto.prune_weights, PRUNED, ct.target.iOS18),
}


def equal_to_its_decompression(small, op: str, folder: Path) -> np.ndarray:
    """Runs a compressed model, which has to have this op, and what coremltools expands it to."""
    small.save(str(folder / "small.mlpackage"))
    cto.decompress_weights(small).save(str(folder / "again.mlpackage"))
    function = small.get_spec().mlProgram.functions["main"]
    assert op in [operation.type for operation in function.block_specializations[function.opset].operations]
    results = []
    for name in ("small", "again"):
        runner = ReferenceRunner(folder / f"{name}.mlpackage", "fp64")
        results.append(runner.run(INPUT)[runner.outputs[0].name])
    np.testing.assert_allclose(results[0], results[1], 1e-5, 1e-5)
    return results[0]


@pytest.mark.parametrize("case", CASES)
def test_compressed_weights(case: str, tmp_path: Path) -> None:
    op, compress, config, opset = CASES[case]
    dense = save(tmp_path / "dense.mlpackage", linear, INPUT, opset)
    small = compress(ct.models.MLModel(str(dense), skip_model_load=True), cto.OptimizationConfig(config))
    result = equal_to_its_decompression(small, op, tmp_path)
    assert np.abs(result - INPUT["x"] @ WEIGHT.T).max() > 1e-4  # it was compressed indeed


def blockwise(offset):
    data = np.random.default_rng(0).integers(-8, 8, (6, 8)).astype(np.int8)
    scale = (np.abs(normal(6, 2)) + 0.1).astype(np.float32)

    def build(x):
        typed = data.astype(ct.converters.mil.mil.types.np_int4_dtype)
        return mb.add(x=x, y=mb.constexpr_blockwise_shift_scale(data=typed, scale=scale, **offset(typed)))

    return build, data.astype(np.float64), np.repeat(scale.astype(np.float64), 4, 1)


@pytest.mark.parametrize("shift", [False, True])
def test_blockwise_int4(shift: bool, tmp_path: Path) -> None:
    zero = np.arange(12).reshape(6, 2).astype(np.int8) - 6
    build, data, scale = blockwise(lambda typed: {"offset": zero.astype(typed.dtype)} if shift else {})
    path = save(tmp_path / "blocks.mlpackage", build, {"x": np.zeros((6, 8), np.float32)}, ct.target.iOS18)
    runner = ReferenceRunner(path, "fp64")
    result = runner.run({"x": np.zeros((6, 8), np.float32)})[runner.outputs[0].name]
    np.testing.assert_allclose(result, scale * (data - np.repeat(zero, 4, 1) * shift), 1e-7)


def test_constexpr_cast(tmp_path: Path) -> None:
    values = normal(300).astype(np.float16)

    def build(x):
        return mb.add(x=x, y=mb.constexpr_cast(source_val=values, output_dtype="fp32"))

    path = save(tmp_path / "cast.mlpackage", build, {"x": np.zeros(300, np.float32)})
    runner = ReferenceRunner(path)
    np.testing.assert_array_equal(runner.run({"x": np.zeros(300, np.float32)})[runner.outputs[0].name], values)


def joint(first, config):
    """Pruned first, then what `config` says, of the rest only."""
    pruned = cto.prune_weights(first, cto.OptimizationConfig(PRUNED))
    compress = cto.palettize_weights if isinstance(config, cto.OpPalettizerConfig) else cto.linear_quantize_weights
    return compress(pruned, cto.OptimizationConfig(config), joint_compression=True)


@pytest.mark.parametrize(
    ("op", "config"),
    [
        ("constexpr_lut_to_sparse", palette(4)),
        ("constexpr_sparse_blockwise_shift_scale", AFFINE),
        (
            "constexpr_sparse_blockwise_shift_scale",
            cto.OpLinearQuantizerConfig(
                mode="linear", dtype="int4", granularity="per_block", block_size=16, weight_threshold=0
            ),
        ),
    ],
    ids=["lut", "int8", "int4-blocks"],
)
def test_joint_compression(op: str, config, tmp_path: Path) -> None:
    dense = save(tmp_path / "dense.mlpackage", linear, INPUT, ct.target.iOS18)
    small = joint(ct.models.MLModel(str(dense), skip_model_load=True), config)
    equal_to_its_decompression(small, op, tmp_path)


def test_sparse_vectors(tmp_path: Path) -> None:
    """The documentation's own example of a table of vectors: each index gives two elements of axis 0."""
    mask = np.array([[1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 1], [0, 1, 1, 0, 1, 0], [0, 0, 0, 1, 0, 0]])
    indices = np.array([0, 1, 1, 0, 1, 1, 0, 0, 1])
    table = np.array([[2.0, 2.5], [3.0, 3.5]], np.float32).reshape(1, 1, 2, 2)
    expected = np.zeros((8, 6))
    for (row, column), index in zip(np.argwhere(mask), indices, strict=True):
        expected[2 * row : 2 * row + 2, column] = table[0, 0, index]

    def build(x):
        one_bit = types.np_uint1_dtype
        sparse = mb.constexpr_lut_to_sparse(
            indices_mask=mask.astype(one_bit),
            indices_nonzero_data=indices.astype(one_bit),
            lut=table,
            vector_axis=np.int32(0),
        )
        return mb.add(x=x, y=mb.constexpr_sparse_to_dense(nonzero_data=sparse[1], mask=sparse[0]))

    inputs = {"x": np.zeros((8, 6), np.float32)}
    runner = ReferenceRunner(save(tmp_path / "net.mlpackage", build, inputs, ct.target.iOS18))
    np.testing.assert_array_equal(runner.run(inputs)[runner.outputs[0].name], expected)
