"""Manifest → `ir.Sdk`. Reads manifests and data only; a test proves that torch stays unimported."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from deploykit.codegen import ir, kotlin, names, swift
from deploykit.codegen.write import OutputFile, write_tree
from deploykit.errors import CodegenError
from deploykit.manifest import Manifest, decisive, left_out
from deploykit.outputs import ScoresOutput
from deploykit.spec import Contract, ImageInput, SdkSpec
from deploykit.targets import Target

LANGUAGES: dict[str, Callable[[ir.Sdk], list[OutputFile]]] = {"kotlin": kotlin.files, "swift": swift.files}

TASKS = ("image-classification",)
"""Tasks that have a typed API."""

SELF_TEST_MARGIN = 8.0
"""`selfTest()` accepts this many times the largest error measured here: a phone's kernels sum in other orders."""
SELF_TEST_LEAST = 1e-3


def sdk(
    manifest: Manifest, target: Target, artifact: Path, goldens: tuple[ir.Golden, ...], names_of: SdkSpec
) -> ir.Sdk:
    """The language-neutral SDK of one artifact.

    Raises:
        CodegenError: if the task has no typed API.
    """
    if manifest.contract.task not in TASKS:
        raise CodegenError(
            f"the task {manifest.contract.task!r} has no typed API yet (there is: {', '.join(TASKS)}); "
            "the artifacts are complete and checked" + _beyond(manifest.contract)
        )
    ((input_name, picture),) = manifest.contract.inputs.items()
    ((output_name, scores),) = manifest.contract.outputs.items()
    assert isinstance(picture, ImageInput)  # the spec refuses anything else for this task
    assert isinstance(scores, ScoresOutput)
    class_name = names_of.class_name or f"{names.pascal(manifest.model)}Classifier"
    # Goldens are samples of the project, so the error on samples is the one to expect of them.
    errors = {r.input: r.max_abs for r in decisive(manifest.parity) if r.max_abs is not None}
    worst = errors.get("samples", errors.get("random", 0.0))
    return ir.Sdk(
        deploykit=manifest.deploykit,
        target=target.name,
        model=manifest.model,
        version=manifest.version,
        license=manifest.license,
        class_name=class_name,
        namespace=names_of.namespace or f"ai.deploykit.{names.snake(manifest.model)}",
        module=names.pascal(manifest.model) if names.pascal(manifest.model) != class_name else f"{class_name}Kit",
        picture=ir.Picture(
            tensor=input_name,
            width=picture.size[1],
            height=picture.size[0],
            color=picture.color,
            resize=picture.resize,
            crop=picture.crop,
            crop_fraction=picture.crop_fraction,
        ),
        scores=ir.Scores(tensor=output_name, labels=manifest.contract.labels, activation=scores.activation),
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
        tolerance=_rounded_up(max(SELF_TEST_LEAST, SELF_TEST_MARGIN * worst)),
        parity=_parity(manifest, target),
    )


def _cascade(manifest: Manifest, target: Target) -> tuple[str, ...]:
    """The target's accelerators without those on which the file is wrong, or known to be at its precision."""
    known = ("gpu",) if manifest.precision in target.without_gpu else ()
    return tuple(name for name in target.accelerators if name not in (*left_out(manifest.parity), *known))


def _beyond(contract: Contract) -> str:
    """What an app has to see to itself where there is no typed API."""
    told = [f"{name} is {dim}" for name, dim in contract.dims.items()]
    told += [f"each call's {output} goes into the next one's {name}" for name, output in contract.states.items()]
    return f". For the app: {'; '.join(told)}" if told else ""


def write(made: ir.Sdk, language: str, folder: Path) -> None:
    """Renders an SDK into `folder`, which must not exist yet."""
    write_tree(LANGUAGES[language](made), folder)


def _rounded_up(value: float) -> float:
    """To two digits, for the reader of the generated code: 0.01471 → 0.015."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step - 1e-9) * step:.2g}")


def _parity(manifest: Manifest, target: Target) -> str:
    """The measured figures in words, without a period; the worst input counts."""
    ran = [r for r in decisive(manifest.parity) if r.verdict == "passed" and r.snr_db is not None]
    if not ran:
        return "not compared with PyTorch"
    worst = min(ran, key=lambda r: r.snr_db or 0.0)
    how = " by reference execution, not Apple's runtime" if worst.runner == "coreml-reference" else ""
    return f"matches PyTorch to {worst.snr_db:.0f} dB or better ({target.title}, {manifest.precision}){how}"
