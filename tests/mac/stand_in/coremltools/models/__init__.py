from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from . import compute_device as compute_device
from . import compute_plan as compute_plan

WRONG = os.environ.get("STAND_IN", "").split()


class MLModel:
    def __init__(self, model: str, compute_units: Any) -> None:
        from deploykit.backends.coreml.reference import ReferenceRunner

        self.units = compute_units.name
        if "refuses" in WRONG and self.units == "CPU_AND_NE":
            raise RuntimeError("Error compiling model: <script>alert(1)</script>")
        if "aborts" in WRONG and self.units == "CPU_AND_GPU":
            os.abort()
        self.path, self.runner = Path(model), ReferenceRunner(Path(model))

    def get_spec(self) -> Any:
        from coremltools.proto import Model_pb2

        return Model_pb2.Model.FromString((self.path / "Data/com.apple.CoreML/model.mlmodel").read_bytes())

    def make_state(self) -> Any:
        return State(self.runner.make_state())

    def predict(self, data: dict[str, Any], state: Any = None) -> dict[str, Any]:
        outputs = self.runner.run(data, state=state and state.inner)
        if "zeros" in WRONG and self.units == "CPU_AND_GPU":
            outputs = {name: np.zeros_like(value) for name, value in outputs.items()}
        if "no-zeros" in WRONG and not any(value.any() for value in data.values()):
            raise RuntimeError("Unable to compute the prediction using a neural network model (code: -7)")
        return outputs

    def get_compiled_model_path(self) -> str:
        return str(self.path)


class State:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def read_state(self, name: str) -> Any:
        return self.inner[name]

    def write_state(self, name: str, value: Any) -> None:
        self.inner[name] = value
