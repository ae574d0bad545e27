"""States: tensors that outlive a run, such as the keys and values of attention."""

from __future__ import annotations

import torch

from deploykit.backends.coreml.reference.ops.arguments import Arguments


def read_state(a: Arguments) -> torch.Tensor:
    """A copy of the state's present value. [iOS18.states.read_state]."""
    return a.state("input").value


def update_state(a: Arguments) -> torch.Tensor:
    """Writes value to the state and gives it. [coreml_dialect.coreml_update_state]."""
    return a.state("state").write(a.tensor("value"))


def write_state(a: Arguments) -> tuple[()]:
    """Writes data to the state. [what coremltools' backend saves coreml_update_state as]."""
    a.state("input").write(a.tensor("data"))
    return ()
