"""What a saved file says of its border against what it was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from deploykit.manifest import FileTensor, Interface, Signature, TensorSpec

ACCEPTED: dict[str, tuple[str, ...]] = {
    "float32": ("float32",),
    "int32": ("int32",),
    # Core ML's arrays and litert-torch's results have no int64.
    "int64": ("int64", "int32"),
    # Core ML's arrays are float or int32: coremltools brings a bool over the border as float32.
    "bool": ("bool", "float32"),
}
"""Type in the signature → types that a file may have for it."""


def differences(signature: Signature, found: Interface, oldest: str | None) -> list[str]:
    """Everything in which a file is not what the signature says.

    Args:
        signature: of the model.
        found: of the file.
        oldest: the target's oldest system, or None where the format depends on none.
    """
    problems = [
        *_compare("input", signature.inputs, found.inputs),
        *_compare("output", signature.outputs, found.outputs),
    ]
    if oldest is not None and found.min_os is not None and _version(found.min_os) > _version(oldest):
        problems.append(f"it needs system version {found.min_os}, the target starts at {oldest}")
    return problems


def _compare(kind: str, wanted: Sequence[TensorSpec], found: Sequence[FileTensor]) -> list[str]:
    by_name = {tensor.name: tensor for tensor in found}
    problems = []
    if by_name.keys() != {tensor.name for tensor in wanted}:
        problems.append(f"its {kind}s are called {sorted(by_name)}, wanted are {sorted(t.name for t in wanted)}")
    for tensor in wanted:
        other = by_name.get(tensor.name)
        if other is None:
            continue
        if other.dtype not in ACCEPTED[tensor.dtype]:
            problems.append(f"the {kind} {tensor.name} is {other.dtype}, wanted is {tensor.dtype}")
        if other.shape != tensor.shape:
            problems.append(f"the {kind} {tensor.name} has shape {list(other.shape)}, wanted is {list(tensor.shape)}")
    return problems


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
