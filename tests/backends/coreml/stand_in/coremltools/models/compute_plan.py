from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .compute_device import MLComputeDevice, MLCPUComputeDevice, MLGPUComputeDevice, MLNeuralEngineComputeDevice


@dataclass
class MLComputePlanDeviceUsage:
    preferred_compute_device: MLComputeDevice
    supported_compute_devices: list[MLComputeDevice] = field(default_factory=list)


@dataclass
class MLComputePlanCost:
    weight: float


@dataclass
class Operation:
    operator_name: str
    outputs: list[Any]
    blocks: list[Any]


class MLComputePlan:
    """Plans the file's real ops: softmax on the CPU, the rest on the best unit allowed; constants nowhere."""

    def __init__(self, path: str, units: str) -> None:
        from coremltools.proto import Model_pb2

        spec = Model_pb2.Model.FromString((Path(path) / "Data/com.apple.CoreML/model.mlmodel").read_bytes())
        block = next(iter(spec.mlProgram.functions["main"].block_specializations.values()))
        ops = [
            Operation(
                op.type if op.type == "const" else f"ios17.{op.type}",
                [SimpleNamespace(name=output.name) for output in op.outputs],
                [],
            )
            for op in block.operations
        ]
        main = SimpleNamespace(block=SimpleNamespace(operations=ops))
        self.model_structure = SimpleNamespace(program=SimpleNamespace(functions={"main": main}))
        self._best = {"CPU_ONLY": MLCPUComputeDevice, "CPU_AND_GPU": MLGPUComputeDevice}.get(
            units, MLNeuralEngineComputeDevice
        )()
        self._costly = sum(op.operator_name != "const" for op in ops)

    @classmethod
    def load_from_path(cls, path: str, compute_units: Any) -> MLComputePlan:
        return cls(path, compute_units.name)

    def get_compute_device_usage_for_mlprogram_operation(self, operation: Operation) -> MLComputePlanDeviceUsage | None:
        if operation.operator_name == "const":
            return None
        cpu = MLCPUComputeDevice()
        preferred = cpu if "softmax" in operation.operator_name else self._best
        return MLComputePlanDeviceUsage(preferred, [cpu, self._best])

    def get_estimated_cost_for_mlprogram_operation(self, operation: Operation) -> MLComputePlanCost | None:
        return None if operation.operator_name == "const" else MLComputePlanCost(1 / self._costly)
