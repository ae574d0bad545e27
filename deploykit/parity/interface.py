"""What a saved file says of its border against what it was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

STATES = ("float16",)
"""Types of a state: Core ML keeps no other."""


def differences(
    signature: Signature, found: Interface, oldest: str | None, states: Mapping[str, str] | None = None
) -> list[str]:
    """Everything in which a file is not what the signature says.

    Args:
        signature: of the model.
        found: of the file.
        oldest: the target's oldest system, or None where the format depends on none.
        states: inputs that a file may keep itself, each with the output that it then does not give either.
    """
    states = states or {}
    kept = {tensor.name for tensor in found.states}
    given_back = {output for name, output in states.items() if name in kept}
    problems = [
        *_compare("input", [tensor for tensor in signature.inputs if tensor.name not in kept], found.inputs),
        *_compare("output", [tensor for tensor in signature.outputs if tensor.name not in given_back], found.outputs),
        *_compare("state", [tensor for tensor in signature.inputs if tensor.name in kept], found.states),
    ]
    problems += [f"its state {name} is none of the contract" for name in sorted(kept - states.keys())]
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
        accepted = STATES if kind == "state" else ACCEPTED[tensor.dtype]
        if other.dtype not in accepted:
            problems.append(f"the {kind} {tensor.name} is {other.dtype}, wanted is {accepted[0]}")
        if other.shape != tuple(-1 if isinstance(size, str) else size for size in tensor.shape):
            problems.append(f"the {kind} {tensor.name} has shape {list(other.shape)}, wanted is {list(tensor.shape)}")
    return problems


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
