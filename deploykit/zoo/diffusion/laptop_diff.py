# /// deploykit
# [model]
# name = "laptop-diff"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.latent]
# type = "tensor"
# shape = [1, 4, 32, 32]
#
# [input.timestep]
# type = "tensor"
# shape = [1, 1]
# range = [0.0, 999.0]
#
# [input.text]
# type = "tensor"
# shape = [1, 77, 768]
#
# [output.noise]
# type = "tensor"
#
# [paper]
# title = "LAPTOP-Diff: Layer Pruning and Normalized Distillation for Compressing Diffusion Models"
# year = 2024
#
# [zoo]
# notes = [
#   "Stable Diffusion 1.5's U-Net without some layers, at a fifth of its width (64 channels, not 320)",
#   "which layers go is a literal set, here the second of each pair: the paper's own set could not be looked up",
#   "the latent is 32 x 32 (a picture of 256 x 256); the network takes any multiple of 8",
#   "text encoder, decoder of latents and the sampler's loop are left to the app; one call is one step",
# ]
# ///
"""LAPTOP-Diff: one denoising step of Stable Diffusion's U-Net after half of its layers were pruned as a whole."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from deploykit.zoo.attention import attend

WIDTHS = (64, 128, 256, 256)
"""Stable Diffusion 1.5 has (320, 640, 1280, 1280)."""
TEXT, HEADS, GROUPS = 768, 8, 32
PRUNED = frozenset({"down0.1", "down1.1", "down2.1", "down3.1", "up0.1", "up1.1", "up2.1", "up3.1", "middle.1"})
"""Places (a residual block and its transformer) that are taken out; none of them changes the number of channels."""


class Residual(nn.Module):
    """Two convolutions, told the time step, beside a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(GROUPS, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.time = nn.Sequential(nn.SiLU(), nn.Linear(4 * WIDTHS[0], outputs))
        self.second = nn.Sequential(nn.GroupNorm(GROUPS, outputs), nn.SiLU(), nn.Conv2d(outputs, outputs, 3, padding=1))
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.second(self.first(x) + self.time(time)[:, :, None, None]) + self.shortcut(x)
        return out


class Attention(nn.Module):
    """Of places to places, or to the text's tokens."""

    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.key, self.value = nn.Linear(context, width, bias=False), nn.Linear(context, width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.out(attend(self.query(x), self.key(context), self.value(context), HEADS))
        return out


class Transformer(nn.Module):
    """Self-attention, attention to the text, and a gated perceptron, over the places of a map."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.GroupNorm(GROUPS, width), nn.Conv2d(width, width, 1))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.self_attention, self.cross_attention = Attention(width, width), Attention(width, TEXT)
        self.gated, self.narrow = nn.Linear(width, 8 * width), nn.Linear(4 * width, width)
        self.leave = nn.Conv2d(width, width, 1)

    def forward(self, x: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        tokens = self.enter(x).flatten(2).transpose(1, 2)
        normal = self.norms[0](tokens)
        tokens = tokens + self.self_attention(normal, normal)
        tokens = tokens + self.cross_attention(self.norms[1](tokens), text)
        values, gate = self.gated(self.norms[2](tokens)).chunk(2, dim=2)
        tokens = tokens + self.narrow(values * functional.gelu(gate))
        out: torch.Tensor = x + self.leave(tokens.transpose(1, 2).reshape(x.shape))
        return out


class Place(nn.Module):
    """A residual block, and a transformer where the map is not the coarsest."""

    def __init__(self, inputs: int, outputs: int, attended: bool) -> None:
        super().__init__()
        self.residual = Residual(inputs, outputs)
        self.transformer = Transformer(outputs) if attended else None

    def forward(self, x: torch.Tensor, time: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        x = self.residual(x, time)
        return x if self.transformer is None else self.transformer(x, text)


class UNet(nn.Module):
    """The U-Net, built without the pruned places: the skips that they would have made or taken go with them."""

    def __init__(self, pruned: frozenset[str] = PRUNED) -> None:
        super().__init__()
        first = WIDTHS[0]
        self.time = nn.Sequential(nn.Linear(first, 4 * first), nn.SiLU(), nn.Linear(4 * first, 4 * first))
        self.enter = nn.Conv2d(4, first, 3, padding=1)
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        x, skips = first, [first]
        deepest = len(WIDTHS) - 1
        for level, width in enumerate(WIDTHS):
            kept = [index for index in range(2) if f"down{level}.{index}" not in pruned]
            self.down.append(
                nn.ModuleList(Place(width if n else x, width, level < deepest) for n, _ in enumerate(kept))
            )
            x = width
            skips += [width] * len(kept)
            if level < deepest:
                self.shrink.append(nn.Conv2d(width, width, 3, 2, 1))
                skips.append(width)
        self.middle = Place(x, x, attended=True)
        self.after = None if "middle.1" in pruned else Place(x, x, attended=False)
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        for level in range(len(WIDTHS)):
            width = WIDTHS[deepest - level]
            places = nn.ModuleList()
            for index in range(3):
                if f"up{level}.{index}" not in pruned:
                    places.append(Place(x + skips.pop(), width, level > 0))
                    x = width
            self.up.append(places)
            if level < deepest:
                self.grow.append(nn.Conv2d(width, width, 3, padding=1))
        self.leave = nn.Sequential(nn.GroupNorm(GROUPS, x), nn.SiLU(), nn.Conv2d(x, 4, 3, padding=1))
        rates = torch.exp(-math.log(10_000) * torch.arange(first // 2) / (first // 2))
        self.register_buffer("rates", rates.unsqueeze(0))

    rates: torch.Tensor

    def forward(self, latent: torch.Tensor, timestep: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        angles = timestep * self.rates
        time = self.time(torch.cat([angles.cos(), angles.sin()], dim=1))
        x = self.enter(latent)
        skips = [x]
        for level, places in enumerate(self.down):
            for place in modules(places):
                x = place(x, time, text)
                skips.append(x)
            if level < len(self.shrink):
                x = self.shrink[level](x)
                skips.append(x)
        x = self.middle(x, time, text)
        if self.after is not None:
            x = self.after(x, time, text)
        for level, places in enumerate(self.up):
            for place in modules(places):
                x = place(torch.cat([x, skips.pop()], dim=1), time, text)
            if level < len(self.grow):
                x = self.grow[level](functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        noise: torch.Tensor = self.leave(x)
        return noise


def modules(places: nn.Module) -> nn.ModuleList:
    """A list in a list, as what it is."""
    assert isinstance(places, nn.ModuleList)
    return places


def network() -> nn.Module:
    """Untrained."""
    return UNet()
