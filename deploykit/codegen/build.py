"""Manifest → `ir.Sdk`. Reads manifests and data only; a test proves that torch stays unimported."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from deploykit.codegen import ir, kotlin, names, swift
from deploykit.codegen.write import OutputFile, write_tree
from deploykit.errors import CodegenError
from deploykit.manifest import Manifest, decisive, left_out
from deploykit.outputs import BoxesOutput, ClassMapOutput, PictureOutput, ScoresOutput
from deploykit.spec import Contract, InputSpec, SdkSpec
from deploykit.targets import Target
from deploykit.tasks import TASKS, TaskName

LANGUAGES: dict[str, Callable[[ir.Sdk], list[OutputFile]]] = {"kotlin": kotlin.files, "swift": swift.files}

CLASSES: dict[TaskName, str] = {
    "image-classification": "Classifier",
    "object-detection": "Detector",
    "segmentation": "Segmenter",
    "image-to-image": "Converter",
    "embedding": "Embedder",
    "tensors": "Model",
}
"""What a class is called after the model's name."""

ENOUGH_DB = 30.0
"""An error of 3 %: more is demanded of no accelerator of a phone, which may compute in fp16."""
ROOM_DB = 12.0
"""How far below what was measured here a phone may be: four times the noise."""
LEAST_DB = 3.0
"""Demanded even where little was measured: zeros have 0 dB."""


def sdk(
    manifest: Manifest, target: Target, artifact: Path, goldens: tuple[ir.Golden, ...], names_of: SdkSpec
) -> ir.Sdk:
    """The language-neutral SDK of one artifact.

    Raises:
        CodegenError: if there is no typed API for its contract.
    """
    contract = manifest.contract
    stem = names.pascal(manifest.model)
    class_name = names_of.class_name or (
        stem if stem.endswith(CLASSES[contract.task]) else stem + CLASSES[contract.task]
    )
    outputs = tuple(ir.Tensor(each.name, each.dtype, each.shape) for each in manifest.signature.outputs)
    return ir.Sdk(
        deploykit=manifest.deploykit,
        target=target.name,
        model=manifest.model,
        version=manifest.version,
        license=manifest.license,
        class_name=class_name,
        namespace=names_of.namespace or f"ai.deploykit.{names.flat(manifest.model)}",
        module=stem if stem != class_name else f"{class_name}Kit",
        task=contract.task,
        labels=contract.labels,
        inputs=tuple(_input(name, given) for name, given in contract.inputs.items()),
        outputs=outputs,
        answer=_answer(contract, outputs),
        file=ir.ModelFile(
            path=artifact,
            name=manifest.file,
            sha256=manifest.sha256,
            bytes=manifest.bytes,
            precision=manifest.precision,
        ),
        runtime=ir.Runtime(
            engine=target.engine,
            coordinate=target.runtime.package if target.runtime else "",
            version=target.runtime.version if target.runtime else "",
            accelerators=_cascade(manifest, target),
            min_os=target.min_os,
            pages_16kb=target.runtime.pages_16kb if target.runtime else None,
        ),
        goldens=goldens,
        required_snr_db=_required_snr_db(manifest),
        parity=_parity(manifest, target),
        dims=contract.dims,
    )


def _input(name: str, given: InputSpec) -> ir.Input:
    if given.type == "tensor":
        return ir.Tensor(name, given.border_dtype, given.shape, given.state)
    return ir.Picture(
        tensor=name,
        width=given.size[1],
        height=given.size[0],
        color=given.color,
        resize=given.resize,
        crop=given.crop,
        crop_fraction=given.crop_fraction,
    )


def _answer(contract: Contract, outputs: tuple[ir.Tensor, ...]) -> ir.Answer:
    """What an app gets, by the output that the task is about.

    Raises:
        CodegenError: if that output is not what the task's API can give.
    """
    if contract.task == "tensors":
        return ir.AnyTensors()
    shapes = {tensor.tensor: tensor for tensor in outputs}
    name, spec = next((n, s) for n, s in contract.outputs.items() if s.type == TASKS[contract.task].output)
    tensor = shapes[name]
    if isinstance(spec, ScoresOutput):
        return ir.Scores(spec.activation)
    if isinstance(spec, BoxesOutput):
        return ir.Boxes(name, spec.scores, spec.corners, spec.unit, spec.min_score, spec.overlap)
    if isinstance(spec, ClassMapOutput):
        axis = spec.axis % len(tensor.shape) if tensor.dtype == "float32" else None
        rest = [size for place, size in enumerate(tensor.fixed) if place != axis]
        if len(rest) < 2 or math.prod(rest[:-2]) != 1:
            raise CodegenError(
                f"output {name} is {_dims(tensor)}, but a class map has one label for each row and column"
            )
        return ir.ClassMap(axis)
    if isinstance(spec, PictureOutput):
        channels = tensor.fixed[1 if spec.layout == "NCHW" else 3]
        if tensor.dtype != "float32" or channels not in (1, 3):
            raise CodegenError(
                f"output {name} is {tensor.dtype}, {_dims(tensor)}; a picture is float32 of 1 or 3 channels"
            )
        if contract.overlap is not None:
            _check_growth(contract, tensor, spec)
        return ir.NewPicture(contract.verb or "process", spec.range, spec.layout, contract.overlap)
    if math.prod(tensor.fixed) != tensor.fixed[-1] or tensor.dtype != "float32":
        raise CodegenError(
            f"output {name} is {tensor.dtype}, {_dims(tensor)}; an embedding is one float32 vector, 1 × n"
        )
    return ir.Vector(tensor.fixed[-1])


def _check_growth(contract: Contract, made: ir.Tensor, spec: PictureOutput) -> None:
    """Tiles are put together without a gap only if each grows by one whole number, as wide as high."""
    height, width = made.fixed[2:4] if spec.layout == "NCHW" else made.fixed[1:3]
    (picture,) = contract.inputs.values()
    assert picture.type == "image"  # the spec refuses such a task without one
    high, wide = picture.size
    if height % high or width % wide or height // high != width // wide:
        raise CodegenError(
            f"output {made.tensor} is {height} × {width} for a tile of {high} × {wide}, which is no whole number of "
            "times as large; leave overlap out of [task], and pictures are taken as a whole"
        )


def _dims(tensor: ir.Tensor) -> str:
    return " × ".join(map(str, tensor.shape))


def _required_snr_db(manifest: Manifest) -> float:
    """What an accelerator has to reach on the goldens."""
    measured = [r.snr_db for r in decisive(manifest.parity) if r.verdict == "passed" and r.snr_db is not None]
    return round(max(LEAST_DB, min(ENOUGH_DB, min(measured, default=ENOUGH_DB) - ROOM_DB)), 1)


def _cascade(manifest: Manifest, target: Target) -> tuple[str, ...]:
    """The target's accelerators without those on which the file is wrong, or known to be at its precision."""
    known = ("gpu",) if manifest.precision in target.without_gpu else ()
    return tuple(name for name in target.accelerators if name not in (*left_out(manifest.parity), *known))


def write(made: ir.Sdk, language: str, folder: Path) -> None:
    """Renders an SDK into `folder`, which must not exist yet."""
    write_tree(LANGUAGES[language](made), folder)


def _parity(manifest: Manifest, target: Target) -> str:
    """The measured figures in words, without a period; the worst input counts."""
    ran = [r for r in decisive(manifest.parity) if r.verdict == "passed" and r.snr_db is not None]
    if not ran:
        return "not compared with PyTorch"
    worst = min(ran, key=lambda r: r.snr_db or 0.0)
    how = " by reference execution, not Apple's runtime" if worst.runner == "coreml-reference" else ""
    return f"matches PyTorch to {worst.snr_db:.0f} dB or better ({target.title}, {manifest.precision}){how}"
