"""Recurrent layers: x is [sequence, batch, input], states are [batch, hidden].

In a reverse direction the sequence is fed from its end, and the outputs stay in that order; only the backward half of
a bidirectional LSTM is turned round again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from deploykit.backends.coreml.reference.ops.arguments import Arguments
from deploykit.errors import ArtifactError

Activation = Callable[[torch.Tensor], torch.Tensor]

_ACTIVATIONS: dict[str, Activation] = {
    "hard_sigmoid": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "sigmoid_hard": lambda x: (0.2 * x + 0.5).clamp(0, 1),
    "linear": lambda x: x,
    "relu": F.relu,
    "scaled_tanh": torch.tanh,  # its factors are 1 by default, and no parameter sets them
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


def rnn(a: Arguments) -> tuple[torch.Tensor, ...]:
    """h = activation(W_ih x + W_hh h + bias). [iOS15.recurrent.rnn]."""
    x, h = _sequence(a), a.tensor("initial_h")
    activation, recurrent = _activation(a, "activation", "tanh"), a.tensor("weight_hh")
    outputs = []
    for inner in F.linear(x, a.tensor("weight_ih"), a.optional("bias")):
        h = activation(inner + h @ recurrent.T)
        outputs.append(h)
    return _sequence_or_last(a, outputs, h), h


def gru(a: Arguments) -> tuple[torch.Tensor, ...]:
    """Gates r|o|z: h = (1 - z) · o + z · h, o from r · h, or from r · (W h + b) if reset_after. [iOS18.recurrent.gru].

    `input_bias` is added to the input's products, `bias` to the state's.
    """
    x, h = _sequence(a), a.tensor("initial_h")
    gate, activation = _activation(a, "recurrent_activation", "sigmoid"), _activation(a, "activation", "tanh")
    w_r, w_o, w_z = a.tensor("weight_hh").chunk(3)
    bias = a.optional("bias")
    b_r, b_o, b_z = (x.new_zeros(3 * h.shape[-1]) if bias is None else bias).chunk(3)
    reset_after = a.flag("reset_after", False)
    outputs = []
    for inner in F.linear(x, a.tensor("weight_ih"), a.optional("input_bias")):
        x_r, x_o, x_z = inner.chunk(3, -1)
        r, z = gate(x_r + F.linear(h, w_r, b_r)), gate(x_z + F.linear(h, w_z, b_z))
        o = activation(x_o + (r * F.linear(h, w_o, b_o) if reset_after else F.linear(r * h, w_o, b_o)))
        h = (1 - z) * o + z * h
        outputs.append(h)
    return _sequence_or_last(a, outputs, h), h


def lstm(a: Arguments) -> tuple[torch.Tensor, ...]:
    """Gates i|f|o|z: c = f · c + i · z, h = o · activation(c); peepholes, clip of c. [iOS15.recurrent.lstm]."""
    h, c = a.tensor("initial_h"), a.tensor("initial_c")
    if a.text("direction", "forward") != "bidirectional":
        outputs, h, c = _lstm(a, _sequence(a), h, c, "")
        return _sequence_or_last(a, outputs, h), h, c
    x, (h, h_back), (c, c_back) = a.tensor("x"), h.chunk(2, -1), c.chunk(2, -1)
    outputs, h, c = _lstm(a, x, h, c, "")
    outputs_back, h_back, c_back = _lstm(a, x.flip(0), h_back, c_back, "_back")
    both = [torch.cat(pair, -1) for pair in zip(outputs, reversed(outputs_back), strict=True)]
    h, c = torch.cat([h, h_back], -1), torch.cat([c, c_back], -1)
    return _sequence_or_last(a, both, h), h, c


@dataclass(frozen=True, slots=True)
class _Gates:
    """An LSTM's activations, its peepholes (0 where it has none) and its limit of c."""

    gate: Activation
    cell: Activation
    output: Activation
    peepholes: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    clip: float | None

    def step(self, sums: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The next h and c, from the gates' sums [batch, 4 · hidden]."""
        i, f, o, z = sums.chunk(4, -1)
        p_i, p_f, p_o = self.peepholes
        c = self.gate(f + p_f * c) * c + self.gate(i + p_i * c) * self.cell(z)
        if self.clip is not None:
            c = c.clamp(-self.clip, self.clip)
        return self.gate(o + p_o * c) * self.output(c), c


def _lstm(
    a: Arguments, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, suffix: str
) -> tuple[list[torch.Tensor], torch.Tensor, torch.Tensor]:
    peephole = a.optional(f"peephole{suffix}")
    p_i, p_f, p_o = (x.new_zeros(3) if peephole is None else peephole).chunk(3)
    gates = _Gates(
        _activation(a, "recurrent_activation", "sigmoid"),
        _activation(a, "cell_activation", "tanh"),
        _activation(a, "activation", "tanh"),
        (p_i, p_f, p_o),
        a.number("clip") if a.has("clip") else None,
    )
    recurrent = a.tensor(f"weight_hh{suffix}")
    outputs = []
    for inner in F.linear(x, a.tensor(f"weight_ih{suffix}"), a.optional(f"bias{suffix}")):
        h, c = gates.step(inner + h @ recurrent.T, c)
        outputs.append(h)
    return outputs, h, c


def _sequence(a: Arguments) -> torch.Tensor:
    """The input in the order in which it is fed."""
    x, direction = a.tensor("x"), a.text("direction", "forward")
    if direction not in ("forward", "reverse"):
        raise ArtifactError(f"{a.op}: direction {direction!r} is not known")
    return x.flip(0) if direction == "reverse" else x


def _sequence_or_last(a: Arguments, outputs: list[torch.Tensor], last: torch.Tensor) -> torch.Tensor:
    return torch.stack(outputs) if a.flag("output_sequence", False) else last[None]


def _activation(a: Arguments, parameter: str, default: str) -> Activation:
    name = a.text(parameter, default)
    if name not in _ACTIVATIONS:
        raise ArtifactError(f"{a.op}: {parameter} {name!r} is none of {', '.join(_ACTIVATIONS)}")
    return _ACTIVATIONS[name]
