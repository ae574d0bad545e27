"""The roads of each backend: which converter, and after which rewrites. A new one is one row here and one function."""

from __future__ import annotations

from dataclasses import dataclass
from pkgutil import resolve_name

from deploykit.backends.base import Road


@dataclass(frozen=True)
class RoadEntry:
    """One way of lowering."""

    name: str
    where: str
    rewrites: tuple[str, ...] = ()
    """Of `deploykit.prepare.rewrites.REWRITES`: what its converter lacks or gets wrong."""
    narrow: str = ""
    """Where its file at fp32 is made one at fp16, in place, with the bytes that lowering anew would give; empty where
    only lowering does."""

    @property
    def function(self) -> Road:
        """Lowers an ExportedProgram."""
        found: Road = resolve_name(self.where)
        return found


_COREML = (
    "constants folded",
    "complex numbers as pairs",
    "Fourier transforms as matmuls",
    "fractional nearest resize as gathers",
    "rank at most 5",
    "negative padding as slices",
    "resizes as matrix products",
    "antialiased resizes as matrix products",
    "windows as picks",
    "moments as means",
    "arithmetic in plain ops",
    "real functions of integers",
    "elements moved by slices",
    "dilated max pooling as maxima",
    "indices of maxima by comparisons",
    "average pooling by a divisor as a mean",
    "instance norm of kept statistics as a scale",
    "group norm of volumes as of planes",
    "products of vectors as of matrices",
    "picks of another shape",
    "sums with a factor",
    "scattered sums and means as additions",
    "attention with key and value for each head",
)

_LITERT_TORCH = (
    "constants folded",
    "rank at most 4",
    "rows of constants at rank 4",
    "heads along the first axis",
    "padding of rows at rank 4",
    "bicubic resizes as matrix products",
    "fractional nearest resize as gathers",
    "bilinear resize by its factor",
    "attention with key and value for each head",
    "broadcasts as copies",
    "complex numbers as pairs",
    "Fourier transforms as matmuls",
    "adaptive max pooling as maxima",
    "pooling without an idle ceil_mode",
    "averages over padding as convolutions",
    "max pooling with its own room",
    "indices of maxima by comparisons",
    "antialiased resizes as matrix products",
    "sums with a factor",
    "transposed convolution over spread pixels",
    "transposed convolution without output padding",
    "integers by int32's ops",
    "one axis flipped after the other",
    "choices and powers that LiteRT lacks",
    "windows as picks",
    "group norm by arithmetic",
    "sort as topk",
    "one_hot as a comparison",
    "choices along an axis as gathers",
)

_CAREFUL = ("norms of planes centred twice", "means in steps")
"""They cost a little time on a phone, so a road takes them after one without gave too much noise."""

_PLAIN = (
    "moments as means",
    "arithmetic in plain ops",
    "real functions of integers",
    "resizes as matrix products",
    "products of vectors as of matrices",
    "picks of another shape",
)
"""Written for Core ML, and of use to any converter that lacks an op: for a road after one without."""

_ONNX = (
    "complex numbers as pairs",
    "Fourier transforms as matmuls",
    "attention of four axes",
    "attention with strides of its own",
    "average pooling by a divisor as a mean",
    "pooling without an idle ceil_mode",
    "adaptive max pooling as maxima",
    "scattered sums and means as additions",
    "log_sigmoid without rounding twice",
)

_ONNX2TF = ("rank at most 5", "averages over padding as convolutions", *_ONNX)

_LITERT_HALF = "deploykit.backends.litert.half:weights_to_fp16"

ROADS: dict[str, tuple[RoadEntry, ...]] = {
    "coreml": (
        RoadEntry(
            "torch.export",
            "deploykit.backends.coreml.lower:from_export",
            rewrites=_COREML,
        ),
        RoadEntry(
            "torchscript trace",
            "deploykit.backends.coreml.lower:from_trace",
            rewrites=_COREML,
        ),
        RoadEntry(
            "torch.export, decomposed",
            "deploykit.backends.coreml.lower:from_decomposed_export",
            rewrites=(*_CAREFUL, *_COREML),
        ),
    ),
    "litert": (
        RoadEntry(
            "litert-torch",
            "deploykit.backends.litert.lower:from_litert_torch",
            rewrites=_LITERT_TORCH,
            narrow=_LITERT_HALF,
        ),
        RoadEntry(
            "litert-torch, decomposed",
            "deploykit.backends.litert.lower:from_decomposed",
            rewrites=(*_CAREFUL, *_LITERT_TORCH, *_PLAIN),
            narrow=_LITERT_HALF,
        ),
        RoadEntry(
            "litert-torch, TFL ops",
            "deploykit.backends.litert.lower:from_tfl_ops",
            rewrites=(*_CAREFUL, *_LITERT_TORCH, *_PLAIN),
            narrow=_LITERT_HALF,
        ),
        RoadEntry("onnx2tf", "deploykit.backends.litert.onnx2tf:from_onnx2tf", rewrites=_ONNX2TF),
    ),
    "onnx": (
        RoadEntry("dynamo", "deploykit.backends.onnx.lower:from_dynamo", rewrites=_ONNX),
        RoadEntry(
            "dynamo, decomposed",
            "deploykit.backends.onnx.lower:from_dynamo_decomposed",
            rewrites=(*_CAREFUL, *_ONNX, "constants folded", *_PLAIN),
        ),
        RoadEntry("torchscript", "deploykit.backends.onnx.lower:from_torchscript", rewrites=_ONNX),
    ),
}
"""Backend → its roads, in the order in which they are tried."""
