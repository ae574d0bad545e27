from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deploykit.capture.sources import load_attribute
from deploykit.errors import SampleError
from deploykit.samples import read_samples
from deploykit.spec import Contract

CONTRACT = Contract.model_validate(
    {
        "task": "image-classification",
        "labels": ["cat", "dog"],
        "inputs": {"image": {"type": "image", "size": (4, 4)}},
        "outputs": {"scores": {"type": "scores"}},
    }
)


def test_folders_name_labels(tmp_path: Path) -> None:
    for name in ("cat/a.png", "dog/a.jpg", "b.png"):
        (tmp_path / "s" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (5, 7), "red").save(tmp_path / "s" / name)
    samples = read_samples("s", tmp_path, CONTRACT, load_attribute)
    assert [(s.name, s.label) for s in samples] == [("b.png", None), ("cat/a.png", 0), ("dog/a.jpg", 1)]
    assert samples[0].tensors(CONTRACT)["image"].shape == (1, 4, 4, 3)


def test_unreadable_pictures_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    for name in ("a.png", "b.jpg"):
        (tmp_path / "s" / name).write_bytes(b"not a picture")
    with pytest.raises(SampleError, match=r"(?s)a\.png.*b\.jpg"):
        read_samples("s", tmp_path, CONTRACT, load_attribute)


def factory(tmp_path: Path, body: str) -> Any:
    code = f"import numpy as np\nfrom PIL import Image\npicture = Image.new('L', (9, 9))\ndef make():\n    {body}\n"
    (tmp_path / "d.py").write_text(code)
    return read_samples("d.py:make", tmp_path, CONTRACT, load_attribute)


def test_a_factory_gives_pictures_with_names_or_numbers_of_labels(tmp_path: Path) -> None:
    samples = factory(tmp_path, "return [(picture, 'dog'), (picture, 0), (picture, None), (picture, np.int64(1))]")
    assert [s.label for s in samples] == [1, 0, None, 1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return [picture]", "item 0 is not a pair"),
        ("return [(picture, 'bird')]", "label 'bird'"),
        ("return [(picture, 2)]", "label 2; there are 2"),
        ("return []", "gives no samples"),
        ("raise OSError('no disk')", "OSError: no disk"),
    ],
)
def test_wrong_factories_are_told(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(SampleError) as raised:
        factory(tmp_path, body)
    assert words in str(raised.value)


def test_arrays_have_to_fit(tmp_path: Path) -> None:
    contract = Contract.model_validate(
        {"task": "tensors", "inputs": {"x": {"type": "tensor", "shape": (1, 3)}}, "outputs": {"y": {"type": "tensor"}}}
    )
    (tmp_path / "d.py").write_text(
        "import numpy as np\ndef make():\n    return [(np.zeros((1, 3)), None), (np.zeros(4), None)]\n"
    )
    right, wrong = read_samples("d.py:make", tmp_path, contract, load_attribute)
    assert right.tensors(contract)["x"].dtype == np.float32
    with pytest.raises(SampleError, match=r"x is \(4,\), the contract says \(1, 3\)"):
        wrong.tensors(contract)
