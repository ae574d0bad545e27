"""What Python makes of pictures and words: the figures that the SDKs' answers are compared with on a JVM.

PyTorch runs the networks of `networks.py`; before it `deploykit.transforms` prepares pictures, and after it the field's
own libraries or the plainest NumPy read the outputs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from deploykit.backends.eager import EagerRunner
from deploykit.parity.boxes import detect
from deploykit.prepare.deployable import Deployable
from deploykit.project import Project, read_project
from deploykit.transforms import Placement, placement, preprocess
from tests.generated.kotlin import networks

NETWORKS: dict[str, Callable[[], torch.nn.Module]] = {
    "classify": networks.Classifier,
    "detect": networks.Detector,
    "segment": networks.Segmenter,
    "process": networks.Enlarger,
    "embed": networks.Embedder,
    "run": networks.Tagger,
    "sizes": networks.Listener,
}

Arrays = dict[str, NDArray[Any]]


class Reference:
    """A task's network in PyTorch, with its contract."""

    def __init__(self, task: str, project: Path) -> None:
        self.project: Project = read_project(project / "deploykit.toml")
        self.contract = self.project.contract
        self._runner = EagerRunner(Deployable(NETWORKS[task]().eval(), self.contract))

    def run(self, **inputs: NDArray[Any]) -> Arrays:
        return self._runner.run(inputs)

    def see(self, picture: Image.Image) -> tuple[Arrays, Placement]:
        spec = self.contract.inputs["image"]
        assert spec.type == "image"
        return self.run(image=preprocess(picture, spec)), placement(picture, spec)


def pictures(folder: Path) -> list[tuple[str, int]]:
    """Files in `folder`, each with the orientation that an app gives: one pixel, odd sizes, gray, alpha, a JPEG."""
    random = np.random.default_rng(3)
    noise = {"odd.png": (37, 23, 3), "wide.png": (20, 75, 3), "gray.png": (40, 33), "dot.png": (1, 1, 3)}
    for name, shape in noise.items():
        coarse = random.integers(0, 256, (8, 8, *shape[2:]), np.uint8)
        Image.fromarray(coarse).resize(shape[1::-1], Image.Resampling.BICUBIC).save(folder / name)
    opaque = random.integers(0, 256, (30, 30, 4), np.uint8)
    opaque[..., 3] = 255
    Image.fromarray(opaque, "RGBA").save(folder / "alpha.png")
    rows, columns = np.mgrid[0:96, 0:128]
    photo = np.stack([rows + columns, 255 - 2 * rows, 60 + columns], -1).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 5
    Image.fromarray(photo).save(folder / "photo.jpg", quality=92, exif=exif)
    Image.fromarray(photo).convert("CMYK").save(folder / "print.jpg")
    return [
        ("odd.png", 1),
        ("odd.png", 6),
        ("wide.png", 7),
        ("gray.png", 3),
        ("dot.png", 1),
        ("alpha.png", 8),
        ("photo.jpg", 1),
        ("photo.jpg", 5),
    ]


def large(folder: Path) -> str:
    """A picture of 16 megapixels."""
    rows, columns = np.mgrid[0:3264, 0:4896]
    photo = np.stack([rows // 13, columns // 20, (rows + columns) // 40], -1).astype(np.uint8)
    Image.fromarray(photo).save(folder / "large.jpg", quality=90)
    return "large.jpg"


def opened(file: Path, orientation: int) -> Image.Image:
    """A picture, turned upright by what an app says: like Android's decoder, without a look at the file's EXIF data."""
    picture = Image.fromarray(np.asarray(Image.open(file).convert("RGB")))
    picture.getexif()[0x0112] = orientation
    return ImageOps.exif_transpose(picture)


def classify(reference: Reference, picture: Image.Image, _: Path) -> Any:
    outputs, _ = reference.see(picture)
    return [float(score) for score in outputs["scores"][0]]


def found(reference: Reference, picture: Image.Image, _: Path) -> Any:
    outputs, place = reference.see(picture)
    spec = reference.contract.outputs["boxes"]
    assert spec.type == "boxes"
    seen = detect(outputs["boxes"], outputs["scores"], spec, len(reference.contract.labels))
    boxes = seen.boxes.numpy().astype(np.float64).reshape(-1, 2, 2)
    own = ((boxes - np.array(place.shift)) / np.array(place.scale)).clip(0, picture.size).reshape(-1, 4)
    return [
        {"box": box.tolist(), "index": int(label), "score": float(score)}
        for box, label, score in zip(own, seen.labels, seen.scores, strict=True)
        if score >= spec.min_score
    ]


def segment(reference: Reference, picture: Image.Image, _: Path) -> Any:
    outputs, place = reference.see(picture)
    labels = outputs["classes"][0].argmax(0)
    sides = zip(picture.size, place.scale, place.shift, (place.width, place.height), labels.shape[::-1], strict=True)
    columns, rows = (
        np.floor(((np.arange(size) + 0.5) * scale + shift) * mapped / seen).astype(int)
        for size, scale, shift, seen, mapped in sides
    )
    return labels[rows[:, None], columns[None, :]].tolist()


def process(reference: Reference, picture: Image.Image, file: Path) -> Any:
    """Saves the enlarged picture."""
    pixels, side, overlap = np.asarray(picture), networks.SIDE, 3
    step = side - 2 * overlap
    height, width = pixels.shape[:2]
    made = np.zeros((2 * height, 2 * width, 3), np.uint8)
    for top in range(0, height, step):
        for left in range(0, width, step):
            rows = np.arange(top - overlap, top - overlap + side).clip(0, height - 1)
            columns = np.arange(left - overlap, left - overlap + side).clip(0, width - 1)
            tile = pixels[rows[:, None], columns[None, :]].astype(np.float32)[None]
            output = reference.run(image=tile)["picture"][0].transpose(1, 2, 0)
            levels = np.floor(output * 255 + 0.5).clip(0, 255).astype(np.uint8)
            part = levels[2 * overlap : 2 * (overlap + step), 2 * overlap : 2 * (overlap + step)]
            target = made[2 * top : 2 * (top + step), 2 * left : 2 * (left + step)]
            target[:] = part[: target.shape[0], : target.shape[1]]
    Image.fromarray(made).save(file)
    return file.name


def embed(reference: Reference, picture: Image.Image, _: Path) -> Any:
    outputs, _ = reference.see(picture)
    return outputs["vector"][0].tolist()


ANSWERS: dict[str, Callable[[Reference, Image.Image, Path], Any]] = {
    "classify": classify,
    "detect": found,
    "segment": segment,
    "process": process,
    "embed": embed,
}


def sentences(reference: Reference) -> list[dict[str, Any]]:
    """Three calls, one after another: each is given the memory that the one before it left."""
    random = np.random.default_rng(9)
    memory = np.zeros((1, 8), np.float32)
    calls = []
    for _ in range(3):
        words = random.integers(0, 50, (1, 6)).astype(np.int32)
        counts = random.integers(0, 2, (1, 6)).astype(bool)
        outputs = reference.run(word_ids=words, counts=counts, memory=memory)
        memory = outputs["memory_out"]
        calls.append(
            {
                "wordIds": words[0].tolist(),
                "counts": counts[0].tolist(),
                "scores": outputs["scores"].reshape(-1).tolist(),
                "bestClass": outputs["best_class"].reshape(-1).tolist(),
            }
        )
    return calls


def lengths(reference: Reference) -> list[dict[str, Any]]:
    """Calls of several sizes; some of them a file for `projects.LISTED` does not have, and some none."""
    random = np.random.default_rng(9)
    calls = []
    for words, frames in [(3, 4), (8, 4), (3, 8), (8, 8), (2, 4), (40, 32), (13, 20), (3, 6), (1, 4), (41, 4)]:
        given = {
            "word_ids": random.integers(0, 50, (1, words)).astype(np.int32),
            "counts": random.integers(0, 2, (1, words)).astype(bool),
            "sound": random.normal(0, 1, (1, frames, 4)).astype(np.float32),
        }
        call: dict[str, Any] = {name: value.reshape(-1).tolist() for name, value in given.items()}
        for name, value in reference.run(**given).items():
            call[name] = {"shape": value.shape, "values": value.reshape(-1).tolist()}
        calls.append({"words": words, "frames": frames} | call)
    return calls


def write(projects: dict[str, Path], folder: Path) -> int:
    """Writes pictures and `cases.json` for every task; gives the number of cases."""
    folder.mkdir()
    references = {task: Reference(task, project) for task, project in projects.items()}
    cases: dict[str, list[dict[str, Any]]] = {task: [] for task in ANSWERS}
    for number, (name, orientation) in enumerate(pictures(folder)):
        picture = opened(folder / name, orientation)
        for task, answer in ANSWERS.items():
            made = answer(references[task], picture, folder / f"{task}-{number}.png")
            cases[task].append({"file": name, "orientation": orientation, "expected": made})
    name = large(folder)
    made = classify(references["classify"], opened(folder / name, 1), folder)
    cases["classify"].append({"file": name, "orientation": 1, "expected": made})
    cases["run"] = sentences(references["run"])
    cases["sizes"] = lengths(references["sizes"])
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    return sum(map(len, cases.values()))
