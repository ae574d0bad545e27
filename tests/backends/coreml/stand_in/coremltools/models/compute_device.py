from __future__ import annotations

import os


class MLComputeDevice:
    @classmethod
    def get_all_compute_devices(cls) -> list[MLComputeDevice]:
        engine = [] if "no-engine" in os.environ.get("STAND_IN", "") else [MLNeuralEngineComputeDevice()]
        return [MLCPUComputeDevice(), MLGPUComputeDevice(), *engine]


class MLCPUComputeDevice(MLComputeDevice):
    pass


class MLGPUComputeDevice(MLComputeDevice):
    pass


class MLNeuralEngineComputeDevice(MLComputeDevice):
    pass
