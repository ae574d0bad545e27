from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deploykit.spec import ImageInput
from deploykit.transforms import preprocess


def spec(**changes: object) -> ImageInput:
    return ImageInput.model_validate({"type": "image", "size": (4, 6), **changes})


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_stretch_gives_pixels_as_they_lie_in_memory() -> None:
    shown = picture(6, 4)
    np.testing.assert_array_equal(preprocess(shown, spec())[0], np.asarray(shown, np.float32))


def test_bgr_turns_the_channels() -> None:
    shown = picture(6, 4)
    np.testing.assert_array_equal(preprocess(shown, spec(color="bgr")), preprocess(shown, spec())[..., ::-1])


def test_gray_is_the_documented_luma() -> None:
    shown = picture(6, 4)
    r, g, b = (np.asarray(shown, np.int64)[..., i] for i in range(3))
    wanted = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16
    np.testing.assert_array_equal(preprocess(shown, spec(color="gray"))[0, ..., 0], wanted)


def test_letterbox_pads_with_black_odd_pixel_below_and_right() -> None:
    white = Image.new("RGB", (6, 3), "white")
    rows = preprocess(white, spec(crop="letterbox"))[0, :, 0, 0]
    np.testing.assert_array_equal(rows, [255, 255, 255, 0])


def test_center_crop_is_torchvisions() -> None:
    from torchvision.transforms import v2

    shown = picture(40, 30)
    reference = v2.Compose([v2.Resize(10), v2.CenterCrop(8)])(shown)
    ours = preprocess(shown, spec(size=(8, 8), crop="center", crop_fraction=0.8))
    # One level: the two passes of the resize may come in another order there.
    np.testing.assert_allclose(ours[0], np.asarray(reference, np.float32), atol=1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    shown = picture(6, 4)
    # What a camera stores: the picture turned the other way, and the tag that says how to turn it back.
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Transpose: FLIP_LR 0, FLIP_TB 1, ROT 90 2, 180 3, 270 4, 5, 6
    stored = shown.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else shown.copy()
    stored.getexif()[0x0112] = orientation
    np.testing.assert_array_equal(preprocess(stored, spec()), preprocess(shown, spec()))


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["none", "center", "letterbox"]),
    st.sampled_from(["bilinear", "bicubic", "nearest"]),
    st.sampled_from(["rgb", "gray"]),
)
def test_any_picture_gives_the_contracts_shape_and_range(
    width: int, height: int, crop: str, resize: str, color: str
) -> None:
    wanted = spec(size=(7, 5), crop=crop, resize=resize, color=color, crop_fraction=0.875)
    made = preprocess(picture(width, height), wanted)
    assert made.shape == wanted.shape
    assert made.dtype == np.float32
    assert made.min() >= 0
    assert made.max() <= 255
