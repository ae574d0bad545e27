"""LSTM and RNN layers of torch.export's front end, by coremltools' own converters for TorchScript.

Those write a native `lstm` or `rnn`; torch's decomposition unrolls the layers in time instead. What the converters
refuse (projections, two directions of a plain RNN) fails here, and is left to the next road. A GRU is unrolled: Core
ML's own adds the bias elsewhere before iOS 18, so coremltools writes a loop, which its later passes refuse.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from coremltools.converters.mil.frontend.torch.ops import _get_inputs
from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

LAYERS = {"lstm": 3, "rnn_tanh": 2, "rnn_relu": 2}
"""coremltools' converter of a layer → how many tensors it gives. The overload is `.input`: no packed sequence."""


def _register(kind: str, count: int) -> None:
    original = _TORCH_OPS_REGISTRY.get_func(kind)

    def convert(context: Any, node: Any) -> None:
        """Gives the outputs one name each, as TorchScript does, and hands them on as the tuple that getitem wants."""
        if len(_get_inputs(context, node)[0].shape) != 3:
            raise NotImplementedError(f"{node.name}: coremltools' {kind} takes batches only")
        outputs = [f"{node.name}_{i}" for i in range(count)]
        original(context, SimpleNamespace(name=outputs[0], kind=kind, inputs=node.inputs, outputs=outputs))
        context.add(tuple(context[name] for name in outputs), torch_name=node.name)

    _TORCH_OPS_REGISTRY.set_func_by_name(convert, f"{kind}.input")


for _kind, _count in LAYERS.items():
    _register(_kind, _count)
