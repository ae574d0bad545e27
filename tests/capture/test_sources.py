from __future__ import annotations

from pathlib import Path

import pytest
import torch

from deploykit.capture.sources import load_source
from deploykit.errors import EntryError

CODE = """
import torch
from helper import width

def net(): return torch.nn.Linear(width, 2)
def pair(): return net(), torch.rand(1, width)
def number(): return 3
def wrong_inputs(): return net(), ["text"]
def raises(): return {}["nope"]
value = 7
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "m.py").write_text(CODE)
    (tmp_path / "helper.py").write_text("width = 3\n")
    return tmp_path


def test_a_factory_gives_a_module_or_a_pair(project: Path) -> None:
    assert load_source("m.py:net", project).example_inputs is None
    (example,) = load_source("m.py:pair", project).example_inputs or ()
    assert example.shape == (1, 3)


def test_fresh_weights_are_the_same_each_time(project: Path) -> None:
    first, second = (load_source("m.py:net", project).module.state_dict() for _ in range(2))
    assert torch.equal(first["weight"], second["weight"])


def test_a_package_is_an_entry() -> None:
    assert isinstance(load_source("torch.nn:Flatten", Path()).module, torch.nn.Flatten)


def test_zoos_know_their_pictures() -> None:
    timm = load_source("timm:mobilenetv3_small_050", Path())
    assert timm.picture is not None
    assert timm.picture.size == (224, 224)
    assert not timm.trained
    assert load_source("torchvision:squeezenet1_1", Path()).picture is not None


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("gone.py:net", "does not exist; Python files there: helper.py, m.py"),
        ("m.py:gone", "has no 'gone'; it has: net, number, pair, raises, wrong_inputs"),
        ("m.py:number", "gave a int; it has to give a torch.nn.Module"),
        ("m.py:value", "is a int; a factory is a function"),
        ("m.py:wrong_inputs", "example_inputs is a list of (str)"),
        ("m.py:raises", "KeyError: 'nope' at m.py:9"),
        ("no_such_package:net", "no module 'no_such_package'"),
        ("timm:mobilenetv3_smal_100", "near it: mobilenetv3_small_100"),
        ("torchvision:mobilenet_v9", "near it: mobilenet_v"),
    ],
)
def test_wrong_entries_say_what_is_there(project: Path, entry: str, words: str) -> None:
    with pytest.raises(EntryError) as raised:
        load_source(entry, project)
    assert words in str(raised.value)
