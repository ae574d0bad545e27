"""Pictures of circles, squares and triangles, each drawn from its number, and the boxes around them."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

SIDE = 512
"""Of the pictures."""

DRAWN = 2
"""Pictures are drawn so many times larger, and shrunk: their edges are smooth."""

TRAINING = 2400
HELD_OUT = 40

Truth = tuple[list[tuple[float, float, float, float]], list[str]]
"""Boxes (left, top, right, bottom) and their labels."""


def picture(number: int) -> tuple[Image.Image, Truth]:
    """One to four shapes of any colour over a background with noise."""
    rng = np.random.default_rng([7, number])
    background = rng.integers(0, 256, 3)
    canvas = Image.new("RGB", (SIDE * DRAWN, SIDE * DRAWN), tuple(int(v) for v in background))
    draw = ImageDraw.Draw(canvas)
    boxes: list[tuple[float, float, float, float]] = []
    labels: list[str] = []
    for _ in range(rng.integers(1, 5)):
        label = ("circle", "square", "triangle")[rng.integers(3)]
        radius = rng.uniform(40, 110)
        x, y = rng.uniform(radius, SIDE - radius, 2)
        box = (x - radius, y - radius, x + radius, y + radius)
        if any(_overlap(box, other) > 0.15 for other in boxes):
            continue
        colour = background
        while np.abs(colour.astype(int) - background).sum() < 150:
            colour = rng.integers(0, 256, 3)
        boxes.append(_draw(draw, label, x, y, radius, tuple(int(v) for v in colour)))
        labels.append(label)
    small = np.asarray(canvas.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32)
    noisy = np.clip(small + rng.normal(0, 6, small.shape), 0, 255)
    return Image.fromarray(noisy.round().astype(np.uint8)), (boxes, labels)


def _draw(
    draw: ImageDraw.ImageDraw, label: str, x: float, y: float, radius: float, colour: tuple[int, ...]
) -> tuple[float, float, float, float]:
    left, top, right, bottom = x - radius, y - radius, x + radius, y + radius
    if label == "triangle":
        wide = radius * math.sqrt(3) / 2
        left, right, bottom = x - wide, x + wide, y + radius / 2
        draw.polygon([_large(x, top), _large(right, bottom), _large(left, bottom)], fill=colour)
    elif label == "square":
        draw.rectangle([_large(left, top), _large(right, bottom)], fill=colour)
    else:
        draw.ellipse([_large(left, top), _large(right, bottom)], fill=colour)
    return left, top, right, bottom


def _large(x: float, y: float) -> tuple[float, float]:
    return x * DRAWN, y * DRAWN


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def training() -> list[tuple[Image.Image, Truth]]:
    """What the network is trained on."""
    return [picture(number) for number in range(TRAINING)]


def calibration() -> list[tuple[Image.Image, Truth]]:
    """Some of them: what the ranges of int8 activations are read from."""
    return [picture(number) for number in range(24)]


def held_out() -> list[tuple[Image.Image, Truth]]:
    """What it never saw: deploykit's samples."""
    return [picture(number) for number in range(TRAINING, TRAINING + HELD_OUT)]
