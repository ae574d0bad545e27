"""Runs the passes over a network, checks each on the spot, and tells what it did.

The user's own network is never changed: passes work on copies, and what they give is compared with the original. A pass
that raises, or whose network computes something else, is dropped; the build goes on with the network as it was before.

How a pass is checked. Equal bits at float32 need no more. Else it is applied in float64 throughout: what is left of a
difference then is a mistake and not rounding, and has to be below `BOUND_DB`. The result is rounded to float32 once, at
the end, and may not be noisier at float32 than the original is by more than `LOSS_DB`, unless it is quieter than
`QUIET_DB` all the same.

A network that cannot run in float64 (its code names float32 somewhere) is checked at float32, against its own noise:
what its outputs do when each weight and input moves by half a unit in the last place.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from deploykit.manifest import PrepareRecord
from deploykit.prepare.agreement import Outputs, Tensors, agreement, outputs, shown
from deploykit.prepare.passes import PASSES, Pass

BOUND_DB = 120.0
"""In float64, where rounding alone leaves 250 dB and more, even after a hundred layers."""
QUIET_DB = 90.0
"""Noise below this is no loss, whatever the original's is: an artifact at fp32 is asked for 70 dB, of which it takes
0.04 dB. Converters fold norms anyway, with the same loss, only later."""

LOSS_DB = 6.0
"""At float32: one bit. A pass may change the order of roundings, not their size."""
NOISE_ROOM_DB = 15.0
"""At float32 only: by how much a right pass may be noisier than moved weights, since it rounds in every layer anew."""
ULP = 2.0**-24
"""Half a unit in the last place of float32, relative."""


class _Root(nn.Module):
    """Holds a network, so that a pass can replace it whole."""

    def __init__(self, network: nn.Module, wanted: tuple[str, ...]) -> None:
        super().__init__()
        self.network = network
        self.wanted = wanted
        self.training = False

    def forward(self, *inputs: torch.Tensor) -> object:
        return self.network(*inputs)


def prepare(
    network: nn.Module, draws: Sequence[Tensors], passes: Sequence[Pass] = PASSES, wanted: tuple[str, ...] = ()
) -> tuple[nn.Module, tuple[PrepareRecord, ...]]:
    """The network made ready for devices, and what each pass did.

    Args:
        network: with its final weights; not changed.
        draws: inputs that it takes; the first one is what passes look at, all are compared.
        passes: in order.
        wanted: the contract's outputs; all others may be lost. Empty if all are wanted.
    """
    yardstick = _Yardstick(network, draws, wanted)
    state, records = _State(_Root(network, wanted), yardstick.narrow), []
    for item in passes:
        start = time.monotonic()
        state, record = _one(item, state, yardstick)
        records.append(record.model_copy(update={"seconds": round(time.monotonic() - start, 3)}))
    return state.root.network, tuple(records)


@dataclass(frozen=True)
class _State:
    """The network as the passes so far have left it."""

    root: _Root
    outputs: Outputs
    wide: _Root | None = None
    """The same in float64, never rounded; None while it would have the same values."""


def _one(item: Pass, state: _State, yardstick: _Yardstick) -> tuple[_State, PrepareRecord]:
    try:
        found = item.find(state.root, yardstick.draws[0])
        if not found:
            return state, PrepareRecord(name=item.name, outcome="nothing to do")
        changed, what, snr = yardstick.checked(item, state, found)
    except _WrongError as error:
        return state, PrepareRecord(name=item.name, outcome="dropped", what=str(error), snr_db=shown(error.snr_db))
    except Exception as error:
        # A model's own method may raise anything; the network as it was is still there.
        first = (str(error).strip() or "no message").splitlines()[0]
        return state, PrepareRecord(name=item.name, outcome="dropped", what=f"{type(error).__name__}: {first}")
    return changed, PrepareRecord(name=item.name, outcome="applied", what=what, snr_db=shown(snr))


class _WrongError(Exception):
    """What a pass made computes something else."""

    def __init__(self, text: str, snr_db: float) -> None:
        super().__init__(text)
        self.snr_db = snr_db


class _Yardstick:
    """What the original network computes; the wide outputs are worked out when they are first wanted."""

    def __init__(self, network: nn.Module, draws: Sequence[Tensors], wanted: tuple[str, ...]) -> None:
        self.network, self.draws, self.wanted = network, list(draws), wanted
        self.narrow = self._outputs(network)
        self._wide: Outputs | None = None
        self._why_narrow = ""

    def _outputs(self, network: nn.Module, dtype: torch.dtype = torch.float32) -> Outputs:
        return outputs(network, self.draws, dtype, self.wanted)

    def checked(self, item: Pass, state: _State, found: tuple[str, ...]) -> tuple[_State, str, float]:
        """The changed network, what was done, and the check's figure.

        Raises:
            _WrongError: if it computes something else.
        """
        changed = copy.deepcopy(state.root)
        what = item.apply(changed, found)
        made = self._outputs(changed)
        equal = agreement(state.outputs, made) == math.inf
        if not equal and self.wide is None:
            return self._checked_narrow(changed, what, made)
        if equal and state.wide is None:
            return _State(changed, made), what, math.inf
        wide = copy.deepcopy(state.wide) if state.wide else copy.deepcopy(state.root).to(torch.float64)
        with _default_dtype(torch.float64):
            item.apply(wide, found)
            if equal:
                return _State(changed, made, wide), what, math.inf
            # On a copy: some networks keep tensors of the type that they last ran in.
            snr = agreement(self.wide or [], self._outputs(copy.deepcopy(wide), torch.float64))
        if not snr > BOUND_DB:
            raise _WrongError(f"{what}; but in float64 it is {snr:.1f} dB off, more than {BOUND_DB:.0f} dB asked", snr)
        changed = copy.deepcopy(wide).to(torch.float32)
        made = self._outputs(changed)
        floor, after = agreement(self.wide or [], self.narrow), agreement(self.wide or [], made)
        if after < floor - LOSS_DB and after < QUIET_DB:
            raise _WrongError(f"{what}; but its noise at float32 is {after:.1f} dB, without it {floor:.1f} dB", snr)
        return _State(changed, made, wide), what, snr

    def _checked_narrow(self, changed: _Root, what: str, made: Outputs) -> tuple[_State, str, float]:
        snr, noise = (
            agreement(self.narrow, made),
            agreement(
                self.narrow, outputs(_moved(self.network), [_all_moved(d) for d in self.draws], wanted=self.wanted)
            ),
        )
        bound = min(BOUND_DB, noise - NOISE_ROOM_DB)
        if not snr > bound:
            raise _WrongError(f"{what}; but at float32 it is at {snr:.1f} dB, asked are {bound:.1f} dB", snr)
        why = f"checked at float32 against its noise of {noise:.0f} dB, for it {self._why_narrow}"
        return _State(changed, made), f"{what} ({why})", snr

    @property
    def wide(self) -> Outputs | None:
        """The original in float64, or None where it has other types or cannot run in it."""
        if self._wide is None and not self._why_narrow:
            tensors = (*self.network.parameters(), *self.network.buffers())
            if other := {t.dtype for t in tensors if t.is_floating_point()} - {torch.float32}:
                self._why_narrow = f"has tensors of {', '.join(sorted(map(str, other)))}"
                return None
            try:
                wide = copy.deepcopy(self.network).to(torch.float64)
                self._wide = self._outputs(wide, torch.float64)
            except Exception as error:
                # Whatever it is: a network's code that names float32 fails in its own way.
                first = (str(error).strip() or type(error).__name__).splitlines()[0]
                self._why_narrow = f"does not run in float64 ({first})"
        return self._wide


def _moved(network: nn.Module) -> nn.Module:
    moved = copy.deepcopy(network)
    with torch.no_grad(), torch.random.fork_rng(devices=()):
        torch.manual_seed(1)
        for parameter in moved.parameters():
            if parameter.is_floating_point():
                parameter.copy_(_jitter(parameter))
    return moved


def _all_moved(inputs: Tensors) -> Tensors:
    return tuple(_jitter(x) if x.is_floating_point() else x for x in inputs)


def _jitter(value: torch.Tensor) -> torch.Tensor:
    return (value.double() * (1 + ULP * (2 * torch.rand(value.shape, dtype=torch.float64) - 1))).to(value.dtype)


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """Modules that a model's own method makes are then of the type of the others."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
