"""What a `.tflite` file says of its border."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from deploykit.backends.litert.runner import SIGNATURE
from deploykit.errors import ArtifactError
from deploykit.manifest import FileTensor, Interface


def read_interface(path: Path) -> Interface:
    """Reads the signature's inputs and outputs.

    Raises:
        ArtifactError: if the file is no TFLite model, or has no such signature.
    """
    try:
        signature = Interpreter(str(path)).get_signature_runner(SIGNATURE)
    except Exception as error:  # the binding raises RuntimeError and ValueError by turns
        raise ArtifactError(f"TFLite cannot open {path.name}: {error}") from error
    return Interface(inputs=_tensors(signature.get_input_details()), outputs=_tensors(signature.get_output_details()))


def _tensors(details: dict[str, dict[str, object]]) -> tuple[FileTensor, ...]:
    return tuple(
        FileTensor(
            name=name,
            dtype=np.dtype(entry["dtype"]).name,  # type: ignore[call-overload]  # the details are not typed
            shape=tuple(int(size) for size in entry["shape_signature"]),  # type: ignore[attr-defined]
        )
        for name, entry in details.items()
    )
