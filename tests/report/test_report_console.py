"""The closing table: complete at width 100, without colour, and never obeying what it prints."""

from __future__ import annotations

import io

import pytest
import report_cases
from rich.console import Console

from deploykit.coverage import AcceleratorCoverage, Coverage, PlacedOp
from deploykit.report.console import summary
from deploykit.report.model import Report


def show(report: Report, width: int = 100) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(summary(report))
    return out.getvalue()


def test_every_artifact_has_its_line() -> None:
    report = report_cases.mixed()
    lines = show(report).splitlines()
    for artifact in report.artifacts:
        assert any(line.startswith(artifact.target) and f" {artifact.precision} " in line for line in lines)
    assert any(
        "ios_onnx" in line and "✗ failed" in line and "28.9 (48.6)" in line and "137 kB" in line for line in lines
    )
    assert any("android_tflite" in line and "⊘ not run" in line for line in lines)


def test_reasons_logs_and_sdks_follow() -> None:
    text = " ".join(show(report_cases.mixed()).split())
    assert "ios_coreml fp32, ios_coreml fp16 · coreml-apple" in text
    assert text.count("needs macOS 14 or newer; this machine is Linux") == 1
    assert "log: artifacts/ios_onnx/fp16/convert.log" in text
    assert "coreml-reference: reference execution, not Apple's runtime." in text
    assert "✓ Android SDK (kotlin): android, ships android_litert fp16" in text
    assert "✗ iOS SDK (swift) was not written: no iOS artifact passed" in text


@pytest.mark.parametrize("name", ["good", "mixed", "mac", "on_gpu", "devices", "hostile", "empty"])
def test_fits_the_width(name: str) -> None:
    assert max(len(line.rstrip()) for line in show(getattr(report_cases, name)()).splitlines()) <= 100


def test_runs_stand_side_by_side() -> None:
    lines = show(report_cases.mac()).splitlines()
    assert any("ios_coreml fp16" in line and "reference execution" in line and "49.2 (48.6)" in line for line in lines)
    assert any("Apple runtime, CPU and Neural Engine" in line and "0.41 ms" in line for line in lines)
    assert any("Apple runtime, CPU and GPU" in line and "✗ failed" in line and "0.0 (70.0)" in line for line in lines)
    assert any("Apple runtime, CPU and Neural Engine" in line and "⊘ not run" in line for line in lines)
    assert "Apple runtime: imported from Apple M1, arm64, macOS 14.2, coremltools 9.0." in lines
    assert "✗ iOS SDK (swift): ios_coreml fp32 failed: do not ship this SDK" in lines
    assert not any("Apple runtime" in line for line in show(report_cases.good()).splitlines())


def test_the_gpu_stands_beside_the_cpu_with_where_it_ran() -> None:
    text = " ".join(show(report_cases.on_gpu(), 200).split())
    note = "LiteRT's GPU engine: the same shaders, not the phone's driver"
    assert f"android_litert fp32 {note} ✓ passed 123.9 (70.0)" in text
    assert f"android_litert fp16 {note} ✗ failed 0.2 (48.6)" in text
    assert "android_litert fp32 on the GPU: SwiftShader Device (Subzero), in software; fully accelerated." in text
    assert (
        "android_litert fp16 on the GPU: SwiftShader Device (Subzero), in software; 12 of 80 ops on the CPU (CAST: "
        "Tensor type(INT64) is not supported, RESHAPE: Tensor dimensions must be less than 5), so an SDK, which asks "
        "for the GPU alone, stays on the CPU; computed in float32: this driver has no fp16"
    ) in text
    assert "android_litert fp16: the SDK leaves the GPU out. " in text
    assert text.count("leaves the GPU out") == 1
    assert "GPU engine" not in show(report_cases.good())


def test_a_runner_that_the_host_cannot_have_is_told() -> None:
    report = report_cases.good().model_copy(update={"absent": {"litert-gpu": "there is no driver: install one"}})
    assert "Without litert-gpu: there is no driver: install one." in show(report)


def test_what_was_done_before_export_and_what_was_dropped() -> None:
    assert "Before export: dropout (equal bits), norm folding (288.4 dB)." in show(report_cases.good())
    mixed = show(report_cases.mixed())
    assert "reparameterisation was dropped: in float64 it is 31.0 dB off (31.0 dB)" in mixed
    assert "Before export" not in mixed


def test_a_good_build_is_short() -> None:
    lines = show(report_cases.good()).splitlines()
    assert len(lines) <= 21
    assert "android_tflite: Google Play wants 16 KB pages, tensorflow-lite 2.16.1 has 4 KB." in lines


def test_what_accelerators_take_is_a_line_for_each_target() -> None:
    ops = tuple(PlacedOp(op="CONV_2D", name=str(n)) for n in range(3))
    known = {"evidence": "measured", "source": "s", "version": "1", "partitions": 1, "possible": 1}
    accelerators = (
        AcceleratorCoverage(name="litert_gpu", title="LiteRT GPU", verdicts="tnt", taken=2, **known),
        AcceleratorCoverage(name="litert_npu", title="NPU", verdicts="uuu", taken=0, unknown=3, **known),
        AcceleratorCoverage(name="tflite_xnnpack", title="XNNPACK (CPU)", verdicts="ttt", taken=3, **known),
        AcceleratorCoverage(name="nnapi", title="of another target", verdicts="ttt", taken=3, **known),
    )
    report = report_cases.good()
    coverage = Coverage(ops=ops, macs=0, accelerators=accelerators)
    artifacts = [a.model_copy(update={"coverage": coverage}) if "litert" in a.target else a for a in report.artifacts]
    lines = show(report.model_copy(update={"artifacts": tuple(artifacts)})).splitlines()
    assert "android_litert, of 3 ops: LiteRT GPU 2, XNNPACK (CPU) all." in lines


def test_terminal_codes_and_markup_are_printed_not_obeyed() -> None:
    report = report_cases.good()
    first = report.artifacts[0].model_copy(update={"target": "\x1b[31m[red]x[/red]"})
    text = show(report.model_copy(update={"artifacts": (first,)}))
    assert "\x1b" not in text
    assert "[red]x[/red]" in text


def test_devices_follow_with_what_nobody_told() -> None:
    lines = [line.rstrip() for line in show(report_cases.devices()).splitlines()]
    told = "✓ passed  android_litert fp16 on the CPU: Google Pixel 9, google/tokay/tokay:16/BP1A.250305.019"
    assert told in lines
    assert "✗ failed  ios_coreml fp16 on the CPU: arm64, macOS Version 15.1 (Build 24B83)" in lines
    assert "⊘ not run  ios_coreml fp16 on the iOS simulator, a device: see the SDK's README" in lines
