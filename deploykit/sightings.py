"""What is seen in a picture: boxes as an app would show them."""

from __future__ import annotations

from deploykit.strict import Strict


class SeenBox(Strict):
    """A box that is good enough to be shown."""

    label: int
    """Its place among the contract's labels."""
    score: float
    box: tuple[float, float, float, float]
    """Left, top, right, bottom as shares of the width and height of the picture that the artifact takes."""


class Sighting(Strict):
    """The boxes of one who looked at a picture, the best first."""

    by: str
    """`PyTorch`, or target, precision and runner."""
    boxes: tuple[SeenBox, ...]
    same: bool = True
    """Whether each has its partner among PyTorch's."""
