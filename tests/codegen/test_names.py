from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploykit.codegen.names import pascal, snake, words
from deploykit.errors import CodegenError


@pytest.mark.parametrize(
    ("text", "wanted_pascal", "wanted_snake"),
    [
        ("digits", "Digits", "digits"),
        ("mobilenetv3_small_100", "Mobilenetv3Small100", "mobilenetv3_small_100"),
        ("MobileNet-v3 small", "MobileNetV3Small", "mobile_net_v3_small"),
        ("ONNXModel", "ONNXModel", "onnx_model"),
        ("modèle d'été", "ModeleDEte", "modele_d_ete"),
        ("3d net", "Model3DNet", "model_3_d_net"),
        ("x/y:z", "XYZ", "x_y_z"),
    ],
)
def test_names(text: str, wanted_pascal: str, wanted_snake: str) -> None:
    assert (pascal(text), snake(text)) == (wanted_pascal, wanted_snake)


def test_a_name_without_letters_asks_for_one() -> None:
    with pytest.raises(CodegenError, match="class_name"):
        pascal("模型")


@given(st.text())
def test_any_text_gives_an_identifier_or_is_refused(text: str) -> None:
    assert snake(text).isidentifier()
    try:
        assert pascal(text).isidentifier()
    except CodegenError:
        assert words(text) == []
