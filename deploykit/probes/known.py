"""What was found with the versions that deploykit pins: checked in, and why each silent mistake is made."""

from __future__ import annotations

import fnmatch
from importlib.resources import files

from deploykit.probes.results import Results, installed_versions

FILE = "known.json"
"""Beside this module; written by `deploykit probe --out deploykit/probes/known.json`."""

_CORE_ML, _LITERT, _ONNX = "coreml/torch.export", "litert/litert-torch", "onnx/dynamo"

CAUSES: dict[tuple[str, str], str] = {
    (_CORE_ML, "add[*alpha=*"): "alpha is ignored: x + y",
    (_CORE_ML, "argmax[3x4x5]"): "without dim it reduces over the last dimension only",
    (_CORE_ML, "InstanceNorm2d[*track_running_stats=True*"): "the running statistics are ignored",
    (_CORE_ML, "interpolate[*antialias=True*"): "antialias is ignored",
    (
        _CORE_ML,
        "interpolate[*mode=nearest,scale_factor=2.3*",
    ): "the ratio is not the given factor, but that of the sizes",
    (_CORE_ML, "MultiheadAttention cross[*"): "zeros_like of a boolean mask ignores dtype, and stays boolean",
    (_CORE_ML, "softplus[*threshold=*"): "the threshold is ignored",
    (_CORE_ML, "zeros_like of mask[*"): "zeros_like of a boolean mask ignores dtype, and stays boolean",
    (_LITERT, "interpolate[*mode=nearest*"): "picks other pixels than floor(i * from / to)",
    (_LITERT, "interpolate[*mode=bilinear,scale_factor=*"): "the ratio is not the given factor, but that of the sizes",
    (_LITERT, "max_pool2d[1x2x7x6;*ceil_mode=True*"): "one window too many where they fit exactly",
    (_LITERT, "max_pool2d[1x2x4x6;kernel_size=2]"): "the indices are not those into the plane",
    (_LITERT, "sdpa[*,2x1x7x8,2x1x7x8*"): "one key for all heads is transposed wrongly",
    (
        _LITERT,
        "sdpa expanded[*",
    ): "one key for all heads is transposed wrongly; silent where keys are as many as a head has values",
    (_ONNX, "avg_pool2d[*divisor_override=*"): "divisor_override is ignored",
    (_ONNX, "log_sigmoid[*"): "log of a sigmoid that is rounded first",
    (_ONNX, "scatter_reduce[*reduce=mean*"): "sums in place of means",
}
"""(road, pattern of ids) → what the converter does in place of what was asked."""


def known() -> Results:
    """The results that travel with deploykit."""
    return Results.model_validate_json((files("deploykit.probes") / FILE).read_text(encoding="utf-8"))


def unprobed() -> dict[str, tuple[str, str]]:
    """Tools whose installed version is not the one that was probed: name → (probed, installed).

    The rewrites of a road answer to what was found, so with other versions there may be too many or too few. A build
    runs and compares every file all the same.
    """
    probed, installed = known().versions, installed_versions()
    return {
        name: (probed.get(name, "none"), found)
        for name, found in installed.items()
        if probed.get(name, "none") != found
    }


def cause(road: str, case: str) -> str:
    """Why a case goes wrong on a road; empty where nobody has looked yet."""
    return next((text for (where, pattern), text in CAUSES.items() if where == road and fits(case, pattern)), "")


def fits(case: str, pattern: str) -> bool:
    """Whether an id fits a pattern in which only * and ? stand for others: brackets are part of ids."""
    return fnmatch.fnmatchcase(case, pattern.replace("[", "[[]"))
