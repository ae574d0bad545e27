"""The Kotlin pass: literals, names, and the golden tree of one small SDK.

After a wanted change of the generated text, write the golden tree anew with `DEPLOYKIT_UPDATE_GOLDEN=1` and read its
difference.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploykit.codegen import ir, kotlin, kotlin_engines, kotlin_layout, kotlin_tasks, kotlin_text
from deploykit.codegen.write import OutputFile, write_tree
from deploykit.errors import CodegenError
from deploykit.sizes import DimSpec
from deploykit.tasks import TaskName
from tests.generated.kotlin import sdks

GOLDEN = Path(__file__).parents[1] / "golden/kotlin"
GOLDEN_TASKS = Path(__file__).parents[1] / "golden/kotlin-tasks"


RESULT = "app/src/tasks/{task}.kt.jinja"

SEVEN = (0.0,) * 7 + (0.9, 0.0625, 0.0375)


def sdk(**changes: Any) -> ir.Sdk:
    """An SDK whose files do not exist; rendering does not read them."""
    base = ir.Sdk(
        deploykit="0.1.0",
        target="android_litert",
        model="digits",
        version="1.0",
        license="Apache-2.0",
        class_name="DigitClassifier",
        namespace="com.example.digits",
        module="Digits",
        task="image-classification",
        labels=tuple("0123456789"),
        inputs=(ir.Picture("image", 32, 28, "gray", "bilinear", "letterbox", 1.0),),
        outputs=(ir.Tensor("scores", "float32", (1, 10)),),
        answer=ir.Scores("softmax"),
        file=ir.ModelFile(Path("digits.tflite"), "digits.tflite", "3f2a9c" + "0" * 58, 123456, "fp16"),
        runtime=ir.Runtime("litert", "com.google.ai.edge.litert:litert", "2.1.6", ("npu", "gpu", "cpu"), "24"),
        goldens=(ir.Golden("seven", (ir.GoldenInput(Path("seven.png")),), (ir.GoldenOutput(1, SEVEN),)),),
        required_snr_db=30.0,
        parity="matches PyTorch to 61 dB (LiteRT, fp16)",
    )
    return dataclasses.replace(base, **changes)


def texts(files: list[OutputFile]) -> dict[str, str]:
    """The text of each file, whether rendered or verbatim; not the model and the pictures."""
    tree = {}
    for file in files:
        if file.text is not None:
            tree[str(file.path)] = file.text
        elif file.source is not None and file.source.is_relative_to(kotlin.folder("templates")):
            tree[str(file.path)] = file.source.read_text("utf-8")
    return tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '""'),
        ("plain", '"plain"'),
        ('a "quote"', r'"a \"quote\""'),
        ("back\\slash", r'"back\\slash"'),
        ("two\nlines\r\n\t", r'"two\nlines\r\n\t"'),
        ("$dollar ${x}", r'"\$dollar \${x}"'),
        ("é 猫", '"é 猫"'),
        ("🦊", '"🦊"'),
        ("*/ /*", '"*/ /*"'),
        ("\u200fmark", r'"\u200fmark"'),
        ("\x00\u2028\u00a0", r'"\u0000\u2028\u00a0"'),
        ("\U000e0041", r'"\udb40\udc41"'),
    ],
)
def test_literal(text: str, expected: str) -> None:
    assert kotlin_text.literal(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a */ b /* c", "a *∕ b ∕* c"),
        ("/*/", "∕*∕"),
        ("*//*", "*∕∕*"),
        ("two\nlines \u202e turned", "two lines turned"),
    ],
)
def test_doc_cannot_leave_its_comment(text: str, expected: str) -> None:
    assert kotlin_text.doc(text) == expected


@given(st.text())
def test_doc_is_one_line_without_marks(text: str) -> None:
    shown = kotlin_text.doc(text)
    assert "*/" not in shown
    assert "/*" not in shown
    assert len(shown.splitlines()) <= 1


@given(st.text())
def test_literals_read_back(text: str) -> None:
    body = kotlin_text.literal(text)[1:-1].replace("\\$", "$")
    # What is left of Kotlin's escapes is also JSON's.
    assert json.loads(f'"{body}"') == text
    assert len(body.splitlines()) <= 1


@given(st.text())
def test_android_strings_are_xml(text: str) -> None:
    element = ET.fromstring(f"<string>{kotlin_text.android_string(text)}</string>")
    assert len(element) == 0


@settings(deadline=None)  # renders a whole tree
@given(st.lists(st.text(), min_size=1, max_size=20))
def test_labels_survive(labels: list[str]) -> None:
    tree = texts(kotlin.files(sdk(labels=tuple(labels))))
    assert json.loads(tree["digits/src/main/assets/com.example.digits/labels.json"]) == labels


def test_ten_thousand_labels_are_data_and_not_code() -> None:
    many = sdk(labels=tuple(f"label {i}" for i in range(10_000)))
    source = texts(kotlin.files(many))["digits/src/main/kotlin/com/example/digits/DigitClassifier.kt"]
    assert len(source) < 6000
    assert "labelCount = 10000," in source


def test_reserved_words_are_backticked_only_where_needed() -> None:
    assert kotlin_text.package("com.example.object.in.data") == "com.example.`object`.`in`.data"
    tree = texts(kotlin.files(sdk(namespace="com.example.object")))
    assert "package com.example.`object`\n" in tree["object/src/main/kotlin/com/example/object/ModelSession.kt"]
    assert (
        "import com.example.`object`.LoadState\n"
        in (tree["app/src/main/kotlin/com/example/object/sample/SampleViewModel.kt"])
    )
    assert 'namespace = "com.example.object"' in tree["object/build.gradle.kts"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"namespace": "com.example.class"}, "has class, which Android refuses"),
        ({"namespace": "digits"}, "is not like com.example.digits"),
        ({"namespace": "com.Example.digits"}, "is not like com.example.digits"),
        ({"class_name": "digit-classifier"}, "is not like DigitClassifier"),
        ({"class_name": "ModelSession"}, "is a type of the SDK's own runtime"),
        ({"class_name": "Classification"}, "is a type of the SDK's own runtime"),
        ({"class_name": "Model"}, "is a type of the SDK's own runtime"),
        ({"class_name": "Bitmap"}, "is a type of the SDK's own runtime"),
    ],
)
def test_unusable_names_are_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(CodegenError, match=problem):
        kotlin.files(sdk(**changes))


def test_a_module_named_app_does_not_meet_the_sample_app() -> None:
    tree = texts(kotlin.files(sdk(namespace="com.example.app")))
    assert 'include(":app-model")' in tree["settings.gradle.kts"]
    assert len(tree) == len(texts(kotlin.files(sdk())))


@pytest.mark.parametrize("engine", sdks.ENGINES)
def test_only_the_engine_in_use_is_copied(engine: sdks.Engine, tmp_path: Path) -> None:
    paths = [file.path.name for file in kotlin.files(sdks.sdk(engine, tmp_path))]
    sources = [other.source for other in kotlin_engines.ENGINES.values()]
    assert [path for path in paths if path in sources] == [kotlin_engines.ENGINES[engine].source]


def test_every_template_is_in_the_table() -> None:
    root = kotlin.folder("templates") / "kotlin"
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    tables = {*kotlin_layout.FILES, *kotlin_layout.PICTURE_APP, *kotlin_layout.TENSOR_APP, *kotlin_layout.PACK} - {
        RESULT
    }
    for task in kotlin_tasks.TASKS.values():
        tables |= {f"library/tasks/{task.file}.kt.jinja", f"readme/{task.file}.md.jinja"}
        tables |= {RESULT.format(task=task.file)} if task.result else set()
    tables |= {f"library/tasks/{name}.reading.kt.jinja" for name in ("detect", "segment", "process")}
    assert {path for path in found if not path.startswith("runtime/")} == tables


def test_the_same_sdk_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_tree(kotlin.files(sdks.sdk("onnxruntime", tmp_path / "model")), tmp_path / name)
    first, second = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("first", "second")
    )
    assert first == second
    assert not any(str(tmp_path).encode() in content for content in first.values())


@pytest.mark.parametrize("task", sdks.TASKS)
def test_text_files_end_with_one_newline_and_have_no_blanks_at_line_ends(task: TaskName) -> None:
    for path, text in texts(kotlin.files(sdks.of_task(task))).items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not any(line != line.rstrip() for line in text.splitlines()), path
        assert "\n\n\n" not in text, path
        if PurePosixPath(path).suffix == ".kt":
            assert max(map(len, text.splitlines())) <= 120, path


def test_data_files_are_well_formed_whatever_the_names(tmp_path: Path) -> None:
    tree = texts(kotlin.files(sdks.sdk("tflite", tmp_path, model="</string> & \"x\" 'y' \\ @?\n*/ ${z}")))
    for path, text in tree.items():
        if path.endswith(".xml"):
            ET.fromstring(text)
        if path.endswith(".toml"):
            assert tomllib.loads(text)["libraries"]["engine-gpu-api"]["version"] == "2.14.0"
    strings = ET.fromstring(tree["app/src/main/res/values/strings.xml"])
    assert strings[0].text == r"</string> & \"x\" \'y\' \\ \@\? */ ${z}"


@pytest.mark.parametrize("task", sdks.TASKS)
def test_imports_are_sorted(task: TaskName) -> None:
    for namespace in ("aaa.digits", "org.digits"):
        for path, text in texts(kotlin.files(sdks.of_task(task, namespace=namespace))).items():
            imports = [line for line in text.splitlines() if line.startswith("import ")]
            assert imports == sorted(imports), path


def test_scores_that_are_no_probabilities_are_not_shown_as_percent() -> None:
    plain = sdk(labels=("a", "b"), answer=ir.Scores("none"))
    text = texts(kotlin.files(plain))["app/src/main/kotlin/com/example/digits/sample/Result.kt"]
    assert "Percent" not in text
    assert "LinearProgressIndicator" not in text


def test_golden_tree() -> None:
    compare_golden(texts(kotlin.files(sdk())), GOLDEN)


@pytest.mark.parametrize("task", sdks.TASKS)
def test_golden_text_of_a_task(task: TaskName) -> None:
    """What is rendered for a task; the runtime is in the golden tree."""
    tree = texts(kotlin.files(sdks.of_task(task)))
    rendered = ("TestModel.kt", "Result.kt", "SampleViewModel.kt", "README.md", "strings.xml")
    compare_golden({path: text for path, text in tree.items() if path.endswith(rendered)}, GOLDEN_TASKS / task)


def compare_golden(tree: dict[str, str], folder: Path) -> None:
    if os.environ.get("DEPLOYKIT_UPDATE_GOLDEN") == "1":
        shutil.rmtree(folder, ignore_errors=True)
        write_tree([OutputFile(PurePosixPath(path), text=text) for path, text in tree.items()], folder)
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert sorted(found) == sorted(tree)
    for name, path in found.items():
        assert path.read_text("utf-8") == tree[name], name


def test_names_that_would_be_one_in_kotlin_are_refused() -> None:
    twice = (ir.Tensor("word_ids", "int32", (1,)), ir.Tensor("wordIds", "int32", (1,)))
    with pytest.raises(CodegenError, match="wordIds and word_ids would have one name in Kotlin"):
        kotlin.files(sdks.of_task("tensors", inputs=twice))
    with pytest.raises(CodegenError, match="orientation and a name of the SDK's own would have one name"):
        kotlin.files(sdks.of_task("tensors", inputs=(ir.Tensor("orientation", "int32", (1,)),)))
    sizes = {"long_side": DimSpec(min=1, max=2), "longSide": DimSpec(min=1, max=2)}
    with pytest.raises(CodegenError, match="the sizes longSide and long_side would have one name in Kotlin"):
        kotlin.files(sdks.of_task("tensors", inputs=(), dims=sizes))


@pytest.mark.parametrize("task", sdks.TASKS)
def test_an_sdk_has_the_runtime_of_its_task_only(task: TaskName) -> None:
    paths = {file.path.name for file in kotlin.files(sdks.of_task(task))}
    of_tasks = {name for other in kotlin_tasks.TASKS.values() for name in other.sources}
    assert paths & of_tasks == set(kotlin_tasks.TASKS[task].sources)


def test_a_large_model_is_an_ai_pack_that_is_installed_with_the_app() -> None:
    small, large = sdk(), sdk()
    large = dataclasses.replace(large, file=dataclasses.replace(large.file, bytes=kotlin_layout.PACKED_FROM))
    model = "src/main/assets/com.example.digits/model.tflite"
    assert f"digits/{model}" in {str(file.path) for file in kotlin.files(small)}
    paths = {str(file.path) for file in kotlin.files(large)}
    assert f"digits_pack/{model}" in paths
    assert f"digits/{model}" not in paths
    assert "digits/src/main/assets/com.example.digits/goldens.json" in paths
    tree, plain = texts(kotlin.files(large)), texts(kotlin.files(small))
    assert 'packName = "digits_pack"' in tree["digits_pack/build.gradle.kts"]
    assert 'include(":digits_pack")' in tree["settings.gradle.kts"]
    assert 'assetPacks += ":digits_pack"' in tree["app/build.gradle.kts"]
    catalog = tomllib.loads(tree["gradle/libs.versions.toml"])
    assert catalog["plugins"]["android-ai-pack"]["id"] == "com.android.ai-pack"
    assert "libs.plugins.android.ai.pack" in tree["build.gradle.kts"]
    # No code knows where the model is.
    assert {path for path in plain if plain[path] != tree[path] and path.endswith(".kt")} == {
        "digits/src/main/kotlin/com/example/digits/DigitClassifier.kt"
    }
    assert not any("pack" in text for path, text in plain.items() if path.endswith((".kts", ".toml")))


def test_goldens_that_json_lacks_are_refused() -> None:
    broken = ir.Golden("noise", (ir.GoldenInput(Path("noise.png")),), (ir.GoldenOutput(1, (float("nan"),)),))
    with pytest.raises(CodegenError, match="cannot be written as JSON"):
        kotlin.files(sdk(goldens=(broken,)))
