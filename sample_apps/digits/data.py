"""scikit-learn's handwritten digits (1,797 real scans, 8 × 8, shipped in its wheel) as gray pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

HELD_OUT = 360
"""The last 360 pictures in the order of the set."""


def pictures() -> list[tuple[Image.Image, int]]:
    """All digits as 8 × 8 pictures, 0 … 255, with their class."""
    data = load_digits()
    grays = np.round(data.images * (255 / 16)).astype(np.uint8)
    return [(Image.fromarray(gray), int(label)) for gray, label in zip(grays, data.target, strict=True)]


def training() -> list[tuple[Image.Image, int]]:
    """What the network is trained on."""
    return pictures()[:-HELD_OUT]


def held_out() -> list[tuple[Image.Image, int]]:
    """What it never saw: deploykit's samples."""
    return pictures()[-HELD_OUT:]
