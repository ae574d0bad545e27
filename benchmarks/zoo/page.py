"""`docs/zoo.md`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.markdown import cell
from deploykit.report.words import size
from deploykit.zoo.entry import ZooEntry
from deploykit.zoo.measured import Measured, MeasuredArtifact, OnAccelerator
from deploykit.zoo.sdks import NetworkSdks, SdkRun
from deploykit.zoo.show import goldens, short

PAGE = Path("docs/zoo.md")
FORMATS = {"android_litert": "LiteRT", "android_onnx": "ONNX", "ios_coreml": "Core ML"}
PRECISIONS = ("fp32", "fp16")
GPU_TARGET = "android_litert"
"""The only one of them whose GPU engine can be run here."""
HEAD = """\
# The zoo

Networks from the literature on mobile networks, each built by its name: `deploykit zoo build mobileone`. Every figure
is of artifacts that were made, run and compared with PyTorch on this project's machine by `make zoo`, which writes this
page; `deploykit zoo show NAME` has them with the paper beside them. Unless `--pretrained` or `--weights FILE` gives
others, weights are seeded: answers mean nothing then, numbers do.

The papers' figures were written down without the papers at hand. Where our count agrees with one (2 % or better), that
confirms it; the place in the paper was as a rule not looked up.

"""
COLUMNS = """\
Parameters are those of the network as it is deployed, in the paper and here. dB are of the comparison with the least
room, fp32 / fp16; a figure after ✗ is not enough, for the reason below. Sizes are of fp16. Times are one run on two
cores of a server, at fp32; Core ML's cannot be had on Linux. Accelerators: their share of the multiply-adds at fp16.
On the GPU: the same LiteRT file on LiteRT's GPU engine, likewise, run by a GPU that the CPU plays (the same shaders,
not a phone's driver). It decides about no artifact, every phone has a CPU; where it is wrong, the SDK leaves it out.

"""
SDKS = """\
## SDKs

Of one network of each task, the smallest that has both, the Android library (LiteRT) and the Swift package (Core ML)
were compiled with their sample apps, warnings as errors, and ran their goldens, which are PyTorch's, by `selfTest()` on
the CPU (`make zoo-sdks`): LiteRT's own library under Android's classes on a JVM; and a real Swift with stand-ins for
Apple's frameworks, in which Core ML is deploykit's reference runner, not Apple's runtime.

"""


def page(entries: Sequence[ZooEntry], measured: Mapping[str, Measured], sdks: Mapping[str, NetworkSdks]) -> str:
    """The whole page."""
    lines = [HEAD, _summary(entries, measured), "\n", COLUMNS]
    for task in dict.fromkeys(entry.folder for entry in entries):
        lines += [f"## {task.replace('-', ' ').capitalize()}\n\n", *_table(task, entries, measured), "\n"]
    lines += [SDKS, *_sdks(entries, sdks), "\n", *_reasons(entries, measured)]
    return "".join(lines)


def _summary(entries: Sequence[ZooEntry], measured: Mapping[str, Measured]) -> str:
    known = [measured[entry.name] for entry in entries if entry.name in measured]
    artifacts = [artifact for each in known for artifact in each.artifacts]
    right = sum(artifact.verdict == "passed" for artifact in artifacts)
    minutes = sum(each.seconds or 0 for each in known) / 60
    tasks = len({entry.folder for entry in entries})
    opened = sum(artifact.target == GPU_TARGET for artifact in artifacts)
    gpu = [artifact.ran["gpu"].verdict for artifact in artifacts if "gpu" in artifact.ran]
    return (
        f"{len(entries)} networks of {tasks} tasks; {len(known)} were measured: {right:,} of their {len(artifacts):,} "
        f"artifacts are right, and {sum(each.passed for each in known)} networks have only such. "
        f"LiteRT's GPU engine ran {len(gpu) - gpu.count('not_run')} of their {opened} LiteRT files, "
        f"{gpu.count('passed')} of them right. "
        f"The times of their builds, as they ran, beside other work or not, add up to {minutes:.0f} minutes.\n"
    )


def _table(task: str, entries: Sequence[ZooEntry], measured: Mapping[str, Measured]) -> list[str]:
    columns = ["network", "parameters", *FORMATS.values(), "on the GPU", "size", "time", "accelerators", "road"]
    lines = [f"| {' | '.join(columns)} |\n", f"|{'---|' * len(columns)}\n"]
    for entry in entries:
        if entry.folder == task:
            lines.append(f"| {' | '.join(_row(entry, measured.get(entry.name)))} |\n")
    return lines


def _row(entry: ZooEntry, found: Measured | None) -> list[str]:
    name = f"`{entry.name}` {cell(entry.summary)}"
    said = short(entry.paper.parameters)
    if found is None:
        return [name, f"{said} / –", *["not measured"] * 4, *["–"] * 4]
    by = {(artifact.target, artifact.precision): artifact for artifact in found.artifacts}
    decibels = [" / ".join(_db(by.get((target, precision))) for precision in PRECISIONS) for target in FORMATS]
    decibels.append(" / ".join(_on_gpu(by.get((GPU_TARGET, precision))) for precision in PRECISIONS))
    half = [by[target, "fp16"] for target in FORMATS if (target, "fp16") in by]
    full = [by[target, "fp32"] for target in FORMATS if (target, "fp32") in by]
    return [
        name,
        f"{said} / {short(found.parameters)}",
        *decibels,
        " · ".join(size(artifact.bytes) for artifact in half) or "–",
        " · ".join(f"{runner} {ms:.3g} ms" for each in full for runner, ms in each.milliseconds.items()) or "–",
        " · ".join(f"{name} {share:.0%}" for each in half for name, share in each.taken.items()) or "–",
        " · ".join(dict.fromkeys(each.road for each in full if each.road)) or "–",
    ]


def _on_gpu(artifact: MeasuredArtifact | None) -> str:
    ran = artifact.ran.get("gpu") if artifact is not None else None
    return "not run" if ran is None or ran.verdict == "not_run" else _db(ran)


def _db(found: MeasuredArtifact | OnAccelerator | None) -> str:
    if found is None:
        return "not built"
    mark = {"passed": "", "failed": "✗ ", "not_run": "⊘ "}[found.verdict]
    return mark + ("–" if found.snr_db is None else "equal" if found.snr_db >= 300 else f"{found.snr_db:.0f}")


def _sdks(entries: Sequence[ZooEntry], sdks: Mapping[str, NetworkSdks]) -> list[str]:
    lines = ["| task | network | Kotlin | Swift |\n", "|---|---|---|---|\n"]
    for task in dict.fromkeys(entry.folder for entry in entries):
        known = {entry.name: sdks[entry.name] for entry in entries if entry.folder == task and entry.name in sdks}
        ran = {name: each for name, each in known.items() if not each.absent}
        lines += [
            f"| {task} | `{name}` | {_goldens(each.kotlin)} | {_goldens(each.swift)} |\n" for name, each in ran.items()
        ]
        if not ran:
            why = "; ".join(f"`{name}`: {cell(each.absent)}" for name, each in known.items())
            lines.append(f"| {task} | not measured | {why or '–'} | |\n")
    return lines


def _goldens(run: SdkRun | None) -> str:
    return "not run" if run is None else cell(goldens(run))


def _reasons(entries: Sequence[ZooEntry], measured: Mapping[str, Measured]) -> list[str]:
    known = {entry.name: measured[entry.name] for entry in entries if entry.name in measured}
    found = [f"- `{name}`: {cell(each.failed)}\n" for name, each in known.items() if each.failed]
    gpu: list[str] = []
    for name, each in known.items():
        found += _told(name, [(made, made.reasons) for made in each.artifacts if made.verdict != "passed"])
        ran = [(made, made.ran["gpu"]) for made in each.artifacts if made.verdict == "passed" and "gpu" in made.ran]
        gpu += _told(name, [(made, on.reasons) for made, on in ran if on.verdict == "failed"])
    told = ["## Not passed, and why\n\n", *found] if found else ["Every artifact that was measured passed.\n"]
    return [*told, "\n## Right on the CPU, wrong on the GPU\n\n", *gpu] if gpu else told


def _told(name: str, wrong: Sequence[tuple[MeasuredArtifact, Sequence[str]]]) -> list[str]:
    """One line for each reason, with all that it holds for."""
    same: dict[str, list[str]] = {}
    for artifact, reasons in wrong:
        same.setdefault(cell("; ".join(reasons)), []).append(f"{artifact.target} {artifact.precision}")
    return [f"- `{name}`, {', '.join(of)}: {reason}\n" for reason, of in same.items()]
