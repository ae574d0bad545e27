"""A second list: networks of other families than those of the coverage list, each with random weights.

    make coverage LIST=benchmarks/wider.py

What the first list teaches should hold for networks that nobody looked at while it was learnt.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.coverage import Factory, Tensors, alive, image, plain, sound, timm, tokens, torchvision, transformers

__all__ = ["MODELS", "alive"]


class Gru(nn.Module):
    """Keywords in features of sound, with the hidden state in and out."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.GRU(40, 48, 2, batch_first=True), nn.Linear(48, 12)

    def forward(self, x: torch.Tensor, hidden: torch.Tensor) -> Tensors:
        y, hidden = self.rnn(x, hidden.transpose(0, 1).contiguous())
        return self.head(y[:, -1]), hidden.transpose(0, 1)


class Spectrogram(nn.Module):
    """Speech enhancement: a mask on the short-time Fourier transform, and back to sound."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(256))
        self.mask = nn.Sequential(nn.Conv1d(129, 64, 3, padding=1), nn.ReLU(), nn.Conv1d(64, 129, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spectrum = torch.stft(x, 256, 64, window=self.window, return_complex=True)
        spectrum = spectrum * torch.sigmoid(self.mask(spectrum.abs().clamp(min=1e-6).log()))
        return torch.istft(spectrum, 256, 64, window=self.window, length=x.shape[-1])


class Moe(nn.Module):
    """A mixture of experts, each token weighted by its best two of four."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(32, 4)
        self.up, self.down = (nn.Parameter(torch.randn(4, *shape) / 6) for shape in ((32, 64), (64, 32)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights, chosen = self.gate(x).softmax(-1).topk(2)
        mixed = torch.zeros(*x.shape[:-1], 4).scatter(-1, chosen, weights)
        inner = F.silu(torch.einsum("btd,edh->bteh", x, self.up))
        return torch.einsum("bteh,ehd,bte->btd", inner, self.down, mixed)


class Video(nn.Module):
    """Gestures in 8 frames: 3D convolutions and pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv3d(3, 16, 3, (1, 2, 2), 1), nn.Conv3d(16, 32, 3, 2, 1)
        self.norm, self.head = nn.BatchNorm3d(16), nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.max_pool3d(torch.relu(self.norm(self.a(x))), 2)
        return self.head(torch.relu(self.b(y)).mean((2, 3, 4)))


class Style(nn.Module):
    """Style transfer: reflection padding, instance norms, nearest upsampling."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.body = nn.Conv2d(3, 16, 3, 2), nn.Conv2d(16, 16, 3)
        self.norms = nn.ModuleList(nn.InstanceNorm2d(16, affine=True) for _ in range(2))
        self.up = nn.Conv2d(16, 3, 9)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norms[0](self.down(F.pad(x, (1, 1, 1, 1), mode="reflect"))))
        y = y + self.norms[1](self.body(F.pad(y, (1, 1, 1, 1), mode="reflect")))
        return torch.tanh(self.up(F.pad(F.interpolate(y, scale_factor=2), (4, 4, 4, 4), mode="reflect")))


class Vocoder(nn.Module):
    """Sound from a mel spectrogram: transposed convolutions with weight norm, and leaky steps of several dilations."""

    def __init__(self) -> None:
        super().__init__()
        norm = nn.utils.parametrizations.weight_norm
        self.first = norm(nn.Conv1d(40, 64, 7, padding=3))
        self.ups = nn.ModuleList(norm(nn.ConvTranspose1d(64 >> i, 32 >> i, 8, 4, 2)) for i in range(2))
        self.mix = nn.ModuleList(norm(nn.Conv1d(32 >> i, 32 >> i, 3, padding=3, dilation=3)) for i in range(2))
        self.last = norm(nn.Conv1d(16, 1, 7, padding=3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        for up, mix in zip(self.ups, self.mix, strict=True):
            x = up(F.leaky_relu(x, 0.1))
            x = x + mix(F.leaky_relu(x, 0.1))
        return torch.tanh(self.last(x))


class Forecast(nn.Module):
    """A time series in the frequency domain: low frequencies, a complex layer, a longer series."""

    def __init__(self) -> None:
        super().__init__()
        self.real, self.imag = nn.Linear(20, 30), nn.Linear(20, 30)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean(-1, keepdim=True)
        deviation = (x.var(-1, keepdim=True) + 1e-5).sqrt()
        low = torch.fft.rfft((x - mean) / deviation)[..., :20]
        real = self.real(low.real) - self.imag(low.imag)
        imag = self.real(low.imag) + self.imag(low.real)
        spectrum = F.pad(torch.complex(real, imag), (0, 67 - 30))
        return torch.fft.irfft(spectrum, n=132) * 1.375 * deviation + mean


class Points(nn.Module):
    """A cloud of points: the nearest neighbours of each, and the largest of what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.edge, self.head = nn.Linear(6, 32), nn.Linear(32, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        nearest = torch.cdist(x, x).topk(8, largest=False).indices
        neighbours = torch.gather(
            x.unsqueeze(1).expand(-1, x.shape[1], -1, -1), 2, nearest[..., None].expand(-1, -1, -1, 3)
        )
        center = x.unsqueeze(2).expand_as(neighbours)
        edges = torch.relu(self.edge(torch.cat([center, neighbours - center], -1)))
        return self.head(edges.amax(2).amax(1))


class Keypoints(nn.Module):
    """Corners and their descriptors: a 65-way softmax as a heatmap, local maxima, descriptors sampled at the best."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU())
        self.down, self.score, self.describe = nn.MaxPool2d(2), nn.Conv2d(32, 65, 1), nn.Conv2d(32, 32, 1)

    def forward(self, x: torch.Tensor) -> Tensors:
        y = self.down(self.body(x))
        heat = F.pixel_shuffle(self.score(y).softmax(1)[:, :-1], 8)
        peaks = torch.where(heat == F.max_pool2d(heat, 5, 1, 2), heat, 0.0)
        scores, place = peaks.flatten(1).topk(32)
        width, height = x.shape[3], x.shape[2]
        xy = torch.stack([place % width / (width - 1), place // width / (height - 1)], -1) * 2 - 1
        described = F.grid_sample(F.normalize(self.describe(y)), xy[:, None], align_corners=True)
        return heat, scores, described[:, :, 0]


_BERT = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "vocab_size": 1000,
}
_GPT2 = {"n_layer": 2, "n_embd": 64, "n_head": 4, "vocab_size": 1000, "use_cache": False}
_T5 = {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4, "vocab_size": 1000}
_WHISPER = {
    "d_model": 64,
    "encoder_layers": 2,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 128,
    "num_mel_bins": 80,
    "max_source_positions": 100,
}
_VIT = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128}
_QWEN = _VIT | {"num_key_value_heads": 2, "vocab_size": 1000, "use_cache": False, "head_dim": 16}
_DPT = _VIT | {"hidden_size": 96, "neck_hidden_sizes": [24, 48, 96, 96], "fusion_hidden_size": 32, "is_hybrid": False}
_DEPTH_BACKBONE = _VIT | {"num_hidden_layers": 4, "out_indices": [1, 2, 3, 4], "reshape_hidden_states": False}
_DEPTH = {
    "backbone_config": ("Dinov2Config", _DEPTH_BACKBONE | {"image_size": 126, "patch_size": 14}),
    "neck_hidden_sizes": [16, 32, 64, 64],
    "fusion_hidden_size": 16,
    "reassemble_hidden_size": 64,
    "patch_size": 14,
}
_PATCHTST = {
    "num_input_channels": 3,
    "context_length": 96,
    "patch_length": 16,
    "patch_stride": 8,
    "prediction_length": 24,
    "d_model": 32,
    "num_hidden_layers": 2,
}
_HUBERT = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 2, "intermediate_size": 128}


MODELS: dict[str, Factory] = {
    "gru": plain(Gru, (1, 50, 40), (1, 2, 48)),
    "spectrogram": plain(Spectrogram, (1, 4000)),
    "moe": plain(Moe, (1, 16, 32)),
    "video": plain(Video, (1, 3, 8, 64, 64)),
    "style": plain(Style, (1, 3, 64, 64)),
    "vocoder": plain(Vocoder, (1, 40, 32)),
    "forecast": plain(Forecast, (1, 7, 96)),
    "points": plain(Points, (1, 64, 3)),
    "keypoints": plain(Keypoints, (1, 1, 96, 128)),
    "bert": transformers("BertModel", "BertConfig", _BERT, [tokens(24)], "last_hidden_state", "pooler_output"),
    "gpt2": transformers("GPT2LMHeadModel", "GPT2Config", _GPT2, [tokens(16)], "logits"),
    "t5": transformers("T5EncoderModel", "T5Config", _T5, [tokens(24)], "last_hidden_state"),
    "qwen3": transformers("Qwen3ForCausalLM", "Qwen3Config", _QWEN, [tokens(16)], "logits"),
    "clip": transformers(
        "CLIPVisionModel",
        "CLIPVisionConfig",
        _VIT | {"image_size": 64, "patch_size": 16},
        [image(64, 64)],
        "pooler_output",
    ),
    "dinov2": transformers(
        "Dinov2Model", "Dinov2Config", _VIT | {"image_size": 98, "patch_size": 14}, [image(98, 98)], "last_hidden_state"
    ),
    "depth_anything": transformers(
        "DepthAnythingForDepthEstimation", "DepthAnythingConfig", _DEPTH, [image(126, 126)], "predicted_depth"
    ),
    "patchtst": transformers(
        "PatchTSTForPrediction", "PatchTSTConfig", _PATCHTST, [lambda: torch.randn(1, 96, 3)], "prediction_outputs"
    ),
    "hubert": transformers("HubertModel", "HubertConfig", _HUBERT, [sound(16000)], "last_hidden_state"),
    "mobilevit": transformers(
        "MobileViTForSemanticSegmentation", "MobileViTConfig", {"num_labels": 21}, [image(256, 256)], "logits"
    ),
    "squeezenet1_1": torchvision("squeezenet1_1"),
    "googlenet": torchvision("googlenet", aux_logits=False, init_weights=False),
    "efficientnet_b0": torchvision("efficientnet_b0"),
    "regnet_x_400mf": torchvision("regnet_x_400mf"),
    "swin_t": torchvision("swin_t"),
    "r2plus1d_18": torchvision("r2plus1d_18", (1, 3, 8, 64, 64)),
    "fcn_resnet50": torchvision("fcn_resnet50", (1, 3, 96, 96), weights_backbone=None),
    "fasterrcnn_mobilenet_v3_large_320_fpn": torchvision(
        "fasterrcnn_mobilenet_v3_large_320_fpn", (1, 3, 320, 320), weights_backbone=None
    ),
    "retinanet_resnet50_fpn": torchvision("retinanet_resnet50_fpn", (1, 3, 224, 224), weights_backbone=None),
    "resnet18": timm("resnet18"),
    "mixnet_s": timm("mixnet_s"),
    "lcnet_050": timm("lcnet_050"),
    "tinynet_e": timm("tinynet_e"),
    "hardcorenas_a": timm("hardcorenas_a"),
    "fbnetv3_b": timm("fbnetv3_b"),
    "mobilenetv4_conv_small": timm("mobilenetv4_conv_small"),
    "repghostnet_050": timm("repghostnet_050"),
    "ghostnetv3_050": timm("ghostnetv3_050"),
    "hgnetv2_b0": timm("hgnetv2_b0"),
    "hrnet_w18_small": timm("hrnet_w18_small"),
    "convmixer_768_32": timm("convmixer_768_32"),
    "ese_vovnet19b_dw": timm("ese_vovnet19b_dw"),
    "resnest14d": timm("resnest14d"),
    "skresnet18": timm("skresnet18"),
    "botnet26t_256": timm("botnet26t_256"),
    "lambda_resnet26t": timm("lambda_resnet26t"),
    "coatnet_pico_rw_224": timm("coatnet_pico_rw_224"),
    "pit_ti_224": timm("pit_ti_224"),
    "pvt_v2_b0": timm("pvt_v2_b0"),
    "crossvit_tiny_240": timm("crossvit_tiny_240"),
    "convit_tiny": timm("convit_tiny"),
    "coat_lite_tiny": timm("coat_lite_tiny"),
    "gcvit_xxtiny": timm("gcvit_xxtiny"),
    "nest_tiny": timm("nest_tiny"),
    "swinv2_cr_tiny_ns_224": timm("swinv2_cr_tiny_ns_224"),
    "visformer_tiny": timm("visformer_tiny"),
    "twins_pcpvt_small": timm("twins_pcpvt_small"),
    "cait_xxs24_224": timm("cait_xxs24_224"),
    "volo_d1_224": timm("volo_d1_224"),
    "eva02_tiny_patch14_224": timm("eva02_tiny_patch14_224"),
    "focalnet_tiny_srf": timm("focalnet_tiny_srf"),
    "caformer_s18": timm("caformer_s18"),
    "efficientvit_m0": timm("efficientvit_m0"),
    "inception_next_atto": timm("inception_next_atto"),
    "gmlp_s16_224": timm("gmlp_s16_224"),
    "sequencer2d_s": timm("sequencer2d_s"),
}
