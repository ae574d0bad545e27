"""The Swift package of an SDK: names, types and literals are finished here; the templates only lay out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from deploykit.codegen import ir, phrases, swift_tasks
from deploykit.codegen.swift_tasks import TASKS, SwiftDim, SwiftTensor
from deploykit.codegen.swift_text import RESERVED, doc, identifier, literal, markdown, plain
from deploykit.codegen.write import OutputFile
from deploykit.errors import CodegenError
from deploykit.render import render
from deploykit.resources import folder
from deploykit.tasks import TaskName

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
    ("app/Shown.swift.jinja", "App/{module}Sample.swiftpm/Sources/Shown.swift"),
    ("app/SelfTestView.swift.jinja", "App/{module}Sample.swiftpm/Sources/SelfTestView.swift"),
)
"""Template, and the path of what is rendered from it."""

PICTURE_APP: tuple[tuple[str, str], ...] = (
    ("app/SampleModel.swift.jinja", "App/{module}Sample.swiftpm/Sources/SampleModel.swift"),
    ("app/SampleView.swift.jinja", "App/{module}Sample.swiftpm/Sources/SampleView.swift"),
    ("app/Camera.swift.jinja", "App/{module}Sample.swiftpm/Sources/Camera.swift"),
    ("app/tasks/{task}.swift.jinja", "App/{module}Sample.swiftpm/Sources/ResultView.swift"),
)
"""The same for the sample app of a task that takes a picture."""

TENSOR_APP: tuple[tuple[str, str], ...] = (
    ("app/TensorModel.swift.jinja", "App/{module}Sample.swiftpm/Sources/SampleModel.swift"),
    ("app/TensorView.swift.jinja", "App/{module}Sample.swiftpm/Sources/SampleView.swift"),
)
"""The same for all other tasks."""

COPIED: tuple[tuple[str, str], ...] = (
    ("swift-format.json", ".swift-format"),
    ("gitignore", ".gitignore"),
)
"""Files that are the same in every package."""

RUNTIME = ("Core", "Apple")
"""Folders of the runtime that every package has, beside the folder of its engine."""

ENGINES = ("coreml", "onnxruntime")

ORIENTATION = "orientation"
"""What `Inputs` call the orientation of their pictures."""

# Modules that the package or its app imports: a package of the same name would hide them.
_TAKEN_MODULES = """
AppleProductTypes CoreGraphics CoreML CoreVideo CryptoKit Darwin Dispatch Foundation Glibc ImageIO Observation
OnnxRuntimeBindings PackageDescription PhotosUI Swift SwiftUI Testing UIKit VideoToolbox
"""
TAKEN_MODULES = frozenset(_TAKEN_MODULES.split())

METHODS = frozenset({"accelerator", "close", "contract", "info", "load", "prewarm", "selfTest", "session"})
"""What the generated class has beside the method of its task."""

DECLARATION = re.compile(r"^(?:public )?(?:final )?(?:actor|class|enum|protocol|struct) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class SwiftSdk:
    """An `ir.Sdk` in Swift's words. Where nothing else is said, a field is finished Swift source."""

    header: str
    target: str
    module: str
    """A plain identifier, also part of paths."""
    module_literal: str
    tests_literal: str
    class_name: str
    class_doc: str
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
    task_file: str
    method: str
    inputs: tuple[SwiftTensor, ...]
    outputs: tuple[SwiftTensor, ...]
    dims: tuple[SwiftDim, ...]
    reading: Mapping[str, str]
    types: tuple[str, ...]
    picture: SwiftTensor | None
    """The first input that is a picture."""
    has_states: bool
    orientation: str
    scores_doc: str
    min_score: str
    is_tiled: bool
    scale: int
    """How much wider the new picture is; 0 where a picture is taken as a whole."""
    scale_doc: str
    vector_length: int
    label_count: int
    required_snr_db: str
    class_title: str
    app_title: str
    app_result: str
    score_format: str
    bundle_identifier: str

    @property
    def given(self) -> tuple[SwiftTensor, ...]:
        """Inputs that an app gives: all but states."""
        return tuple(tensor for tensor in self.inputs if not tensor.state)

    @property
    def shown(self) -> tuple[SwiftTensor, ...]:
        """Outputs that an app is given: all but states."""
        states = {tensor.state for tensor in self.inputs}
        return tuple(tensor for tensor in self.outputs if tensor.literal not in states)


def files(sdk: ir.Sdk) -> list[OutputFile]:
    """Every file of the package, from `ios/` down.

    Raises:
        CodegenError: if Swift cannot have the SDK's names, or the runtime has no such engine.
    """
    node = swift_sdk(sdk)
    names = {"module": sdk.module, "class_name": sdk.class_name, "task": node.task_file}
    rendered = RENDERED + (TENSOR_APP if sdk.task == "tensors" else PICTURE_APP)
    model = PurePosixPath("Sources", sdk.module, "Model")
    tree = [
        OutputFile(PurePosixPath(path.format(**names)), text=render(f"swift/{template.format(**names)}", node))
        for template, path in rendered
    ]
    tree += [OutputFile(PurePosixPath(path), source=_templates() / name) for name, path in COPIED]
    tree += [
        OutputFile(PurePosixPath("Sources", sdk.module, "Runtime", source.name), source=source)
        for source in _runtime(sdk.runtime.engine, sdk.task)
    ]
    tree.append(OutputFile(model / node.file_name, source=sdk.file.path))
    if sdk.labels:
        tree.append(OutputFile(model / "labels.json", text=_json(list(sdk.labels))))
    tree.append(OutputFile(model / "goldens.json", text=_json(list(_goldens(sdk)))))
    tree += [
        OutputFile(model / name, source=given.file)
        for index, golden in enumerate(sdk.goldens)
        for name, given in zip(_golden_files(index, golden), golden.inputs, strict=True)
    ]
    return tree


def swift_sdk(sdk: ir.Sdk) -> SwiftSdk:
    """The language pass: `sdk` in Swift's words.

    Raises:
        CodegenError: as `files`.
    """
    _check(sdk)
    answer, runtime, task = sdk.answer, sdk.runtime, TASKS[sdk.task]
    onnx = runtime.engine == "onnxruntime"
    inputs = swift_tasks.inputs(sdk)
    what = phrases.what(sdk, markdown, ends=False)
    return SwiftSdk(
        header=f"// Generated by deploykit {sdk.deploykit}; do not edit.\n"
        f"// Model {plain(sdk.model)} {plain(sdk.version)}, sha256 {sdk.file.sha256}.",
        target=literal(sdk.target),
        module=sdk.module,
        module_literal=literal(sdk.module),
        tests_literal=literal(f"{sdk.module}Tests"),
        class_name=identifier(sdk.class_name),
        class_doc=doc(what, f"Model {markdown(sdk.model)}, version {markdown(sdk.version)}.", markdown(sdk.parity)),
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
        task_file=task.file,
        method=swift_tasks.identifier(answer.verb) if isinstance(answer, ir.NewPicture) else task.file,
        inputs=inputs,
        outputs=swift_tasks.outputs(sdk),
        dims=swift_tasks.dims(sdk),
        reading=swift_tasks.reading(sdk),
        types=task.types,
        picture=next((given for given in inputs if given.picture), None),
        has_states=any(given.state for given in inputs),
        orientation=ORIENTATION,
        scores_doc=_scores(answer) if isinstance(answer, ir.Scores) else "",
        min_score=repr(float(answer.min_score)) if isinstance(answer, ir.Boxes) else "",
        is_tiled=isinstance(answer, ir.NewPicture) and answer.overlap is not None,
        scale=_scale(sdk),
        scale_doc=phrases.scale(sdk),
        vector_length=answer.length if isinstance(answer, ir.Vector) else 0,
        label_count=len(sdk.labels),
        required_snr_db=repr(float(sdk.required_snr_db)),
        class_title=literal(sdk.class_name),
        app_title=literal(f"{sdk.module} Sample"),
        app_result=task.result,
        score_format="formatted(.number.precision(.fractionLength(2)))"
        if isinstance(answer, ir.Scores) and answer.activation == "none"
        else "formatted(.percent.precision(.fractionLength(1)))",
        bundle_identifier=literal(f"{sdk.namespace.replace('_', '-')}.sample"),
    )


def _check(sdk: ir.Sdk) -> None:
    problems = []
    if sdk.runtime.engine not in ENGINES:
        problems.append(f"engine {sdk.runtime.engine} has no Swift runtime; it has {', '.join(ENGINES)}")
    elif sdk.class_name in _declared():
        problems.append(f"class_name {sdk.class_name} is a type of the runtime; set another in [sdk] of deploykit.toml")
    if sdk.module in TAKEN_MODULES or sdk.module in RESERVED:
        problems.append(f"module {sdk.module} is a name of Swift or Apple; rename the model in deploykit.toml")
    if int(sdk.runtime.min_os.split(".")[0]) < 17:
        problems.append(f"min_os {sdk.runtime.min_os} is too old; the Swift runtime needs iOS 17 (custom executors)")
    if unknown := [name for name in sdk.runtime.accelerators if _camel(name) not in ("neuralEngine", "gpu", "cpu")]:
        problems.append(f"accelerator {', '.join(unknown)} is unknown; Swift has neural_engine, gpu and cpu")
    if isinstance(sdk.answer, ir.NewPicture) and sdk.answer.verb in METHODS:
        problems.append(f"verb {sdk.answer.verb} is what every model of Swift has already; take another")
    if problems:
        raise CodegenError("\n".join(problems))
    if isinstance(sdk.answer, ir.AnyTensors):
        swift_tasks.check_names(sdk, ORIENTATION)


def _templates() -> Path:
    return folder("templates") / "swift"


def _runtime(engine: str, task: TaskName) -> list[Path]:
    """The runtime's source files for one engine and one task, in a stable order: all but those of the others."""
    others = {name for of in TASKS.values() for name in of.sources}.difference(TASKS[task].sources)
    return [source for source in _sources(*RUNTIME, engine) if source.name not in others]


def _sources(*parts: str) -> list[Path]:
    return [source for part in parts for source in sorted((_templates() / "runtime" / part).glob("*.swift"))]


@cache
def _declared() -> frozenset[str]:
    """The types that the runtime declares at top level, for whatever task."""
    sources = _sources(*RUNTIME, *ENGINES)
    found = {name for source in sources for name in DECLARATION.findall(source.read_text(encoding="utf-8"))}
    return frozenset(found | {"ModelOptions"})


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _scores(scores: ir.Scores) -> str:
    return {"softmax": "probabilities", "sigmoid": "independent probabilities", "none": "raw scores"}[scores.activation]


def _scale(sdk: ir.Sdk) -> int:
    """How many pixels of the new picture one of the given picture becomes along a side."""
    answer, picture = sdk.answer, sdk.picture
    if not isinstance(answer, ir.NewPicture) or picture is None or answer.overlap is None:
        return 0
    return sdk.outputs[0].fixed[3 if answer.layout == "NCHW" else 2] // picture.width


def _golden_files(index: int, golden: ir.Golden) -> list[str]:
    return [f"golden-{index}-{place}{given.file.suffix}" for place, given in enumerate(golden.inputs)]


def _goldens(sdk: ir.Sdk) -> Iterator[dict[str, object]]:
    """Each golden as `PackageFiles.swift` reads it."""
    for index, golden in enumerate(sdk.goldens):
        outputs = [{"step": output.step, "values": list(output.values)} for output in golden.outputs]
        sizes = {"sizes": dict(golden.sizes)} if golden.sizes else {}
        yield {"name": golden.name, **sizes, "inputs": _golden_files(index, golden), "outputs": outputs}


def _json(value: list[object] | list[str] | list[dict[str, object]]) -> str:
    """JSON as people read it: `é` is written as itself, and a value that JSON lacks is refused."""
    try:
        text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        text.encode("utf-8")
    except ValueError as error:
        raise CodegenError(f"labels or goldens cannot be written as JSON: {error}") from error
    return text
