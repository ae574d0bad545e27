"""What a model gives, as `[output.NAME]` says it. What an output means decides by which figures of its task it is
measured on samples (`deploykit.parity.metrics`); a plain tensor has none, and is compared number by number only.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from deploykit.strict import Strict

Share = Annotated[float, Field(ge=0, le=1)]


class ScoresOutput(Strict):
    """One score per label; the activation runs inside the artifact."""

    type: Literal["scores"]
    activation: Literal["softmax", "sigmoid", "none"] = "softmax"


class TensorOutput(Strict):
    """A plain tensor. Integers (indices, class maps) are compared by agreement, not by signal-to-noise ratio."""

    type: Literal["tensor"]
    ranked: bool = False
    """Its rows are in the order of a score (top-k, detections). Near-ties may swap under rounding, so the rows of all
    ranked outputs are compared together, as a set."""


class BoxesOutput(Strict):
    """Boxes around what is seen, before non-maximum suppression: 1 × boxes × numbers, or 1 × numbers × boxes.

    Four numbers are the box; behind them stand its scores between 0 and 1, one for each label, unless `scores` names
    another output that has them, as 1 × boxes × labels or 1 × labels × boxes.
    """

    type: Literal["boxes"]
    corners: Literal["xyxy", "xywh", "cxcywh"] = "xyxy"
    """Left, top, right, bottom; left, top, width, height; or middle, width, height."""
    unit: Literal["pixels", "fractions"] = "pixels"
    """Of the picture that the artifact takes, or of its width and height."""
    scores: str | None = None
    min_score: Share = 0.5
    """From which score on an app shows a box."""
    overlap: Share = 0.5
    """Of two boxes of one label that overlap by more (intersection over union), the one with the lower score goes."""


class ClassMapOutput(Strict):
    """A label for each pixel: integers, or a score for each label along `axis`, of which the greatest counts."""

    type: Literal["class-map"]
    axis: int = 1


class PictureOutput(Strict):
    """A picture: restored, enlarged, a depth map. 1 × channels × height × width, or channels last."""

    type: Literal["picture"]
    range: tuple[float, float] = (0.0, 1.0)
    """Black and white."""
    layout: Literal["NCHW", "NHWC"] = "NCHW"

    @model_validator(mode="after")
    def _ordered(self) -> PictureOutput:
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range {list(self.range)} is empty; the first value has to be the smaller one")
        return self


class KeypointsOutput(Strict):
    """Points in a picture: rows that begin with x and y, or heat maps (1 × points × height × width) with peaks."""

    type: Literal["keypoints"]
    form: Literal["points", "heatmaps"] = "points"


class EmbeddingOutput(Strict):
    """Vectors whose direction counts, along the last axis."""

    type: Literal["embedding"]


class TokensOutput(Strict):
    """A score for each token of a vocabulary, along the last axis; the most likely one counts."""

    type: Literal["tokens"]


OutputSpec = Annotated[
    ScoresOutput
    | TensorOutput
    | BoxesOutput
    | ClassMapOutput
    | PictureOutput
    | KeypointsOutput
    | EmbeddingOutput
    | TokensOutput,
    Field(discriminator="type"),
]
