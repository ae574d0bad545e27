"""PyTorch itself at a precision with integers: the yardstick for what such an artifact can be expected to give.

The captured program is run op by op. Its weights are replaced by what integers with a scale, or a palette, leave of
them; activations are rounded to int8 by their range over the calibration inputs, or by their own. Nothing else is
approximated, so an artifact that is much worse has lost more than its bits. Scheme of LiteRT's specification, which
the other tools follow: https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, fx
from torch.export import ExportedProgram
from torch.utils import _pytree as pytree

from deploykit.backends.base import Runner, Tensors
from deploykit.backends.heads import clash
from deploykit.precisions import SCHEMES, Precision, Scheme

SMALL = 512
"""Elements of a weight below which a palette or blocks leave it as it is, as `backends.coreml.quantize.SMALL`."""

_INT8 = (-128, 127)

WEIGHTED: dict[str, tuple[int, int, int]] = {
    "conv1d": (0, 1, 0),
    "conv2d": (0, 1, 0),
    "conv3d": (0, 1, 0),
    "convolution": (0, 1, 0),
    "conv_transpose1d": (0, 1, 1),
    "conv_transpose2d": (0, 1, 1),
    "conv_transpose3d": (0, 1, 1),
    "linear": (0, 1, 0),
    "addmm": (1, 2, -1),
    "mm": (0, 1, -1),
    "bmm": (0, 1, -1),
    "matmul": (0, 1, -1),
    "embedding": (1, 0, 0),
}
"""Op → where its activation and its weight stand, and the weight's axis of output channels."""

MOVES = frozenset(
    "alias channel_shuffle chunk clone constant_pad_nd contiguous detach expand expand_as flatten gather "  # noqa: SIM905  # a list of 40 strings is 40 lines
    "index_select max_pool2d movedim pad permute pixel_shuffle pixel_unshuffle repeat reshape roll select slice "
    "split split_with_sizes squeeze t transpose unbind unflatten unsqueeze view view_as".split()
)
"""Ops that give values that they were given: they keep the range, and cost nothing."""

JOINS = frozenset(("cat", "stack"))
"""Ops that put tensors side by side."""

FUSED = frozenset(("relu", "relu_", "hardtanh", "hardtanh_", "clamp", "clamp_min"))
"""Ops that every runtime does in one with the op before: what is between them is never rounded."""


class HonestRunner(Runner):
    """A captured program at a precision with integers.

    Args:
        program: as `capture` saved it.
        precision: one with integers, a palette or zeros.
        calibration: inputs, one by one; for ranges of activations.
    """

    def __init__(self, program: ExportedProgram, precision: Precision, calibration: list[Tensors]) -> None:
        self._module = program.module(check_guards=False)
        self._fake = _Fake(self._module, SCHEMES[precision])
        if SCHEMES[precision].calibrated:
            for inputs in calibration:
                self._run(inputs)
            self._fake.calibrated = True

    def run(self, inputs: Tensors) -> Tensors:
        """See `Runner.run`."""
        return self._run(inputs)

    def _run(self, inputs: Tensors) -> Tensors:
        with torch.no_grad():
            given = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in inputs.items()}
            made = self._fake.run(*given.values())
        return {name: value.numpy() for name, value in made.items()}


class _Fake(fx.Interpreter):
    """Runs a program with the numbers of a scheme; first, to see ranges, with its own activations."""

    def __init__(self, module: fx.GraphModule, scheme: Scheme) -> None:
        super().__init__(module)
        self.scheme = scheme
        self.calibrated = False
        self._ranges: dict[str, tuple[float, float]] = {}
        self._joined: dict[str, list[tuple[float, float]]] = {}
        self._weights: dict[tuple[str, int], Tensor] = {}
        self._constant: set[fx.Node] = set()
        for node in module.graph.nodes:
            known = all(operand in self._constant for operand in node.all_input_nodes)
            if node.op == "get_attr" or (node.op == "call_function" and known):
                self._constant.add(node)
        self._features: set[fx.Node] = set()
        """With weights behind them."""
        for node in reversed(module.graph.nodes):
            if any(_op(user) in WEIGHTED or user in self._features for user in node.users):
                self._features.add(node)

    def run_node(self, n: fx.Node) -> Any:
        """One op, with its weight and its result as the scheme has them."""
        if n.op != "call_function" or n in self._constant:
            return self._seen(n, super().run_node(n)) if n.op == "placeholder" else super().run_node(n)
        name = _op(n)
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        if name in WEIGHTED:
            args = tuple(self._with_weight(n, list(args), *WEIGHTED[name]))
        made = self.call_function(n.target, args, kwargs)
        if name in JOINS and n not in self._features and self._clashing(n.name, args[0]):
            return made
        inner = len(n.users) == 1 and all(_op(user) in FUSED for user in n.users)
        return made if name in MOVES or inner else self._seen(n, made)

    def _clashing(self, name: str, joined: list[Tensor]) -> bool:
        """Whether heads that are joined keep their scales, as `backends.heads` has it."""
        if not self.scheme.calibrated or not joined[0].is_floating_point():
            return False
        if not self.calibrated:
            known = self._joined.get(name, [(0.0, 0.0)] * len(joined))
            seen = ((float(x.min()), float(x.max())) for x in joined)
            self._joined[name] = [(min(a, c), max(b, d)) for (a, b), (c, d) in zip(known, seen, strict=True)]
        return clash(self._joined[name])

    def _with_weight(self, node: fx.Node, args: list[Any], activation: int, weight: int, axis: int) -> list[Any]:
        if node.args[weight] not in self._constant or not args[weight].is_floating_point():
            return args
        key = (str(node.args[weight]), axis)
        if key not in self._weights:
            self._weights[key] = rounded_weight(args[weight], axis, self.scheme)
        args[weight] = self._weights[key]
        if self.scheme.activations == "dynamic" and args[activation].is_floating_point():
            x = args[activation]
            args[activation] = _rounded(x, float(x.min()), float(x.max()))
        return args

    def _seen(self, node: fx.Node, made: Any) -> Any:
        if not self.scheme.calibrated:
            return made
        return pytree.tree_map_only(Tensor, lambda value: self._activation(node.name, value), made)

    def _activation(self, name: str, x: Tensor) -> Tensor:
        if not x.is_floating_point() or x.numel() == 0:
            return x
        if not self.calibrated:
            low, high = self._ranges.get(name, (0.0, 0.0))
            self._ranges[name] = (min(low, float(x.min())), max(high, float(x.max())))
            return x
        return _rounded(x, *self._ranges[name])


def _op(node: fx.Node) -> str:
    """An ATen op without its overload: `conv2d`."""
    return str(node.target).removeprefix("aten.").split(".", 1)[0]


def rounded_weight(weight: Tensor, axis: int, scheme: Scheme) -> Tensor:
    """What a scheme leaves of a weight.

    Integers have a scale for each output channel; that a tool may give blocks of one scales of their own is its merit.
    Depthwise weights keep 8 bits in all tools.

    Args:
        weight: floating point, of any shape.
        axis: of output channels.
        scheme: says how many bits, and of what kind.
    """
    depthwise = weight.ndim > 2 and weight.shape[1] == 1
    if scheme.weights == "sparse":
        return weight
    if scheme.weights == "palette":
        return weight if weight.numel() < SMALL else _palette(weight, scheme.bits)
    rows = weight.movedim(axis, 0)
    flat = rows.reshape(len(rows), -1)
    most = 2 ** (max(scheme.bits, 8 if depthwise else 0) - 1) - 1
    scale = (flat.abs().amax(1, keepdim=True) / most).clamp_min(torch.finfo(weight.dtype).tiny)
    kept: Tensor = (flat / scale).round().clamp(-most, most) * scale
    return kept.reshape(rows.shape).movedim(0, axis)


LLOYD_STEPS = 50


def _palette(weight: Tensor, bits: int) -> Tensor:
    """Each value becomes the nearest of the centres that Lloyd's iteration finds, from quantiles on."""
    values = weight.flatten().sort().values
    centres = torch.quantile(values[:: max(1, len(values) // 10**6)], torch.linspace(0, 1, 2**bits))
    sums = torch.cat([values.new_zeros(1, dtype=torch.float64), values.double().cumsum(0)])
    for _ in range(LLOYD_STEPS):
        edges = torch.searchsorted(values, (centres[1:] + centres[:-1]) / 2)
        bounds = torch.cat([edges.new_zeros(1), edges, edges.new_tensor([len(values)])])
        sizes = bounds.diff()
        means = (sums[bounds[1:]] - sums[bounds[:-1]]) / sizes.clamp_min(1)
        centres = torch.where(sizes > 0, means.to(values.dtype), centres)
    return centres[torch.bucketize(weight, (centres[1:] + centres[:-1]) / 2)]


def _rounded(x: Tensor, low: float, high: float) -> Tensor:
    """To int8 and back, with 0 kept exact."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255
    if scale == 0 or not np.isfinite(scale):
        return x
    zero = int(np.clip(round(_INT8[0] - low / scale), *_INT8))
    made: Tensor = torch.fake_quantize_per_tensor_affine(x.float(), scale, zero, *_INT8)
    return made.to(x.dtype)
