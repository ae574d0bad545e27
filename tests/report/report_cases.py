"""Realistic reports: a build that went well, one with failures and things not run, and an empty one."""

from __future__ import annotations

import base64
import io
import math

from PIL import Image

from deploykit.devices import AcceleratorName
from deploykit.mac import ALL_UNITS, Machine
from deploykit.manifest import GateRecord, GpuRecord, OpRecord, ParityRecord, PrepareRecord, RoadRecord, Verdict
from deploykit.outputs import ScoresOutput
from deploykit.precisions import Precision
from deploykit.report.devices import runs
from deploykit.report.model import (
    ArtifactRecord,
    DeviceRow,
    DeviceRun,
    DeviceShare,
    ErrorProfile,
    MacPlan,
    MacRun,
    ModelRecord,
    Prediction,
    Report,
    SampleRecord,
    SdkRecord,
    StageTime,
)
from deploykit.spec import Contract, ImageInput

TARGETS = {
    "android_litert": ("Android, LiteRT CompiledModel", "litert", "litert", "tflite"),
    "android_onnx": ("Android, ONNX Runtime", "onnx", "onnxruntime", "onnx"),
    "android_tflite": ("Android, TensorFlow Lite Interpreter (GPU and NNAPI delegates)", "litert", "tflite", "tflite"),
    "ios_coreml": ("iOS, Core ML", "coreml", "coreml-reference", "mlpackage"),
    "ios_onnx": ("iOS, ONNX Runtime", "onnx", "onnxruntime", "onnx"),
}
INPUTS = ("random", "zeros", "extremes", "samples")
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16")
REQUIRED: dict[Precision, float] = {"fp32": 70.0, "fp16": 48.6}
FLOOR: dict[Precision, float] = {"fp32": 131.2, "fp16": 54.6}
HOSTILE = '<script>alert("x")</script>&\'"'


def record(
    target: str, precision: Precision, runner: str, kind: str, snr: float | None, **more: object
) -> ParityRecord:
    """A comparison whose other figures fit its dB."""
    given: dict[str, object] = {"verdict": "not_run", "reason": "no figures"}
    if snr is not None:
        room = "at least" if snr >= REQUIRED[precision] else "less than"
        given = {
            "draws": 360 if kind == "samples" else 8,
            "verdict": "passed" if snr >= REQUIRED[precision] else "failed",
            "reason": f"{room} the required {REQUIRED[precision]:.1f} dB",
            "snr_db": snr,
            "max_abs": 0.8 * 10 ** (-snr / 20),
            "max_rel": 10 ** (-snr / 20),
            "floor_snr_db": FLOOR[precision],
            "required_snr_db": REQUIRED[precision],
        }
    head = {"target": target, "precision": precision, "runner": runner, "input": kind}
    return ParityRecord.model_validate({**head, **given, **more})


def profile(target: str, precision: Precision, runner: str, kind: str, snr: float) -> ErrorProfile:
    """Errors spread around the size that the dB say."""
    middle = -snr / 20 - 0.6
    edges = tuple(round(-12 + 0.5 * i, 1) for i in range(26))
    counts = tuple(int(400 * math.exp(-((edge + 0.25 - middle) ** 2) / 0.7)) for edge in edges[:-1])
    return ErrorProfile(
        target=target,
        precision=precision,
        runner=runner,
        input=kind,
        log10_edges=edges,
        counts=counts,
        exact=260 if kind == "zeros" else 12,
    )


def picture(seed: int) -> str:
    """An 8 × 8 greyscale ring as base64 PNG."""
    image = Image.new("L", (8, 8))
    for y in range(8):
        for x in range(8):
            distance = math.hypot(x - 3.5, (y - 3.5) * (1 + 0.12 * (seed % 4)))
            image.putpixel((x, y), max(0, 255 - int(110 * abs(distance - 1.4 - 0.25 * (seed % 5)))))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def gates(precision: Precision) -> tuple[GateRecord, ...]:
    """What is demanded beside the outputs, all of it had."""
    twin = GateRecord(
        gate="fp32 twin", verdict="passed", reason="its outputs are PyTorch's", snr_db=124.1, required_snr_db=70.0
    )
    interface = GateRecord(gate="interface", verdict="passed", reason="2 tensors as wanted, opens on 17.0")
    return (interface,) if precision == "fp32" else (interface, twin)


def good() -> Report:
    """Ten artifacts over five targets, all of them right."""
    artifacts, parity, errors = [], [], []
    runs: list[tuple[str, Precision, str]] = []
    for number, (target, (title, backend, runner, suffix)) in enumerate(TARGETS.items()):
        for precision in PRECISIONS:
            runs.append((target, precision, runner))
            roads = [RoadRecord(road="torch.export", outcome="kept", seconds=4.25 + number)]
            if backend == "coreml":
                roads.append(RoadRecord(road="torchscript trace", outcome="not tried", reason="an earlier road passed"))
            artifacts.append(
                ArtifactRecord(
                    target=target,
                    target_title=title,
                    backend=backend,
                    precision=precision,
                    verdict="passed",
                    path=f"artifacts/{target}/{precision}/digits.{suffix}",
                    bytes=(248_312 if precision == "fp32" else 129_804) + 1_711 * number,
                    sha256=f"{number:064x}",
                    road="torch.export",
                    roads_tried=tuple(roads),
                    log=f"artifacts/{target}/{precision}/convert.log",
                    gates=gates(precision),
                    curve=tuple(OpRecord(op="conv", output=f"conv_{n}", snr_db=72.0 - 0.4 * n) for n in range(40))
                    if (backend, precision) == ("coreml", "fp16")
                    else (),
                )
            )
            for lane, kind in enumerate(INPUTS):
                snr = FLOOR[precision] - 1.3 * lane - 0.5 * number
                metric = {"top1_agreement": 1.0, "top1_accuracy": 0.9778, "reference_top1_accuracy": 0.9778}
                parity.append(record(target, precision, runner, kind, snr, metric=metric if kind == "samples" else {}))
                errors.append(profile(target, precision, runner, kind, snr))
    return Report(
        verdict="passed",
        model=_model(),
        versions={
            "deploykit": "0.1.0",
            "python": "3.11.2",
            "torch": "2.14.1",
            "coremltools": "9.0",
            "onnxruntime": "1.31.1",
        },
        host="Linux x86-64",
        artifacts=tuple(artifacts),
        parity=tuple(parity),
        errors=tuple(errors),
        samples=tuple(_sample(n, runs) for n in range(6)),
        sdks=(
            SdkRecord(
                platform="android",
                language="kotlin",
                written=True,
                target="android_litert",
                precision="fp16",
                path="android",
                reason="",
            ),
            SdkRecord(
                platform="ios",
                language="swift",
                written=True,
                target="ios_coreml",
                precision="fp16",
                path="ios",
                reason="",
            ),
        ),
        stages=tuple(
            StageTime(stage=name, seconds=value)
            for name, value in (
                ("capture", 3.9),
                ("prepare", 1.42),
                ("lower", 61.3),
                ("parity", 12.8),
                ("codegen", 0.21),
                ("report", 0.1),
            )
        ),
    )


def on_gpu() -> Report:
    """Beside the CPU's runs those on LiteRT's GPU engine: fp32 whole, fp16 with ops on the CPU and one input wrong."""
    report = good()
    whole = GpuRecord(adapter="SwiftShader Device (Subzero)", software=True, arithmetic="fp32")
    left = ("CAST: Tensor type(INT64) is not supported", "RESHAPE: Tensor dimensions must be less than 5")
    some = whole.model_copy(update={"on_cpu": 12, "on_gpu": 68, "left": left})
    runs = [
        record("android_litert", precision, "litert-gpu", kind, snr, draws=4, gpu=where, accelerator="gpu")
        for precision, where, figures in (
            ("fp32", whole, (125.4, 126.6, 131.2, 123.9)),
            ("fp16", some, (52.8, 55.1, 0.2, 53.3)),
        )
        for kind, snr in zip(INPUTS, figures, strict=True)
    ]
    return report.model_copy(update={"parity": (*report.parity, *runs)})


def mixed() -> Report:
    """A wrong artifact, a missing one, one that nothing looked at, Apple's runtime not run, an SDK not written."""
    report = good()
    artifacts, parity = list(report.artifacts), list(report.parity)

    def change(target: str, precision: str, **update: object) -> None:
        place = next(i for i, a in enumerate(artifacts) if (a.target, a.precision) == (target, precision))
        artifacts[place] = artifacts[place].model_copy(update=update)

    trail = (
        RoadRecord(
            road="torch.export",
            outcome="failed",
            reason="the artifact is wrong: 31.4 dB on random, required 48.6 dB",
            seconds=6.2,
        ),
        RoadRecord(
            road="torchscript trace", outcome="failed", reason="NotImplementedError: upsample_bicubic2d", seconds=2.0
        ),
    )
    gone: dict[str, object] = dict.fromkeys(("path", "bytes", "sha256", "road"))
    change("android_onnx", "fp16", verdict="failed", **gone, gates=(), roads_tried=trail)
    parity = [p for p in parity if (p.target, p.precision) != ("android_onnx", "fp16")]
    change("ios_onnx", "fp16", verdict="failed")
    for i, p in enumerate(parity):
        if (p.target, p.precision) == ("ios_onnx", "fp16") and p.input in ("random", "samples"):
            metric = {**p.metric, "top1_agreement": 0.9361, "top1_accuracy": 0.9194} if p.metric else {}
            parity[i] = record(
                "ios_onnx", "fp16", p.runner, p.input, 31.4 if p.input == "random" else 28.9, metric=metric
            )
    change("android_tflite", "fp16", verdict="not_run")
    bad_twin = GateRecord(
        gate="fp32 twin",
        verdict="failed",
        reason="on random: 62.1 dB is below the 70.0 dB demanded",
        snr_db=62.1,
        required_snr_db=70.0,
    )
    no_twin = GateRecord(gate="fp32 twin", verdict="not_run", reason="there is no fp32 twin: TypeError")
    change("android_litert", "fp16", verdict="failed", gates=(gates("fp32")[0], bad_twin))
    change("android_tflite", "fp16", gates=(gates("fp32")[0], no_twin))
    origin = "timm/models/efficientvit_mit.py:386 `out = self._attn(q, k, v)` in stages.2.attn (LiteMLA)"
    scores = OpRecord(op="matmul", output="matmul_1_cast_fp16", origin=origin, largest=3.8e6)
    ops = [OpRecord(op="conv", output=f"conv_{n}", snr_db=72.0 - 0.4 * n if n < 25 else -2.7) for n in range(40)]
    ops[25] = OpRecord(op="matmul", output="matmul_1_cast_fp16", snr_db=-200.0)
    change("ios_coreml", "fp16", overflows=(scores,), curve=tuple(ops))
    reason = "ai_edge_litert is not installed; pip install ai-edge-litert"
    parity = [
        p
        if (p.target, p.precision) != ("android_tflite", "fp16")
        else record(p.target, p.precision, p.runner, p.input, None, reason=reason)
        for p in parity
    ]
    for precision in ("fp32", "fp16"):
        apple = "needs macOS 14 or newer; this machine is Linux"
        parity += [record("ios_coreml", precision, "coreml-apple", kind, None, reason=apple) for kind in INPUTS]
    wrong = PrepareRecord(
        name="reparameterisation", outcome="dropped", what="in float64 it is 31.0 dB off", snr_db=31.0, seconds=0.4
    )
    model = report.model.model_copy(update={"prepared": (wrong,)})
    broken = SdkRecord(
        platform="ios",
        language="swift",
        written=False,
        target=None,
        precision=None,
        path=None,
        reason="no iOS artifact passed",
    )
    samples = list(report.samples)
    samples[1] = _differing(samples[1])
    return report.model_copy(
        update={
            "verdict": "failed",
            "model": model,
            "artifacts": tuple(artifacts),
            "parity": tuple(parity),
            "samples": tuple(samples),
            "sdks": (report.sdks[0], broken),
            "errors": tuple(
                e
                for e in report.errors
                if (e.target, e.precision) not in (("android_onnx", "fp16"), ("android_tflite", "fp16"))
            ),
        }
    )


def mac() -> Report:
    """Results of two Macs: all units right on one, a GPU of the other that gives zeros, and a unit that it lacks."""
    report = good()
    machines = {
        name: Machine(
            macos=macos,
            chip=f"{name}, arm64",
            devices=devices,
            coremltools="9.0",
            numpy="2.3.5",
            python="3.12.4",
        )
        for name, macos, devices in (
            ("Apple M4 Pro", "26.1", ("cpu", "gpu", "neural_engine")),
            ("Apple M1", "14.2", ("unknown (needs macOS 14.4)",)),
        )
    }
    parity, runs = list(report.parity), []
    for precision in PRECISIONS:
        for units in ALL_UNITS:
            first = precision == "fp16"
            for lane, kind in enumerate(INPUTS):
                snr: float | None = FLOOR[precision] - 1.1 * lane
                more: dict[str, object] = {"compute_units": units}
                if not first and units == "cpu_and_gpu":
                    snr = 0.0
                if not first and units == "cpu_and_ne":
                    snr, more["reason"] = None, "Core ML sees no neural engine on this Mac"
                parity.append(record("ios_coreml", precision, "coreml-apple", kind, snr, **more))
            shares = (
                DeviceShare(device="neural_engine", ops=51, cost=0.981),
                DeviceShare(device="cpu", ops=1, cost=0.019),
            )
            plan = MacPlan(devices=shares, elsewhere={"softmax": 1, "gather": 3}) if first else MacPlan(error="too old")
            runs.append(
                MacRun(
                    target="ios_coreml",
                    precision=precision,
                    compute_units=units,
                    machine=machines["Apple M4 Pro" if first else "Apple M1"],
                    milliseconds=0.412 if first else None,
                    predictions=74 if first else 0,
                    plan=plan,
                )
            )
    ios = report.sdks[1].model_copy(update={"condemned": "ios_coreml fp32 failed: do not ship this SDK"})
    artifacts = tuple(
        a.model_copy(update={"verdict": "failed"}) if (a.target, a.precision) == ("ios_coreml", "fp32") else a
        for a in report.artifacts
    )
    update = {"verdict": "failed", "artifacts": artifacts, "parity": tuple(parity), "mac": tuple(runs)}
    return report.model_copy(update={**update, "sdks": (report.sdks[0], ios)})


def devices() -> Report:
    """What SDKs told of a phone whose NPU is wrong and whose GPU is none, and of a Mac where nothing is right."""
    report = good()

    def row(accelerator: AcceleratorName, verdict: Verdict, test: str = "seven") -> DeviceRow:
        snr = {"passed": 61.5, "failed": 3.5, "not_run": None}[verdict]
        ran = verdict != "not_run"
        return DeviceRow(
            accelerator=accelerator,
            test=test,
            verdict=verdict,
            snr_db=snr,
            max_error=0.25 if ran else None,
            cold_ms=812.5 if ran else None,
            warm_ms=1.75 if ran else None,
            error="" if ran else "GPU: no such delegate",
        )

    phone = DeviceRun(
        target="android_litert",
        precision="fp16",
        place="device",
        verdict="passed",
        device="Google Pixel 9",
        os="google/tokay/tokay:16/BP1A.250305.019",
        engine="litert",
        accelerator="cpu",
        required_snr_db=30.0,
        rows=(row("npu", "failed"), row("gpu", "not_run"), row("cpu", "passed"), row("cpu", "passed", "three")),
    )
    mac = phone.model_copy(
        update={
            "target": "ios_coreml",
            "place": "mac",
            "verdict": "failed",
            "device": "arm64",
            "os": "macOS Version 15.1 (Build 24B83)",
            "engine": "coreml",
            "rows": (row("cpu", "failed"),),
        }
    )
    told = runs(report.sdks, report.artifacts, (mac, phone))
    return report.model_copy(update={"verdict": "failed", "devices": told})


def hostile() -> Report:
    """Every free text is an attack."""
    report = mixed()
    imported = mac()
    texts = dict.fromkeys(("macos", "coremltools", "numpy", "python"), HOSTILE)
    machine = Machine(chip="\x1b[31m[red]M[/red]", devices=(HOSTILE,), **texts)
    plan = MacPlan(error=HOSTILE, elsewhere={HOSTILE: 1})
    model = report.model.model_copy(
        update={
            "name": HOSTILE,
            "license": HOSTILE,
            "notes": (HOSTILE,),
            "prepared": (PrepareRecord(name=HOSTILE, outcome="dropped", what=HOSTILE),),
            "entry": HOSTILE,
            "contract": report.model.contract.model_copy(
                update={"labels": (HOSTILE, "\x1b[31mred\x1b[0m", "[bold]b[/bold]")}
            ),
        }
    )
    first = report.artifacts[0].model_copy(
        update={
            "target": HOSTILE,
            "target_title": HOSTILE,
            "path": 'a"b\x00 <c>/javascript:d',
            "road": HOSTILE,
            "log": HOSTILE,
        }
    )
    bad_gate = GateRecord(gate="interface", verdict="failed", reason=HOSTILE)
    bad_op = OpRecord(op=HOSTILE, output=HOSTILE, origin=HOSTILE, largest=1e9, snr_db=-3.0)
    first = first.model_copy(
        update={"gates": (bad_gate,), "overflows": (bad_op,), "curve": (bad_op,), "costliest": bad_op}
    )
    sample = report.samples[0].model_copy(
        update={"name": HOSTILE, "label": HOSTILE, "predictions": (Prediction(by=HOSTILE, label=HOSTILE, score=0.5),)}
    )
    parity = [
        p.model_copy(
            update={
                "reason": f"{HOSTILE}\x00\x1b\ud800\uffff",
                "target": HOSTILE if p.target == "android_litert" else p.target,
            }
        )
        for p in report.parity
    ]
    spoiled = dict.fromkeys(("device", "os", "engine", "reason"), HOSTILE)
    rows = (devices().devices[0].rows[0].model_copy(update={"test": HOSTILE, "error": HOSTILE}),)
    return report.model_copy(
        update={
            "devices": tuple(run.model_copy(update={**spoiled, "rows": rows}) for run in devices().devices[:1]),
            "mac": tuple(run.model_copy(update={"machine": machine, "plan": plan}) for run in imported.mac),
            "model": model,
            "host": HOSTILE,
            "versions": {HOSTILE: HOSTILE},
            "artifacts": (first, *report.artifacts[1:]),
            "parity": (*parity, *(p for p in imported.parity if p.runner == "coreml-apple")),
            "samples": (sample,),
            "sdks": tuple(s.model_copy(update={"reason": HOSTILE, "language": HOSTILE}) for s in report.sdks),
            "stages": (StageTime(stage=HOSTILE, seconds=1.0),),
            "errors": tuple(e.model_copy(update={"target": HOSTILE}) for e in report.errors[:4]),
        }
    )


def empty(verdict: Verdict = "failed") -> Report:
    """A build that ended before anything was made."""
    gone: dict[str, object] = dict.fromkeys(("artifacts", "parity", "errors", "samples", "sdks", "stages"), ())
    return good().model_copy(update={"verdict": verdict, "versions": {}, **gone})


def _model() -> ModelRecord:
    return ModelRecord(
        name="digits",
        version="1.0",
        entry="model.py:build",
        license="Apache-2.0",
        parameters=61_578,
        weights_sha256="9f2c41d0" * 8,
        contract=Contract(
            task="image-classification",
            labels=tuple("0123456789"),
            inputs={"image": ImageInput(type="image", size=(32, 32), color="gray")},
            outputs={"scores": ScoresOutput(type="scores")},
        ),
        prepared=(
            PrepareRecord(name="dropout", outcome="applied", what="1 module that only training needs", snr_db=300.0),
            PrepareRecord(name="reparameterisation", outcome="nothing to do", seconds=0.01),
            PrepareRecord(
                name="norm folding", outcome="applied", what="3 norms into the layer before", snr_db=288.4, seconds=0.2
            ),
        ),
        notes=("Trained in under a minute on scikit-learn's handwritten digits; not meant for real use.",),
    )


def _sample(number: int, runs: list[tuple[str, Precision, str]]) -> SampleRecord:
    label = str((number * 7) % 10)
    answer = label if number != 4 else "3"
    score = 0.9981 - 0.06 * (number % 3)
    names = ["PyTorch", *(f"{t} {p} {r}" for t, p, r in runs)]
    shift = {"fp16": 0.0013, "fp32": 0.0}
    return SampleRecord(
        name=f"digit {number + 1}",
        png_base64=picture(number),
        label=label,
        predictions=tuple(
            Prediction(by=name, label=answer, score=score - next((v for k, v in shift.items() if k in name), 0.0))
            for name in names
        ),
    )


def _differing(sample: SampleRecord) -> SampleRecord:
    changed = [
        p.model_copy(update={"label": "9", "score": 0.5137}) if "ios_onnx fp16" in p.by else p
        for p in sample.predictions
        if "android_onnx fp16" not in p.by
    ]
    return sample.model_copy(update={"predictions": tuple(changed)})
