"""Cases: sampling, box selection, quantised activations, and orders of batches and sequences."""

from __future__ import annotations

import coremltools as ct
import numpy as np
import torch
import torch.nn.functional as F
from coreml_reference_programs import Case, normal
from coremltools.converters.mil.mil import Builder as mb

IMAGE = normal(2, 3, 5, 7)
GRID = (1.6 * np.tanh(normal(2, 4, 6, 2, seed=1))).astype(np.float32)  # -1.6 to 1.6: some of it is outside
RAMP = np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4)


def resample(mode: str, padding: str, note: str, expected, corners: bool, coordinates: str, grid=GRID) -> Case:
    def build(x, g):
        return mb.resample(
            x=x,
            coordinates=g,
            sampling_mode=mode,
            padding_mode=padding,
            padding_value=0.0 if padding != "constant" or "value" not in note else 6.5,
            coordinates_mode=coordinates,
            align_corners=corners,
        )

    return Case("resample", build, {"x": IMAGE, "g": grid}, expected, note)


def sampled(mode: str, padding: str, corners: bool):
    return lambda x, g: F.grid_sample(x, g, mode, padding, corners)


def zero_to_one(mode: str, padding: str, corners: bool):
    return lambda x, g: F.grid_sample(x, 2 * g - 1, mode, padding, corners)


def pixels(x, g):
    """Torch's normalised coordinates from those of pixels."""
    size = torch.tensor([x.shape[3] - 1, x.shape[2] - 1], dtype=torch.float64)
    return F.grid_sample(x, 2 * g / size - 1, "bilinear", "zeros", True)


def symmetric(x, g):
    """Nearest pixels of an image that is mirrored with its edge repeated, by explicit padding."""
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (20, 20), (20, 20)), mode="symmetric")
    out = np.zeros((2, 3, 4, 6))
    for b in range(2):
        for i in range(4):
            for j in range(6):
                column, row = np.floor(g[b, i, j].numpy() * [7, 5] - 0.5 + 0.5).astype(int) + 20
                out[b, :, i, j] = padded[b, :, row, column]
    return out


def with_value(x, g):
    """6.5 outside: as zeros, of an image that is 6.5 less."""
    return F.grid_sample(x - 6.5, g, "bilinear", "zeros", True) + 6.5


RESAMPLE_CASES = [
    resample(
        "bilinear",
        "constant",
        "zeros-corners",
        sampled("bilinear", "zeros", True),
        True,
        "normalized_minus_one_to_one",
    ),
    resample(
        "bilinear", "constant", "zeros-edges", sampled("bilinear", "zeros", False), False, "normalized_minus_one_to_one"
    ),
    resample("bilinear", "constant", "value", with_value, True, "normalized_minus_one_to_one"),
    resample("bilinear", "border", "border", zero_to_one("bilinear", "border", False), False, "normalized_zero_to_one"),
    resample(
        "bilinear",
        "reflection",
        "reflection",
        sampled("bilinear", "reflection", True),
        True,
        "normalized_minus_one_to_one",
    ),
    resample("nearest", "border", "nearest", zero_to_one("nearest", "border", True), True, "normalized_zero_to_one"),
    resample("nearest", "symmetric", "symmetric", symmetric, False, "normalized_zero_to_one"),
    resample("bilinear", "constant", "pixels", pixels, False, "unnormalized", GRID * 4 + 2),
]

MATRIX = np.array([[0.7, -0.2, 0.1, 0.3, 0.9, -0.2], [1.2, 0.1, 0.0, -0.1, 0.8, 0.3]], np.float32)


def affine(x, m):
    """The formula of the documentation, place by place, on a canvas with a wide rim of zeros."""
    out, canvas = torch.zeros(2, 3, 4, 6, dtype=torch.float64), F.pad(x, (20, 20, 20, 20))
    for b in range(2):
        for i in range(4):
            for j in range(6):
                y, xx = -1 + 2 * i / 3, -1 + 2 * j / 5
                column = (m[b, 0] * xx + m[b, 1] * y + m[b, 2] + 1) / 2 * 6 + 20
                row = (m[b, 3] * xx + m[b, 4] * y + m[b, 5] + 1) / 2 * 4 + 20
                r, c = int(row), int(column)
                dr, dc = row - r, column - c
                out[b, :, i, j] = (
                    canvas[b, :, r, c] * (1 - dr) * (1 - dc)
                    + canvas[b, :, r + 1, c] * dr * (1 - dc)
                    + canvas[b, :, r, c + 1] * (1 - dr) * dc
                    + canvas[b, :, r + 1, c + 1] * dr * dc
                )
    return out


def build_affine(x, m):
    return mb.affine(
        x=x,
        transform_matrix=m,
        output_height=4,
        output_width=6,
        sampling_mode="bilinear",
        padding_mode="constant",
        padding_value=0.0,
        coordinates_mode="normalized_minus_one_to_one",
        align_corners=True,
    )


def crop_resize(note: str, boxes: list, expected, opset=ct.target.iOS17, size=(2, 2), **attributes) -> Case:
    def build(x):
        return mb.crop_resize(
            x=x,
            boxes=np.array(boxes, np.float32),
            box_indices=np.zeros(len(boxes), np.int32),
            target_height=size[0],
            target_width=size[1],
            **attributes,
        )

    return Case("crop_resize", build, {"x": RAMP}, lambda x: np.array(expected).reshape(-1, 1, *size), note)


def roi(x):
    boxes = np.array([[0, 1, 1, 2, 2], [0, 0, 0, 3, 3]], np.float32).reshape(2, 1, 5, 1, 1)
    return mb.crop_resize(x=x, roi=boxes, target_height=2, target_width=2, sampling_mode="ALIGN_CORNERS")


def roi_all(x):
    boxes = np.array([[1, 1, 2, 2]], np.float32).reshape(1, 1, 4, 1, 1)
    return mb.crop_resize(x=x, roi=boxes, target_height=2, target_width=2, sampling_mode="ALIGN_CORNERS")


# RAMP is 1 + 4·row + column, so bilinear values are those of the positions, which each case works out by hand.
CROP_CASES = [
    crop_resize("corners", [[1, 1, 2, 2]], [6, 7, 10, 11], sampling_mode="ALIGN_CORNERS"),
    crop_resize("backwards", [[2, 2, 1, 1]], [11, 10, 7, 6], sampling_mode="ALIGN_CORNERS"),
    crop_resize("middle", [[1, 1, 2, 2]], [8.5], size=(1, 1), sampling_mode="ALIGN_CORNERS"),
    crop_resize("strict", [[1, 1, 2, 2]], [6], size=(1, 1), sampling_mode="STRICT_ALIGN_CORNERS"),
    crop_resize("default", [[0, 0, 3, 3]], [1, 3, 9, 11]),  # every (3 - 0 + 1) / 2 = 2
    crop_resize("offset", [[0, 0, 3, 3]], [4.75, 6.25, 10.75, 12.25], sampling_mode="OFFSET_CORNERS"),  # .75 and 2.25
    crop_resize("unaligned", [[0, 0, 3, 3]], [3.5, 5.5, 11.5, 13.5], sampling_mode="UNALIGN_CORNERS"),  # .5 and 2.5
    crop_resize(
        "unaligned-backwards-is-the-whole-image",
        [[2, 2, 1, 1]],
        [3.5, 5.5, 11.5, 13.5],
        sampling_mode="UNALIGN_CORNERS",
        normalized_coordinates=True,
    ),
    crop_resize(
        "outside",
        [[0.1, 0.3, 1.3, 1.0]],  # rows 0.3 and 3.9, columns 0.9 and 3
        [3.1, 5.2, 10, 10],
        sampling_mode="ALIGN_CORNERS",
        normalized_coordinates=True,
        pad_value=10.0,
    ),
    crop_resize(
        "centre",
        [[6, 3, 2, 2]],  # after the scale: columns 2.5 and 3.5, which is outside, rows 1 and 2
        [1 + 4 + 2.5, -5, 1 + 8 + 2.5, -5],
        sampling_mode="ALIGN_CORNERS",
        box_coordinate_mode="CENTER_SIZE_WIDTH_FIRST",
        spatial_scale=0.5,
        pad_value=-5.0,
    ),
    Case(
        "crop_resize",
        roi,
        {"x": RAMP},
        lambda x: np.array([[6, 7, 10, 11], [1, 4, 13, 16]]).reshape(2, 1, 1, 2, 2),
        "roi-of-an-image",
        opset=ct.target.iOS15,
    ),
    Case(
        "crop_resize",
        roi_all,
        {"x": np.concatenate([RAMP, -RAMP])},
        lambda x: np.array([[6, 7, 10, 11], [-6, -7, -10, -11]]).reshape(1, 2, 1, 2, 2),
        "roi-of-all-images",
        opset=ct.target.iOS16,
    ),
]

RANDOM = np.random.default_rng(0)
BOXES = np.concatenate([RANDOM.uniform(0, 10, (1, 12, 2)), RANDOM.uniform(2, 8, (1, 12, 2))], -1).astype(np.float32)
SCORES = RANDOM.permutation(36).reshape(1, 12, 3).astype(np.float32)


def suppressed(boxes, scores, most, threshold, per_class):
    """The textbook loop, one pair at a time."""
    boxes, scores = boxes[0].numpy(), scores[0].numpy()
    best, classes = scores.max(1), scores.argmax(1)
    kept: list[int] = []
    for i in np.argsort(-best):
        if best[i] < threshold or len(kept) == most:
            continue
        clear = True
        for k in kept:
            w, h = (
                min(boxes[i, a] + boxes[i, a + 2] / 2, boxes[k, a] + boxes[k, a + 2] / 2)
                - max(boxes[i, a] - boxes[i, a + 2] / 2, boxes[k, a] - boxes[k, a + 2] / 2)
                for a in (0, 1)
            )
            common = max(w, 0) * max(h, 0)
            union = np.prod(boxes[i, 2:]) + np.prod(boxes[k, 2:]) - common
            clear &= common / union <= 0.3 or (per_class and classes[i] != classes[k])
        if clear:
            kept.append(int(i))
    rest = most - len(kept)
    return (
        np.concatenate([boxes[kept], np.zeros((rest, 4))])[None],
        np.concatenate([scores[kept], np.zeros((rest, 3))])[None],
        np.array([kept + [-1] * rest]),
        np.array([len(kept)]),
    )


def nms(note: str, most: int, threshold: float, per_class: bool) -> Case:
    def build(b, s):
        return mb.non_maximum_suppression(
            boxes=b,
            scores=s,
            iou_threshold=0.3,
            score_threshold=threshold,
            max_boxes=most,
            per_class_suppression=per_class,
        )

    return Case(
        "non_maximum_suppression",
        build,
        {"b": BOXES, "s": SCORES},
        lambda b, s: suppressed(b, s, most, threshold, per_class),
        note,
        opset=ct.target.iOS15,
    )


def nms_last(b, s):
    return mb.non_maximum_suppression(boxes=b, scores=s, iou_threshold=0.3, max_boxes=9)


def suppressed_last(b, s):
    boxes, scores, indices, _ = suppressed(b.transpose(1, 2), s.transpose(1, 2), 9, -1, False)
    return boxes.transpose(0, 2, 1), scores.transpose(0, 2, 1), indices


def best_only(boxes, scores):
    best = int(scores[0].amax(1).argmax())
    return (
        torch.stack([boxes[0, best], torch.zeros(4)])[None],
        torch.stack([scores[0, best], torch.zeros(3)])[None],
        np.array([[best, -1]]),
        np.array([1]),
    )


NMS_CASES = [
    nms("ios15", 9, 10.0, False),
    nms("ios15-per-class", 9, 10.0, True),
    nms("ios15-few", 2, 0.0, False),
    Case(
        "non_maximum_suppression",
        lambda b, s: nms_last(b, s),
        {"b": BOXES.transpose(0, 2, 1).copy(), "s": SCORES.transpose(0, 2, 1).copy()},
        suppressed_last,
        "ios17",
    ),
    Case(
        "non_maximum_suppression",
        lambda b, s: mb.non_maximum_suppression(
            boxes=b, scores=s, iou_threshold=0.3, score_threshold=99.0, max_boxes=2
        ),
        {"b": BOXES, "s": SCORES},
        best_only,
        "ios15-none-good-enough",
        opset=ct.target.iOS15,
    ),
]

SCALE, ZERO = np.array([0.05, 0.02, 0.1], np.float32), np.array([3, -5, 0], np.int8)
COLUMN = torch.tensor([0.05, 0.02, 0.1], dtype=torch.float64)[:, None].float().double()


def there_and_back(x):
    whole = mb.quantize(input=x, scale=SCALE, zero_point=ZERO, axis=1, output_dtype="int8")
    return mb.dequantize(input=whole, scale=SCALE, zero_point=ZERO, axis=1)


def affine_grid(x):
    zero = torch.tensor([3.0, -5.0, 0.0], dtype=torch.float64)[:, None]
    return ((torch.round(x / COLUMN) + zero).clamp(-128, 127) - zero) * COLUMN


# Away from the halves between two steps, where fp32 and fp64 may round differently.
STEPS = np.round(normal(2, 3, 4) * 40).astype(np.float32) * SCALE[:, None] + np.float32(0.004)
QUANTIZATION_CASES = [
    Case(op, there_and_back, {"x": STEPS}, affine_grid, "int8-vector") for op in ("quantize", "dequantize")
] + [
    Case(
        "quantize",
        lambda x: mb.cast(x=mb.quantize(input=x, scale=np.float32(0.5), output_dtype="uint8"), dtype="fp32"),
        {"x": np.array([-3, 0.6, 1.1, 3, 200], np.float32)},
        lambda x: torch.tensor([0, 1, 2, 6, 255]),
        "uint8-scalar",
    ),
]

CELLS = normal(8, 3, 2, 5)


def to_space(x):
    """One pixel at a time."""
    out = np.zeros((2, 3, 4, 10))
    for n in range(8):
        block, image = divmod(n, 2)
        out[image, :, block // 2 :: 2, block % 2 :: 2] = x[n]
    return out[:, :, 1:4, 0:8]


ORDER_CASES = [
    Case(
        "batch_to_space",
        lambda x: mb.batch_to_space(x=x, block_shape=[2, 2], crops=[[1, 0], [0, 2]]),
        {"x": CELLS},
        to_space,
    ),
    Case(
        "space_to_batch",
        lambda x: mb.space_to_batch(x=x, block_shape=[2, 3], paddings=[[1, 0], [0, 2]]),
        {"x": IMAGE},
        lambda x: torch.cat([F.pad(x, (0, 2, 1, 0))[:, :, i::2, j::3] for i in range(2) for j in range(3)]),
    ),
    Case(
        "reverse_sequence",
        lambda x: mb.reverse_sequence(x=x, lengths=[3, 0], seq_axis=2, batch_axis=0),
        {"x": normal(2, 3, 5)},
        lambda x: torch.stack([torch.cat([x[0, :, :3].flip(1), x[0, :, 3:]], 1), x[1]]),
    ),
    Case(
        "reshape_like",
        lambda x, r: mb.reshape_like(x=x, ref_tensors=(r, x), begins=(0, 2), ends=(2, 3), end_masks=(False, True)),
        {"x": normal(2, 3, 5), "r": normal(3, 2, 7)},
        lambda x, r: x.reshape(3, 2, 5),
    ),
    Case(
        "local_response_norm",
        lambda x: mb.local_response_norm(x=x, size=2, alpha=0.5),
        {"x": normal(1, 3, 2)},
        lambda x: x / (1 + 0.25 * x**2) ** 0.75,
        "rank-3-as-Apple's-test-has-it",
    ),
    Case(
        "local_response_norm",
        lambda x: mb.local_response_norm(x=x, size=3, alpha=0.5, beta=0.5, k=2.0),
        {"x": normal(2, 5, 2, 3, 2)},
        lambda x: F.local_response_norm(x, 3, 0.5, 0.5, 2.0),
        "rank-5",
    ),
]
CASES = [
    *RESAMPLE_CASES,
    Case("affine", build_affine, {"x": IMAGE, "m": MATRIX}, affine),
    *CROP_CASES,
    *NMS_CASES,
    *QUANTIZATION_CASES,
    *ORDER_CASES,
]
