"""The converters by themselves, as their documentation shows them, in this process one after another.

int64 inputs are fed as int32, since no phone has the former: the example inputs, and a wrapper that widens them.
"""

from __future__ import annotations

import runpy
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils import _pytree as pytree

from benchmarks.formats.table import Figures
from deploykit.parity.compare import snr_db

Outputs = list[NDArray[Any]]


class Narrow(nn.Module):
    """Takes int32 for int64, and gives a flat tuple of tensors."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        result = self.model(*(x.long() if x.dtype == torch.int32 else x for x in inputs))
        return tuple(leaf for leaf in pytree.tree_leaves(result) if isinstance(leaf, torch.Tensor))


def bare_figures(name: str, file: Path, folder: Path) -> dict[str, Figures]:
    """What each converter makes of a model of a list; a pass is more than 70 dB, or converting at all for Core ML."""
    model, inputs = _model(name, file)
    with torch.no_grad():
        wanted = [t.numpy() for t in model(*inputs)]
    roads: dict[str, Callable[..., Outputs | None]] = {"onnx": _onnx, "tflite": _litert, "coreml": _coreml}
    return {road: _tried(convert, model, inputs, wanted, folder) for road, convert in roads.items()}


def litert_file(name: str, file: Path, made: Path) -> None:
    """Writes what litert-torch makes of a model of a list; whatever it raises is left to the caller."""
    import litert_torch

    litert_torch.convert(*_model(name, file)).export(str(made))


def _model(name: str, file: Path) -> tuple[Narrow, tuple[torch.Tensor, ...]]:
    made = runpy.run_path(str(file))
    torch.manual_seed(0)
    network, given = made["MODELS"][name]()
    network = made.get("alive", lambda network, inputs: network)(network, given)
    return Narrow(network).eval(), tuple(x.int() if x.dtype == torch.int64 else x for x in given)


def _tried(convert: Callable[..., Outputs | None], model: nn.Module, inputs: Any, wanted: Outputs, at: Path) -> Figures:
    start = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            got = convert(model, inputs, at)
    except Exception as error:
        # A converter may raise anything, and what it says is the result.
        first = (str(error).strip() or "no message").splitlines()[0]
        reason = f"{type(error).__name__}: {first}"[:200]
        return {"verdict": "failed", "reason": reason, "seconds": round(time.monotonic() - start, 1)}
    seconds = round(time.monotonic() - start, 1)
    if got is None:
        return {"verdict": "not_run", "reason": "it converts; Core ML itself runs on a Mac only", "seconds": seconds}
    pairs = list(zip(wanted, got, strict=True))
    if unlike := [f"{list(g.shape)} for {list(w.shape)}" for w, g in pairs if w.shape != g.shape]:
        return {"verdict": "failed", "reason": f"shapes: {', '.join(unlike)}", "seconds": seconds}
    floats = [(w.astype(np.float64), g) for w, g in pairs if w.dtype.kind == "f"]
    db = min((snr_db(w, w - g) for w, g in floats), default=0.0)
    return {"verdict": "passed" if db > 70 else "failed", "db": round(db, 1), "seconds": seconds}


def _onnx(model: nn.Module, inputs: tuple[torch.Tensor, ...], folder: Path) -> Outputs:
    import onnxruntime

    program = torch.onnx.export(model, inputs, dynamo=True, verbose=False)
    assert program is not None
    program.save(str(folder / "bare.onnx"))
    session = onnxruntime.InferenceSession(str(folder / "bare.onnx"))
    feed = {i.name: x.numpy() for i, x in zip(session.get_inputs(), inputs, strict=True)}
    return [np.asarray(o) for o in session.run(None, feed)]


def _litert(model: nn.Module, inputs: tuple[torch.Tensor, ...], folder: Path) -> Outputs:
    import litert_torch
    from ai_edge_litert.interpreter import Interpreter

    def number(name: str) -> int:
        return int(name.rsplit("_", 1)[1])

    litert_torch.convert(model, inputs).export(str(folder / "bare.tflite"))
    runner = Interpreter(str(folder / "bare.tflite")).get_signature_runner()
    names = sorted(runner.get_input_details(), key=number)
    got = runner(**{name: x.numpy() for name, x in zip(names, inputs, strict=True)})
    return [got[name] for name in sorted(got, key=number)]


def _coreml(model: nn.Module, inputs: tuple[torch.Tensor, ...], folder: Path) -> None:
    import coremltools as ct

    program = torch.export.export(model, inputs, strict=False).run_decompositions({})
    converted = ct.convert(program, compute_precision=ct.precision.FLOAT32, skip_model_load=True)
    converted.save(str(folder / "bare.mlpackage"))
