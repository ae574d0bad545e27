"""`deploykit store` over a real build and over packages, as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Build, Run
from tests.store.test_store_pages import archive, elf


def test_a_build(digits: Build, cli: Callable[..., Run]) -> None:
    done = cli("store", digits.folder, "--json")
    assert done.code == 1  # TensorFlow Lite 2.16.1 is built for pages of 4 KB
    fits = {fit["name"]: fit for fit in json.loads(done.out)["artifacts"]}
    assert fits["android_tflite fp32"]["pages"] == fits["android_tflite fp32"]["verdict"] == "failed"
    assert fits["android_litert fp16"]["pages"] == fits["android_litert fp16"]["verdict"] == "not_run"
    assert (fits["ios_coreml fp16"]["pages"], fits["ios_coreml fp16"]["verdict"]) == (None, "passed")
    assert fits["ios_coreml fp16"]["oldest"] == "iOS 17.0"
    assert 0 < fits["android_onnx fp16"]["download"] < fits["android_onnx fp16"]["bytes"]
    said = " ".join(cli("store", digits.folder).out.split())
    assert "tensorflow-lite 2.16.1 has native libraries for pages of 4 KB: Google Play takes no update" in said
    assert "android_litert fp16 the base module Android API 24 ⊘ not run" in said
    assert "litert 2.1.6: not looked at; deploykit store FILE.aar does" in said


def test_packages(tmp_path: Path, cli: Callable[..., Run]) -> None:
    good = archive(tmp_path / "good.aar", {"jni/arm64-v8a/liba.so": elf()})
    bad = archive(tmp_path / "bad.aar", {"jni/arm64-v8a/libb.so": elf(align=4096)})
    plain = archive(tmp_path / "plain.aar", {"classes.jar": b"jar"})
    assert cli("store", good, plain).code == 0
    done = cli("store", good, bad, plain)
    assert done.code == 1
    assert "libb.so" in done.out
    assert "no native library, so pages of 16 KB do not matter" in done.out


def test_what_is_nothing_of_the_kind(tmp_path: Path, cli: Callable[..., Run]) -> None:
    (tmp_path / "notes.txt").write_text("")
    done = cli("store", tmp_path / "notes.txt", tmp_path / "nowhere")
    assert done.code == 2
    assert "notes.txt is no build" in done.err
    assert "nowhere does not exist" in done.err
