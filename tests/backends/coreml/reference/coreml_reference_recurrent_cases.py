"""Cases: recurrent layers, against torch's own cells."""

from __future__ import annotations

import coremltools as ct
import numpy as np
import torch
from coreml_reference_programs import Case, normal
from coremltools.converters.mil.mil import Builder as mb
from torch import nn

S, B, IN, H = 5, 2, 3, 4
X = normal(S, B, IN)


def weights(gates: int, seed: int = 1) -> dict[str, np.ndarray]:
    """In torch's order of gates."""
    return {
        "weight_ih": normal(gates * H, IN, seed=seed),
        "weight_hh": normal(gates * H, H, seed=seed + 1),
        "bias": normal(gates * H, seed=seed + 2),
    }


def ordered(parts: dict[str, np.ndarray], order: list[int]) -> dict[str, np.ndarray]:
    """Torch's gates in MIL's order."""
    return {name: np.concatenate([np.split(value, len(order))[i] for i in order]) for name, value in parts.items()}


def loaded(layer: nn.Module, parts: dict[str, np.ndarray], suffix: str = "") -> nn.Module:
    layer = layer.double()
    with torch.no_grad():
        for name, value in parts.items():
            torch_name = {"weight_ih": "weight_ih_l0", "weight_hh": "weight_hh_l0", "bias": "bias_ih_l0"}[name]
            getattr(layer, torch_name + suffix).copy_(torch.from_numpy(value))
        getattr(layer, "bias_hh_l0" + suffix).zero_()
    return layer


def rnn(note: str, reverse: bool, sequence: bool, activation: str) -> Case:
    parts, h = weights(1), normal(B, H, seed=9)

    def expected(x):
        layer = loaded(nn.RNN(IN, H, nonlinearity=activation), parts)
        y, last = layer(x.flip(0) if reverse else x, torch.from_numpy(h).double()[None])
        return (y if sequence else last).detach(), last[0].detach()

    return Case(
        "rnn",
        lambda x: mb.rnn(
            x=x,
            initial_h=h,
            direction="reverse" if reverse else "forward",
            output_sequence=sequence,
            activation=activation,
            **parts,
        ),
        {"x": X},
        expected,
        note,
    )


def gru(note: str, reverse: bool, sequence: bool) -> Case:
    """MIL's default puts the reset gate before the product, torch's GRU after it: written by hand."""
    parts, h0 = weights(3), normal(B, H, seed=9)

    def expected(x):
        w = {name: torch.from_numpy(value).double().chunk(3) for name, value in parts.items()}
        h, outputs = torch.from_numpy(h0).double(), []
        for t in reversed(range(S)) if reverse else range(S):
            r, o, z = range(3)
            reset = torch.sigmoid(x[t] @ w["weight_ih"][r].T + h @ w["weight_hh"][r].T + w["bias"][r])
            update = torch.sigmoid(x[t] @ w["weight_ih"][z].T + h @ w["weight_hh"][z].T + w["bias"][z])
            new = torch.tanh(x[t] @ w["weight_ih"][o].T + (reset * h) @ w["weight_hh"][o].T + w["bias"][o])
            h = (1 - update) * new + update * h
            outputs.append(h)
        return (torch.stack(outputs) if sequence else h[None]), h

    return Case(
        "gru",
        lambda x: mb.gru(
            x=x, initial_h=h0, direction="reverse" if reverse else "forward", output_sequence=sequence, **parts
        ),
        {"x": X},
        expected,
        note,
    )


def gru_after() -> Case:
    """The form of iOS 18: torch's own GRU, whose gates are r|z|o, with both biases."""
    parts, h, state_bias = weights(3), normal(B, H, seed=9), normal(3 * H, seed=10)
    mil = ordered({**parts, "state_bias": state_bias}, [0, 2, 1])

    def expected(x):
        layer = loaded(nn.GRU(IN, H), parts)
        with torch.no_grad():
            layer.bias_hh_l0.copy_(torch.from_numpy(state_bias))
        y, last = layer(x, torch.from_numpy(h).double()[None])
        return y.detach(), last[0].detach()

    return Case(
        "gru",
        lambda x: mb.gru(
            x=x,
            initial_h=h,
            weight_ih=mil["weight_ih"],
            weight_hh=mil["weight_hh"],
            input_bias=mil["bias"],
            bias=mil["state_bias"],
            reset_after=True,
            output_sequence=True,
        ),
        {"x": X},
        expected,
        "reset-after",
        opset=ct.target.iOS18,
    )


def lstm(note: str, direction: str, sequence: bool) -> Case:
    """Torch's gates are i|f|z|o, MIL's i|f|o|z."""
    both = direction == "bidirectional"
    parts, back = weights(4), weights(4, seed=5)
    h, c = normal(B, H * (1 + both), seed=9), normal(B, H * (1 + both), seed=10)
    mil = ordered(parts, [0, 1, 3, 2])
    if both:
        mil |= {f"{name}_back": value for name, value in ordered(back, [0, 1, 3, 2]).items()}

    def expected(x):
        layer = loaded(nn.LSTM(IN, H, bidirectional=both), parts)
        if both:
            layer = loaded(layer, back, "_reverse")
        states = [torch.from_numpy(np.stack(np.split(s, 1 + both, 1))).double() for s in (h, c)]
        y, (last_h, last_c) = layer(x.flip(0) if direction == "reverse" else x, states)
        last_h, last_c = (torch.cat(list(s), -1).detach() for s in (last_h, last_c))
        return (y.detach() if sequence else last_h[None]), last_h, last_c

    return Case(
        "lstm",
        lambda x: mb.lstm(x=x, initial_h=h, initial_c=c, direction=direction, output_sequence=sequence, **mil),
        {"x": X},
        expected,
        note,
    )


def lstm_peephole() -> Case:
    """One step, peepholes and a clip, written by hand."""
    parts, h0, c0, peep = weights(4), normal(B, H, seed=9), normal(B, H, seed=10), normal(3 * H, seed=11)

    def expected(x):
        w, u, b = (torch.from_numpy(parts[name]).double() for name in ("weight_ih", "weight_hh", "bias"))
        p = torch.from_numpy(peep).double().chunk(3)
        h, c = torch.from_numpy(h0).double(), torch.from_numpy(c0).double()
        i, f, o, z = (x[0] @ w.T + h @ u.T + b).chunk(4, 1)
        c = torch.sigmoid(f + p[1] * c) * c + torch.sigmoid(i + p[0] * c) * torch.relu(z)
        c = c.clamp(-0.5, 0.5)
        h = torch.sigmoid(o + p[2] * c) * c
        return h[None], h, c

    return Case(
        "lstm",
        lambda x: mb.lstm(
            x=x,
            initial_h=h0,
            initial_c=c0,
            peephole=peep,
            clip=0.5,
            cell_activation="relu",
            activation="linear",
            **parts,
        ),
        {"x": X[:1]},
        expected,
        "peephole-clip",
    )


CASES = [
    rnn("forward", False, True, "tanh"),
    rnn("reverse-last", True, False, "relu"),
    gru("forward", False, True),
    gru("reverse-last", True, False),
    gru_after(),
    lstm("forward", "forward", True),
    lstm("last", "forward", False),
    lstm("reverse", "reverse", True),
    lstm("bidirectional", "bidirectional", True),
    lstm("bidirectional-last", "bidirectional", False),
    lstm_peephole(),
]
