"""The backends and runners, as tables. A new one is one row here and one folder or module.

Code is named by a string and resolved on use, so that reading a table imports no converter.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Literal, get_args

from deploykit import vulkan
from deploykit.backends.base import Inside, Runner, Tensors, Watch
from deploykit.backends.roads import ROADS, RoadEntry
from deploykit.manifest import ComputeUnits, Interface, UnknownOp
from deploykit.opgraph import Answer, Graph
from deploykit.precisions import SCHEMES, Precision

if TYPE_CHECKING:  # torch takes seconds to import
    import torch


@dataclass(frozen=True)
class Backend:
    """How an ExportedProgram becomes a file."""

    roads: tuple[RoadEntry, ...]
    """In the order in which they are tried."""
    knows: str
    """Where is told which ops of a program its first road's converter does not know."""
    interface: str
    """Where the reader of a saved file's border is."""
    intermediates: str
    """Where a saved file is run tensor by tensor."""
    tools: tuple[str, ...]
    """Distributions whose versions the manifest keeps."""
    imports: tuple[str, ...]
    """Modules that its jobs take longest to import, and that start no thread: see `deploykit.zygote`."""
    quantize: str
    """Where a float file is made one with integers, a palette or zeros, in place: a `Quantizer`. The same
    module has `LAYERS` and `WEIGHTED`."""
    quantized_from: Precision
    """Of that float file."""
    inside: str | None = None
    """Where the search for values that fp16 loses is, if the format has it: op by op, on the saved file."""
    widens: bool = False
    """Whether its runner here computes what a file says is float16 in float32, and hides what leaves its range."""
    islands: bool = False
    """Whether single ops of a file at fp16 can be computed in float32."""
    options: tuple[str, ...] = ()
    """Fields of a target that change the file, beside its precision."""
    one_shape: bool = False
    """Whether a signature of its files takes one shape only: a size that the contract lists makes one for each."""
    graph: str = ""
    """Where the reader of a saved file's ops is."""
    asked: str = ""
    """Where the format's runtime, or its vendor's tool, is asked what accelerators take of a file, if it can be."""

    def unknown(self, program: torch.export.ExportedProgram, root: Path) -> tuple[UnknownOp, ...]:
        """What of a program, after the first road's rewrites, its converter does not know.

        Args:
            program: as torch.export gave it.
            root: of the user's project; paths are relative to it.
        """
        found: tuple[UnknownOp, ...] = resolve_name(self.knows)(program, root)
        return found

    def layers(self, precision: Precision) -> frozenset[str]:
        """Types of ops that its tool makes integers of: those with weights, or, calibrated, all that it knows."""
        tool = import_module(self.quantize.partition(":")[0])
        found: frozenset[str] = tool.LAYERS if SCHEMES[precision].calibrated else tool.WEIGHTED
        return found

    def read_interface(self, artifact: Path) -> Interface:
        """What a saved file says of its border.

        Raises:
            ArtifactError: if it cannot be read.
        """
        found: Interface = resolve_name(self.interface)(artifact)
        return found

    def read_graph(self, artifact: Path) -> Graph:
        """The ops of a saved file, as plain data.

        Raises:
            ArtifactError: if it cannot be read, or has ops that nobody knows.
        """
        found: Graph = resolve_name(self.graph)(artifact)
        return found

    def ask(self, artifact: Path, graph: Graph, said: str = "") -> tuple[Answer, ...]:
        """What the runtime and the vendor's tools on this host say that accelerators take of a file.

        Args:
            artifact: the file.
            graph: its ops.
            said: `Runner.parts` of a runner that has had it open; empty where none has.
        """
        found: tuple[Answer, ...] = resolve_name(self.asked)(artifact, graph, said) if self.asked else ()
        return found

    def follow(self, artifact: Path, inputs: Tensors, watch: Watch) -> Tensors:
        """Runs a file op by op, without what a runtime fuses or optimises, and shows each tensor that an op gives.

        Args:
            artifact: a saved file.
            inputs: by the file's names.
            watch: called with each tensor.

        Returns:
            The outputs, by the file's names.

        Raises:
            ArtifactError: if it cannot be opened or executed.
        """
        found: Tensors = resolve_name(self.intermediates)(artifact, inputs, watch)
        return found

    def look_inside(self, artifact: Path, draws: Sequence[Tensors], origins: dict[str, str]) -> Inside:
        """Where an fp16 file loses its numbers; nothing where the format has no means to see it.

        Raises:
            ArtifactError: if it cannot be executed.
        """
        found: Inside = resolve_name(self.inside)(artifact, draws, origins) if self.inside else Inside()
        return found


@dataclass(frozen=True)
class RunnerEntry:
    """How a saved artifact is executed on this host."""

    title: str
    where: str
    suffix: str
    """Of the files that it opens."""
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What it can be told when it opens a file: name → values; none means any text."""
    unavailable: Callable[[], str | None] = lambda: None
    """Why it cannot run on this host, or None if it can."""
    compute_units: ComputeUnits | None = None
    """What a build lets Apple's runtime use; other units are the Mac kit's."""
    interprets: bool = False
    """Whether it computes the file op by op, so that its time says nothing of a phone's."""
    told: Callable[[Precision], dict[str, str]] = lambda precision: {}
    """Which of `options` a build sets for an artifact of a precision."""
    needs: Callable[[], tuple[Path, ...]] = tuple
    """Files of this host, outside deploykit and its packages, that decide what it gives."""
    most_draws: int | None = None
    """So many inputs of a kind are run, where all of them would take too long (`deploykit.work.draws.chosen`)."""
    accelerator: Literal["gpu"] | None = None
    """What of an SDK's cascade it stands for, where that is not the CPU."""
    cpu: str | None = None
    """The runner that has the same engine compute the same file on the CPU: where this one gives equal bits, it
    probably did so itself."""

    def open(self, artifact: Path, **options: str) -> Runner:
        """The runner, with the artifact read.

        Args:
            artifact: the file or package.
            options: of those in `options`.

        Raises:
            ArtifactError: if it cannot be read.
        """
        units = {} if self.compute_units is None else {"compute_units": self.compute_units}
        runner: Runner = resolve_name(self.where)(artifact, **(units | options))
        return runner


def _not_on_a_mac() -> str | None:
    return None if platform.system() == "Darwin" else f"Apple's runtime needs macOS; this host is {platform.system()}"


BACKENDS: dict[str, Backend] = {
    "coreml": Backend(
        ROADS["coreml"],
        "deploykit.backends.coreml.knows:unknown",
        "deploykit.backends.coreml.interface:read_interface",
        "deploykit.backends.coreml.intermediates:follow",
        ("coremltools", "torch"),
        ("coremltools",),
        "deploykit.backends.coreml.quantize:quantize",
        "fp16",
        inside="deploykit.backends.coreml.numerics:look_inside",
        islands=True,
        options=("min_os",),
        graph="deploykit.backends.coreml.graph:read_graph",
    ),
    "litert": Backend(
        ROADS["litert"],
        "deploykit.backends.litert.knows:unknown",
        "deploykit.backends.litert.interface:read_interface",
        "deploykit.backends.litert.intermediates:follow",
        ("litert-torch", "ai-edge-litert", "ai-edge-quantizer", "torch"),
        ("litert_torch", "ai_edge_litert.interpreter", "ai_edge_quantizer.quantizer"),
        "deploykit.backends.litert.quantize:quantize",
        "fp32",
        one_shape=True,
        graph="deploykit.backends.litert.graph:read_graph",
        asked="deploykit.backends.litert.asked:ask",
    ),
    "onnx": Backend(
        ROADS["onnx"],
        "deploykit.backends.onnx.knows:unknown",
        "deploykit.backends.onnx.interface:read_interface",
        "deploykit.backends.onnx.intermediates:follow",
        ("onnx", "onnxscript", "onnxslim", "onnxconverter-common", "torch"),
        ("onnxslim", "onnxconverter_common.float16", "onnxscript.function_libs.torch_lib.ops"),
        "deploykit.backends.onnx.quantize:quantize",
        "fp32",
        widens=True,
        islands=True,
        graph="deploykit.backends.onnx.graph:read_graph",
        asked="deploykit.backends.onnx.asked:ask",
    ),
}

RUNNERS: dict[str, RunnerEntry] = {
    "coreml-reference": RunnerEntry(
        "Core ML, reference execution, not Apple's runtime",
        "deploykit.backends.coreml.reference:ReferenceRunner",
        ".mlpackage",
        {"mode": ("rounded", "unrounded", "fp64", "pessimistic"), "function": ()},
        interprets=True,
    ),
    "coreml-apple": RunnerEntry(
        "Core ML, Apple's runtime",
        "deploykit.backends.coreml.runner:AppleRunner",
        ".mlpackage",
        options={"compute_units": get_args(ComputeUnits)},
        unavailable=_not_on_a_mac,
        compute_units="all",
    ),
    "litert": RunnerEntry(
        "LiteRT CompiledModel, CPU (XNNPACK)", "deploykit.backends.litert.runner:LiteRtRunner", ".tflite"
    ),
    "tflite": RunnerEntry(
        "TFLite Interpreter, CPU (XNNPACK)", "deploykit.backends.litert.runner:TfliteRunner", ".tflite"
    ),
    "litert-gpu": RunnerEntry(
        "LiteRT CompiledModel, GPU (ML Drift on WebGPU and Vulkan)",
        "deploykit.backends.litert.gpu:GpuRunner",
        ".tflite",
        options={"arithmetic": ("fp32", "fp16")},
        unavailable=vulkan.unavailable,
        told=lambda precision: {"arithmetic": "fp32" if precision == "fp32" else "fp16"},
        needs=vulkan.needs,
        # Where there is no GPU, a CPU plays it: two thirds of a build's time went into four draws of each kind.
        most_draws=2,
        accelerator="gpu",
        cpu="litert",
    ),
    "onnxruntime": RunnerEntry("ONNX Runtime, CPU", "deploykit.backends.onnx.runner:OnnxRunner", ".onnx"),
}

RUNS: dict[str, str] = {"coreml": "coreml-reference", "litert": "tflite", "onnx": "onnxruntime"}
"""Backend → the runner that executes its files on any host."""
