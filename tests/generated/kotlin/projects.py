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

LISTED = """
[dim.words]
values = [3, 8]
default = 3
[dim.frames]
values = [4, 8]
"""

RANGES = """
[dim.words]
min = 2
max = 40
default = 3
[dim.frames]
min = 4
max = 32
multiple_of = 4
"""

SIZES = """
[model]
entry = "networks.py:Listener"
[task]
type = "tensors"
[input.word_ids]
type = "tensor"
shape = [1, "words"]
dtype = "int64"
range = [0, 49]
[input.counts]
type = "tensor"
shape = [1, "words"]
dtype = "bool"
range = [0, 1]
[input.sound]
type = "tensor"
shape = [1, "frames", 4]
[output.match]
type = "tensor"
[output.best_class]
type = "tensor"
[output.pairs]
type = "tensor"
[output.gist]
type = "tensor"
"""

ANDROID: dict[str, str] = PROJECTS | {"sizes": SIZES}
"""Those, and `run` with sizes that are known at run time only."""


def write(task: str, engine: str, folder: Path) -> None:
    """A project whose SDK is `com.example.ENGINE.TASK`. Only that name differs between engines, and what sizes may be.

    A TFLite file takes the sizes that are listed, an ONNX file any of a range.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(NETWORKS, folder / "networks.py")
    name = f'[sdk]\nclass_name = "TestModel"\nnamespace = "com.example.{engine}.{task}"\n'
    sizes = "" if task != "sizes" else LISTED if engine in ("litert", "tflite") else RANGES
    (folder / "deploykit.toml").write_text(ANDROID[task].lstrip("\n") + sizes + name, encoding="utf-8")
