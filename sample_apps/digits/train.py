"""Trains the network and writes digits.safetensors, in under a minute: `python sample_apps/digits/train.py`."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from data import held_out, training
from model import digits
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from deploykit.project import read_project
from deploykit.spec import ImageInput
from deploykit.transforms import preprocess

HERE = Path(__file__).parent
EPOCHS = 14


def tensors(pairs: list[tuple[Image.Image, int]], spec: ImageInput) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures through the contract's own preprocessing, as the network takes them."""
    pixels = np.concatenate([preprocess(picture, spec) for picture, _ in pairs])
    images = (torch.from_numpy(pixels) * spec.scale - spec.mean[0]) / spec.std[0]
    return images.permute(0, 3, 1, 2).contiguous(), torch.tensor([label for _, label in pairs])


def shifted(images: torch.Tensor) -> torch.Tensor:
    """The batch moved by up to two pixels, the only augmentation."""
    dy, dx = (int(v) for v in torch.randint(-2, 3, (2,)))
    return torch.roll(images, (dy, dx), (2, 3))


def main() -> None:
    torch.manual_seed(0)
    start = time.monotonic()
    spec = read_project(HERE / "deploykit.toml").spec.input["image"]
    assert isinstance(spec, ImageInput)
    images, labels = tensors(training(), spec)
    network = digits()
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=1e-2)
    steps = EPOCHS * -(-len(images) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(EPOCHS):
        network.train()
        for batch in torch.randperm(len(images)).split(64):
            loss = loss_of(network(shifted(images[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}")
    network.eval()
    images, labels = tensors(held_out(), spec)
    with torch.no_grad():
        accuracy = (network(images).argmax(1) == labels).float().mean().item()
    save_file(network.state_dict(), HERE / "digits.safetensors")
    print(f"held-out accuracy {accuracy:.2%}, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
