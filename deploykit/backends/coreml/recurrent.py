"""LSTM and RNN layers of torch.export's front end, by coremltools' own converters for TorchScript.

Those write a native `lstm` or `rnn`; torch's decomposition unrolls the layers in time instead. What the converters
refuse (projections, two directions of a plain RNN) fails here, and is left to the roads that follow. So is a GRU: Core
ML's own adds the bias elsewhere before iOS 18, and coremltools' loop in its place passes from TorchScript only.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from coremltools.converters.mil.frontend.torch.ops import _get_inputs
from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY, register_torch_op

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


@register_torch_op(torch_alias=["gru.input"], override=True)  # type: ignore[untyped-decorator]  # coremltools has no types
def deploykit_gru(context: Any, node: Any) -> None:
    """Refuses: unrolled, 50 steps take a minute to convert."""
    raise NotImplementedError(f"{node.name}: a GRU is a loop, which goes by a TorchScript trace only")
