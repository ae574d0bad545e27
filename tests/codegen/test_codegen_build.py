from __future__ import annotations

from pathlib import Path

import pytest

from deploykit.codegen import build, ir, phrases
from deploykit.errors import CodegenError
from deploykit.manifest import GpuRecord, Manifest, ParityRecord, Signature, TensorSpec
from deploykit.spec import Contract, SdkSpec
from deploykit.targets import all_targets

CONTRACT = Contract.model_validate(
    {
        "task": "image-classification",
        "labels": ["cat", "dog"],
        "inputs": {"image": {"type": "image", "size": (20, 30), "crop": "center", "crop_fraction": 0.5}},
        "outputs": {"scores": {"type": "scores"}},
    }
)


OUTPUTS = (TensorSpec(name="scores", dtype="float32", shape=(1, 2)),)


def manifest(contract: Contract = CONTRACT, **max_abs: float) -> Manifest:
    records = tuple(
        ParityRecord(
            target="android_onnx",
            precision="fp16",
            runner="onnxruntime",
            input=kind,
            verdict="passed",
            snr_db=60.0 + index,
            max_abs=value,
        )
        for index, (kind, value) in enumerate(max_abs.items())
    )
    return Manifest(
        deploykit="0.1.0",
        model="pets v2",
        version="1.0",
        target="android_onnx",
        backend="onnx",
        precision="fp16",
        file="pets v2.onnx",
        bytes=10,
        sha256="0" * 64,
        weights_sha256="1" * 64,
        signature=Signature(inputs=(), outputs=OUTPUTS),
        contract=contract,
        road="dynamo",
        tools={},
        parity=records,
    )


def test_names_come_from_the_model_unless_they_are_given() -> None:
    target = all_targets()["android_onnx"]
    made = build.sdk(manifest(samples=0.001), target, Path("m.onnx"), (), SdkSpec())
    assert (made.class_name, made.namespace, made.module) == ("PetsV2Classifier", "ai.deploykit.petsv2", "PetsV2")
    own = SdkSpec(class_name="PetNamer", namespace="com.example.pets")
    made = build.sdk(manifest(samples=0.001), target, Path("m.onnx"), (), own)
    assert (made.class_name, made.namespace) == ("PetNamer", "com.example.pets")


def test_the_worst_figure_is_told_and_reference_execution_is_named() -> None:
    target = all_targets()["android_onnx"]
    made = build.sdk(manifest(samples=0.1, zeros=0.1), target, Path("m.onnx"), (), SdkSpec())
    assert made.parity == "matches PyTorch to 60 dB or better (Android, ONNX Runtime, fp16)"


def test_a_gpu_of_this_host_changes_no_sdk() -> None:
    plain, target = manifest(samples=0.001), all_targets()["android_onnx"]
    gpu = GpuRecord(adapter="any", software=True, arithmetic="fp32")
    ran = {"runner": "litert-gpu", "accelerator": "gpu", "gpu": gpu, "snr_db": 9.0, "max_abs": 0.5}
    more = plain.parity[0].model_copy(update=ran)
    both = plain.model_copy(update={"parity": (*plain.parity, more)})
    made = [build.sdk(each, target, Path("m.onnx"), (), SdkSpec()) for each in (plain, both)]
    assert made[0] == made[1]


def test_an_accelerator_that_is_wrong_is_left_out_of_the_cascade() -> None:
    plain, target = manifest(samples=0.001), all_targets()["android_litert"]
    crashed = {"runner": "litert-gpu", "accelerator": "gpu", "verdict": "failed", "snr_db": None, "max_abs": None}
    wrong = plain.model_copy(update={"parity": (*plain.parity, plain.parity[0].model_copy(update=crashed))})
    assert wrong.verdict == "passed"
    made = [build.sdk(each, target, Path("m.tflite"), (), SdkSpec()) for each in (plain, wrong)]
    assert [sdk.runtime.accelerators for sdk in made] == [("npu", "gpu", "cpu"), ("npu", "cpu")]
    assert made[0].required_snr_db == made[1].required_snr_db
    known = plain.model_copy(update={"precision": "int4-weights"})
    assert build.sdk(known, target, Path("m.tflite"), (), SdkSpec()).runtime.accelerators == ("npu", "cpu")


def test_sizes_of_run_time_stay_names() -> None:
    contract = Contract.model_validate(
        {
            "task": "tensors",
            "inputs": {"x": {"type": "tensor", "shape": (1, "time")}},
            "outputs": {"y": {"type": "tensor"}},
            "dims": {"time": {"min": 1, "max": 9, "default": 4}},
        }
    )
    output = TensorSpec(name="y", dtype="float32", shape=(1, "(time - 1) // 2 + 1", 3))
    made = manifest(contract).model_copy(update={"signature": Signature(inputs=(), outputs=(output,))})
    sdk = build.sdk(made, all_targets()["android_onnx"], Path("m.onnx"), (), SdkSpec())
    (given,) = sdk.inputs
    assert isinstance(given, ir.Tensor)
    assert given.open_axes == {1: "time"}
    assert given.at(sdk.default_sizes) == (1, 4)
    assert phrases.shape(sdk.outputs[0]) == "float32, 1 × ((time - 1) // 2 + 1) × 3"
    with pytest.raises(ValueError, match="y has the size"):
        _ = sdk.outputs[0].fixed


@pytest.mark.parametrize(
    ("height", "width", "fits"), [(40, 60, True), (20, 30, True), (30, 45, False), (40, 30, False)]
)
def test_tiles_grow_by_a_whole_number(height: int, width: int, fits: bool) -> None:
    contract = Contract.model_validate(
        {
            "task": "image-to-image",
            "inputs": {"image": {"type": "image", "size": (20, 30)}},
            "outputs": {"picture": {"type": "picture"}},
            "overlap": 4,
        }
    )
    made = manifest(contract)
    output = TensorSpec(name="picture", dtype="float32", shape=(1, 3, height, width))
    made = made.model_copy(update={"signature": Signature(inputs=(), outputs=(output,))})

    def built() -> ir.Sdk:
        return build.sdk(made, all_targets()["android_onnx"], Path("m.onnx"), (), SdkSpec())

    if fits:
        assert built().answer == ir.NewPicture("process", (0.0, 1.0), "NCHW", 4)
    else:
        with pytest.raises(CodegenError, match="no whole number of times as large; leave overlap out"):
            built()
