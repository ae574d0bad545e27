"""The table of ops that the reference runner knows.

Each function takes an op's arguments and returns its output, or a tuple of them. `const` is not among them: the plan
reads it. Floating point tensors come and go
in the mode's compute type; the program brings results to their declared type afterwards.

A source in brackets, like [iOS15.conv.conv], names a section of
https://apple.github.io/coremltools/source/coremltools.converters.mil.mil.ops.defs.html
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops import (
    activation,
    classify,
    combine,
    constexpr,
    control,
    conv,
    detection,
    elementwise,
    indexing,
    linear,
    lists,
    norm,
    padding,
    pool,
    quantization,
    random,
    recurrent,
    reduce,
    resize,
    sampling,
    shape,
    slicing,
    state,
)
from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.backends.coreml.reference.ops.elementwise import binary, unary
from deploykit.backends.coreml.reference.ops.reduce import reduction
from deploykit.backends.coreml.reference.values import Value

OpFunction = Callable[[Arguments], Value | tuple[Value, ...]]

OPS: dict[str, OpFunction] = {
    # one operand
    "abs": unary(torch.abs),
    "acos": unary(torch.acos),
    "asin": unary(torch.asin),
    "atan": unary(torch.atan),
    "atanh": unary(torch.atanh),
    "cast": elementwise.passed_on,
    "ceil": unary(torch.ceil),
    "clip": elementwise.clip,
    "cos": unary(torch.cos),
    "cosh": unary(torch.cosh),
    "erf": unary(torch.erf),
    "exp": unary(torch.exp),
    "exp2": unary(elementwise.exp2),
    "floor": unary(torch.floor),
    "identity": elementwise.passed_on,
    "inverse": elementwise.inverse,
    "log": elementwise.log,
    "logical_not": unary(torch.logical_not),
    "round": unary(torch.round),
    "rsqrt": elementwise.rsqrt,
    "sign": unary(torch.sign),
    "sin": unary(torch.sin),
    "sinh": unary(torch.sinh),
    "sqrt": unary(torch.sqrt),
    "square": unary(torch.square),
    "tan": unary(torch.tan),
    "tanh": unary(torch.tanh),
    "threshold": elementwise.threshold,
    # two operands, and select
    "add": binary(torch.add),
    "equal": binary(torch.eq),
    "floor_div": binary(elementwise.floor_div),
    "greater": binary(torch.gt),
    "greater_equal": binary(torch.ge),
    "less": binary(torch.lt),
    "less_equal": binary(torch.le),
    "logical_and": binary(torch.logical_and),
    "logical_or": binary(torch.logical_or),
    "logical_xor": binary(torch.logical_xor),
    "maximum": binary(torch.maximum),
    "minimum": binary(torch.minimum),
    "mod": binary(torch.remainder),
    "mul": binary(torch.mul),
    "not_equal": binary(torch.ne),
    "pow": binary(torch.pow),
    "real_div": elementwise.real_div,
    "select": elementwise.select,
    "sub": binary(torch.sub),
    # activations
    "clamped_relu": activation.clamped_relu,
    "elu": activation.elu,
    "gelu": activation.gelu,
    "leaky_relu": activation.leaky_relu,
    "linear_activation": activation.linear_activation,
    "prelu": activation.prelu,
    "relu": unary(F.relu),
    "relu6": unary(F.relu6),
    "scaled_tanh": activation.scaled_tanh,
    "sigmoid": unary(torch.sigmoid),
    "sigmoid_hard": activation.sigmoid_hard,
    "silu": unary(F.silu),
    "softmax": activation.softmax,
    "softplus": unary(activation.softplus),
    "softplus_parametric": activation.softplus_parametric,
    "softsign": unary(F.softsign),
    "thresholded_relu": activation.thresholded_relu,
    # convolutions and matrix products
    "conv": conv.conv,
    "conv_quantized": conv.conv_quantized,
    "conv_transpose": conv.conv_transpose,
    "einsum": linear.einsum,
    "linear": linear.linear,
    "matmul": linear.matmul,
    "scaled_dot_product_attention": linear.scaled_dot_product_attention,
    # normalisations
    "batch_norm": norm.batch_norm,
    "instance_norm": norm.instance_norm,
    "l2_norm": norm.l2_norm,
    "layer_norm": norm.layer_norm,
    "local_response_norm": norm.local_response_norm,
    # recurrent layers
    "gru": recurrent.gru,
    "lstm": recurrent.lstm,
    "rnn": recurrent.rnn,
    # pools
    "avg_pool": pool.avg_pool,
    "l2_pool": pool.l2_pool,
    "max_pool": pool.max_pool,
    # reductions
    "cumsum": reduce.cumsum,
    "reduce_argmax": reduce.reduce_argmax,
    "reduce_argmin": reduce.reduce_argmin,
    "reduce_l1_norm": reduction(reduce.l1_norm),
    "reduce_l2_norm": reduction(reduce.l2_norm),
    "reduce_log_sum": reduction(reduce.log_sum),
    "reduce_log_sum_exp": reduction(reduce.log_sum_exp),
    "reduce_max": reduction(reduce.largest),
    "reduce_mean": reduction(reduce.mean),
    "reduce_min": reduction(reduce.smallest),
    "reduce_prod": reduction(reduce.product),
    "reduce_sum": reduction(reduce.total),
    "reduce_sum_square": reduction(reduce.sum_square),
    # shapes and order
    "batch_to_space": shape.batch_to_space,
    "depth_to_space": shape.depth_to_space,
    "expand_dims": shape.expand_dims,
    "flatten2d": shape.flatten2d,
    "pixel_shuffle": shape.pixel_shuffle,
    "pixel_unshuffle": shape.pixel_unshuffle,
    "reshape": shape.reshape,
    "reshape_like": shape.reshape_like,
    "shape": shape.shape,
    "space_to_batch": shape.space_to_batch,
    "space_to_depth": shape.space_to_depth,
    "squeeze": shape.squeeze,
    "transpose": shape.transpose,
    # joining, dividing, creating
    "band_part": combine.band_part,
    "concat": combine.concat,
    "fill": combine.fill,
    "fill_like": combine.fill_like,
    "one_hot": combine.one_hot,
    "pad": padding.pad,
    "range_1d": combine.range_1d,
    "split": combine.split,
    "stack": combine.stack,
    "tile": combine.tile,
    # slices
    "crop": slicing.crop,
    "reverse": slicing.reverse,
    "reverse_sequence": slicing.reverse_sequence,
    "slice_by_index": slicing.slice_by_index,
    "slice_by_size": slicing.slice_by_size,
    "slice_update": slicing.slice_update,
    "sliding_windows": slicing.sliding_windows,
    # indexing and sorting
    "argsort": indexing.argsort,
    "gather": indexing.gather,
    "gather_along_axis": indexing.gather_along_axis,
    "gather_nd": indexing.gather_nd,
    "non_maximum_suppression": detection.non_maximum_suppression,
    "non_zero": indexing.non_zero,
    "scatter": indexing.scatter,
    "scatter_along_axis": indexing.scatter_along_axis,
    "scatter_nd": indexing.scatter_nd,
    "topk": indexing.topk,
    # resizing and sampling
    "affine": sampling.affine,
    "crop_resize": sampling.crop_resize,
    "resample": sampling.resample,
    "resize": resize.resize,
    "resize_bilinear": resize.resize_bilinear,
    "resize_nearest_neighbor": resize.resize_nearest_neighbor,
    "upsample_bilinear": resize.upsample_bilinear,
    "upsample_nearest_neighbor": resize.upsample_nearest_neighbor,
    # random values
    "random_bernoulli": random.random_bernoulli,
    "random_categorical": random.random_categorical,
    "random_normal": random.random_normal,
    "random_uniform": random.random_uniform,
    # control flow, lists, states
    "cond": control.cond,
    "while_loop": control.while_loop,
    "list_gather": lists.list_gather,
    "list_length": lists.list_length,
    "list_read": lists.list_read,
    "list_scatter": lists.list_scatter,
    "list_write": lists.list_write,
    "make_list": lists.make_list,
    "coreml_update_state": state.update_state,
    "read_state": state.read_state,
    "write_state": state.write_state,
    # a classifier's end
    "classify": classify.classify,
    # quantised activations
    "dequantize": quantization.dequantize,
    "quantize": quantization.quantize,
    # compressed weights
    "constexpr_affine_dequantize": constexpr.affine_dequantize,
    "constexpr_blockwise_shift_scale": constexpr.blockwise_shift_scale,
    "constexpr_cast": constexpr.cast,
    "constexpr_lut_to_dense": constexpr.lut_to_dense,
    "constexpr_lut_to_sparse": constexpr.lut_to_sparse,
    "constexpr_sparse_blockwise_shift_scale": constexpr.sparse_blockwise_shift_scale,
    "constexpr_sparse_to_dense": constexpr.sparse_to_dense,
}

MOVES = frozenset(
    {"identity", "depth_to_space", "expand_dims", "flatten2d", "pixel_shuffle", "pixel_unshuffle", "reshape"}
    | {"space_to_depth", "squeeze", "transpose", "concat", "split", "stack", "tile", "crop", "reverse"}
    | {"slice_by_index", "slice_by_size", "sliding_windows", "gather", "gather_along_axis", "gather_nd"}
    | {"relu", "max_pool", "reduce_max", "reduce_min", "batch_to_space", "space_to_batch", "reshape_like"}
    | {"reverse_sequence", "cond", "while_loop", "list_read", "list_gather", "coreml_update_state"}
)
"""Ops whose results are elements of their operands, or 0: already rounded, so the program need not round them again."""

VIEWS = frozenset(
    {"identity", "expand_dims", "flatten2d", "reshape", "reshape_like", "squeeze", "transpose", "slice_by_size"}
    | {"split", "crop", "sliding_windows", "cond", "while_loop", "read_state"}
)
"""Ops that make no new tensors, or hardly ever: what they declare is not counted as memory."""
