"""Smaller `.mlpackage`s, by coremltools.optimize.

Source: https://apple.github.io/coremltools/docs-guides/source/opt-overview.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import coremltools as ct
import coremltools.optimize.coreml as cto
from coremltools.optimize.coreml import _post_training_quantization
from coremltools.optimize.coreml.experimental import _post_training_quantization as calibration
from coremltools.optimize.coreml.experimental._model_debugger import ModelDebugger

from deploykit.backends.base import QuantizeRequest, Tensors
from deploykit.backends.coreml.lower import out_of_sight, save
from deploykit.backends.coreml.reference import OpOutput, ReferenceRunner
from deploykit.backends.heads import Op, clashing_heads, told
from deploykit.backends.ranges import Ranges
from deploykit.precisions import SCHEMES, Scheme

WEIGHTED = frozenset(("conv", "conv_transpose", "linear", "matmul", "gather", "lstm", "gru", "rnn"))
"""Types of ops whose weights become smaller."""

LAYERS = frozenset(("conv", "avg_pool", "max_pool", "linear", "add"))
"""Types of ops that coremltools 9.0 calibrates: `insert_prefix_quantize_dequantize_pair`."""

SMALL = 512
"""Elements of a weight below which it stays as it is: its scales or palette would weigh as much."""

GROUPS_SINCE = 18
"""The first iOS where groups of channels can have palettes of their own."""

_Stats = dict[str, dict[str, float]]
"""coremltools' form of ranges: tensor → `rmin` and `rmax`."""


def quantize(path: Path, request: QuantizeRequest, draws: Sequence[Tensors]) -> tuple[str, ...]:
    """Makes a float package a smaller one, in place. Tells what else it did.

    Args:
        path: an `.mlpackage` at fp16.
        request: what is wanted.
        draws: the inputs to calibrate with.
    """
    scheme = SCHEMES[request.precision]
    heads: tuple[Op, ...] = ()
    with out_of_sight():
        made = ct.models.MLModel(str(path), skip_model_load=True)
        if scheme.calibrated:
            ranges, ops = _ranges(path, request, draws)
            heads = clashing_heads(ops, ranges, "concat", WEIGHTED)
            kept = replace(request, kept=(*request.kept, *(name for op in heads for name in op.outputs)))
            made = _activations(made, before_clips(ranges, ops), kept)
        made = _weights(made, scheme, request)
    save(made, path, f"{path.stem}, {request.precision}")
    return told(heads, "concat")


def _weights(model: Any, scheme: Scheme, request: QuantizeRequest) -> Any:
    if scheme.weights == "palette":
        grouped = {"granularity": "per_grouped_channel", "group_size": 16} if _system(request) >= GROUPS_SINCE else {}
        palette = cto.OpPalettizerConfig(nbits=scheme.bits, mode="kmeans", weight_threshold=SMALL, **grouped)
        return cto.palettize_weights(model, _config(palette, request))
    if scheme.weights == "sparse":
        zeros = cto.OpThresholdPrunerConfig(threshold=0.0, minimum_sparsity_percentile=0.3, weight_threshold=SMALL)
        return cto.prune_weights(model, _config(zeros, request))
    blocks = {"granularity": "per_block", "block_size": scheme.block} if scheme.block else {}
    linear = cto.OpLinearQuantizerConfig(
        mode="linear_symmetric", dtype=f"int{scheme.bits}", weight_threshold=SMALL, **blocks
    )
    return cto.linear_quantize_weights(model, _config(linear, request))


def _config(all_of: Any, request: QuantizeRequest) -> Any:
    """The same for every op but those that stay float."""
    return cto.OptimizationConfig(global_config=all_of, op_name_configs=dict.fromkeys(request.kept))


def _system(request: QuantizeRequest) -> int:
    return int(request.options["min_os"].split(".")[0])


def _activations(model: Any, ranges: dict[str, tuple[float, float]], request: QuantizeRequest) -> Any:
    linear = cto.OpLinearQuantizerConfig(mode="linear")
    with _calibrated({name: {"rmin": low, "rmax": high} for name, (low, high) in ranges.items()}, request.kept):
        return cto.linear_quantize_activations(model, _config(linear, request), [])


CLIPS = frozenset(("clip", "relu", "relu6"))
"""Ops behind which nothing is left of what they cut off."""


def before_clips(ranges: dict[str, tuple[float, float]], ops: Sequence[Op]) -> dict[str, tuple[float, float]]:
    """What only a clip takes gets the range that the clip lets through.

    coremltools 9.0 rounds between a convolution and a `clip`, as ReLU6 is one, and would spend most of the 255 steps on
    values that are cut off. Where an op of several takers is one of them, its range stays.

    Args:
        ranges: least and greatest value by tensor.
        ops: in the order of execution.
    """
    takers = Counter(name for op in ops for name in op.inputs)
    found = dict(ranges)
    for op in reversed(ops):
        if op.type in CLIPS and op.outputs[0] in found and takers[op.inputs[0]] == 1 and op.inputs[0] in found:
            found[op.inputs[0]] = found[op.outputs[0]]
    return found


def _ranges(
    path: Path, request: QuantizeRequest, draws: Sequence[Tensors]
) -> tuple[dict[str, tuple[float, float]], list[Op]]:
    """The range of every tensor over the calibration inputs, on the reference runner, and the ops that it executed."""
    ranges, ops = Ranges(request.ranges), dict[str, Op]()

    def watch(made: OpOutput) -> None:
        ops.setdefault(made.name, Op(made.op, made.operands, (made.name,)))
        ranges.see(made.name, made.value.numpy())

    with ReferenceRunner(path) as runner:
        for draw in draws:
            for name, value in draw.items():
                ranges.see(name, value)
            runner.run(draw, watch, state=runner.make_state())
    return ranges.found(), list(ops.values())


@contextmanager
def _calibrated(ranges: _Stats, kept: Collection[str]) -> Iterator[None]:
    """Has coremltools take these ranges; what a concat joins gets one, unless it stays float.

    It would run the model with Apple's runtime, which is not everywhere; and coremltools 9.0 keeps the range of the
    last sample only, since it overwrites what it knows before it compares.
    """

    def given(model: Any, samples: Any, group: int) -> _Stats:
        joined = [names for names in ModelDebugger(model)._get_concat_op_info() if names[-1] not in kept]
        calibration._adjust_concat_surrounding_activation_stats(joined, ranges)
        return ranges

    with mock.patch.object(_post_training_quantization, "_get_activation_calibration_stats", given):
        yield
