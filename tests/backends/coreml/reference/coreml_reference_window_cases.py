"""Cases: convolutions, pools, normalisations, matrix products, resizing."""

from __future__ import annotations

import coremltools as ct
import numpy as np
import torch
import torch.nn.functional as F
from coreml_reference_programs import Case, normal
from coremltools.converters.mil.mil import Builder as mb

IMAGE = normal(2, 4, 7, 6)
CONVS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def conv(shape, weight, expected, note, **attributes) -> Case:
    w, b = normal(*weight, seed=1), normal(weight[0], seed=2)

    def torch_conv(x):
        return expected(x, torch.from_numpy(w).double(), torch.from_numpy(b).double())

    return Case("conv", lambda x: mb.conv(x=x, weight=w, bias=b, **attributes), {"x": normal(*shape)}, torch_conv, note)


def shifted(x, w, b, stride, top, left):
    """A 3×3 convolution by hand: taps (top, left) rows and columns before the first position."""
    h, v = x.shape[-2:]
    out = torch.zeros(x.shape[0], w.shape[0], -(-h // stride), -(-v // stride), dtype=x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            for p in range(3):
                for q in range(3):
                    y, z = i * stride + p - top, j * stride + q - left
                    if 0 <= y < h and 0 <= z < v:
                        out[:, :, i, j] += x[:, :, y, z] @ w[:, :, p, q].T
    return out + b[:, None, None]


CONV_CASES = [
    conv((2, 4, 9), (6, 4, 3), lambda x, w, b: F.conv1d(x, w, b), "1d-valid"),
    conv((1, 2, 5, 5, 4), (3, 2, 2, 3, 2), lambda x, w, b: F.conv3d(x, w, b), "3d-valid"),
    conv(
        (2, 4, 7, 6),
        (6, 2, 3, 2),
        lambda x, w, b: F.conv2d(x, w, b, (2, 1), (1, 2), (2, 1), 2),
        "stride-dilation-groups",
        strides=[2, 1],
        dilations=[2, 1],
        groups=2,
        pad_type="custom",
        pad=[1, 1, 2, 2],
    ),
    conv(
        (2, 4, 7, 6),
        (4, 1, 3, 3),
        lambda x, w, b: F.conv2d(F.pad(x, (0, 1, 2, 1)), w, b, groups=4),
        "depthwise-asymmetric",
        groups=4,
        pad_type="custom",
        pad=[2, 1, 0, 1],
    ),
    # 7 rows, stride 2: one row before and after; 6 columns: the odd column after (same) or before (same_lower).
    conv(
        (1, 2, 7, 6), (3, 2, 3, 3), lambda x, w, b: shifted(x, w, b, 2, 1, 0), "same", strides=[2, 2], pad_type="same"
    ),
    conv(
        (1, 2, 7, 6),
        (3, 2, 3, 3),
        lambda x, w, b: shifted(x, w, b, 2, 1, 1),
        "same-lower",
        strides=[2, 2],
        pad_type="same_lower",
    ),
]


QUANTIZED = np.random.default_rng(3).integers(0, 255, (4, 2, 3, 3)).astype(np.uint8)


def quantized(x):
    return mb.conv_quantized(
        x=x,
        weight=QUANTIZED,
        quantization_type="linear",
        nbits=8,
        quant_scale=np.array([0.1, 0.2, 0.3, 0.4], np.float32),
        quant_bias=np.array([-3, -2, -1, 0], np.float32),
        strides=[2, 2],
        groups=2,
    )


def quantized_expected(x):
    scale = torch.tensor([0.1, 0.2, 0.3, 0.4]).double().reshape(4, 1, 1, 1)
    bias = torch.tensor([-3.0, -2, -1, 0]).double().reshape(4, 1, 1, 1)
    return F.conv2d(x, torch.from_numpy(QUANTIZED).double() * scale + bias, stride=2, groups=2)


CONV_CASES.append(Case("conv_quantized", quantized, {"x": normal(1, 4, 7, 7)}, quantized_expected))


def transposed(shape, weight, outputs, expected, note, **attributes) -> Case:
    w, b = normal(*weight, seed=1), normal(outputs, seed=2)

    def torch_conv(x):
        return expected(x, torch.from_numpy(w).double(), torch.from_numpy(b).double())

    return Case(
        "conv_transpose",
        lambda x: mb.conv_transpose(x=x, weight=w, bias=b, **attributes),
        {"x": normal(*shape)},
        torch_conv,
        note,
    )


TRANSPOSE_CASES = [
    transposed((2, 4, 6), (4, 3, 3), 3, lambda x, w, b: F.conv_transpose1d(x, w, b, 2), "1d", strides=[2]),
    transposed(
        (2, 4, 5, 6),
        (4, 2, 3, 3),
        4,
        lambda x, w, b: F.conv_transpose2d(x, w, b, (2, 3), (1, 0), 0, 2, (2, 1)),
        "stride-dilation-groups",
        strides=[2, 3],
        dilations=[2, 1],
        groups=2,
        pad_type="custom",
        pad=[1, 1, 0, 0],
    ),
    transposed(
        (2, 4, 5, 6),
        (4, 3, 3, 3),
        3,
        lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1),
        "output-padding",
        strides=[2, 2],
        pad_type="custom",
        pad=[1, 1, 1, 1],
        output_shape=[2, 3, 10, 12],
    ),
    transposed(
        (2, 4, 5, 6),
        (4, 3, 2, 2),
        3,
        lambda x, w, b: F.conv_transpose2d(x, w, b, 3, 0, 1)[:, :, :15, :18],
        "output-beyond-the-result",
        strides=[3, 3],
        pad_type="custom",
        pad=[0, 0, 0, 0],
        output_shape=[2, 3, 15, 18],
    ),
    transposed(
        (2, 4, 5, 6),
        (4, 3, 4, 4),
        3,
        lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1),
        "same",
        strides=[2, 2],
        pad_type="same",
    ),
]


def pool(op, expected, note, shape=(2, 3, 7, 8), **attributes) -> Case:
    return Case(op, lambda x: getattr(mb, op)(x=x, **attributes), {"x": normal(*shape)}, expected, note)


def pools() -> list[Case]:
    cases = []
    for ceil in (False, True):
        for pad in (0, 1):
            kernel = {"kernel_sizes": [3, 3], "strides": [2, 2], "ceil_mode": ceil}
            kernel |= {"pad_type": "custom", "pad": [pad] * 4} if pad else {"pad_type": "valid"}
            note = f"ceil{ceil:d}-pad{pad}"
            cases.append(
                pool("max_pool", lambda x, c=ceil, p=pad: F.max_pool2d(x, 3, 2, p, ceil_mode=c), note, **kernel)
            )
            for exclude in (False, True):
                cases.append(
                    pool(
                        "avg_pool",
                        lambda x, c=ceil, p=pad, e=exclude: F.avg_pool2d(x, 3, 2, p, c, not e),
                        f"{note}-exclude{exclude:d}",
                        exclude_padding_from_average=exclude,
                        **kernel,
                    )
                )
    return cases


def same_average(x):
    """8 columns, 7 rows, 3×3 by 2: rows get 1 before and after, columns 0 before and 1 after."""
    padded, ones = F.pad(x, (0, 1, 1, 1)), F.pad(torch.ones_like(x), (0, 1, 1, 1))
    return F.avg_pool2d(padded, 3, 2) / F.avg_pool2d(ones, 3, 2)


POOL_CASES = [
    *pools(),
    pool(
        "avg_pool",
        same_average,
        "same-exclude",
        kernel_sizes=[3, 3],
        strides=[2, 2],
        pad_type="same",
        exclude_padding_from_average=True,
    ),
    pool("avg_pool", lambda x: F.avg_pool1d(x, 4, 1), "1d", (2, 3, 9), kernel_sizes=[4], pad_type="valid"),
    pool("max_pool", lambda x: F.max_pool3d(x, 2, 1), "3d", (1, 2, 4, 5, 3), kernel_sizes=[2, 2, 2], pad_type="valid"),
    pool(
        "l2_pool",
        lambda x: torch.sqrt(F.avg_pool2d(x**2, 2, 2, divisor_override=1)),
        "",
        kernel_sizes=[2, 2],
        strides=[2, 2],
        pad_type="valid",
    ),
]

MEAN, GAMMA, BETA = normal(4, seed=1), normal(4, seed=3), normal(4, seed=4)
VARIANCE = np.abs(normal(4, seed=2)) + 0.1
T = {k: torch.from_numpy(v).double() for k, v in {"m": MEAN, "v": VARIANCE, "g": GAMMA, "b": BETA}.items()}
AFFINE = {"gamma": GAMMA, "beta": BETA}


def norm(op, expected, note="", x=IMAGE, **attributes) -> Case:
    return Case(op, lambda x: getattr(mb, op)(x=x, **attributes), {"x": x}, expected, note)


def response(x):
    """size 3: each channel with its neighbours."""
    squares = F.pad(x**2, (0, 0, 0, 0, 1, 1))
    around = squares[:, :-2] + squares[:, 1:-1] + squares[:, 2:]
    return x / (2 + 0.5 / 3 * around) ** 0.75


NORM_CASES = [
    norm(
        "batch_norm",
        lambda x: F.batch_norm(x, T["m"], T["v"], T["g"], T["b"], eps=0.01),
        "affine",
        mean=MEAN,
        variance=VARIANCE,
        epsilon=0.01,
        **AFFINE,
    ),
    norm("batch_norm", lambda x: F.batch_norm(x, T["m"], T["v"]), "plain", mean=MEAN, variance=VARIANCE),
    norm("instance_norm", lambda x: F.instance_norm(x, None, None, T["g"], T["b"], eps=0.01), epsilon=0.01, **AFFINE),
    norm(
        "layer_norm",
        lambda x: F.layer_norm(x, (4,), T["g"], T["b"], 0.01),
        "last-axis",
        normal(2, 5, 4),
        axes=[-1],
        epsilon=0.01,
        **AFFINE,
    ),
    norm(
        "layer_norm",
        lambda x: F.layer_norm(x.permute(0, 2, 3, 1), (4,), T["g"], T["b"]).permute(0, 3, 1, 2),
        "channels",
        axes=[1],
        epsilon=1e-5,
        **AFFINE,
    ),
    norm("layer_norm", lambda x: F.layer_norm(x, x.shape[1:], eps=1e-3), "many-axes", axes=[1, 2, 3], epsilon=1e-3),
    norm(
        "l2_norm",
        lambda x: x / (torch.linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True) ** 2 + 0.1) ** 0.5,
        epsilon=0.1,
    ),
    norm("local_response_norm", response, size=3, alpha=0.5, beta=0.75, k=2.0),
]

WEIGHT, BIAS = normal(5, 4, seed=1), normal(5, seed=2)
QUERY, KEY, VALUE = normal(2, 3, 4), normal(2, 5, 4, seed=1), normal(2, 5, 6, seed=2)
MASK = normal(3, 5) > 0
MASK[:, 0] = True


def attention(q, k, v, mask=None):
    return F.scaled_dot_product_attention(q, k, v, mask)


LINEAR_CASES = [
    Case(
        "linear",
        lambda x: mb.linear(x=x, weight=WEIGHT, bias=BIAS),
        {"x": normal(2, 3, 4)},
        lambda x: x.numpy() @ WEIGHT.T.astype(np.float64) + BIAS,
    ),
    *[
        Case(
            "matmul",
            lambda x, y, a=a, b=b: mb.matmul(x=x, y=y, transpose_x=a, transpose_y=b),
            {"x": normal(2, 4, 3) if a else normal(2, 3, 4), "y": normal(5, 4) if b else normal(4, 5)},
            lambda x, y, a=a, b=b: (x.mT if a else x) @ (y.mT if b else y),
            f"transpose{a:d}{b:d}",
        )
        for a in (False, True)
        for b in (False, True)
    ],
    Case(
        "matmul",
        lambda x: mb.matmul(x=x, y=np.arange(20, dtype=np.int32).reshape(4, 5)),
        {"x": normal(2, 3, 4)},
        lambda x: x @ torch.arange(20).reshape(4, 5).double(),
        "integers-too",
        inference=False,
    ),
    Case(
        "linear",
        lambda x: mb.linear(x=x, weight=np.arange(20, dtype=np.int32).reshape(5, 4), bias=np.arange(5, dtype=np.int32)),
        {"x": normal(2, 3, 4)},
        lambda x: x @ torch.arange(20).reshape(5, 4).double().T + torch.arange(5),
        "integers-too",
        inference=False,
    ),
    Case(
        "einsum",
        lambda x, y: mb.einsum(values=(x, y), equation="nchw,nwhu->nchu"),
        {"x": normal(2, 3, 4, 5), "y": normal(2, 5, 4, 6, seed=1)},
        lambda x, y: np.einsum("nchw,nwhu->nchu", x, y),
    ),
    Case(
        "scaled_dot_product_attention",
        lambda q, k, v: mb.scaled_dot_product_attention(query=q, key=k, value=v),
        {"q": QUERY, "k": KEY, "v": VALUE},
        attention,
        opset=ct.target.iOS18,
    ),
    Case(
        "scaled_dot_product_attention",
        lambda q, k, v, m: mb.scaled_dot_product_attention(
            query=q, key=k, value=v, attn_mask=mb.cast(x=m, dtype="bool")
        ),
        {"q": QUERY, "k": KEY, "v": VALUE, "m": MASK.astype(np.int32)},
        lambda q, k, v, m: attention(q, k, v, m != 0),
        "mask",
        ct.target.iOS18,
    ),
    Case(
        "scaled_dot_product_attention",
        lambda q, k, v, m: mb.scaled_dot_product_attention(query=q, key=k, value=v, attn_mask=m),
        {"q": QUERY, "k": KEY, "v": VALUE, "m": normal(3, 5)},
        attention,
        "bias",
        ct.target.iOS18,
    ),
]

# The positions that the documentation of resize_bilinear gives for an axis of two elements, 0 and 1.
DOCUMENTED = {
    ("UNALIGN_CORNERS", 5): [0.0, 0.1, 0.5, 0.9, 1.0],
    ("STRICT_ALIGN_CORNERS", 5): [0.0, 0.25, 0.5, 0.75, 1.0],
    ("ALIGN_CORNERS", 5): [0.0, 0.25, 0.5, 0.75, 1.0],
    ("DEFAULT", 5): [0.0, 0.4, 0.8, 1.0, 1.0],
    ("OFFSET_CORNERS", 5): [0.1, 0.3, 0.5, 0.7, 0.9],
    ("UNALIGN_CORNERS", 6): [0.0, 0.0, 1 / 3, 2 / 3, 1.0, 1.0],
    ("STRICT_ALIGN_CORNERS", 6): [0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
    ("DEFAULT", 6): [0.0, 1 / 3, 2 / 3, 1.0, 1.0, 1.0],
    ("OFFSET_CORNERS", 6): [1 / 12, 3 / 12, 5 / 12, 7 / 12, 9 / 12, 11 / 12],
    ("ALIGN_CORNERS", 1): [0.5],
    ("STRICT_ALIGN_CORNERS", 1): [0.0],
}
RAMP = np.array([[[[0.0, 1.0], [0.0, 1.0]]]], np.float32)


def rows(values, height=2):
    return torch.tensor([[[values] * height]], dtype=torch.float64)


def shrink(x):
    return F.interpolate(x, (3, 4), mode="bilinear", align_corners=False)


def nearest_rounded(x):
    """Positions 0, 2/3, 4/3 for two elements shown three times: 0, 1, 1."""
    return x[..., [0, 1, 1]]


RESIZE_CASES = [
    *[
        Case(
            "resize_bilinear",
            lambda x, m=m, n=n: mb.resize_bilinear(x=x, target_size_height=2, target_size_width=n, sampling_mode=m),
            {"x": RAMP},
            lambda x, v=v: rows(v),
            f"{m}-{n}",
        )
        for (m, n), v in DOCUMENTED.items()
    ],
    Case(
        "resize_bilinear",
        lambda x: mb.resize_bilinear(x=x, target_size_height=3, target_size_width=4, sampling_mode="UNALIGN_CORNERS"),
        {"x": IMAGE},
        shrink,
        "shrink-as-torch",
    ),
    *[
        Case(
            "upsample_bilinear",
            lambda x, a=a: mb.upsample_bilinear(x=x, scale_factor_height=2.0, scale_factor_width=3.0, align_corners=a),
            {"x": IMAGE},
            lambda x, a=a: F.interpolate(x, scale_factor=(2, 3), mode="bilinear", align_corners=a),
            f"align{a:d}",
        )
        for a in (False, True)
    ],
    Case(
        "upsample_bilinear",
        lambda x: mb.upsample_bilinear(
            x=x, scale_factor_height=1.0, scale_factor_width=2.5, align_corners=False, half_pixel_centers=False
        ),
        {"x": RAMP},
        lambda x: rows([0.0, 0.4, 0.8, 1.0, 1.0]),
        "no-half-pixels",
    ),
    Case(
        "upsample_nearest_neighbor",
        lambda x: mb.upsample_nearest_neighbor(x=x, scale_factor_height=2.0, scale_factor_width=1.5),
        {"x": IMAGE},
        lambda x: F.interpolate(x, (14, 9), mode="nearest"),
    ),
    Case(
        "resize_nearest_neighbor",
        lambda x: mb.resize_nearest_neighbor(x=x, target_size_height=10, target_size_width=4),
        {"x": IMAGE},
        lambda x: F.interpolate(x, (10, 4), mode="nearest"),
    ),
    Case(
        "resize",
        lambda x: mb.resize(
            x=x, shape=[0, 9], resized_dims=np.uint32(2), interpolation_mode="LINEAR", sampling_mode="UNALIGN_CORNERS"
        ),
        {"x": IMAGE},
        lambda x: F.interpolate(x, (7, 9), mode="bilinear", align_corners=False),
        "linear",
    ),
    Case(
        "resize",
        lambda x: mb.resize(
            x=x, shape=[3], resized_dims=np.uint32(1), interpolation_mode="NEAREST_NEIGHBOR", sampling_mode="DEFAULT"
        ),
        {"x": RAMP},
        nearest_rounded,
        "nearest-rounds",
    ),
]

CASES = [*CONV_CASES, *TRANSPOSE_CASES, *POOL_CASES, *NORM_CASES, *LINEAR_CASES, *RESIZE_CASES]
