from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploykit.codegen import ir, swift, swift_tasks, swift_text
from deploykit.codegen.write import OutputFile, write_tree
from deploykit.errors import CodegenError
from deploykit.tasks import TaskName
from tests.generated.swift.sample_sdk import LABELS, Engine, sample, tensors

GOLDEN = Path(__file__).parents[1] / "golden" / "swift"


@pytest.fixture
def sdk(tmp_path: Path) -> ir.Sdk:
    return sample(tmp_path)


def texts(files: list[OutputFile]) -> dict[PurePosixPath, str]:
    return {file.path: file.text for file in files if file.text is not None}


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("plain", '"plain"'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", r'"back\\slash"'),
        ("\\(code)", r'"\\(code)"'),
        ("two\nlines\r\n", r'"two\nlines\r\n"'),
        ("tab\tnul\0bell\x07", r'"tab\tnul\0bell\u{7}"'),
        ("é", '"é"'),
        ("e\u0301", '"e\u0301"'),
        ("猫🙂", '"猫🙂"'),
        ("👩‍🔬", r'"👩\u{200D}🔬"'),
        ("\u200fשלום\u202e", r'"\u{200F}שלום\u{202E}"'),
        ("line\u2028separator", r'"line\u{2028}separator"'),
        ("$x #{y} */ ///", '"$x #{y} */ ///"'),
        ("", '""'),
    ],
)
def test_literal(text: str, literal: str) -> None:
    assert swift_text.literal(text) == literal


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(CodegenError, match="U\\+D83D"):
        swift_text.literal("\ud83d")


def unescaped(literal: str) -> str:
    """Reads a Swift literal back, by the rules of the language's reference."""
    simple = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", '"': '"', "\\": "\\"}

    def char(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else simple[match[2]]

    assert re.fullmatch(r'"(?:[^"\\\n\r]|\\u\{[0-9A-F]{1,8}\}|\\[nrt0"\\])*"', literal), literal
    return re.sub(r"\\(?:u\{([0-9A-F]+)\}|(.))", char, literal[1:-1])


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_survives_its_literal(text: str) -> None:
    assert unescaped(swift_text.literal(text)) == text


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_every_label_survives_and_stays_out_of_the_source(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str]
) -> None:
    made = sample(tmp_path_factory.mktemp("sdk"), labels=tuple(labels))
    same = sample(tmp_path_factory.mktemp("sdk"), labels=tuple("x" * len(labels)))
    found, plain = texts(swift.files(made)), texts(swift.files(same))
    file = PurePosixPath("Sources/Torture/Model/labels.json")
    assert json.loads(found.pop(file)) == labels
    plain.pop(file)
    assert found == plain


@pytest.mark.parametrize(
    ("name", "written"), [("digits", "digits"), ("class", "`class`"), ("Self", "`Self`"), ("Selfie", "Selfie")]
)
def test_only_reserved_words_are_in_backticks(name: str, written: str) -> None:
    assert swift_text.identifier(name) == written


def test_doc_is_one_comment_whatever_is_in_it() -> None:
    assert swift_text.doc("first\nline */ `x`", "", "\u202esecond") == "/// first line */ `x`\n///\n/// second"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a|b <i>\n[x](y) `z`", r"a\|b \<i\> \[x\](y) \`z\`"),
        ("Matches to 118 dB (fp16).", "Matches to 118 dB (fp16)."),
        ("1.0", "1.0"),
        ("1. one", r"1\. one"),
        ("- one", r"\- one"),
        ("## two", r"\## two"),
    ],
)
def test_markdown_has_no_markup(text: str, written: str) -> None:
    assert swift_text.markdown(text) == written


def test_same_input_same_bytes(sdk: ir.Sdk, tmp_path: Path) -> None:
    again = sample(tmp_path / "elsewhere")
    assert texts(swift.files(sdk)) == texts(swift.files(again))
    for path, text in texts(swift.files(sdk)).items():
        assert str(tmp_path) not in text, path
        assert text.endswith("\n"), path
        assert "{{" not in text or path.name == "labels.json", path
        assert not re.search(r"[ \t]$", text, re.MULTILINE), path


def test_the_tree_is_the_golden_one(sdk: ir.Sdk, tmp_path: Path) -> None:
    """Rendered files, byte by byte. After a wanted change: `python -m tests.codegen.test_swift` writes them anew."""
    written = {path.relative_to(GOLDEN).as_posix(): path.read_bytes() for path in GOLDEN.rglob("*") if path.is_file()}
    rendered = {str(path): text.encode() for path, text in texts(swift.files(sdk)).items()}
    assert rendered.keys() == written.keys()
    for path, content in rendered.items():
        assert content.decode() == written[path].decode(), path


@pytest.mark.parametrize(("engine", "other"), [("coreml", "OnnxEngine.swift"), ("onnxruntime", "CoreMLEngine.swift")])
def test_only_its_own_engine_is_copied(tmp_path: Path, engine: Engine, other: str) -> None:
    write_tree(swift.files(sample(tmp_path / "in", engine)), tmp_path / "ios")
    names = {path.name for path in (tmp_path / "ios").rglob("*.swift")}
    assert other not in names
    assert {"DefaultEngine.swift", "ModelSession.swift", "Pixels+CGImage.swift"} <= names


def test_the_runtime_is_copied_unchanged_and_has_no_jinja(sdk: ir.Sdk) -> None:
    sources = [
        file.source for file in swift.files(sdk) if file.path.parent.name == "Runtime" and file.source is not None
    ]
    assert len(sources) > 15
    for source in sources:
        assert not re.search(r"{{|{%", source.read_text()), source


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_name": "Classification"}, "class_name Classification is a type of the runtime"),
        ({"class_name": "ModelOptions"}, "class_name ModelOptions is a type of the runtime"),
        ({"module": "CoreML"}, "module CoreML is a name of Swift or Apple"),
    ],
)
def test_names_that_cannot_be_are_refused(sdk: ir.Sdk, change: dict[str, Any], message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        swift.files(replace(sdk, **change))


@pytest.mark.parametrize(
    ("name", "written"),
    [("token_ids", "tokenIds"), ("in", "`in`"), ("self", "selfValue"), ("init", "initValue"), ("2nd", "value2Nd")],
)
def test_names_of_tensors(name: str, written: str) -> None:
    assert swift_tasks.identifier(name) == written


def test_tensors_have_fields_and_states_have_none(tmp_path: Path) -> None:
    made = texts(swift.files(tensors(tmp_path)))[PurePosixPath("Sources/Torture/Everything.swift")]
    assert "public let `in`: IntTensor" in made
    assert "public let selfValue: BoolTensor" in made
    assert 'TensorSpec("hash_value", .float32, [1, 2, 2], state: "class")' in made
    assert "hashValue" not in made
    assert "`class`" not in made.partition("// MARK: - Contract")[0].replace("``", "")
    assert "func reset()" in made


@pytest.mark.parametrize("names", [("a_b", "aB"), ("orientation", "x")])
def test_names_that_become_one_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    made = tensors(tmp_path)
    inputs = (made.inputs[0], *(ir.Tensor(name, "float32", (1,)) for name in names))
    with pytest.raises(CodegenError, match=rf"the inputs .*{names[0]}.*one name in Swift"):
        swift.files(replace(made, inputs=inputs))


def test_bool_is_refused_where_the_engine_has_none(tmp_path: Path) -> None:
    made = tensors(tmp_path)
    runtime = replace(made.runtime, engine="onnxruntime", accelerators=("cpu",))
    with pytest.raises(CodegenError, match=r'self is bool.*dtype = "int32".*Core ML'):
        swift.files(replace(made, runtime=runtime))


def test_a_verb_that_every_model_has_is_refused(sdk: ir.Sdk) -> None:
    outputs = (ir.Tensor("made", "float32", (1, 3, 24, 28)),)
    answer = ir.NewPicture("close", (0.0, 1.0), "NCHW", None)
    with pytest.raises(CodegenError, match="verb close"):
        swift.files(replace(sdk, task="image-to-image", labels=(), outputs=outputs, answer=answer))


@pytest.mark.parametrize("task", swift_tasks.TASKS)
def test_a_package_has_the_runtime_of_its_own_task_only(sdk: ir.Sdk, task: TaskName) -> None:
    names = {source.name for source in swift._runtime("coreml", task)}
    own = set(swift_tasks.TASKS[task].sources)
    assert own <= names
    others = {name for each in swift_tasks.TASKS.values() for name in each.sources} - own
    assert not names & others
    assert {"Predictor.swift", "Placement.swift", "CoreMLEngine.swift"} <= names


def test_all_problems_are_named_at_once(sdk: ir.Sdk) -> None:
    runtime = replace(sdk.runtime, engine="tflite", min_os="15.0", accelerators=("npu",))
    with pytest.raises(CodegenError, match=r"(?s)engine tflite.*min_os 15\.0.*accelerator npu"):
        swift.files(replace(sdk, runtime=runtime))


def test_scores_that_json_lacks_are_refused(sdk: ir.Sdk) -> None:
    golden = replace(sdk.goldens[0], outputs=(ir.GoldenOutput(1, (float("nan"),) * len(LABELS)),))
    with pytest.raises(CodegenError, match="JSON"):
        swift.files(replace(sdk, goldens=(golden,)))


def test_open_sizes_are_the_callers_to_choose(tmp_path: Path) -> None:
    files = swift.files(tensors(tmp_path))
    text = texts(files)[PurePosixPath("Sources/Torture/Everything.swift")]
    assert "/// 2 to 8, a multiple of 2.\n" in text
    assert "public static let `in`: StrideThrough<Int> = stride(from: 2, through: 8, by: 2)" in text
    assert "public static let `default`: [Int] = [3, 5]" in text
    assert 'TensorSpec("in", .int32, [1, -1], open: [1: "default"])' in text
    assert 'OpenSize("default", usual: 3, allowed: Sizes.`default`, told: "one of 3, 5")' in text
    goldens = json.loads(texts(files)[PurePosixPath("Sources/Torture/Model/goldens.json")])
    assert goldens[0]["sizes"] == {"in": 2, "default": 3}


def test_sizes_that_are_one_in_swift_are_refused(tmp_path: Path) -> None:
    sdk = tensors(tmp_path)
    same = replace(sdk, dims={**sdk.dims, "a_b": sdk.dims["in"], "aB": sdk.dims["in"]})
    with pytest.raises(CodegenError, match="a_b"):
        swift.files(same)


if __name__ == "__main__":
    import shutil
    import tempfile

    shutil.rmtree(GOLDEN, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for path, text in texts(swift.files(sample(Path(folder)))).items():
            (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / path).write_text(text, encoding="utf-8")
