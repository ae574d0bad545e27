"""A project for each task: what `deploykit build` makes the SDKs of, for `tests/generated/test_android_sdks.py`."""

from __future__ import annotations

import shutil
from pathlib import Path

NETWORKS = Path(__file__).with_name("networks.py")

IMAGE = """
[input.image]
type = "image"
size = [32, 32]
"""

LABELLED = '\nlabels = ["first", "sec\\"ond$", "third 🦊", "é"]'

PROJECTS: dict[str, str] = {
    "classify": f"""
[model]
entry = "networks.py:Classifier"
[task]
type = "image-classification"{LABELLED}
{IMAGE}crop = "center"
crop_fraction = 0.875
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
[output.scores]
type = "scores"
""",
    "detect": f"""
[model]
entry = "networks.py:Detector"
[task]
type = "object-detection"{LABELLED}
{IMAGE}crop = "letterbox"
[output.boxes]
type = "boxes"
corners = "cxcywh"
scores = "scores"
min_score = 0.6
[output.scores]
type = "tensor"
""",
    "segment": f"""
[model]
entry = "networks.py:Segmenter"
[task]
type = "segmentation"{LABELLED}
{IMAGE}resize = "bicubic"
color = "bgr"
[output.classes]
type = "class-map"
""",
    "process": f"""
[model]
entry = "networks.py:Enlarger"
[task]
type = "image-to-image"
verb = "enlarge"
overlap = 3
{IMAGE}
[output.picture]
type = "picture"
""",
    "embed": f"""
[model]
entry = "networks.py:Embedder"
[task]
type = "embedding"
{IMAGE}color = "gray"
[output.vector]
type = "embedding"
""",
    "run": """
[model]
entry = "networks.py:Tagger"
[task]
type = "tensors"
[input.word_ids]
type = "tensor"
shape = [1, 6]
dtype = "int64"
range = [0, 49]
[input.counts]
type = "tensor"
shape = [1, 6]
dtype = "bool"
range = [0, 1]
[input.memory]
type = "tensor"
shape = [1, 8]
state = "memory_out"
[output.scores]
type = "tensor"
[output.best_class]
type = "tensor"
[output.memory_out]
type = "tensor"
""",
}
"""By the method that an app calls."""


def write(task: str, engine: str, folder: Path) -> None:
    """A project whose SDK is `com.example.ENGINE.TASK`. Only that name differs between engines."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(NETWORKS, folder / "networks.py")
    name = f'[sdk]\nclass_name = "TestModel"\nnamespace = "com.example.{engine}.{task}"\n'
    (folder / "deploykit.toml").write_text(PROJECTS[task].lstrip("\n") + name, encoding="utf-8")
