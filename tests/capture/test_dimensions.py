"""Sizes that the contract leaves open: what a model may do with them, and what is said of one that fixes them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from deploykit.dynamic import open_axes, open_outputs
from deploykit.errors import CaptureError
from deploykit.work.capture import Captured
from tests.open_models import GRU, OPEN_X, subject


def test_a_model_that_fixes_a_size_is_told_by_dimension_and_line(tmp_path: Path) -> None:
    with pytest.raises(CaptureError) as raised:
        subject(
            "fixed", OPEN_X.replace("min = 2", "min = 100\ndefault = 100").replace("max = 100", "max = 200"), tmp_path
        )
    text = str(raised.value)
    assert "leaves the size time open, but the model fixes it: time to 100 at m.py:" in text
    assert "`return y * self.scale`" in text
    assert "give time a number in the contract" in text


def test_a_size_that_the_model_does_not_take_is_told(tmp_path: Path) -> None:
    too_short = OPEN_X.replace('shape = [1, "time"]', 'shape = [1, 2, "time"]')
    with pytest.raises(CaptureError, match=r"(?s)does not take every size .*time: 2 to 100.*Narrow the range"):
        subject("window", too_short, tmp_path)


def test_two_dimensions_that_have_to_be_one(tmp_path: Path) -> None:
    two = OPEN_X.replace("[output.y]", '[input.z]\ntype = "tensor"\nshape = [1, "words"]\n[output.y]')
    with pytest.raises(CaptureError, match="the same size for time and words: give them one name"):
        subject("same", two + "[dim.words]\nmin = 2\nmax = 100\n", tmp_path)


def test_a_program_has_open_sizes_where_the_contract_says_so(tmp_path: Path) -> None:
    made = subject("share", OPEN_X, tmp_path)
    program = torch.export.load(Captured.program(made.folder / "scratch"))
    ((axis, bounds),) = open_axes(program)[0].items()
    assert (axis, bounds.min, bounds.max) == (1, 2, 100)
    assert open_outputs(program) == [(1,)]
    program.run_decompositions()  # which dies of guards in names that the program does not know


def test_a_state_has_to_keep_its_shape(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"the state h is float32 1×1×12, the output y .* is float32 1×5×3"):
        subject("gru", GRU.replace('state = "h_next"', 'state = "y"'), tmp_path)
