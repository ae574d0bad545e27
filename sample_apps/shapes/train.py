"""Trains the detector and writes shapes.safetensors, in a few minutes: `python sample_apps/shapes/train.py`."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from data import Truth, training
from model import SIDE, STRIDE, ShapeNet
from PIL import Image
from safetensors.torch import save_file
from torchvision.ops import distance_box_iou_loss, sigmoid_focal_loss

from deploykit.project import Project, read_project
from deploykit.spec import ImageInput
from deploykit.transforms import placement, preprocess

HERE = Path(__file__).parent
EPOCHS = 30
BATCH = 32


def tensors(pairs: list[tuple[Image.Image, Truth]], project: Project) -> tuple[torch.Tensor, ...]:
    """Pictures as the body takes them; for each cell the box in whose middle it lies, and its label, -1 where there is
    none.
    """
    spec, labels = project.spec.input["image"], project.labels
    assert isinstance(spec, ImageInput)
    network = ShapeNet()
    pixels = (torch.from_numpy(preprocess(picture, spec)) for picture, _ in pairs)
    images = torch.cat(
        [network.shrink(((p * spec.scale - spec.mean[0]) / spec.std[0]).permute(0, 3, 1, 2)) for p in pixels]
    )
    middles = network.middles[0].numpy()
    boxes = np.zeros((len(pairs), len(middles), 4), np.float32)
    classes = np.full((len(pairs), len(middles)), -1, np.int64)
    for index, (picture, (corners, names)) in enumerate(pairs):
        placed = placement(picture, spec).of(np.asarray(corners).reshape(-1, 2)).reshape(-1, 4)
        for box, name in zip(placed, names, strict=True):
            middle = (box[:2] + box[2:]) / 2
            near = np.abs(middles - middle).max(-1) <= STRIDE * 1.01
            boxes[index, near], classes[index, near] = box, labels.index(name)
    return images, torch.from_numpy(boxes), torch.from_numpy(classes)


def loss_of(network: ShapeNet, images: torch.Tensor, boxes: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Focal loss of the scores, and distance-IoU loss of the boxes in cells that have one."""
    found, logits = network.heads(images)
    inside = classes >= 0
    wanted = torch.nn.functional.one_hot(classes.clamp(min=0), logits.shape[-1]) * inside[..., None]
    scores = sigmoid_focal_loss(logits, wanted.float(), alpha=0.5, reduction="sum")
    sides = distance_box_iou_loss(found[inside], boxes[inside], reduction="sum")
    return (scores + 2 * sides) / inside.sum().clamp(min=1)


def mirrored(images: torch.Tensor, boxes: torch.Tensor, classes: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Left and right exchanged, the only augmentation."""
    cells = SIDE // STRIDE
    flip = torch.arange(cells * cells).reshape(cells, cells).flip(1).reshape(-1)
    left, top, right, bottom = boxes[:, flip].unbind(-1)
    return images.flip(3), torch.stack([SIDE - right, top, SIDE - left, bottom], -1), classes[:, flip]


def main() -> None:
    torch.manual_seed(0)
    start = time.monotonic()
    data = tensors(training(), read_project(HERE / "deploykit.toml"))
    network = ShapeNet()
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=1e-3)
    steps = EPOCHS * -(-len(data[0]) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for epoch in range(EPOCHS):
        network.train()
        for count, batch in enumerate(torch.randperm(len(data[0])).split(BATCH)):
            some = [values[batch] for values in data]
            loss = loss_of(network, *(mirrored(*some) if count % 2 else some))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)
    save_file(network.state_dict(), HERE / "shapes.safetensors")
    print(f"{time.monotonic() - start:.0f} s; deploykit build sample_apps/shapes tells its mean average precision")


if __name__ == "__main__":
    main()
