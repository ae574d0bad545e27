"""Draws one by one, and calls one after another whose states come from the call before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deploykit.backends.base import Runner, Tensors
from deploykit.parity.inputs import STEPS, Draws
from deploykit.work.draws import chosen, fewer, load, load_states, run_draws, save, taken

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
    assert chosen("random", 3, 4) == (0, 1, 2)
    assert chosen("random", 8, 4) == (0, 2, 4, 6)
    assert chosen("random", 10, 4) == (0, 2, 5, 7)
    assert chosen("random", 5, None) == (0, 1, 2, 3, 4)
    assert fewer("random", {"x": np.arange(8)}, 4)["x"].tolist() == [0, 2, 4, 6]
    assert fewer("random", {"x": np.arange(8)}, None)["x"].size == 8


@given(count=st.integers(1, 20), most=st.integers(1, 20))
def test_a_few_steps_give_what_all_of_them_gave(count: int, most: int) -> None:
    x = np.arange(1.0, count + 1)[:, None]
    every: dict[str, Draws] = {STEPS: {"x": x, "h": np.zeros_like(x)}}
    all_steps = run_draws(Sum(), every, STATE)[STEPS]
    some = run_draws(Sum(), {STEPS: fewer(STEPS, every[STEPS], most)}, STATE)[STEPS]
    assert np.array_equal(some["h_next"], taken(all_steps, chosen(STEPS, count, most))["h_next"])
