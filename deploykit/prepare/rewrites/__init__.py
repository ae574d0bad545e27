"""Exact rewrites of ATen ops that a converter lacks or gets wrong, as a table. A new one is a row and a function.

A rewrite is a plain function of an op's own arguments that gives the same result by other ops; it returns
`NotImplemented` to leave a call as it is. Which road needs which rewrite stands in `deploykit.backends.roads`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rewrite:
    """A row of the table."""

    ops: tuple[str, ...]
    """The overloads whose calls it may replace, as torch.export writes them: "aten.constant_pad_nd.default"."""
    where: str
    """The function, or a dictionary of functions by overload, resolved on use: this table does not import torch."""
    why: str
    """What goes wrong without it, and in which converter."""
    kind: Literal["op", "rank", "graph", "last"] = "op"
    """What the function takes: an op's own arguments; any op of a program with tensors of high rank, with its arguments
    and an example of its result; or a `GraphModule`, which it changes in place, telling whether it did. `last`: as
    `op`, after all others, since it gives ops of a format that they do not know."""
    rank: int = 0
    """Of kind `rank`: how many dimensions a tensor may have."""
    or_none: bool = False
    """Of kind `rank`: whether it is of no use while some op needs a tensor of higher rank."""


_HERE = "deploykit.prepare.rewrites."

REWRITES: dict[str, Rewrite] = {
    "negative padding as slices": Rewrite(
        ("aten.constant_pad_nd.default", "aten.pad.default"),
        _HERE + "padding:constant_pad",
        "coremltools 9.0 refuses a padding below 0",
    ),
    "constants folded": Rewrite(
        (),
        _HERE + "constants:fold",
        "coremltools 9.0 lacks many ops of masks and tables, and gets -inf and integers wrong in others; "
        "LiteRT's GPU gets what a file computes of constants wrong (XCiT: 9 dB)",
        kind="graph",
    ),
    "rank at most 5": Rewrite(
        (),
        _HERE + "rank:low_rank",
        "Core ML has no tensors of rank 6 and more: "
        "https://apple.github.io/coremltools/docs-guides/source/ml-programs.html",
        kind="rank",
        rank=5,
    ),
    "rank at most 4": Rewrite(
        (),
        _HERE + "rank:low_rank",
        "LiteRT's GPU reshapes, transposes and slices tensors of rank 4 at most (MobileViT-XS: 10 parts)",
        kind="rank",
        rank=4,
        or_none=True,
    ),
    "resizes as matrix products": Rewrite(
        (
            "aten.upsample_bicubic2d.vec",
            "aten.upsample_bicubic2d.default",
            "aten.upsample_linear1d.vec",
            "aten.upsample_bilinear2d.vec",
            "aten.upsample_trilinear3d.vec",
            "aten.adaptive_avg_pool3d.default",
        ),
        _HERE + "resize:RESIZES",
        "coremltools 9.0 has no bicubic resize, and refuses scale factors that are no ratio",
    ),
    "rows of constants at rank 4": Rewrite(
        (),
        _HERE + "leading:at_rank_four",
        "LiteRT's GPU takes the first row of a constant of rank 2 or 3 for all (SSDLite: 1 dB)",
        kind="graph",
    ),
    "padding of rows at rank 4": Rewrite(
        ("aten.constant_pad_nd.default", "aten.pad.default"),
        _HERE + "padding:at_rank_four",
        "LiteRT's GPU pads tensors of rank 2 and 3 as if they had one row (HaloNet: 28 dB)",
    ),
    "heads along the first axis": Rewrite(
        (),
        _HERE + "heads:first",
        "LiteRT's GPU adds a constant of rank 4 to a product [h, n, m] wrong: biases and masks (LeViT: 0.5 dB)",
        kind="graph",
    ),
    "bicubic resizes as matrix products": Rewrite(
        ("aten.upsample_bicubic2d.vec", "aten.upsample_bicubic2d.default"),
        _HERE + "resize:BICUBIC",
        "litert-torch 0.10 makes 16 gathers of it, which mobile GPUs refuse",
    ),
    "antialiased resizes as matrix products": Rewrite(
        (
            "aten._upsample_bicubic2d_aa.vec",
            "aten._upsample_bicubic2d_aa.default",
            "aten._upsample_bilinear2d_aa.vec",
            "aten._upsample_bilinear2d_aa.default",
        ),
        _HERE + "resize:ANTIALIASED",
        "coremltools 9.0 ignores antialiasing, litert-torch 0.10 lacks it",
    ),
    "windows as picks": Rewrite(
        (
            "aten.im2col.default",
            "aten.col2im.default",
            "aten.unfold.default",
        ),
        _HERE + "windows:WINDOWS",
        "coremltools 9.0 has no Tensor.unfold, and no F.fold whose windows overlap",
    ),
    "moments as means": Rewrite(
        (
            "aten.var.default",
            "aten.var.dim",
            "aten.var.correction",
            "aten.std.default",
            "aten.std.dim",
            "aten.std.correction",
            "aten.var_mean.default",
            "aten.var_mean.dim",
            "aten.var_mean.correction",
            "aten.std_mean.default",
            "aten.std_mean.dim",
            "aten.std_mean.correction",
            "aten.argmax.default",
            "aten.argmin.default",
            "aten.kthvalue.default",
            "aten.median.dim",
            "aten.prod.dim_int",
            "aten.cumsum.default",
        ),
        _HERE + "reductions:REDUCTIONS",
        "coremltools 9.0 takes a missing correction of var and std for 0, and argmax of all elements for that of a row",
    ),
    "arithmetic in plain ops": Rewrite(
        (
            "aten.trunc.default",
            "aten.fix.default",
            "aten.fmod.Scalar",
            "aten.fmod.Tensor",
            "aten.fmax.default",
            "aten.fmin.default",
            "aten.erfc.default",
            "aten.special_erfc.default",
            "aten.hypot.default",
            "aten.bitwise_and.Tensor",
            "aten.bitwise_or.Tensor",
            "aten.bitwise_xor.Tensor",
            "aten.__and__.Tensor",
            "aten.__or__.Tensor",
            "aten.__xor__.Tensor",
            "aten.where.self",
            "aten.where.ScalarSelf",
            "aten.where.ScalarOther",
            "aten.where.Scalar",
            "aten.lerp.Scalar",
            "aten.lerp.Tensor",
            "aten.log_sigmoid.default",
            "aten.softplus.default",
            "aten.asinh.default",
            "aten.round.decimals",
            "aten.prelu.default",
            "aten.cdist.default",
            "aten.bilinear.default",
            "aten.bucketize.Tensor",
            "aten.searchsorted.Tensor",
        ),
        _HERE + "arithmetic:ARITHMETIC",
        "coremltools 9.0 lacks them, or torch decomposes them to what it lacks; it mixes no types in where",
    ),
    "products of vectors as of matrices": Rewrite(
        ("aten.matmul.default", "aten.mv.default", "aten.dot.default"),
        _HERE + "products:VECTORS",
        "coremltools 9.0 fails: list index out of range",
    ),
    "picks of another shape": Rewrite(
        (
            "aten.gather.default",
            "aten.diagonal.default",
            "aten.pixel_shuffle.default",
            "aten.pixel_unshuffle.default",
        ),
        _HERE + "picking:PICKING",
        "coremltools 9.0 has them for tensors of one size, the first two axes, or rank 4 only",
    ),
    "group norm of volumes as of planes": Rewrite(
        ("aten.group_norm.default",),
        _HERE + "norms:group_norm_of_volumes",
        "coremltools 9.0 reshapes to rank 6, which Core ML has not",
    ),
    "sums with a factor": Rewrite(
        ("aten.add.Tensor", "aten.sub.Tensor"),
        _HERE + "arithmetic:SCALED",
        "coremltools 9.0 forgets alpha: x + y; litert-torch 0.10 refuses it",
    ),
    "scattered sums and means as additions": Rewrite(
        ("aten.scatter_reduce.two",),
        _HERE + "scattering:added",
        "torch 2.14's dynamo exporter to ONNX gives sums: 1 dB; the others refuse it",
    ),
    "real functions of integers": Rewrite(
        (
            "aten.sqrt.default",
            "aten.rsqrt.default",
            "aten.exp.default",
            "aten.exp2.default",
            "aten.log.default",
            "aten.log2.default",
            "aten.log10.default",
            "aten.log1p.default",
            "aten.sin.default",
            "aten.cos.default",
            "aten.tanh.default",
            "aten.sigmoid.default",
            "aten.reciprocal.default",
        ),
        _HERE + "arithmetic:REAL",
        "coremltools 9.0 takes floats only",
    ),
    "elements moved by slices": Rewrite(
        (
            "aten.roll.default",
            "aten.full_like.default",
            "aten.zeros_like.default",
            "aten.ones_like.default",
            "aten.new_full.default",
            "aten.new_zeros.default",
            "aten.new_ones.default",
        ),
        _HERE + "moving:MOVING",
        "coremltools 9.0 lacks roll without dims, and the dtype of zeros_like",
    ),
    "dilated max pooling as maxima": Rewrite(
        ("aten.max_pool2d.default",),
        _HERE + "pooling:dilated_max_pool2d",
        "coremltools 9.0 lacks the dilation",
    ),
    "max pooling with its own room": Rewrite(
        ("aten.max_pool2d.default",),
        _HERE + "pooling:roomy_max_pool2d",
        "litert-torch 0.10 adds a window where they fit exactly on one axis and ceil_mode matters on the other",
    ),
    "indices of maxima by comparisons": Rewrite(
        ("aten.max_pool2d_with_indices.default",),
        _HERE + "pooling:max_pool2d_with_indices",
        "litert-torch 0.10 gives other indices than those into the plane; coremltools 9.0 refuses them",
    ),
    "fractional nearest resize as gathers": Rewrite(
        ("aten.upsample_nearest2d.vec", "aten.upsample_nearest2d.default"),
        _HERE + "nearest:fractional",
        "litert-torch 0.10 rounds otherwise than ATen, unless both sizes grow by whole numbers (GhostNetV2: 20 dB)",
    ),
    "bilinear resize by its factor": Rewrite(
        ("aten.upsample_bilinear2d.vec",),
        _HERE + "linear:by_factor",
        "litert-torch 0.10 steps by the ratio of the sizes where ATen steps by the factor: 7 dB for 1.5 from 7 to 10",
    ),
    "attention with key and value for each head": Rewrite(
        ("aten.scaled_dot_product_attention.default",),
        _HERE + "attention:broadcast",
        "as of broadcasts as copies, inside the op (MobileNetV4-Hybrid: 4 dB); coremltools 9.0 lacks enable_gqa",
    ),
    "broadcasts as copies": Rewrite(
        (
            "aten.expand.default",
            "aten.expand_as.default",
            "aten.broadcast_to.default",
            "aten.repeat.default",
            "aten.tile.default",
            "aten.repeat_interleave.self_int",
            "aten.matmul.default",
            "aten.add.Tensor",
            "aten.mul.Tensor",
        ),
        _HERE + "broadcasting:BROADCASTS",
        "litert-torch 0.10 moves a transpose before a broadcast, with the shape as it was: -3 dB, or no file",
    ),
    "complex numbers as pairs": Rewrite(
        ("aten.complex.default", "aten.polar.default", "aten.view_as_complex.default"),
        _HERE + "complex_pair:COMPLEX",
        "no mobile format has complex numbers",
    ),
    "Fourier transforms as matmuls": Rewrite(
        (
            "aten.stft.default",
            "aten.istft.default",
            *(f"aten.fft_{kind}fft{axes}.default" for kind in ("", "i", "r", "ir") for axes in ("", "2", "n")),
            "aten.fft_hfft.default",
            "aten.fft_ihfft.default",
        ),
        _HERE + "spectral:SPECTRAL",
        "litert-torch 0.10 has the transform of real values along the last axis only, and no inverse",
    ),
    "attention with strides of its own": Rewrite(
        ("aten.scaled_dot_product_attention.default",),
        _HERE + "attention:strides",
        "torch 2.14's dynamo exporter decomposes it to other strides: Cannot view a tensor with shape ... and strides",
    ),
    "attention of four axes": Rewrite(
        ("aten.scaled_dot_product_attention.default",),
        _HERE + "attention:four_axes",
        "torch 2.14's dynamo exporter to ONNX refuses other ranks",
    ),
    "pooling without an idle ceil_mode": Rewrite(
        ("aten.avg_pool2d.default", "aten.max_pool2d.default"),
        _HERE + "pooling:CEILINGS",
        "ONNX keeps a window that starts in the padding, which PyTorch drops; LiteRT's GPU refuses the "
        "STABLEHLO_REDUCE_WINDOW that litert-torch 0.10 makes of averages with ceil_mode (NextViT: 4 parts)",
    ),
    "averages over padding as convolutions": Rewrite(
        ("aten.avg_pool1d.default", "aten.avg_pool2d.default"),
        _HERE + "pooling:PADDED_AVERAGES",
        "LiteRT's GPU joins the padding with the pooling, and leaves its zeros out of the count: 19 dB for 3 x 3",
    ),
    "average pooling by a divisor as a mean": Rewrite(
        ("aten.avg_pool2d.default",),
        _HERE + "pooling:divided",
        "torch 2.14's dynamo exporter to ONNX forgets divisor_override: 7 dB",
    ),
    "adaptive max pooling as maxima": Rewrite(
        ("aten.adaptive_max_pool1d.default", "aten.adaptive_max_pool2d.default"),
        _HERE + "pooling:ADAPTIVE_MAX",
        "litert-torch 0.10 lacks it, and ONNX where the sizes do not divide",
    ),
    "transposed convolution without output padding": Rewrite(
        ("aten.conv_transpose1d.default", "aten.conv_transpose2d.input"),
        _HERE + "transposed:convolution",
        "litert-torch 0.10 fails: failed to legalize operation 'mhlo.convolution'",
    ),
    "log_sigmoid without rounding twice": Rewrite(
        ("aten.log_sigmoid.default",),
        _HERE + "arithmetic:log_sigmoid",
        "torch 2.14's dynamo exporter to ONNX takes the logarithm of a sigmoid that is rounded first: 62 dB",
    ),
    "transposed convolution over spread pixels": Rewrite(
        ("aten.conv_transpose1d.default", "aten.conv_transpose2d.input", "aten.conv_transpose3d.input"),
        _HERE + "transposed:TRANSPOSED",
        "litert-torch 0.10 fails with groups or dilation, and leaves a 3D one to StableHLO, which no runtime has",
    ),
    "integers by int32's ops": Rewrite(
        (
            "aten.floor_divide.default",
            "aten.div.Tensor_mode",
            "aten.fmod.Tensor",
            "aten.fmod.Scalar",
            "aten.abs.default",
            "aten.sign.default",
            "aten.square.default",
            "aten.pow.Tensor_Scalar",
        ),
        _HERE + "integers:INTEGERS",
        "litert-torch 0.10 fails: failed to legalize operation 'mhlo.round_nearest_afz', 'tfl.sign', 'tfl.pow'",
    ),
    "one axis flipped after the other": Rewrite(
        ("aten.flip.default",),
        _HERE + "moving:flip",
        "LiteRT's reverse takes neighbouring axes only",
    ),
    "choices and powers that LiteRT lacks": Rewrite(
        (
            "aten.logical_xor.default",
            "aten.exp2.default",
            "aten.copysign.Tensor",
            "aten.index_put.default",
            "aten.index_put_.default",
        ),
        _HERE + "arithmetic:LACKED",
        "litert-torch 0.10 has none of them; of index_put it lacks that by a mask",
    ),
    "means in steps": Rewrite(
        ("aten.mean.dim", "aten.adaptive_avg_pool2d.default"),
        _HERE + "reductions:STEPS",
        "LiteRT's CPU kernels sum in a row: over 64 × 64 equal pixels the mean keeps 81 of 128 dB (MaxViT's gates)",
    ),
    "instance norm of kept statistics as a scale": Rewrite(
        ("aten.instance_norm.default",),
        _HERE + "norms:settled_instance_norm",
        "coremltools 9.0 takes the input's own statistics: 3 dB",
    ),
    "norms of planes centred twice": Rewrite(
        ("aten.instance_norm.default", "aten.group_norm.default"),
        _HERE + "norms:NORMS",
        "over a constant plane ONNX Runtime and LiteRT leave the rounding error of the mean, some hundred times larger",
    ),
    "group norm by arithmetic": Rewrite(
        ("aten.group_norm.default",),
        _HERE + "norms:group_norm_by_arithmetic",
        "litert-torch 0.10 copies its factors by BROADCAST_TO, which LiteRT's GPU refuses (PoolFormer: 25 parts)",
    ),
    "sort as topk": Rewrite(
        ("aten.sort.default", "aten.argsort.default"),
        _HERE + "ordering:ORDERING",
        "litert-torch 0.10 fails: comparator block argument #2 should be of type 'tensor<i32>'",
    ),
    "choices along an axis as gathers": Rewrite(
        ("aten.index_select.default", "aten.index.Tensor"),
        _HERE + "choices:CHOICES",
        "litert-torch 0.10 makes GATHER_ND of them, which mobile GPUs refuse",
        kind="last",
    ),
    "one_hot as a comparison": Rewrite(
        ("aten.one_hot.default",), _HERE + "ordering:one_hot", "litert-torch 0.10 lacks the check of the range in it"
    ),
}
