"""Detectors, cut off at their dense heads: what follows (thresholds, top-k, NMS) has shapes that depend on the data.

torchvision's detectors are known by their base classes: SSD (and SSDlite), RetinaNet, FCOS, and the region proposals of
Faster, Mask and Keypoint R-CNN. The cut network takes one picture tensor [1, 3, H, W] of values 0 to 1, normalised and
resized inside the graph as the detector's own transform does it for that size. It gives what the head gives, by the
head's own names, and `boxes`: decoded with the anchors as constants, clipped, as x1, y1, x2, y2 in pixels of the input.
Its reference is the original detector's own `forward`, watched at these places.

A detector is always cut: NMS gives as many boxes as there are, which no artifact of fixed shapes can hold.
torch.export is not asked: it refuses all that were tried, but ssdlite320 only after half a minute.

Any other network says itself where it is cut: by a method `deploy_forward`, which takes what `forward` takes and gives
the tensors that a device has to work out. It is always used, so that outputs do not depend on what torch can export.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from deploykit.prepare.agreement import Tensors

METHOD = "deploy_forward"


@dataclass(frozen=True)
class Cut:
    """A network that ends before its post-processing.

    Attributes:
        network: to be exported.
        reference: takes and gives the same; worked out by the original network's own code.
        what: what was done, in one line.
    """

    network: nn.Module
    reference: nn.Module
    what: str


def own_cut(network: nn.Module) -> Cut | None:
    """The network's own `deploy_forward`, if it has one."""
    if not callable(getattr(network, METHOD, None)):
        return None
    cut = _OwnForward(network)
    return Cut(cut, cut, f"the model's own {METHOD}() is used in place of forward()")


def detector_cut(network: nn.Module, inputs: Tensors) -> Cut | None:
    """One of torchvision's detectors up to its dense heads; None if it is none.

    Args:
        network: in eval mode.
        inputs: one picture, [1, 3, H, W]; its size is the one that is built for.
    """
    family = _family(network)
    if family is None or len(inputs) != 1 or inputs[0].dim() != 4:
        return None
    reference = _Watched(network, family)
    cut = _Heads(network, family, reference.watch(inputs[0][:1]))
    what = (
        f"{type(network).__name__} ends at its dense {family.heads}: {family.left_out} depend on the data and are left "
        f"to the app; boxes are in pixels of a picture of {inputs[0].shape[-1]} × {inputs[0].shape[-2]}"
    )
    return Cut(cut, reference, what)


class _OwnForward(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.eval()

    @property
    def deploy_forward(self) -> Callable[..., Any]:
        """For the names of its parameters."""
        method: Callable[..., Any] = getattr(self.network, METHOD)
        return method

    def forward(self, *inputs: torch.Tensor) -> Any:
        return getattr(self.network, METHOD)(*inputs)


@dataclass(frozen=True)
class _Family:
    """Where a kind of detector has its parts."""

    heads: str
    left_out: str
    within: str
    """The submodule that has the head, the anchors and the coder of boxes; "" for the detector itself."""
    decode: str
    """The coder's method for the boxes of one picture."""
    boxes: str
    """What they are called."""

    def part(self, detector: nn.Module) -> Any:
        """The submodule."""
        return detector.get_submodule(self.within) if self.within else detector

    def flat(self, head_outputs: Any, batch: int) -> dict[str, torch.Tensor]:
        """The head's outputs as `batch × anchors × values`, by name."""
        if isinstance(head_outputs, dict):
            return dict(head_outputs)
        from torchvision.models.detection.rpn import concat_box_prediction_layers

        scores, deltas = concat_box_prediction_layers(*head_outputs)
        return {"objectness": scores.reshape(batch, -1, 1), "bbox_regression": deltas.reshape(batch, -1, 4)}

    def decoded(self, detector: nn.Module, values: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
        """The boxes of one picture, anchors × 4."""
        boxes: torch.Tensor = getattr(self.part(detector).box_coder, self.decode)(values, anchors)
        return boxes


_ONE_STAGE = ("heads", "thresholds and non-maximum suppression", "")


def _family(network: nn.Module) -> _Family | None:
    """By base class. torchvision is imported only for a model that comes from it."""
    if not any(base.__module__.startswith("torchvision.models.detection") for base in type(network).__mro__):
        return None
    from torchvision.models.detection import FCOS, RetinaNet
    from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
    from torchvision.models.detection.ssd import SSD

    if isinstance(network, SSD | RetinaNet):
        return _Family(*_ONE_STAGE, decode="decode_single", boxes="boxes")
    if isinstance(network, FCOS):
        return _Family(*_ONE_STAGE, decode="decode", boxes="boxes")
    if isinstance(network, GeneralizedRCNN):
        left = "the selection of proposals and the whole second stage"
        return _Family("region proposals", left, "rpn", decode="decode_single", boxes="proposals")
    return None


@dataclass(frozen=True)
class _Seen:
    """What the original gave on its way, for one picture."""

    head: Any
    anchors: torch.Tensor
    size: tuple[int, int]
    """Of the picture as it was resized: height, width."""
    padded: tuple[int, int]


class _EnoughError(Exception):
    """Ends the original's forward where it is cut."""


class _Watched(nn.Module):
    """The original detector's own `forward`, picture by picture, watched up to where it is cut."""

    def __init__(self, detector: nn.Module, family: _Family) -> None:
        super().__init__()
        self.detector, self.family = detector, family
        self.eval()

    def watch(self, image: torch.Tensor) -> _Seen:
        """Runs the original on one picture, [1, 3, H, W]."""
        part, seen = self.family.part(self.detector), {}

        def keep(name: str) -> Callable[..., None]:
            def hook(module: nn.Module, args: Any, result: Any) -> None:
                seen[name] = result
                if len(seen) == 3:
                    raise _EnoughError

            return hook

        places = {"transform": self.detector.transform, "head": part.head, "anchors": part.anchor_generator}
        handles = [module.register_forward_hook(keep(name)) for name, module in places.items()]
        try:
            self.detector([image[0]])
        except _EnoughError:
            pass
        finally:
            for handle in handles:
                handle.remove()
        images = seen["transform"][0]
        height, width = images.tensors.shape[-2:]
        return _Seen(seen["head"], seen["anchors"][0], tuple(images.image_sizes[0]), (height, width))

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        from torchvision.models.detection.transform import resize_boxes
        from torchvision.ops import clip_boxes_to_image

        found = []
        for picture in image[:, None].unbind(0):
            seen = self.watch(picture)
            outputs = self.family.flat(seen.head, 1)
            boxes = self.family.decoded(self.detector, outputs["bbox_regression"][0], seen.anchors)
            boxes = clip_boxes_to_image(boxes, seen.size)
            boxes = resize_boxes(boxes, list(seen.size), list(picture.shape[-2:]))
            found.append(outputs | {self.family.boxes: boxes[None]})
        return {name: torch.cat([one[name] for one in found]) for name in found[0]}


class _Heads(nn.Module):
    """The same without data-dependent code: sizes and anchors are constants."""

    mean: torch.Tensor
    std: torch.Tensor
    anchors: torch.Tensor
    limit: torch.Tensor

    def __init__(self, detector: nn.Module, family: _Family, seen: _Seen) -> None:
        super().__init__()
        self.detector, self.family, self.size, self.padded = detector, family, seen.size, seen.padded
        transform: Any = detector.transform
        self.register_buffer("mean", torch.tensor(transform.image_mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(transform.image_std).view(-1, 1, 1))
        self.register_buffer("anchors", seen.anchors.detach().clone())
        height, width = (float(side) for side in seen.size)
        self.register_buffer("limit", torch.tensor([width, height, width, height]))
        self.eval()

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        from collections import OrderedDict

        x = (image - self.mean) / self.std
        if tuple(x.shape[-2:]) != self.size:
            x = F.interpolate(x, size=self.size, mode="bilinear", align_corners=False)
        below, right = self.padded[0] - self.size[0], self.padded[1] - self.size[1]
        if below or right:
            x = F.pad(x, (0, right, 0, below))
        backbone: Any = self.detector.backbone
        features = backbone(x)
        features = features if isinstance(features, dict) else OrderedDict([("0", features)])
        part = self.family.part(self.detector)
        outputs = self.family.flat(part.head(list(features.values())), image.shape[0])
        values = outputs["bbox_regression"]
        boxes = torch.stack([self.family.decoded(self.detector, one, self.anchors) for one in values.unbind(0)])
        boxes = torch.minimum(boxes.clamp_min(0), self.limit)
        if tuple(image.shape[-2:]) != self.size:
            boxes = boxes * self._back(image)
        return outputs | {self.family.boxes: boxes}

    def _back(self, image: torch.Tensor) -> torch.Tensor:
        """From pixels of the resized picture to those of the input: a constant, since all sizes are fixed."""
        (height, width), (new_height, new_width) = self.size, image.shape[-2:]
        return image.new_tensor([new_width / width, new_height / height, new_width / width, new_height / height])
