"""What fewer bits save, on each backend: MobileNetV3-Large with untrained weights, calibrated on noise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deploykit.report.model import Report
from tests.conftest import Run

TARGETS = ("android_tflite", "android_onnx", "ios_coreml")
MOST = {"fp16": 0.52, "int8": 0.28}
"""Of the bytes at fp32."""


def test_fp16_takes_half_the_bytes_and_int8_a_quarter(cli: Callable[..., Run], tmp_path: Path) -> None:
    wanted = [part for target in TARGETS for part in ("--target", target)]
    wanted += [part for precision in ("fp32", *MOST) for part in ("--precision", precision)]
    built = cli("build", "timm:mobilenetv3_large_100", *wanted, "--out", tmp_path / "out", cwd=tmp_path)
    report = Report.model_validate_json((tmp_path / "out" / "report" / "report.json").read_text())
    sizes = {(artifact.target, artifact.precision): artifact.bytes or 0 for artifact in report.artifacts}
    shares = {key: size / sizes[key[0], "fp32"] for key, size in sizes.items() if key[1] in MOST}
    assert {key: share for key, share in shares.items() if share > MOST[key[1]]} == {}
    assert "read from random noise, since the project has no samples" in built.out
    for record in report.parity:
        if record.precision == "int8":
            assert record.input == "random"
            assert record.floor_snr_db is not None
            assert "honest int8" in record.reason
