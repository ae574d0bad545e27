"""Folders as `deploykit build` leaves them, made of the golden SDKs and a report's golden case, and edited by tests."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploykit.manifest import Manifest, Signature, TensorSpec
from deploykit.report.model import Report
from tests.conftest import ROOT
from tests.report import report_cases

GOLDEN = ROOT / "tests/golden"
KOTLIN = Path("android/digits/src/main/kotlin/com/example/digits")
SWIFT = Path("ios/Sources/Torture")


@dataclass(frozen=True)
class Folder:
    """One of them."""

    path: Path

    def edit(self, name: str | Path, changes: Mapping[str, str]) -> None:
        """Replaces pieces of a text file, each of which stands in it once."""
        text = (self.path / name).read_text(encoding="utf-8")
        for old, new in changes.items():
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
            text = text.replace(old, new)
        (self.path / name).write_text(text, encoding="utf-8")


def folder(path: Path, report: Report | None = None) -> Folder:
    """A build whose report is the golden case `good`, or another one."""
    report = report or report_cases.good()
    for artifact in report.artifacts:
        assert artifact.path is not None
        at = path / artifact.path
        at.parent.mkdir(parents=True)
        manifest = Manifest(
            deploykit=report.versions["deploykit"],
            model=report.model.name,
            version=report.model.version,
            target=artifact.target,
            backend=artifact.backend,
            precision=artifact.precision,
            file=at.name,
            bytes=artifact.bytes or 0,
            sha256=artifact.sha256 or "",
            weights_sha256=report.model.weights_sha256,
            signature=_signature(report),
            contract=report.model.contract,
            road="torch.export",
            tools={},
        )
        (at.parent / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    (path / "report").mkdir()
    (path / "report/report.json").write_text(report.model_dump_json(), encoding="utf-8")
    written = {sdk.platform for sdk in report.sdks if sdk.written}
    if "android" in written:
        shutil.copytree(GOLDEN / "kotlin", path / "android")
        (path / "android/digits/src/main/assets/com.example.digits/model.tflite").write_bytes(bytes(130_000))
    if "ios" in written:
        shutil.copytree(GOLDEN / "swift", path / "ios")
        shutil.copytree(ROOT / "templates/swift/runtime/Core", path / SWIFT / "Runtime")
        (path / SWIFT / "Model/Digits.mlmodel").write_bytes(bytes(120_000))
    return Folder(path)


def _signature(report: Report) -> Signature:
    contract = report.model.contract
    inputs = [
        TensorSpec(name=name, dtype=each.border_dtype, shape=each.shape) for name, each in contract.inputs.items()
    ]
    count = len(contract.labels) or 16
    outputs = [TensorSpec(name=name, dtype="float32", shape=(1, count)) for name in contract.outputs]
    return Signature(inputs=tuple(inputs), outputs=tuple(outputs))
