# /// deploykit
# [model]
# name = "deep3dsketch-plus"
# license = "Apache-2.0"
#
# [task]
# type = "tensors"
#
# [input.sketch]
# type = "image"
# size = [224, 224]
# color = "gray"
#
# [output.vertices]
# type = "tensor"
#
# [output.view]
# type = "tensor"
#
# [paper]
# title = "Deep3DSketch+: Rapid 3D Modeling from Single Free-hand Sketches"
# year = 2023
#
# [zoo]
# notes = [
#   "vertices are 642 points within a unit cube; which of them make triangles is fixed: a sphere's, cut three times",
#   "view is the sine and cosine of azimuth and elevation, from which the sketch is taken to be seen",
#   "the shape discriminator and the renderer are training's and left out",
#   "the decoder's widths are this entry's choice; no number of parameters is verified",
# ]
# ///
"""Deep3DSketch+: a mesh from one free-hand drawing, as a sphere's points moved by a network that sharpens strokes."""

from __future__ import annotations

import torch
from torch import nn
from torchvision.models import resnet18


def sphere(cuts: int = 3) -> torch.Tensor:
    """Corners of an icosahedron whose triangles were cut in four so many times, on the unit sphere: points × 3."""
    golden = (1 + 5**0.5) / 2
    corners = [(0.0, a, b * golden) for a in (-1.0, 1.0) for b in (-1.0, 1.0)]
    points = torch.tensor([tuple(c[(i + k) % 3] for i in range(3)) for k in range(3) for c in corners]).double()
    for _ in range(cuts):
        apart = (points[:, None] - points).norm(dim=2)
        near = apart < 1.25 * apart[apart > 0].min()
        rows, columns = near.triu(1).nonzero(as_tuple=True)
        points = torch.cat([points, (points[rows] + points[columns]) / 2])
        points = points / points.norm(dim=1, keepdim=True)
    return points.float()


class StrokeEnhancement(nn.Module):
    """Stroke enhancement module (SEM): places attend to places, and channels to channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key = nn.Conv2d(width, width // 8, 1), nn.Conv2d(width, width // 8, 1)
        self.value = nn.Conv2d(width, width, 1)
        self.by_place, self.by_channel = nn.Parameter(torch.full((1,), 0.1)), nn.Parameter(torch.full((1,), 0.1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.flatten(2)
        places = torch.matmul(self.query(x).flatten(2).transpose(1, 2), self.key(x).flatten(2)).softmax(dim=2)
        seen = torch.matmul(self.value(x).flatten(2), places.transpose(1, 2))
        scale = flat.shape[2] ** -0.5
        channels = torch.matmul(flat * scale, flat.transpose(1, 2) * scale).softmax(dim=2)
        out = flat + self.by_place * seen + self.by_channel * torch.matmul(channels, flat)
        return out.view(x.shape)


class Deep3DSketchPlus(nn.Module):
    """Encoder, shape and view."""

    template: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        trunk = resnet18(weights=None)
        trunk.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
        self.encoder = nn.Sequential(
            trunk.conv1, trunk.bn1, trunk.relu, trunk.maxpool, trunk.layer1, trunk.layer2, trunk.layer3, trunk.layer4
        )
        self.enhance = StrokeEnhancement(512)
        points = sphere() * 0.5
        self.register_buffer("template", torch.logit((points + 1) / 2).view(1, -1))
        self.shape = nn.Sequential(
            nn.Linear(512, 1024), nn.ReLU(), nn.Linear(1024, 2048), nn.ReLU(), nn.Linear(2048, points.numel())
        )
        self.view = nn.Sequential(nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 4))

    def forward(self, sketch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        code = self.enhance(self.encoder(sketch)).mean(dim=(2, 3))
        vertices = torch.tanh((self.template + self.shape(code)) / 2).view(-1, self.template.shape[1] // 3, 3)
        return vertices, torch.tanh(self.view(code))


def network() -> nn.Module:
    """Untrained."""
    return Deep3DSketchPlus()
