from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploykit.codegen.names import flat, pascal, words
from deploykit.errors import CodegenError


@pytest.mark.parametrize(
    ("text", "wanted_pascal", "wanted_flat"),
    [
        ("digits", "Digits", "digits"),
        ("mobilenetv3_small_100", "Mobilenetv3Small100", "mobilenetv3small100"),
        ("MobileNet-v3 small", "MobileNetV3Small", "mobilenetv3small"),
        ("ONNXModel", "ONNXModel", "onnxmodel"),
        ("modèle d'été", "ModeleDEte", "modeledete"),
        ("3d net", "Model3DNet", "model3dnet"),
        ("x/y:z", "XYZ", "xyz"),
    ],
)
def test_names(text: str, wanted_pascal: str, wanted_flat: str) -> None:
    assert (pascal(text), flat(text)) == (wanted_pascal, wanted_flat)


def test_a_name_without_letters_asks_for_one() -> None:
    with pytest.raises(CodegenError, match="class_name"):
        pascal("模型")


@given(st.text())
def test_any_text_gives_an_identifier_or_is_refused(text: str) -> None:
    assert flat(text).isidentifier()
    try:
        assert pascal(text).isidentifier()
    except CodegenError:
        assert words(text) == []
