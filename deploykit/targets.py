"""Targets: data in `targets/*.toml`, one file each, read as pydantic models."""

from __future__ import annotations

import tomllib
from typing import Literal

from deploykit.precisions import Precision
from deploykit.resources import folder
from deploykit.strict import Strict


class RuntimePackage(Strict):
    """What the generated SDK depends on."""

    package: str
    version: str
    source: str
    """The page that the version was read from."""
    pages_16kb: bool | None = None
    """Whether its native libraries suit memory pages of 16 KB, as `deploykit store` saw it in the package of this
    version; None where nobody has looked. Google Play wants it:
    https://developer.android.com/guide/practices/page-sizes"""


class Target(Strict):
    """Where an artifact goes: platform, backend, language, OS floor, runtime, accelerators."""

    name: str
    title: str
    platform: Literal["android", "ios"]
    language: Literal["kotlin", "swift"]
    backend: Literal["coreml", "litert", "onnx"]
    engine: Literal["litert", "tflite", "onnxruntime", "coreml"]
    """Which engine of the SDK's runtime opens the artifact."""
    precisions: tuple[Precision, ...]
    runners: tuple[str, ...]
    """Names of the runners that check the artifact on this host (`deploykit.backends.base.RUNNERS`)."""
    accelerators: tuple[Literal["npu", "gpu", "cpu", "neural_engine"], ...]
    """The cascade, best first."""
    without_gpu: tuple[Precision, ...] = ()
    """At these the SDK leaves the GPU out, whatever this host sees: its engine is known to crash at such files."""
    analysed: tuple[str, ...] = ()
    """What may run parts of the artifact, the SDK's first choice first: tables of `deploykit.accelerators`."""
    min_os: str
    """Android: minSdk (an API level). iOS: the deployment target."""
    runtime: RuntimePackage | None = None
    """None where the operating system has the runtime."""


def all_targets() -> dict[str, Target]:
    """Every target by name, in the order of their file names."""
    return {
        path.stem: Target.model_validate({"name": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))})
        for path in sorted(folder("targets").glob("*.toml"))
    }
