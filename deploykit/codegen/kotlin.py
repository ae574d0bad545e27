"""Kotlin: an `ir.Sdk` as an Android project, with its names, types and literals finished; templates only lay out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from deploykit.codegen import ir, kotlin_tasks, names, phrases
from deploykit.codegen.kotlin_engines import ENGINES, PAGES, Library
from deploykit.codegen.kotlin_layout import FILES, PACK, PACKED_FROM, PICTURE_APP, TENSOR_APP
from deploykit.codegen.kotlin_tasks import TASKS, KotlinDim, KotlinTensor
from deploykit.codegen.kotlin_text import JAVA_KEYWORDS, android_string, doc, literal, markdown, package
from deploykit.codegen.write import OutputFile
from deploykit.errors import CodegenError
from deploykit.render import render
from deploykit.resources import folder
from deploykit.tasks import TaskName

RUNTIME_PACKAGE = "deploykit.runtime"
"""The package that the runtime is written in; each SDK has a copy in its own package, so two live in one app."""

ORIENTATION = "orientation"
"""What `Inputs` call the orientation of their pictures."""


@dataclass(frozen=True)
class KotlinSdk:
    """One SDK with every name, type and literal as Kotlin, Gradle, XML and Markdown want it."""

    deploykit: str
    target: str
    class_name: str
    namespace: str
    package: str
    """The namespace, with Kotlin's reserved words in backticks."""
    sample_package: str
    project_literal: str
    gradle_module: str
    pack: str
    """The Gradle module with the model; empty where the library has it."""
    maven_group: str
    maven_artifact: str
    min_sdk: str
    engine_title: str
    engine_libraries: tuple[Library, ...]
    keep_rules: tuple[str, ...]
    native_libraries: tuple[str, ...]
    model_literal: str
    model_doc: str
    model_md: str
    model_xml: str
    version_literal: str
    version_doc: str
    version_md: str
    license_literal: str
    license_md: str
    parity_literal: str
    parity_doc: str
    parity_md: str
    precision_literal: str
    precision_doc: str
    sha256: str
    model_file: str
    model_extension: str
    model_bytes: int
    asset_folder: str
    label_count: int
    what_doc: str
    what_md: str
    task_file: str
    method: str
    app_result: str
    app_imports: tuple[str, ...]
    app_md: str
    inputs: tuple[KotlinTensor, ...]
    outputs: tuple[KotlinTensor, ...]
    dims: tuple[KotlinDim, ...]
    reading: Mapping[str, str]
    takes_pictures: bool
    has_states: bool
    orientation_name: str
    has_probabilities: bool
    min_score: str
    is_tiled: bool
    scale_doc: str
    vector_length: int
    golden_count: int
    accelerators: str
    accelerators_md: str
    pages_md: str
    required_snr_db: str

    @property
    def given(self) -> tuple[KotlinTensor, ...]:
        """Inputs that an app gives: all but states."""
        return tuple(tensor for tensor in self.inputs if not tensor.state)

    @property
    def shown(self) -> tuple[KotlinTensor, ...]:
        """Outputs that an app is given: all but states."""
        states = {tensor.state for tensor in self.inputs}
        return tuple(tensor for tensor in self.outputs if tensor.literal not in states)


def files(sdk: ir.Sdk) -> list[OutputFile]:
    """The `android/` tree of one SDK, sorted by path.

    Raises:
        CodegenError: if a name cannot be used in Kotlin or in Gradle.
    """
    node = kotlin(sdk)
    places = {"module": node.gradle_module, "package": sdk.namespace.replace(".", "/"), "class": sdk.class_name}
    places |= {"task": node.task_file, "pack": node.pack}
    source_root = PurePosixPath(node.gradle_module, "src/main/kotlin", places["package"])
    assets = PurePosixPath(node.gradle_module, "src/main/assets", node.asset_folder)
    rendered = FILES | (TENSOR_APP if sdk.task == "tensors" else PICTURE_APP) | (PACK if node.pack else {})
    tree = [
        _file(template.format(**places), PurePosixPath(place.format(**places)), node)
        for template, place in rendered.items()
    ]
    tree += [_runtime_file(path, source_root, node.package) for path in runtime_sources(sdk.runtime.engine, sdk.task)]
    model_assets = PurePosixPath(node.pack or node.gradle_module, "src/main/assets", node.asset_folder)
    tree.append(OutputFile(model_assets / node.model_file, source=sdk.file.path))
    if sdk.labels:
        tree.append(OutputFile(assets / "labels.json", text=_json_lines(sdk.labels)))
    tree.append(
        OutputFile(assets / "goldens.json", text=_json_lines(map(_golden, range(len(sdk.goldens)), sdk.goldens)))
    )
    tree += [
        OutputFile(assets / name, source=given.file)
        for index, golden in enumerate(sdk.goldens)
        for name, given in zip(_golden_files(index, golden), golden.inputs, strict=True)
    ]
    return sorted(tree, key=lambda file: file.path)


def kotlin(sdk: ir.Sdk) -> KotlinSdk:
    """Maps the language-neutral SDK to Kotlin.

    Raises:
        CodegenError: if a name cannot be used in Kotlin or in Gradle.
    """
    _check_names(sdk)
    answer, task = sdk.answer, TASKS[sdk.task]
    engine = ENGINES[sdk.runtime.engine]
    parts = sdk.namespace.split(".")
    extension = sdk.file.path.suffix.removeprefix(".")
    return KotlinSdk(
        deploykit=sdk.deploykit,
        target=sdk.target,
        class_name=sdk.class_name,
        namespace=sdk.namespace,
        package=package(sdk.namespace),
        sample_package=f"{package(sdk.namespace)}.sample",
        project_literal=literal(f"{parts[-1]}-android"),
        # The sample app is the module `app`.
        gradle_module="app-model" if parts[-1] == "app" else parts[-1],
        # Of a pack's name Play wants letters, digits and underscores.
        pack=f"{parts[-1]}_pack" if sdk.file.bytes >= PACKED_FROM else "",
        maven_group=".".join(parts[:-1]),
        maven_artifact=parts[-1],
        min_sdk=sdk.runtime.min_os,
        engine_title=f"{sdk.runtime.coordinate} {sdk.runtime.version}",
        engine_libraries=(
            Library("engine", sdk.runtime.coordinate, sdk.runtime.version),
            *(Library(alias, module, version or sdk.runtime.version) for alias, module, version in engine.extra),
        ),
        keep_rules=engine.keep_rules,
        native_libraries=engine.native_libraries,
        model_literal=literal(sdk.model),
        model_doc=doc(sdk.model),
        model_md=markdown(sdk.model),
        model_xml=android_string(sdk.model),
        version_literal=literal(sdk.version),
        version_doc=doc(sdk.version),
        version_md=markdown(sdk.version),
        license_literal="null" if sdk.license is None else literal(sdk.license),
        license_md="not declared" if sdk.license is None else markdown(sdk.license),
        parity_literal=literal(sdk.parity),
        parity_doc=doc(sdk.parity),
        parity_md=markdown(sdk.parity),
        precision_literal=literal(sdk.file.precision),
        precision_doc=doc(sdk.file.precision),
        sha256=sdk.file.sha256,
        model_file=f"model.{extension}",
        model_extension=extension,
        model_bytes=sdk.file.bytes,
        asset_folder=sdk.namespace,
        label_count=len(sdk.labels),
        what_doc=phrases.what(sdk, doc),
        what_md=markdown(phrases.what(sdk, doc, ends=False)),
        task_file=task.file,
        method=kotlin_tasks.identifier(answer.verb) if isinstance(answer, ir.NewPicture) else task.file,
        app_result=task.result,
        app_imports=task.imports,
        app_md=task.app,
        inputs=kotlin_tasks.inputs(sdk),
        outputs=kotlin_tasks.outputs(sdk),
        dims=kotlin_tasks.dims(sdk),
        reading=kotlin_tasks.reading(sdk),
        takes_pictures=sdk.picture is not None,
        has_states=any(isinstance(given, ir.Tensor) and given.state is not None for given in sdk.inputs),
        orientation_name=ORIENTATION,
        has_probabilities=not (isinstance(answer, ir.Scores) and answer.activation == "none"),
        min_score=f"{float(answer.min_score)!r}f" if isinstance(answer, ir.Boxes) else "",
        is_tiled=isinstance(answer, ir.NewPicture) and answer.overlap is not None,
        scale_doc=phrases.scale(sdk),
        vector_length=answer.length if isinstance(answer, ir.Vector) else 0,
        golden_count=len(sdk.goldens),
        accelerators=", ".join(f"Accelerator.{name.capitalize()}" for name in sdk.runtime.accelerators),
        pages_md=PAGES[sdk.runtime.pages_16kb],
        accelerators_md=" → ".join(name.upper() for name in sdk.runtime.accelerators),
        required_snr_db=f"{float(sdk.required_snr_db)!r}f",
    )


def runtime_sources(engine: str, task: TaskName) -> list[Path]:
    """The runtime's files for one engine and one task: all but those of the others."""
    own = {ENGINES[engine].source, *TASKS[task].sources}
    others = {other.source for other in ENGINES.values()} | {name for of in TASKS.values() for name in of.sources}
    return sorted(
        path for path in (folder("templates") / "kotlin/runtime").glob("*.kt") if path.name not in others - own
    )


def _golden(index: int, golden: ir.Golden) -> dict[str, object]:
    """One golden as `ModelFiles.kt` reads it."""
    outputs = [{"step": output.step, "values": list(output.values)} for output in golden.outputs]
    sizes = {"sizes": dict(golden.sizes)} if golden.sizes else {}
    return {"name": golden.name, **sizes, "inputs": _golden_files(index, golden), "outputs": outputs}


def _golden_files(index: int, golden: ir.Golden) -> list[str]:
    return [f"golden_{index}_{place}{given.file.suffix}" for place, given in enumerate(golden.inputs)]


def _check_names(sdk: ir.Sdk) -> None:
    problems = []
    parts = sdk.namespace.split(".")
    if len(parts) < 2 or not all(re.fullmatch(r"[a-z][a-z0-9_]*", part) for part in parts):
        problems.append(f"namespace {sdk.namespace!r} is not like com.example.digits")
    if reserved := sorted(JAVA_KEYWORDS.intersection(parts)):
        problems.append(f"namespace {sdk.namespace!r} has {', '.join(reserved)}, which Android refuses there")
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", sdk.class_name):
        problems.append(f"class name {sdk.class_name!r} is not like DigitClassifier")
    if sdk.class_name in _runtime_types():
        problems.append(f"class name {sdk.class_name} is a type of the SDK's own runtime")
    if problems:
        raise CodegenError(f"{'; '.join(problems)}; set [sdk] in deploykit.toml")
    if isinstance(sdk.answer, ir.AnyTensors):
        kotlin_tasks.check_names(kotlin_tasks.inputs(sdk), "the inputs", (ORIENTATION,))
        kotlin_tasks.check_names(kotlin_tasks.outputs(sdk), "the outputs")
        names.check_different([(kotlin_tasks.identifier(name), name) for name in sdk.dims], "the sizes", "Kotlin")


@cache
def _runtime_types() -> frozenset[str]:
    """Every top-level type of the runtime and each of its files, and what the generated class imports."""
    found = {"Bitmap", "Context", "MutableStateFlow", "StateFlow", "Uri"}
    for path in (folder("templates") / "kotlin/runtime").glob("*.kt"):
        found.add(path.stem)
        declared = re.findall(r"^[a-z ]*\b(?:class|interface|object) ([A-Z]\w*)", path.read_text("utf-8"), re.MULTILINE)
        found.update(declared)
    return frozenset(found)


def _file(template: str, place: PurePosixPath, node: KotlinSdk) -> OutputFile:
    if template.endswith(".kt.jinja"):
        return OutputFile(place, text=_sort_imports(render(f"kotlin/{template}", node)))
    if template.endswith(".jinja"):
        return OutputFile(place, text=render(f"kotlin/{template}", node))
    return OutputFile(place, source=folder("templates") / "kotlin" / template)


def _sort_imports(source: str) -> str:
    """Where an import of the SDK's own types belongs depends on the SDK's name."""
    return re.sub(
        r"(?:^import .*\n)+",
        lambda found: "".join(sorted(found[0].splitlines(keepends=True))),
        source,
        flags=re.MULTILINE,
    )


def _runtime_file(path: Path, root: PurePosixPath, name: str) -> OutputFile:
    """A file of the runtime, verbatim but for its package."""
    text = path.read_text("utf-8").replace(f"package {RUNTIME_PACKAGE}\n", f"package {name}\n", 1)
    return OutputFile(root / path.name, text=text)


def _json_lines(items: Iterable[object]) -> str:
    """A JSON array with one item a line, so that a difference can be read."""
    try:
        lines = ",\n".join(json.dumps(item, ensure_ascii=False, allow_nan=False) for item in items)
    except ValueError as error:
        raise CodegenError(f"labels or goldens cannot be written as JSON: {error}") from error
    return f"[\n{lines}\n]\n"
