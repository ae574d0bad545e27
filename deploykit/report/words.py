"""Numbers and verdicts in words: the same in the page, on the console and in JUnit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from deploykit.devices import AcceleratorName
from deploykit.figures import FIGURES, REFERENCE, main_figures
from deploykit.mac import APPLE_RUNNER, Device, Machine
from deploykit.manifest import (
    NOT_MADE,
    ComputeUnits,
    GpuRecord,
    OpRecord,
    ParityRecord,
    PrepareRecord,
    UnknownOp,
    Verdict,
)
from deploykit.outputs import OutputSpec
from deploykit.precisions import Precision
from deploykit.report.model import ArtifactRecord
from deploykit.sizes import DimSpec
from deploykit.spec import ImageInput, TensorInput
from deploykit.targets import all_targets

MARKS: dict[Verdict, str] = {"passed": "✓", "failed": "✗", "not_run": "⊘"}
"""A shape beside the colour, so that a verdict can be told apart without it."""

NAMES: dict[Verdict, str] = {"passed": "passed", "failed": "failed", "not_run": "not run"}

REFERENCE_RUNNER = "coreml-reference"
REFERENCE_NOTE = "reference execution, not Apple's runtime"

GPU_RUNNER = "litert-gpu"
GPU_NOTE = "LiteRT's GPU engine: the same shaders, not the phone's driver"

ACCELERATORS: dict[AcceleratorName, str] = {"npu": "NPU", "neural_engine": "Neural Engine", "gpu": "GPU", "cpu": "CPU"}

UNITS: dict[ComputeUnits, str] = {
    "all": "all units",
    "cpu_only": "CPU only",
    "cpu_and_gpu": "CPU and GPU",
    "cpu_and_ne": "CPU and Neural Engine",
}

DEVICES: dict[Device | None, str] = {
    "neural_engine": "Neural Engine",
    "gpu": "GPU",
    "cpu": "CPU",
    "other": "another device",
    None: "not said",
}

LEFT_SHOWN = 3
"""Of the reasons why the GPU left ops to the CPU."""

KEPT_SHOWN = 4
"""Of the layers that stayed float, so many are named."""

EQUAL_BITS_DB = 300.0
"""Where `ParityRecord.snr_db` is capped."""

# Everything that XML 1.0 has no way to write, and the C1 controls, which terminals obey: https://www.w3.org/TR/xml/#charsets
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def clean(text: str) -> str:
    """Control characters and other things that neither XML nor a terminal should be given become `�`."""
    return _UNPRINTABLE.sub("�", text)


def runner_note(runner: str | None, units: ComputeUnits | None) -> str:
    """What has to stand beside a runner's name, so that Apple's runtime and the reference are never mixed up."""
    if runner == APPLE_RUNNER:
        return "Apple runtime" + (f", {UNITS[units]}" if units else "")
    return {REFERENCE_RUNNER: REFERENCE_NOTE, GPU_RUNNER: GPU_NOTE}.get(runner or "", "")


def gpu(record: GpuRecord, precision: Precision) -> str:
    """Where LiteRT's GPU engine ran a file, and what that leaves open."""
    told = [f"{record.adapter}, in software" if record.software else record.adapter, residency(record)]
    if precision != "fp32" and record.arithmetic == "fp32":
        told.append("computed in float32: this driver has no fp16, in which a phone's GPU computes")
    return "; ".join(told)


def store_hints(targets: Iterable[str]) -> tuple[str, ...]:
    """What a store will refuse of the runtimes that some targets bring along; see `deploykit.store`."""
    known = all_targets()
    found = ((name, known[name].runtime) for name in dict.fromkeys(targets) if name in known)
    return tuple(
        f"{name}: Google Play wants 16 KB pages, {runtime.package.rpartition(':')[2]} {runtime.version} has 4 KB"
        for name, runtime in found
        if runtime is not None and runtime.pages_16kb is False
    )


def leaves_out(name: str) -> str:
    """What becomes of an accelerator on which an artifact is wrong."""
    return f"the SDK leaves the {name.upper()} out"


def residency(record: GpuRecord) -> str:
    """How much of a file the GPU took."""
    if record.on_cpu == 0:
        return "fully accelerated"
    some = "some ops" if record.on_cpu is None else f"{record.on_cpu} of {record.on_cpu + (record.on_gpu or 0)} ops"
    why = ", ".join(record.left[:LEFT_SHOWN]) + (" and more" if len(record.left) > LEFT_SHOWN else "")
    return f"{some} on the CPU{f' ({why})' if why else ''}, so an SDK, which asks for the GPU alone, stays on the CPU"


def runner_name(runner: str | None, units: ComputeUnits | None) -> str:
    """A runner as one short text: `coreml-apple, CPU and GPU`."""
    return f"{runner}, {UNITS[units]}" if units else runner or ""


def machine(given: Machine) -> str:
    """A Mac in a few words."""
    return f"{given.chip}, macOS {given.macos}, coremltools {given.coremltools}"


def db(value: float | None) -> str:
    """A signal-to-noise ratio."""
    if value is None:
        return "–"
    if math.isnan(value):
        return "not a number"
    return "equal bits" if value >= EQUAL_BITS_DB else f"{value:.1f} dB"


def scientific(value: float | None) -> str:
    """2.4×10⁻⁷."""
    if value is None:
        return "–"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}×{power_of_ten(int(exponent))}"


def power_of_ten(exponent: int) -> str:
    """10⁻⁷."""
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def size(count: int | None) -> str:
    """Decimal units, as stores and file managers count."""
    if count is None:
        return "–"
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}" if count < 999.5 * factor else f"{count / factor:.0f} {unit}"
    return f"{count} B"


def seconds(value: float) -> str:
    """0.84 s, 12.3 s, 2 min 05 s."""
    if value < 60:
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s"


def milliseconds(value: float | None) -> str:
    """0.42 ms, 12.3 ms, 1.25 s."""
    if value is None:
        return "–"
    if value >= 1000:
        return seconds(value / 1000)
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms"


def percent(share: float) -> str:
    """97.8 %, and 100 % only where it is whole."""
    text = f"{share * 100:.1f}"
    if text == "100.0":
        return "100 %" if share == 1 else "99.9 %"
    return f"{text} %"


def heading(words: str) -> str:
    """With a capital, unless it has one already: mAP."""
    return words[:1].upper() + words[1:] if words.islower() else words


def count(number: int, one: str, many: str | None = None) -> str:
    """1 artifact, 2 artifacts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def metric(values: dict[str, float]) -> tuple[str, ...]:
    """The task's most telling figures in a few words each: beside the truth, PyTorch's own, and beside PyTorch."""
    return _told(values, [name for name in main_figures(values) if name])


def all_metrics(values: dict[str, float]) -> tuple[str, ...]:
    """All of the task's figures in a few words each, the most telling first."""
    return _told(values, FIGURES)


def _told(values: dict[str, float], names: Iterable[str]) -> tuple[str, ...]:
    parts = []
    for name in names:
        if name in values:
            known = FIGURES[name]
            parts.append(known.short.format(figure(name, values[name])))
            reference = values.get(f"{REFERENCE}{name}")
            parts += [f"PyTorch {figure(name, reference)}"] if reference is not None else []
    return tuple(parts)


def figure(name: str, value: float) -> str:
    """A value of one of `FIGURES`, in its unit."""
    unit = FIGURES[name].unit
    return percent(value) if unit == "share" else db(value) if unit == "dB" else f"{value:.3g}"


def accelerator(name: AcceleratorName) -> str:
    """A part of a device that computes."""
    return ACCELERATORS[name]


def platform(name: str) -> str:
    """As its maker writes it."""
    return {"android": "Android", "ios": "iOS"}.get(name, name)


def no_artifact(artifact: ArtifactRecord) -> str:
    """Why a target × precision has no artifact."""
    tried = [f"{road.road}: {road.reason or road.outcome}" for road in artifact.roads_tried if road.outcome in NOT_MADE]
    said = "No road led to an artifact. " + ("; ".join(tried) if tried else "None was tried.")
    if not artifact.unknown:
        return said
    ops = "; ".join(_unknown(op) for op in artifact.unknown)
    remedy = "Write these lines with other ops, or let forward() end before them; `deploykit inspect` shows all ops"
    return f"{said}. In the way: {ops}. {remedy}"


def _unknown(op: UnknownOp) -> str:
    """An op, its line, and who lacks it."""
    return f"{op.op}{f' at {op.place}' if op.place else ''}, unknown to {', '.join(op.backends)}"


def prepared(record: PrepareRecord) -> str:
    """What a pass did, or why it was dropped, with the figure of its check."""
    return f"{record.what} ({db(record.snr_db)})" if record.snr_db is not None else record.what


def kept_float(records: Sequence[OpRecord]) -> str:
    """Which layers of a file with integers stayed float, and which of one at fp16 float32, and why."""
    told = ", ".join(f"{record.output} ({_too_much(record)})" for record in records[:KEPT_SHOWN])
    more = f" and {len(records) - KEPT_SHOWN} more" if len(records) > KEPT_SHOWN else ""
    if all(record.largest is not None for record in records):
        return f"{count(len(records), 'op stays', 'ops stay')} float32: {told}{more}"
    return f"{count(len(records), 'layer stays', 'layers stay')} float: {told}{more}"


def _too_much(record: OpRecord) -> str:
    """Why an op stayed float."""
    if record.largest is not None:
        return f"up to {record.largest:.2g}, fp16 ends at 65504"
    return f"{db(record.snr_db)} as integers" if record.snr_db is not None else "for the one before"


def numbers(record: ParityRecord) -> str:
    """A comparison's figures on one line, plain ASCII where it can be: for logs."""
    if record.snr_db is None:
        return "no figures"
    parts = [f"{db(record.snr_db)}"]
    parts += [f"required {db(record.required_snr_db)}"] if record.required_snr_db is not None else []
    parts += [f"floor {db(record.floor_snr_db)}"] if record.floor_snr_db is not None else []
    parts += [f"max abs {record.max_abs:.2e}"] if record.max_abs is not None else []
    return ", ".join(parts)


def reused(names: tuple[str, ...], jobs: int) -> str:
    """How much of a build came from the cache."""
    return (
        f"{len(names)} of {count(jobs, 'job')} came from the cache: nothing that they depend on has changed since they "
        "ran. deploykit build --fresh does all of them anew."
    )


def input_words(spec: ImageInput | TensorInput, dims: Mapping[str, DimSpec] | None = None) -> str:
    """What an app gives.

    Args:
        spec: of the input.
        dims: the sizes that are known at run time only.
    """
    if isinstance(spec, TensorInput):
        shape = " × ".join(map(str, spec.shape))
        names = dict.fromkeys(size for size in spec.shape if isinstance(size, str))
        sizes = "".join(f", {name}: {dims[name]}" for name in names) if dims else ""
        state = f", a state: zeros, then the last call's {spec.state}" if spec.state else ""
        values = f"tested with values from {spec.range[0]:g} to {spec.range[1]:g}"
        return f"a tensor of {spec.dtype}, {shape}{sizes}, {values}{state}"
    colour = {"gray": "a greyscale picture", "rgb": "a colour picture", "bgr": "a colour picture (as blue, green, red)"}
    fit = {
        "none": "stretched to",
        "center": "its middle cut out and resized to",
        "letterbox": "fitted with black borders into",
    }
    height, width = spec.size
    return f"{colour[spec.color]} of any size, {fit[spec.crop]} {width} × {height} pixels ({spec.resize}) by the SDK"


OUTPUTS = {
    "tensor": "a tensor",
    "class-map": "a label for each pixel",
    "picture": "a picture",
    "keypoints": "points in the picture",
    "embedding": "a vector whose direction counts",
    "tokens": "a score for each token of a vocabulary",
}


def output_words(spec: OutputSpec, labels: tuple[str, ...]) -> str:
    """What an app gets."""
    if spec.type == "boxes":
        return f"boxes with a score for each of {_labels(labels)}"
    if spec.type != "scores":
        return OUTPUTS[spec.type]
    activation = f" ({spec.activation})" if spec.activation != "none" else ""
    return f"a score for each of {_labels(labels, activation)}"


def _labels(labels: tuple[str, ...], more: str = "") -> str:
    named = ", ".join(labels) if len(labels) <= 10 else f"{', '.join(labels[:4])} … {labels[-1]}"
    return f"{count(len(labels), 'label')}{more}: {named}"
