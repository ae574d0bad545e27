"""What an `.onnx` file says of its border."""

from __future__ import annotations

from pathlib import Path

import onnx

from deploykit.errors import ArtifactError
from deploykit.manifest import FileTensor, Interface


def read_interface(path: Path) -> Interface:
    """Reads the graph's inputs (without weights) and outputs.

    Raises:
        ArtifactError: if the file is no ONNX model.
    """
    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except Exception as error:  # protobuf's DecodeError is no public class
        raise ArtifactError(f"{path.name} is no ONNX model: {error}") from error
    weights = {tensor.name for tensor in graph.initializer}
    return Interface(
        inputs=tuple(_tensor(value) for value in graph.input if value.name not in weights),
        outputs=tuple(_tensor(value) for value in graph.output),
    )


def _tensor(value: onnx.ValueInfoProto) -> FileTensor:
    kind = value.type.tensor_type
    return FileTensor(
        name=value.name,
        dtype=onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name,
        shape=tuple(d.dim_value if d.HasField("dim_value") else -1 for d in kind.shape.dim),
    )
