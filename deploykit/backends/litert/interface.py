"""What a `.tflite` file says of its border."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from deploykit.backends.litert.runner import ordered
from deploykit.errors import ArtifactError
from deploykit.manifest import FileTensor, Interface


def read_interface(path: Path) -> Interface:
    """Reads the signatures' inputs and outputs; a size in which signatures differ is open.

    Raises:
        ArtifactError: if the file is no TFLite model, has no such signature, or signatures that differ in more than
            sizes.
    """
    try:
        interpreter = Interpreter(str(path))
        # TFLite's parts live as long as the interpreter.
        runners = [interpreter.get_signature_runner(name) for name in ordered(interpreter.get_signature_list())]
        inputs = [_tensors(runner.get_input_details()) for runner in runners]
        outputs = [_tensors(runner.get_output_details()) for runner in runners]
    except Exception as error:  # the binding raises RuntimeError and ValueError by turns
        raise ArtifactError(f"TFLite cannot open {path.name}: {error}") from error
    return Interface(inputs=_merged(path, inputs), outputs=_merged(path, outputs))


def _merged(path: Path, signatures: list[tuple[FileTensor, ...]]) -> tuple[FileTensor, ...]:
    merged = []
    for tensor in signatures[0]:
        same = [other for of in signatures for other in of if other.name == tensor.name]
        shapes = {other.shape for other in same}
        if len(same) != len(signatures) or len({(t.dtype, len(t.shape)) for t in same}) > 1:
            raise ArtifactError(f"the signatures of {path.name} differ in {tensor.name} in more than its sizes")
        shape = tuple(sizes[0] if len(set(sizes)) == 1 else -1 for sizes in zip(*shapes, strict=True))
        merged.append(tensor.model_copy(update={"shape": shape}))
    return tuple(merged)


def _tensors(details: dict[str, dict[str, Any]]) -> tuple[FileTensor, ...]:
    return tuple(
        FileTensor(
            name=name,
            dtype=np.dtype(entry["dtype"]).name,
            shape=tuple(int(size) for size in entry["shape_signature"]),
        )
        for name, entry in details.items()
    )
