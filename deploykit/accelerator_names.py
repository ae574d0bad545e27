"""The accelerators that something else than their table can be asked about; tables are files of these names."""

from __future__ import annotations

LITERT_GPU = "litert_gpu"
TFLITE_GPU = "tflite_gpu"
TFLITE_XNNPACK = "tflite_xnnpack"
ORT_NNAPI = "ort_nnapi"
ORT_COREML = "ort_coreml"
