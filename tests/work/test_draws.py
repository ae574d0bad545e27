"""Draws one by one, and calls one after another whose states come from the call before."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deploykit.backends.base import Runner, Tensors
from deploykit.parity.inputs import STEPS
from deploykit.work.draws import fewer, load, load_states, run_draws, save, spread

STATE = {"h": "h_next"}


class Sum(Runner):
    """Adds up what it is given."""

    def run(self, inputs: Tensors) -> Tensors:
        return {"h_next": (inputs["h"] + inputs["x"]).astype(np.float64)}


def test_steps_carry_their_states_and_other_draws_do_not(tmp_path: Path) -> None:
    x, h = np.ones((3, 2), np.float32), np.array([[5.0, 5.0], [7, 7], [7, 7]], np.float32)
    kinds = {"random": {"x": x, "h": h}, STEPS: {"x": x, "h": h}}
    save(tmp_path / "inputs.npz", kinds, STATE)
    read = load(tmp_path / "inputs.npz")
    assert read.keys() == kinds.keys()
    assert load_states(tmp_path / "inputs.npz") == STATE
    made = run_draws(Sum(), read, load_states(tmp_path / "inputs.npz"))
    assert made["random"]["h_next"][:, 0].tolist() == [6, 8, 8]
    assert made[STEPS]["h_next"][:, 0].tolist() == [6, 7, 8]  # the states of the later draws do not count


def test_a_file_without_states(tmp_path: Path) -> None:
    save(tmp_path / "inputs.npz", {"random": {"x": np.ones((1, 2))}})
    assert load_states(tmp_path / "inputs.npz") == {}


def test_a_few_draws_are_spread_over_all() -> None:
    assert spread(3, 4) == (0, 1, 2)
    assert spread(8, 4) == (0, 2, 4, 6)
    assert spread(10, 4) == (0, 2, 5, 7)
    assert spread(5, None) == (0, 1, 2, 3, 4)
    assert fewer({"x": np.arange(8)}, 4)["x"].tolist() == [0, 2, 4, 6]
    assert fewer({"x": np.arange(8)}, None)["x"].size == 8
