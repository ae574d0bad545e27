"""`deploykit diff`: two folders in, what changes for an app out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from deploykit.diff.changes import Change, Diff
from deploykit.diff.command import diff, shown
from deploykit.errors import ArgumentsError
from deploykit.manifest import ParityRecord
from deploykit.outputs import EmbeddingOutput, ScoresOutput, TensorOutput
from deploykit.sizes import DimSpec
from deploykit.spec import Contract, ImageInput, TensorInput
from tests.conftest import Run, deploykit
from tests.diff.build_folders import GOLDEN, KOTLIN, SWIFT, Folder, folder
from tests.generated.kotlin import projects
from tests.golden_files import check_golden
from tests.report import report_cases


def pair(tmp_path: Path, **model: object) -> tuple[Folder, Folder]:
    """Two builds; the second one's model differs in `model`."""
    report = report_cases.good()
    report = report.model_copy(update={"model": report.model.model_copy(update=model)})
    return folder(tmp_path / "old"), folder(tmp_path / "new", report)


def between(old: Folder, new: Folder) -> list[tuple[str, str]]:
    """Effect and text of each change."""
    return [(change.effect, change.text) for change in diff(old.path, new.path).changes]


def contract_changes(tmp_path: Path, old: Contract, new: Contract) -> list[tuple[str, str]]:
    """Of builds without SDKs."""
    report = report_cases.good()
    folders = []
    for name, contract in {"old": old, "new": new}.items():
        model = report.model.model_copy(update={"contract": contract})
        folders.append(folder(tmp_path / name, report.model_copy(update={"model": model, "sdks": ()})))
    return between(*folders)


def test_a_build_does_not_differ_from_itself(tmp_path: Path) -> None:
    old, new = pair(tmp_path)
    found = diff(old.path, new.path)
    assert found.changes == ()
    assert text_of(found) == "✓ Nothing changes for an app.\n"


IN_KOTLIN = {
    "classify(image: Bitmap, orientation: Orientation = Orientation.Up)": "classify(image: Bitmap, at: Orientation)",
    "public suspend fun prewarm(): Unit": "public suspend fun prewarm(times: Int = 1): Unit",
    "    /** Frees the model.": "    public fun isWarm(): Boolean = true\n\n    /** Frees the model.",
    "Accelerator.Npu, Accelerator.Gpu, Accelerator.Cpu": "Accelerator.Npu, Accelerator.Cpu",
}
IN_RUNTIME = {"Npu, Gpu, Cpu }": "Npu, Gpu, Dsp, Cpu }", "Boolean = true,\n)": "Boolean = false,\n)"}


def test_everything_that_can_change_is_told_in_an_app_developers_words(tmp_path: Path) -> None:
    contract = report_cases.good().model.contract.model_copy(
        update={
            "labels": ("0", "1", "two", "4", "3", "5", "6", "7", "8", "9"),
            "inputs": {"image": ImageInput(type="image", size=(48, 40), color="gray", crop="center")},
            "outputs": {"scores": ScoresOutput(type="scores", activation="sigmoid")},
        }
    )
    old, new = pair(tmp_path, contract=contract, version="2.0", weights_sha256="0" * 64)
    new.edit(KOTLIN / "DigitClassifier.kt", IN_KOTLIN)
    new.edit(KOTLIN / "Model.kt", IN_RUNTIME)
    new.edit(KOTLIN / "Classification.kt", {"public fun top(": "internal fun top("})
    new.edit("android/digits/build.gradle.kts", {"minSdk = 24": "minSdk = 26"})
    new.edit("android/gradle/libs.versions.toml", {'version = "2.1.6"': 'version = "3.0.0"'})
    new.edit("ios/Package.swift", {'.iOS("17.0")': '.iOS("16.4")'})
    new.edit(SWIFT / "Runtime/Classification.swift", {"public func top(_ count": "public func best(_ count"})
    new.edit(
        SWIFT / "Runtime/ModelError.swift", {"    case closed\n": "    case closed\n    case tooHot(celsius: Double)\n"}
    )
    (new.path / "android/digits/src/main/assets/com.example.digits/model.tflite").write_bytes(bytes(70_000))
    check_golden(GOLDEN / "diff/everything.txt", text_of(diff(old.path, new.path)))


def text_of(found: Diff) -> str:
    console = Console(width=110, color_system=None, highlight=False)
    with console.capture() as caught:
        console.print(shown(found))
    return "".join(f"{line.rstrip()}\n" for line in caught.get().splitlines())


def test_of_long_declarations_only_the_parameters_are_told_that_differ(tmp_path: Path) -> None:
    old, new = pair(tmp_path)
    new.edit(
        KOTLIN / "Model.kt", {"    val threads: Int =": "    val cores: Int =", "cacheDir: File?": "cacheDir: Path?"}
    )
    text = "ModelOptions: constructor(…): cacheDir is Path?, was File?; threads is gone; cores: Int is new"
    assert ("breaking", text) in between(old, new)


def test_parameters_in_another_order_are_told_as_that(tmp_path: Path) -> None:
    old, new = pair(tmp_path)
    threads = "    val threads: Int = Runtime.getRuntime().availableProcessors().coerceIn(1, 4),\n"
    folder = "    val cacheDir: File? = null,\n"
    between_them = (
        "    /** Where verdicts on accelerators are remembered; `null` is the app's own cache for compiled code. */\n"
    )
    new.edit(KOTLIN / "Model.kt", {threads + between_them + folder: folder + threads})
    text = "its parameters stand in the order accelerators, cacheDir, threads, verifyAccelerator"
    assert ("breaking", f"ModelOptions: constructor(…): {text}") in between(old, new)


def worse(record: ParityRecord) -> ParityRecord:
    """Of one artifact: too few dB, and another figure on samples."""
    if (record.target, record.precision) != ("ios_onnx", "fp16"):
        return record
    wrong: dict[str, object] = {"snr_db": 40.0, "verdict": "failed"}
    return record.model_copy(update=wrong if record.input == "random" else {"metric": {"map": 0.5}})


def test_numbers_of_artifacts_are_told(tmp_path: Path) -> None:
    good = report_cases.good()
    artifacts = [
        each.model_copy(update={"verdict": "failed"} if (each.target, each.precision) == ("ios_onnx", "fp16") else {})
        for each in good.artifacts
        if (each.target, each.precision) != ("android_tflite", "fp32")
    ]
    new = good.model_copy(update={"parity": tuple(map(worse, good.parity)), "artifacts": tuple(artifacts)})
    found = diff(folder(tmp_path / "old").path, folder(tmp_path / "new", new).path)
    assert [(change.where, change.text) for change in found.changes] == [
        ("android_tflite fp32", "is not built any more"),
        ("ios_onnx fp16", "failed, was passed"),
        ("ios_onnx fp16", "40.0 dB beside PyTorch, was 48.7 dB"),
        ("ios_onnx fp16", "not measured right, was 97.8 %"),
        ("ios_onnx fp16", "mAP 50.0 %, was not measured"),
        ("ios_onnx fp16", "not measured same answer, was 100 %"),
    ]
    assert not found.breaking


def test_labels_that_are_added_break_nothing(tmp_path: Path) -> None:
    contract = report_cases.good().model.contract
    more = contract.model_copy(update={"labels": (*contract.labels, "ten")})
    assert contract_changes(tmp_path, contract, more) == [("compatible", "1 label new: “ten”")]


def test_labels_that_are_removed_move_others(tmp_path: Path) -> None:
    contract = report_cases.good().model.contract
    fewer = contract.model_copy(update={"labels": contract.labels[1:]})
    (gone, moved) = contract_changes(tmp_path, contract, fewer)
    assert gone == ("breaking", "1 label gone: “0”")
    assert moved[1].startswith("9 labels at other indices: “1” 1 → 0, “2” 2 → 1")
    assert moved[1].endswith("and 3 more")


def tensors(**update: object) -> Contract:
    plain = Contract(
        task="tensors",
        inputs={"words": TensorInput(type="tensor", shape=(1, "time"), dtype="int64", range=(0, 9))},
        outputs={"scores": TensorOutput(type="tensor"), "best": TensorOutput(type="tensor")},
        dims={"time": DimSpec(min=1, max=100)},
    )
    return plain.model_copy(update=update)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ({"dims": {"time": DimSpec(min=1, max=50)}}, ("breaking", "the size time is 1 to 50, was 1 to 100")),
        ({"dims": {"time": DimSpec(min=1, max=200)}}, ("compatible", "the size time is 1 to 200, was 1 to 100")),
        (
            {"inputs": {"words": TensorInput(type="tensor", shape=(1, "time"), range=(0, 9))}},
            ("breaking", "the input words holds float32, was int32"),
        ),
        (
            {"inputs": {"words": TensorInput(type="tensor", shape=(2, "time"), dtype="int64", range=(0, 9))}},
            ("breaking", "the input words has the shape 2 × time, was 1 × time"),
        ),
        (
            {"inputs": {"text": TensorInput(type="tensor", shape=(1, "time"), dtype="int64", range=(0, 9))}},
            ("breaking", "the input words is called text"),
        ),
        ({"outputs": {"scores": TensorOutput(type="tensor")}}, ("breaking", "the output best is gone")),
        (
            {"outputs": tensors().outputs | {"more": TensorOutput(type="tensor")}},
            ("compatible", "the output more is new"),
        ),
    ],
)
def test_tensors_are_named_by_apps(tmp_path: Path, new: dict[str, object], told: tuple[str, str]) -> None:
    assert contract_changes(tmp_path, tensors(), tensors(**new)) == [told]


def test_embeddings_of_other_weights_cannot_be_compared(tmp_path: Path) -> None:
    contract = report_cases.good().model.contract.model_copy(
        update={"task": "embedding", "labels": (), "outputs": {"vector": EmbeddingOutput(type="embedding")}}
    )
    report = report_cases.good()
    made = []
    for name, weights in {"old": "a" * 64, "new": "b" * 64}.items():
        model = report.model.model_copy(update={"contract": contract, "weights_sha256": weights})
        made.append(folder(tmp_path / name, report.model_copy(update={"model": model, "sdks": ()})))
    ((effect, text),) = between(*made)
    assert effect == "breaking"
    assert "vectors that an app has kept cannot be compared with new ones" in text


def test_another_task_is_told_once(tmp_path: Path) -> None:
    plain = Contract(task="tensors", inputs=tensors().inputs, outputs=tensors().outputs, dims=tensors().dims)
    made = plain.model_copy(update={"task": "image-to-image", "verb": "enlarge", "overlap": 3})
    assert contract_changes(tmp_path / "a", plain, made) == [("breaking", "the task was tensors, it is image-to-image")]
    other = made.model_copy(update={"verb": "denoise", "overlap": None})
    assert contract_changes(tmp_path / "b", made, other) == [
        ("breaking", "the method was enlarge, it is denoise"),
        ("changed", "large pictures went through tile by tile with 3 pixels of overlap, they go through as a whole"),
    ]


@pytest.mark.parametrize(("task", "effect"), [("tensors", "breaking"), ("image-to-image", "changed")])
def test_outputs_have_the_shapes_of_the_artifacts(tmp_path: Path, task: str, effect: str) -> None:
    report = report_cases.good()
    contract = report.model.contract.model_copy(update={"task": task, "outputs": tensors().outputs, "labels": ()})
    model = report.model.model_copy(update={"contract": contract})
    old, new = (folder(tmp_path / n, report.model_copy(update={"model": model, "sdks": ()})) for n in ("old", "new"))
    for artifact in report.artifacts:
        name = f"artifacts/{artifact.target}/{artifact.precision}/manifest.json"
        new.edit(
            name, {'"name":"best","dtype":"float32","shape":[1,16]': '"name":"best","dtype":"int32","shape":[1,32]'}
        )
    assert between(old, new) == [
        (effect, "the output best has the shape 1 × 32, was 1 × 16"),
        (effect, "the output best holds int32, was float32"),
    ]


@pytest.mark.parametrize("direction", ["lost", "won"])
def test_a_platform_that_only_one_build_has(tmp_path: Path, direction: str) -> None:
    report = report_cases.good()
    reason = {"written": False, "reason": "no iOS artifact passed", "path": None, "target": None, "precision": None}
    one = report.model_copy(update={"sdks": (report.sdks[0], report.sdks[1].model_copy(update=reason))})
    both, alone = folder(tmp_path / "both"), folder(tmp_path / "alone", one)
    found = diff(both.path, alone.path) if direction == "lost" else diff(alone.path, both.path)
    texts = {
        "lost": Change("API", "breaking", "iOS", "there is no SDK any more: no iOS artifact passed"),
        "won": Change("API", "compatible", "iOS", f"the SDK is new; {alone.path} has none: no iOS artifact passed"),
    }
    assert found.changes == (texts[direction],)


def test_what_is_no_build_is_told_of_both_folders_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArgumentsError) as caught:
        diff(tmp_path / "empty", tmp_path / "nowhere")
    assert [problem.removeprefix(str(tmp_path)) for problem in caught.value.problems] == [
        "/empty is no build; give an output folder of `deploykit build`: it has report/report.json",
        "/nowhere does not exist; give an output folder of `deploykit build`: it has report/report.json",
    ]


def damage_manifest(new: Folder) -> str:
    file = new.path / "artifacts/ios_coreml/fp16/manifest.json"
    data = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(data | {"deploykit": "9.9", "colour": "red"}), "utf-8")
    return "written by deploykit 9.9. Build that folder again with this deploykit"


def damage_report(new: Folder) -> str:
    (new.path / "report/report.json").write_text('{"verdict": "passed"}', "utf-8")
    return "written by deploykit of an unknown version. Build that folder again"


def remove_sdk(new: Folder) -> str:
    shutil.rmtree(new.path / "ios")
    return "ios is named by the report of the build, and is not there; build again"


def cut_source(new: Folder) -> str:
    file = new.path / KOTLIN / "Model.kt"
    file.write_text(file.read_text("utf-8").rstrip()[:-1], "utf-8")
    return ": this { is never closed; build again"


def damage_catalog(new: Folder) -> str:
    (new.path / "android/gradle/libs.versions.toml").write_text("[libraries", "utf-8")
    return "libs.versions.toml cannot be read"


def name_another_language(new: Folder) -> str:
    new.edit("report/report.json", {'"language":"swift"': '"language":"dart"'})
    return "ios is in dart; this deploykit reads kotlin, swift"


DAMAGE = [damage_manifest, damage_report, remove_sdk, cut_source, damage_catalog, name_another_language]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_folders_are_told_with_the_remedy(tmp_path: Path, damage: Callable[[Folder], str]) -> None:
    old, new = pair(tmp_path)
    expected = damage(new)
    with pytest.raises(ArgumentsError) as caught:
        diff(old.path, new.path)
    (problem,) = caught.value.problems
    assert str(new.path) in problem
    assert expected in problem


def test_the_exit_code_says_whether_an_app_breaks(tmp_path: Path, cli: Callable[..., Run]) -> None:
    """Two real builds, one of which has another name for a label."""
    project, builds = tmp_path / "project", [tmp_path / "one", tmp_path / "two"]
    for number, build in enumerate(builds):
        projects.write("classify", "onnxruntime", project)
        config = project / "deploykit.toml"
        if number:
            config.write_text(config.read_text("utf-8").replace('"first"', '"1st"'), "utf-8")
        made = deploykit("build", project, "--target", "android_onnx", "--precision", "fp32", "--out", build)
        assert made.code == 0, made.out + made.err
    same = cli("diff", builds[0], builds[0])
    assert (same.code, same.out) == (0, "✓ Nothing changes for an app.\n")
    other = cli("diff", *builds, "--json")
    assert other.code == 1, other.err
    told = json.loads(other.out)
    assert told["breaking"] is True
    text = "labels have other names: “first” is now “1st”"
    assert {"group": "contract", "effect": "breaking", "where": "", "text": text} in told["changes"]
    assert [change for change in told["changes"] if change["group"] == "API"] == []
    wrong = cli("diff", builds[0], tmp_path)
    assert wrong.code == 2
    assert "is no build" in wrong.err
    assert "Traceback" not in wrong.err


def test_what_a_mac_condemned_breaks(tmp_path: Path) -> None:
    report, reason = report_cases.good(), "ios_coreml fp16 failed: do not ship this SDK"
    sdks = (report.sdks[0], report.sdks[1].model_copy(update={"condemned": reason}))
    old, new = folder(tmp_path / "old"), folder(tmp_path / "new", report.model_copy(update={"sdks": sdks}))
    assert diff(old.path, new.path).changes == (Change("numbers", "breaking", "iOS", reason),)
