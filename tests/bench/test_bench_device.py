"""LiteRT's benchmark tool on a device: its output, and adb as it answers, by a stand-in that keeps what it was told."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploykit.bench import device
from deploykit.bench.device import Device, NoDevice, attached, measure, parsed
from deploykit.bench.host import Subject
from deploykit.bench.records import Speed

RECORDED = Path(__file__).parent / "recorded"


def blank(by: str) -> Speed:
    return Speed(name="net", by=by, device="Pixel", bytes=10)


def test_figures_are_those_of_the_runs_and_not_of_the_warm_up() -> None:
    found = parsed((RECORDED / "gpu.txt").read_text(), blank("gpu"))
    assert (found.load_ms, found.first_ms) == (92.318, 21.31)
    assert (found.median_ms, found.p95_ms, found.runs) == (14.125, 18.753, 50)
    assert found.peak_bytes == round(73.4102 * 2**20)
    assert found.note == "61 of 64 nodes on the gpu"


def test_an_old_tool_has_means_only() -> None:
    found = parsed((RECORDED / "old_cpu.txt").read_text(), blank("cpu"))
    assert (found.median_ms, found.p95_ms, found.runs) == (pytest.approx(33.2094), None, 50)
    assert found.peak_bytes == round(12.8672 * 2**20)
    assert found.note == "the mean, since this tool gives no median"


def test_a_refused_delegate_is_told_though_there_are_figures() -> None:
    found = parsed((RECORDED / "nnapi_refused.txt").read_text(), blank("nnapi"))
    assert found.median_ms == 37.519
    assert found.note == "not on the nnapi: the delegate refused it, the CPU computed it"


@pytest.mark.parametrize(
    ("said", "note"), [("", "no figures: the tool printed nothing"), ("a\nSegfault \n\n", "no figures: Segfault")]
)
def test_what_cannot_be_understood_has_no_figures(said: str, note: str) -> None:
    found = parsed(said, blank("gpu"))
    assert (found.median_ms, found.note) == (None, note)


ADB = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  devices) printf 'List of devices attached\\n{devices}\\n' ;;
  *getprop*) echo 'Pixel 8' ;;
  *use_gpu*) cat {gpu} ;;
  *use_nnapi*) echo 'linker: cannot run'; exit 1 ;;
  *num_runs*) cat {cpu} ;;
esac
"""


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, devices: str) -> Path:
    """An adb; gives where it writes what it was told."""
    log, adb = tmp_path / "log", tmp_path / "adb"
    adb.write_text(
        ADB.format(log=log, devices=devices, gpu=RECORDED / "gpu.txt", cpu=RECORDED / "old_cpu.txt"), encoding="utf-8"
    )
    adb.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return log


def test_a_file_is_measured_on_every_accelerator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = stand_in(tmp_path, monkeypatch, "emulator-5554 device")
    (found,) = attached()
    assert found == Device("emulator-5554", "Pixel 8")
    subjects = [
        Subject("net", tmp_path / "net.tflite", 10, "tflite"),
        Subject("net", tmp_path / "net.onnx", 10, "onnx"),
    ]
    speeds = measure(found, tmp_path / "benchmark_model", subjects, 25)
    assert [(s.name, s.by, s.device, s.runs) for s in speeds] == [
        ("net", "cpu", "Pixel 8", 50),
        ("net", "gpu", "Pixel 8", 50),
        ("net", "nnapi", "Pixel 8", 0),
    ]
    assert speeds[2].note == "`shell /data/local/tmp/deploykit/benchmark_model` failed (1): linker: cannot run"
    told = log.read_text().splitlines()
    assert f"-s emulator-5554 push {tmp_path}/net.tflite /data/local/tmp/deploykit/model.tflite" in told
    assert not any("net.onnx" in line for line in told)
    assert told[-1] == "-s emulator-5554 shell rm -r /data/local/tmp/deploykit"


@pytest.mark.parametrize(
    ("devices", "words"), [("", "no device that is ready; attach one"), ("R5 unauthorized", r"\(R5 is unauthorized\)")]
)
def test_no_device_is_told(devices: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, devices)
    with pytest.raises(NoDevice, match=words):
        attached()


def test_no_adb_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoDevice, match="adb is not in PATH"):
        attached()


def test_an_adb_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adb = tmp_path / "adb"
    adb.write_text("#!/bin/sh\nexec sleep 60\n")
    adb.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(device, "LIMIT_S", 0.3)
    with pytest.raises(NoDevice, match="gave no answer"):
        attached()
