"""The Swift package of an SDK: names, types and literals are finished here; the templates only lay out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deploykit.codegen import ir
from deploykit.codegen.swift_text import RESERVED, doc, identifier, literal, markdown, plain
from deploykit.codegen.write import OutputFile
from deploykit.errors import CodegenError
from deploykit.render import render
from deploykit.resources import folder

RENDERED: tuple[tuple[str, str], ...] = (
    ("Package.swift.jinja", "Package.swift"),
    ("README.md.jinja", "README.md"),
    ("spi.yml.jinja", ".spi.yml"),
    ("Model.swift.jinja", "Sources/{module}/{class_name}.swift"),
    ("ModelOptions.swift.jinja", "Sources/{module}/ModelOptions.swift"),
    ("Documentation.md.jinja", "Sources/{module}/{module}.docc/{module}.md"),
    ("tests/PackageTests.swift.jinja", "Tests/{module}Tests/PackageTests.swift"),
    ("tests/PreprocessingTests.swift.jinja", "Tests/{module}Tests/PreprocessingTests.swift"),
    ("tests/SessionTests.swift.jinja", "Tests/{module}Tests/SessionTests.swift"),
    ("tests/StandIns.swift.jinja", "Tests/{module}Tests/StandIns.swift"),
    ("app/Package.swift.jinja", "App/{module}Sample.swiftpm/Package.swift"),
    ("app/SampleApp.swift.jinja", "App/{module}Sample.swiftpm/Sources/SampleApp.swift"),
    ("app/SampleModel.swift.jinja", "App/{module}Sample.swiftpm/Sources/SampleModel.swift"),
    ("app/ClassifyView.swift.jinja", "App/{module}Sample.swiftpm/Sources/ClassifyView.swift"),
    ("app/ResultView.swift.jinja", "App/{module}Sample.swiftpm/Sources/ResultView.swift"),
    ("app/SelfTestView.swift.jinja", "App/{module}Sample.swiftpm/Sources/SelfTestView.swift"),
)
"""Template, and the path of what is rendered from it."""

COPIED: tuple[tuple[str, str], ...] = (
    ("swift-format.json", ".swift-format"),
    ("gitignore", ".gitignore"),
)
"""Files that are the same in every package."""

RUNTIME = ("Core", "Apple")
"""Folders of the runtime that every package has, beside the folder of its engine."""

ENGINES = ("coreml", "onnxruntime")

# Modules that the package or its app imports: a package of the same name would hide them.
_TAKEN_MODULES = """
AppleProductTypes CoreGraphics CoreML CoreVideo Darwin Dispatch Foundation Glibc ImageIO Observation
OnnxRuntimeBindings PackageDescription PhotosUI Swift SwiftUI Testing UIKit VideoToolbox
"""
TAKEN_MODULES = frozenset(_TAKEN_MODULES.split())

DECLARATION = re.compile(r"^(?:public )?(?:final )?(?:actor|class|enum|protocol|struct) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class SwiftSdk:
    """An `ir.Sdk` in Swift's words. Where nothing else is said, a field is finished Swift source."""

    header: str
    module: str
    """A plain identifier, also part of paths."""
    module_literal: str
    tests_literal: str
    class_name: str
    class_doc: str
    scores_doc: str
    picture_doc: str
    summary_md: str
    """Markdown."""
    model: str
    model_md: str
    """Markdown."""
    version: str
    version_md: str
    """Markdown."""
    sha256: str
    precision: str
    precision_md: str
    """Markdown."""
    engine: str
    license: str
    license_md: str
    """Markdown."""
    parity: str
    parity_md: str
    """Markdown."""
    deploykit: str
    engine_title: str
    """Markdown."""
    accelerators: str
    has_threads: bool
    min_os: str
    """Plain text."""
    min_ios: str
    dependency_url: str | None
    dependency_version: str
    dependency_package: str
    cache_name: str
    file_name: str
    """Plain text: the model's file in the package."""
    file_extension: str
    file_size: str
    """Plain text."""
    input: str
    output: str
    width: int
    height: int
    channels: int
    color: str
    resize: str
    crop: str
    label_count: int
    tolerance: str
    class_title: str
    app_title: str
    score_format: str
    bundle_identifier: str


def files(sdk: ir.Sdk) -> list[OutputFile]:
    """Every file of the package, from `ios/` down.

    Raises:
        CodegenError: if Swift cannot have the SDK's names, or the runtime has no such engine.
    """
    node = swift_sdk(sdk)
    names = {"module": sdk.module, "class_name": sdk.class_name}
    model = PurePosixPath("Sources", sdk.module, "Model")
    return [
        *(
            OutputFile(PurePosixPath(path.format(**names)), text=render(f"swift/{template}", node))
            for template, path in RENDERED
        ),
        *(OutputFile(PurePosixPath(path), source=_templates() / name) for name, path in COPIED),
        *(
            OutputFile(PurePosixPath("Sources", sdk.module, "Runtime", source.name), source=source)
            for source in _runtime(sdk.runtime.engine)
        ),
        OutputFile(model / node.file_name, source=sdk.file.path),
        OutputFile(model / "labels.json", text=_json(list(sdk.labels))),
        OutputFile(model / "goldens.json", text=_json(list(_goldens(sdk)))),
        *(
            OutputFile(model / _golden_file(i, golden), source=golden.inputs[0].file)
            for i, golden in enumerate(sdk.goldens)
        ),
    ]


def swift_sdk(sdk: ir.Sdk) -> SwiftSdk:
    """The language pass: `sdk` in Swift's words.

    Raises:
        CodegenError: as `files`.
    """
    picture, scores, runtime = sdk.picture, sdk.answer, sdk.runtime
    if picture is None or not isinstance(scores, ir.Scores):
        raise CodegenError(
            f"the task {sdk.task!r} has no typed API in Swift yet; the artifacts are complete and checked"
        )
    _check(sdk)
    onnx = runtime.engine == "onnxruntime"
    size = f"{picture.width}×{picture.height}"
    colors = {"rgb": "RGB", "bgr": "BGR", "gray": "gray"}[picture.color]
    what = f"Says which of {len(sdk.labels)} labels a picture shows."
    return SwiftSdk(
        header=f"// Generated by deploykit {sdk.deploykit}; do not edit.\n"
        f"// Model {plain(sdk.model)} {plain(sdk.version)}, sha256 {sdk.file.sha256}.",
        module=sdk.module,
        module_literal=literal(sdk.module),
        tests_literal=literal(f"{sdk.module}Tests"),
        class_name=identifier(sdk.class_name),
        class_doc=doc(what, f"Model {markdown(sdk.model)}, version {markdown(sdk.version)}.", markdown(sdk.parity)),
        scores_doc=f"The {len(sdk.labels)} labels with their {_activation(scores)}, best first.",
        picture_doc=f"`[input.{picture.tensor}]` in deploykit.toml: {size}, {colors}, {picture.resize}.",
        summary_md=what,
        model=literal(sdk.model),
        model_md=markdown(sdk.model),
        version=literal(sdk.version),
        version_md=markdown(sdk.version),
        sha256=literal(sdk.file.sha256),
        precision=literal(sdk.file.precision),
        precision_md=markdown(sdk.file.precision),
        engine=literal(runtime.engine),
        license="nil" if sdk.license is None else literal(sdk.license),
        license_md="not declared" if sdk.license is None else markdown(sdk.license),
        parity=literal(sdk.parity),
        parity_md=markdown(sdk.parity),
        deploykit=literal(sdk.deploykit),
        engine_title="ONNX Runtime" if onnx else "Core ML",
        accelerators=", ".join(f".{_camel(name)}" for name in runtime.accelerators),
        has_threads=onnx,
        min_os=runtime.min_os,
        min_ios=literal(runtime.min_os),
        dependency_url=literal(runtime.coordinate) if onnx else None,
        dependency_version=literal(runtime.version),
        dependency_package=literal(PurePosixPath(runtime.coordinate).name.removesuffix(".git")),
        cache_name=literal(f"deploykit/{sdk.module}"),
        file_name=f"{sdk.module}{sdk.file.path.suffix}",
        file_extension=literal(sdk.file.path.suffix.removeprefix(".")),
        file_size=f"{sdk.file.bytes / 1e6:.1f} MB" if sdk.file.bytes >= 1e6 else f"{sdk.file.bytes / 1e3:.0f} kB",
        input=literal(picture.tensor),
        output=literal(sdk.outputs[0].tensor),
        width=picture.width,
        height=picture.height,
        channels=picture.channels,
        color=f".{picture.color}",
        resize=f".{picture.resize}",
        crop=f".center(fraction: {picture.crop_fraction!r})" if picture.crop == "center" else f".{picture.crop}",
        label_count=len(sdk.labels),
        tolerance=repr(float(sdk.tolerance)),
        class_title=literal(sdk.class_name),
        app_title=literal(f"{sdk.module} Sample"),
        score_format="formatted(.number.precision(.fractionLength(2)))"
        if scores.activation == "none"
        else "formatted(.percent.precision(.fractionLength(1)))",
        bundle_identifier=literal(f"{sdk.namespace.replace('_', '-')}.sample"),
    )


def _check(sdk: ir.Sdk) -> None:
    problems = []
    if sdk.runtime.engine not in ENGINES:
        problems.append(f"engine {sdk.runtime.engine} has no Swift runtime; it has {', '.join(ENGINES)}")
    elif sdk.class_name in _declared(sdk.runtime.engine):
        problems.append(f"class_name {sdk.class_name} is a type of the runtime; set another in [sdk] of deploykit.toml")
    if sdk.module in TAKEN_MODULES or sdk.module in RESERVED:
        problems.append(f"module {sdk.module} is a name of Swift or Apple; rename the model in deploykit.toml")
    if int(sdk.runtime.min_os.split(".")[0]) < 17:
        problems.append(f"min_os {sdk.runtime.min_os} is too old; the Swift runtime needs iOS 17 (custom executors)")
    if unknown := [name for name in sdk.runtime.accelerators if _camel(name) not in ("neuralEngine", "gpu", "cpu")]:
        problems.append(f"accelerator {', '.join(unknown)} is unknown; Swift has neural_engine, gpu and cpu")
    if problems:
        raise CodegenError("\n".join(problems))


def _templates() -> Path:
    return folder("templates") / "swift"


def _runtime(engine: str) -> list[Path]:
    """The runtime's source files for one engine, in a stable order."""
    return [
        source for part in (*RUNTIME, engine) for source in sorted((_templates() / "runtime" / part).glob("*.swift"))
    ]


def _declared(engine: str) -> set[str]:
    """The types that the runtime declares at top level."""
    found = {name for source in _runtime(engine) for name in DECLARATION.findall(source.read_text(encoding="utf-8"))}
    return found | {"ModelOptions"}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _activation(scores: ir.Scores) -> str:
    return {"softmax": "probabilities", "sigmoid": "independent probabilities", "none": "raw scores"}[scores.activation]


def _golden_file(index: int, golden: ir.Golden) -> str:
    return f"golden-{index}{golden.inputs[0].file.suffix}"


def _goldens(sdk: ir.Sdk) -> Iterator[dict[str, object]]:
    for index, golden in enumerate(sdk.goldens):
        yield {"name": golden.name, "file": _golden_file(index, golden), "scores": list(golden.outputs[0].values)}


def _json(value: list[object] | list[str] | list[dict[str, object]]) -> str:
    """JSON as people read it: `é` is written as itself, and a value that JSON lacks is refused."""
    try:
        text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        text.encode("utf-8")
    except ValueError as error:
        raise CodegenError(f"labels or goldens cannot be written as JSON: {error}") from error
    return text
