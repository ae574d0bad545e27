"""A job: the smallest graph that shows a fault, as a folder that needs no deploykit, and a text for its converter."""

from __future__ import annotations

import os
import pickle
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deploykit.bisect.records import Bisection, ReproRecord
from deploykit.render import render

if TYPE_CHECKING:
    import torch

    from deploykit.bisect.windows import Window

FILES = ("repro.py", "inputs.npz", "program.pt2", "versions.txt", "issue.md")
LIMIT_S = 600.0
SHOWN = 4
"""Values of an output that a text shows."""

_PRINTED = re.compile(r"^(\S+): (-?[\d.]+) dB", re.MULTILINE)


@dataclass(frozen=True)
class Converter:
    """How a road's converter is called without deploykit.

    Attributes:
        template: of the code: `templates/bisect/<template>.py.jinja`.
        name: of the converter's distribution.
        needs: the distributions that `repro.py` imports.
        prepared: what is done to the exported program before, as source.
        environment: what has to be set.
    """

    template: str
    name: str
    needs: str
    prepared: str = ""
    environment: tuple[tuple[str, str], ...] = ()


_CORE = ".run_decompositions()"
_COREML, _ONNX = "torch, coremltools", "torch, onnxscript, onnxruntime"
_LITERT, _ONNX2TF = "torch, litert-torch, ai-edge-litert", "torch, onnxscript, onnx2tf, ai-edge-litert"
CONVERTERS: dict[str, Converter] = {
    "coreml/torch.export": Converter("coreml", "coremltools", _COREML, ".run_decompositions({})"),
    "coreml/torch.export, decomposed": Converter("coreml", "coremltools", _COREML, f"{_CORE}.run_decompositions({{}})"),
    "coreml/torchscript trace": Converter("coreml_trace", "coremltools", _COREML),
    "litert/litert-torch": Converter("litert", "litert-torch", _LITERT),
    "litert/litert-torch, decomposed": Converter("litert", "litert-torch", _LITERT, f"{_CORE}.module()"),
    "litert/litert-torch, TFL ops": Converter(
        "litert", "litert-torch", _LITERT, "", (("LITERT_TORCH_FULL_TFL_DECOMPS", "1"),)
    ),
    "litert/onnx2tf": Converter("onnx2tf", "onnx2tf", _ONNX2TF),
    "onnx/dynamo": Converter("onnx", "torch", _ONNX),
    "onnx/dynamo, decomposed": Converter("onnx", "torch", _ONNX, _CORE),
    "onnx/torchscript": Converter("onnx_trace", "torch", _ONNX),
}
"""By "backend/road"."""


def write(scratch: Path, found: Bisection, folder: Path) -> ReproRecord:
    """Writes `FILES` for the smallest window that shows the fault, and runs `repro.py` in a process of its own.

    Args:
        scratch: of the bisection.
        found: what it came to.
        folder: exists and is empty.
    """
    import torch

    from deploykit.backends import BACKENDS
    from deploykit.bisect.proof import SMALLEST, measured, prepared_of, showing

    window: Window = pickle.loads((scratch / SMALLEST).read_bytes())
    road = next(road for road in BACKENDS[found.backend].roads if road.name == found.road)
    arrays: dict[str, Any] = {f"input_{name}": value for name, value in window.inputs.items()}
    arrays |= {f"weight_{name}": value for name, value in window.weights.items()}
    np.savez(folder / "inputs.npz", **arrays)
    torch.export.save(_traceless(prepared_of(window).program), folder / "program.pt2")
    versions = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    versions |= found.versions
    lines = "".join(f"{name} {number}\n" for name, number in versions.items())
    (folder / "versions.txt").write_text(lines, encoding="utf-8")
    converter = CONVERTERS[f"{found.backend}/{found.road}"]
    finding = measured(window, found.backend, road)
    context = {"found": found, "converter": converter, "versions": versions, "finding": finding, "window": window}
    context |= {"names": list(window.outputs)}
    (folder / "repro.py").write_text(render("bisect/repro.py.jinja", None, **context), encoding="utf-8")
    ran = run_repro(folder / "repro.py", found.backend)
    drawn, text = drawn_alike(window)
    alike = measured(drawn, found.backend, road) if drawn else None
    shown = alike is not None and showing(alike, found.snr_db or 0.0)
    context |= {"ran": ran, "drawn": shown, "drawn_text": text, "alike": alike, "outputs": _outputs(window)}
    (folder / "issue.md").write_text(render("bisect/issue.md.jinja", None, **context), encoding="utf-8")
    return ran


def drawn_alike(window: Window) -> tuple[Window | None, str]:
    """The window with random numbers in place of the model's own, and the source that draws them.

    None where numbers cannot be just any: integers, or a negative variance.
    """
    import torch

    values = {**window.weights, **window.inputs}
    if any(value.dtype != np.float32 for value in values.values()):
        return None, ""
    torch.manual_seed(0)
    drawn = {name: torch.randn(value.shape).numpy() for name, value in values.items()}
    other = replace(
        window,
        weights={name: drawn[name] for name in window.weights},
        inputs={name: drawn[name] for name in window.inputs},
    )
    with torch.no_grad():
        made = other.module()(*(torch.from_numpy(value) for value in other.inputs.values()))
    if not all(bool(value.isfinite().all()) for value in (made if isinstance(made, tuple) else (made,))):
        return None, ""
    texts = {name: f"torch.randn({', '.join(map(str, value.shape)) or '()'})" for name, value in values.items()}
    weights = ", ".join(f"{name}={texts[name]}.numpy()" for name in window.weights)
    inputs = ", ".join(texts[name] for name in window.inputs) + "," * (len(window.inputs) == 1)
    return other, f"torch.manual_seed(0)\nmodel = Model({weights}).eval()\ninputs = ({inputs})\n"


def run_repro(file: Path, backend: str) -> ReproRecord:
    """What `repro.py` says when it is run; of a Core ML package that it only saves, what the reference runner says."""
    with tempfile.TemporaryDirectory(prefix="deploykit-repro-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, str(file.absolute())], cwd=folder, env=os.environ | {"PYTHONPATH": ""},
                capture_output=True, text=True, timeout=LIMIT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return ReproRecord(ran=False, reason=f"repro.py did not end within {LIMIT_S:.0f} s")
        print(done.stdout, done.stderr)
        ratios = [float(ratio) for _, ratio in _PRINTED.findall(done.stdout)]
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return ReproRecord(ran=False, reason=f"repro.py ended with exit code {done.returncode}: {last}")
        if not ratios and backend == "coreml":
            return _by_reference(Path(folder) / "repro.mlpackage", file.parent)
    return ReproRecord(ran=True, snr_db=min(ratios, default=None))


def _by_reference(package: Path, folder: Path) -> ReproRecord:
    import torch

    from deploykit.backends import RUNNERS
    from deploykit.bisect.reference import ratio

    program = torch.export.load(folder / "program.pt2")
    with np.load(folder / "inputs.npz") as arrays:
        inputs = [arrays[name] for name in arrays.files if name.startswith("input_")]
    with torch.no_grad():
        module = program.module(check_guards=False)
        made = module(**{f"x{i}": torch.from_numpy(value) for i, value in enumerate(inputs)})
    with RUNNERS["coreml-reference"].open(package) as runner:
        names = [taken.name for taken in runner.takes()]
        got = runner.run(dict(zip(names, inputs, strict=True)))
    ratios = [ratio(want.numpy(), have) for want, have in zip(made.values(), got.values(), strict=True)]
    reason = "executed by deploykit's reference runner; off a Mac repro.py only saves the package"
    return ReproRecord(ran=True, snr_db=round(min(ratios), 1), reason=reason)


def _outputs(window: Window) -> list[tuple[str, str]]:
    """Name and first values of what PyTorch gives."""
    by_name = {statement.name: statement.value for statement in window.statements}
    found = []
    for name in window.outputs:
        value = by_name[name]
        if value is not None:
            found.append((name, ", ".join(f"{v:.6g}" for v in value.reshape(-1)[:SHOWN].tolist())))
    return found


def _traceless(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    """Without the lines that made it: they are of this machine."""
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
        node.meta.pop("nn_module_stack", None)
    return program
