"""Real photographs that travel inside scikit-image's wheel."""

from __future__ import annotations

from PIL import Image
from skimage import data


def photographs() -> list[tuple[Image.Image, None]]:
    """A cat, a cup of coffee, an astronaut and a rocket; what they show is not known to an untrained network."""
    return [(Image.fromarray(picture()), None) for picture in (data.chelsea, data.coffee, data.astronaut, data.rocket)]
