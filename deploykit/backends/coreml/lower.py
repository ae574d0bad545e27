"""ExportedProgram → `.mlpackage` (ML Program), by coremltools."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import coremltools as ct
import numpy as np
import torch
from coremltools.proto import Model_pb2

from deploykit.backends.base import LowerRequest
from deploykit.backends.coreml import aten as aten  # registers ops
from deploykit.backends.coreml import recurrent as recurrent  # registers layers
from deploykit.backends.coreml.decompositions import decompositions
from deploykit.backends.coreml.passes import pipeline
from deploykit.backends.origins import save_origins

PRECISIONS = {"fp32": ct.precision.FLOAT32, "fp16": ct.precision.FLOAT16}
NUMPY = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}


def from_export(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    """The torch.export front end. Inputs and outputs are float32 at the border at either precision."""
    # coremltools knows ATen after functionalisation only: https://apple.github.io/coremltools/docs-guides/source/convert-pytorch-workflow.html
    decomposed = program.run_decompositions(decompositions())
    save_origins(program, decomposed, request.source, request.folder)
    model = ct.convert(
        decomposed,
        outputs=[ct.TensorType(name=o.name, dtype=NUMPY.get(o.dtype)) for o in request.signature.outputs],
        minimum_deployment_target=getattr(ct.target, f"iOS{request.options['min_os'].split('.')[0]}"),
        compute_precision=PRECISIONS[request.precision],
        convert_to="mlprogram",
        pass_pipeline=pipeline(),
        skip_model_load=True,
    )
    model.version = request.version
    model.short_description = f"{request.name}, {request.precision}. Made by deploykit."
    if request.license is not None:
        model.license = request.license
    path = request.folder / f"{request.name}.mlpackage"
    model.save(str(path))
    _make_reproducible(path)
    return path


def _make_reproducible(package: Path) -> None:
    """Rewrites what differs from run to run: the same model has to give the same bytes.

    coremltools writes the date, random UUIDs and maps in hash order. It also leaves a map for ExecuTorch's debugger,
    which the package's own manifest does not list and no app needs.
    """
    (package / "executorch_debug_handle_mapping.json").unlink(missing_ok=True)
    manifest = json.loads((package / "Manifest.json").read_text())
    entries = manifest["itemInfoEntries"]
    renamed = {key: str(uuid.uuid5(uuid.NAMESPACE_URL, entry["path"])).upper() for key, entry in entries.items()}
    manifest["itemInfoEntries"] = {renamed[key]: entries[key] for key in sorted(entries, key=renamed.__getitem__)}
    manifest["rootModelIdentifier"] = renamed[manifest["rootModelIdentifier"]]
    (package / "Manifest.json").write_text(json.dumps(manifest, indent=4, sort_keys=True) + "\n")
    file = package / "Data" / "com.apple.CoreML" / "model.mlmodel"
    spec = Model_pb2.Model.FromString(file.read_bytes())
    spec.description.metadata.userDefined.pop("com.github.apple.coremltools.conversion_date", None)
    file.write_bytes(spec.SerializeToString(deterministic=True))
