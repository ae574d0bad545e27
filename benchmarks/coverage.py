"""The coverage list: 52 networks that a mobile team might bring, of every common kind, with random weights.

Each entry is a function that gives a model in eval mode and its example inputs. They come from timm, torchvision,
transformers (small random configurations) and plain `torch.nn`. `alive` gives them outputs with a spread, so that
comparing artifacts with PyTorch means something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from deploykit.prepare.alive import make_alive

Tensors = tuple[torch.Tensor, ...]
Factory = Callable[[], tuple[nn.Module, Tensors]]
"""Gives a model in eval mode and a tuple of example inputs, with torch's generator as it stands."""

BATCH = 8
"""Draws that norm statistics are measured on."""


def alive(model: nn.Module, inputs: Tensors, seed: int = 0) -> nn.Module:
    """Gives an untrained network outputs with a spread, in place; see `make_alive`.

    Args:
        model: the network.
        inputs: its example inputs. Norms see standard normal values of their shapes; integers are repeated.
        seed: of torch's generator.
    """
    torch.manual_seed(seed)
    batch = tuple(torch.randn(BATCH, *x.shape[1:]) if x.is_floating_point() else torch.cat([x] * BATCH) for x in inputs)
    make_alive(model, batch, seed)
    return model


def draws(inputs: Tensors, count: int, seed: int = 0) -> list[Tensors]:
    """Inputs of the examples' kind: uniform where those lie in 0 to 1, else normal; integers within their range.

    Args:
        inputs: the example inputs.
        count: how many to make; the examples are not among them.
        seed: of a generator of their own.
    """
    generator = torch.Generator().manual_seed(seed)

    def like(x: torch.Tensor) -> torch.Tensor:
        if not x.is_floating_point():
            return torch.randint(int(x.min()), int(x.max()) + 1, x.shape, generator=generator, dtype=x.dtype)
        make = torch.rand if x.min() >= 0 and x.max() <= 1 else torch.randn
        return make(x.shape, generator=generator)

    return [tuple(like(x) for x in inputs) for _ in range(count)]


class Pick(nn.Module):
    """Takes the tensors that an app needs out of a transformers output object."""

    def __init__(self, model: nn.Module, *names: str) -> None:
        super().__init__()
        self.model, self.names = model.eval(), names

    def forward(self, *args: torch.Tensor) -> torch.Tensor | Tensors:
        out = self.model(*args)
        picked = tuple(getattr(out, name) for name in self.names)
        return picked[0] if len(picked) == 1 else picked


class Lstm(nn.Module):
    """A small bidirectional recurrent network over features of sound."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(40, 64, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(128, 12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(x)[0])


class SubPixel(nn.Module):
    """Super-resolution by pixel shuffle, beside bicubic upsampling."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 32, 3, padding=1), nn.Conv2d(32, 32, 3, padding=1)
        self.c = nn.Conv2d(32, 27, 3, padding=1)
        self.prelu, self.shuffle = nn.PReLU(32), nn.PixelShuffle(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.c(self.prelu(self.b(F.gelu(self.a(x)))))
        return self.shuffle(y) + F.interpolate(x, scale_factor=3, mode="bicubic")


class Unet(nn.Module):
    """Segmentation with transposed convolutions and a skip."""

    def __init__(self) -> None:
        super().__init__()
        self.d, self.e = nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 32, 3, 2, 1)
        self.u, self.v = nn.ConvTranspose2d(32, 16, 2, 2), nn.ConvTranspose2d(32, 4, 4, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = torch.relu(self.d(x))
        c = self.u(F.instance_norm(torch.relu(self.e(a))))
        return torch.sigmoid(self.v(torch.cat([a, c], 1)))


class Warp(nn.Module):
    """Samples a picture along a flow field."""

    def forward(self, x: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
        h, w = x.shape[-2:]
        yy, xx = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
        return F.grid_sample(x, torch.stack([xx, yy], -1)[None] + flow.permute(0, 2, 3, 1), align_corners=True)


class TopK(nn.Module):
    """A detection head: the boxes of the best 20 of 256 places, and their scores."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 8, 8)

    def forward(self, x: torch.Tensor) -> Tensors:
        y = self.conv(x).flatten(2).transpose(1, 2)[0]
        scores, index = y[:, 4].sigmoid().topk(20)
        return y[index, :4], scores


class Tcn(nn.Module):
    """Dilated convolutions over time, for a motion sensor."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(*[self._layer(6 if i == 0 else 32, 2**i) for i in range(4)])
        self.head = nn.Linear(32, 6)

    @staticmethod
    def _layer(channels: int, dilation: int) -> nn.Module:
        conv = nn.Conv1d(channels, 32, 3, padding=dilation, dilation=dilation)
        return nn.Sequential(conv, nn.BatchNorm1d(32), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(x).mean(-1))


def timm(name: str) -> Factory:
    """A timm model, with the input size that timm names."""

    def make() -> tuple[nn.Module, Tensors]:
        import timm as zoo

        model = zoo.create_model(name, pretrained=False).eval()
        return model, (torch.randn(1, *model.pretrained_cfg["input_size"]),)

    return make


def torchvision(name: str, *shapes: tuple[int, ...], **options: Any) -> Factory:
    """A torchvision model; pictures of 224 × 224 where no shapes are given."""

    def make() -> tuple[nn.Module, Tensors]:
        import torchvision as zoo

        model = zoo.models.get_model(name, weights=None, **options).eval()
        return model, tuple(torch.randn(*shape) for shape in shapes or ((1, 3, 224, 224),))

    return make


def transformers(
    cls: str, config: str, fields: dict[str, Any], inputs: list[Callable[[], torch.Tensor]], *outputs: str
) -> Factory:
    """A transformers model of a small random configuration; a field that is a pair is a configuration in turn."""

    def make() -> tuple[nn.Module, Tensors]:
        import transformers as zoo

        built = {k: getattr(zoo, v[0])(**v[1]) if isinstance(v, tuple) else v for k, v in fields.items()}
        model = Pick(getattr(zoo, cls)(getattr(zoo, config)(**built)), *outputs)
        return model, tuple(x() for x in inputs)

    return make


def plain(cls: type[nn.Module], *shapes: tuple[int, ...]) -> Factory:
    """One of the networks of this file, on values from 0 to 1."""
    return lambda: (cls().eval(), tuple(torch.rand(*shape) for shape in shapes))


def tokens(count: int, vocabulary: int = 1000) -> Callable[[], torch.Tensor]:
    """Token ids, int64 [1, count]."""
    return lambda: torch.randint(1, vocabulary, (1, count))


def image(height: int, width: int) -> Callable[[], torch.Tensor]:
    """A normalised picture, [1, 3, height, width]."""
    return lambda: torch.randn(1, 3, height, width)


def sound(samples: int) -> Callable[[], torch.Tensor]:
    """Normalised sound, [1, samples]."""
    return lambda: torch.randn(1, samples)


_LLAMA = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 1000,
    "use_cache": False,
}
_DISTILBERT = {"n_layers": 2, "dim": 128, "hidden_dim": 256, "n_heads": 4, "vocab_size": 1000}
_WAV2VEC2 = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 2, "intermediate_size": 128}
_YOLOS = {
    "hidden_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 192,
    "image_size": [224, 224],
    "num_detection_tokens": 20,
}
_SWIN2SR = {"image_size": 64, "embed_dim": 36, "depths": [2, 2], "num_heads": [3, 3], "upscale": 2}
_VITPOSE_BACKBONE = {"hidden_size": 96, "num_hidden_layers": 3, "num_attention_heads": 3, "out_indices": [3]}
_VITPOSE = {"backbone_config": ("VitPoseBackboneConfig", _VITPOSE_BACKBONE), "num_labels": 17}

MODELS: dict[str, Factory] = {
    "lstm": plain(Lstm, (1, 50, 40)),
    "subpixel": plain(SubPixel, (1, 3, 48, 48)),
    "unet": plain(Unet, (1, 3, 64, 64)),
    "warp": plain(Warp, (1, 3, 32, 32), (1, 2, 32, 32)),
    "topk": plain(TopK, (1, 3, 128, 128)),
    "tcn": plain(Tcn, (1, 6, 128)),
    "distilbert": transformers("DistilBertModel", "DistilBertConfig", _DISTILBERT, [tokens(32)], "last_hidden_state"),
    "llama": transformers("LlamaForCausalLM", "LlamaConfig", _LLAMA, [tokens(16)], "logits"),
    "wav2vec2": transformers("Wav2Vec2Model", "Wav2Vec2Config", _WAV2VEC2, [sound(16000)], "last_hidden_state"),
    "segformer": transformers(
        "SegformerForSemanticSegmentation", "SegformerConfig", {"num_labels": 21}, [image(256, 256)], "logits"
    ),
    "yolos": transformers("YolosForObjectDetection", "YolosConfig", _YOLOS, [image(224, 224)], "logits", "pred_boxes"),
    "swin2sr": transformers(
        "Swin2SRForImageSuperResolution", "Swin2SRConfig", _SWIN2SR, [image(64, 64)], "reconstruction"
    ),
    "vitpose": transformers("VitPoseForPoseEstimation", "VitPoseConfig", _VITPOSE, [image(256, 192)], "heatmaps"),
    "raft_small": torchvision("raft_small", (1, 3, 128, 128), (1, 3, 128, 128)),
    "ssdlite320_mobilenet_v3_large": torchvision(
        "ssdlite320_mobilenet_v3_large", (1, 3, 320, 320), weights_backbone=None
    ),
    "lraspp_mobilenet_v3_large": torchvision("lraspp_mobilenet_v3_large", weights_backbone=None),
    "deeplabv3_mobilenet_v3_large": torchvision("deeplabv3_mobilenet_v3_large", weights_backbone=None),
    "shufflenet_v2_x1_0": torchvision("shufflenet_v2_x1_0"),
    "mobilenetv3_small_100": timm("mobilenetv3_small_100"),
    "mobilenetv4_hybrid_medium": timm("mobilenetv4_hybrid_medium"),
    "efficientformer_l1": timm("efficientformer_l1"),
    "efficientformerv2_s0": timm("efficientformerv2_s0"),
    "mobilevit_xs": timm("mobilevit_xs"),
    "mobilevitv2_050": timm("mobilevitv2_050"),
    "fastvit_t8": timm("fastvit_t8"),
    "repvit_m0_9": timm("repvit_m0_9"),
    "mobileone_s0": timm("mobileone_s0"),
    "ghostnetv2_100": timm("ghostnetv2_100"),
    "edgenext_xx_small": timm("edgenext_xx_small"),
    "shvit_s1": timm("shvit_s1"),
    "starnet_s1": timm("starnet_s1"),
    "efficientvit_b0": timm("efficientvit_b0"),
    "nextvit_small": timm("nextvit_small"),
    "levit_128s": timm("levit_128s"),
    "maxvit_rmlp_pico_rw_256": timm("maxvit_rmlp_pico_rw_256"),
    "mobilenetv2_050": timm("mobilenetv2_050"),
    "nasnetalarge": timm("nasnetalarge"),
    "gernet_s": timm("gernet_s"),
    "rexnet_100": timm("rexnet_100"),
    "mnasnet_100": timm("mnasnet_100"),
    "regnety_002": timm("regnety_002"),
    "densenet121": timm("densenet121"),
    "convnext_atto": timm("convnext_atto"),
    "deit_tiny_patch16_224": timm("deit_tiny_patch16_224"),
    "xcit_nano_12_p16_224": timm("xcit_nano_12_p16_224"),
    "poolformer_s12": timm("poolformer_s12"),
    "tiny_vit_5m_224": timm("tiny_vit_5m_224"),
    "mambaout_femto": timm("mambaout_femto"),
    "halonet26t": timm("halonet26t"),
    "resmlp_12_224": timm("resmlp_12_224"),
    "hiera_tiny_224": timm("hiera_tiny_224"),
    "tf_efficientnet_lite0": timm("tf_efficientnet_lite0"),
}
