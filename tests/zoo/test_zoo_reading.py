"""Entries as people write them wrongly, and what the command says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deploykit.errors import SpecError
from deploykit.report.words import MARKS
from deploykit.source import read_source
from deploykit.zoo.catalogue import entries, find
from deploykit.zoo.entry import read_entry
from deploykit.zoo.measured import all_measured
from tests.conftest import Run

BLOCK = """# /// deploykit
# [model]
# name = "tiny"
# license = "MIT"
#
# [task]
# type = "tensors"
#
# [input.x]
# type = "tensor"
# shape = [1, 4]
#
# [output.y]
# type = "tensor"
#
# [paper]
# title = "Tiny"
# year = 2020
# ///
"""
CODE = '''"""Tiny: one layer."""

from torch import nn


def network() -> nn.Module:
    return nn.Linear(4, 2)
'''


def write(folder: Path, old: str = "", new: str = "") -> Path:
    """The entry `tiny.py`, with one piece of it replaced."""
    text = BLOCK + CODE
    assert old in text
    file = folder / "tiny.py"
    file.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return file


def problems(file: Path) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read_entry(file)
    return [text.replace(f"{file.parent}/", "") for text in caught.value.problems]


def test_an_entry_is_a_project(tmp_path: Path) -> None:
    entry = read_entry(write(tmp_path))
    assert (entry.name, entry.summary, entry.has_weights) == ("tiny", "Tiny: one layer.", False)
    model = entry.project.spec.model
    assert (model.entry, model.alive, entry.project.root) == ("tiny.py:network", 0, tmp_path)


def test_weights_of_a_file_are_neither_seeded_nor_made_alive(tmp_path: Path) -> None:
    model = read_entry(write(tmp_path)).with_weights(weights=tmp_path / "w.safetensors").spec.model
    assert (model.weights, model.alive) == (str(tmp_path / "w.safetensors"), None)


def test_labels_of_another_data_set_are_numbered(tmp_path: Path) -> None:
    text = BLOCK.replace("# ///\n", "#\n# [zoo]\n# classes = 3\n# ///\n").replace("# # [zoo]", "# [zoo]")
    file = tmp_path / "tiny.py"
    file.write_text(text.replace("# /// deploykit\n#\n# [zoo]\n# classes = 3\n# ///\n", "# /// deploykit\n") + CODE)
    assert read_entry(file).project.labels == ("class 0", "class 1", "class 2")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('# title = "Tiny"\n', "", ["tiny.py:16: paper.title is missing; it has to be given"]),
        (
            "# year = 2020",
            "# year = 2020\n# parameters = 5",
            ['tiny.py:16: paper: figures need their place in the paper: table = "Table 2"'],
        ),
        (
            "# year",
            "# yeer = 1\n# year",
            ["tiny.py:18: [paper] has no key 'yeer'; did you mean \"year\"?"],
        ),
        (
            "# /// deploykit",
            "# deploykit",
            ["tiny.py: it does not begin with a contract, between '# /// deploykit' and '# ///'"],
        ),
        ("def network()", "def net()", ["tiny.py: it has no function network(), which makes the network"]),
        ('name = "tiny"', 'name = "other"', ['tiny.py: [model] name has to be "tiny", as the file is called']),
        ('"""Tiny: one layer."""', "", ["tiny.py: it has no docstring; say in one sentence what the network is"]),
        ("def network()", "def network(", ["tiny.py:25: not valid Python: invalid syntax"]),
        (
            "[model]",
            "[model",
            ["tiny.py: not valid TOML: Expected ']' at the end of a table declaration (at line 2, column 7)"],
        ),
    ],
)
def test_what_is_wrong_with_an_entry_is_told(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert problems(write(tmp_path, old, new)) == said


def test_a_network_that_there_is_not_has_neighbours() -> None:
    with pytest.raises(SpecError, match=r"the zoo has no 'mobilone'; near are: .*mobileone"):
        find(["mobilone"])
    with pytest.raises(SpecError, match="deploykit zoo list shows all"):
        read_source("zoo:qqqqqqqq")


def test_two_sources_of_weights_are_one_too_many(tmp_path: Path) -> None:
    entry = read_entry(write(tmp_path))
    with pytest.raises(SpecError, match="give one of them"):
        entry.with_weights(pretrained=True, weights=tmp_path / "w.pt")
    with pytest.raises(SpecError, match="tiny has no trained weights that a package loads"):
        entry.with_weights(pretrained=True)


def test_a_missing_package_is_named_with_the_command(tmp_path: Path) -> None:
    file = write(tmp_path, '# ///\n"""', '#\n# [zoo]\n# packages = ["no-such-package>=2"]\n# ///\n"""')
    with pytest.raises(SpecError, match="tiny needs no-such-package>=2; install it: pip install 'no-such-package>=2'"):
        read_entry(file).with_weights()


def test_the_list_for_programs_has_all_of_a_task(cli: Callable[..., Run]) -> None:
    run = cli("zoo", "list", "--task", "image-classification", "--json")
    names = {entry["name"] for entry in json.loads(run.out)}
    assert names == {entry.name for entry in entries() if entry.folder == "image-classification"}


def test_a_network_is_shown_with_its_verdicts_and_why(cli: Callable[..., Run]) -> None:
    measured = all_measured()
    name = next(name for name, each in measured.items() if len(each.artifacts) > 0 and not each.passed)
    shown = " ".join(cli("zoo", "show", name).out.split())
    for each in measured[name].artifacts:
        assert f"{each.target} {each.precision} {MARKS[each.verdict]} {each.verdict}" in shown
        assert each.verdict == "passed" or all(" ".join(reason.split()) in shown for reason in each.reasons)
    (entry,) = find([name])
    assert entry.paper.title in shown
    assert "its answers mean nothing, its numbers do" in shown


def test_one_network_for_a_cluster_is_not_built_here(cli: Callable[..., Run], tmp_path: Path) -> None:
    run = cli("zoo", "build", "lprnet", "--workers", "1", "--memory", "-1", "--out", tmp_path)
    assert run.code == 2
    assert "--memory" in run.err
    (tmp_path / "w.pt").touch()
    run = cli("zoo", "build", "lprnet", "--workers", "1", "--weights", tmp_path / "w.pt", "--out", tmp_path)
    assert run.code == 2
    assert "--weights FILE is for this machine" in run.err
    assert [file.name for file in tmp_path.iterdir()] == ["w.pt"]


def test_a_new_entry_is_built_as_it_is(cli: Callable[..., Run], tmp_path: Path) -> None:
    assert cli("zoo", "new", "my-net", "--out", tmp_path).code == 0
    run = cli("zoo", "new", "my-net", "--out", tmp_path)
    assert (run.code, run.err.count("exists; delete it first")) == (2, 1)
    built = cli(
        *("zoo", "build", tmp_path / "my_net.py", "--target", "android_onnx", "--precision", "fp32"),
        *("--out", tmp_path / "out"),
    )
    assert built.code == 0, built.err
    assert (tmp_path / "out/my-net/report/index.html").is_file()
    wrong = cli("zoo", "build", tmp_path / "my_net.py", "--weights", wide(tmp_path), "--out", tmp_path / "out")
    assert wrong.code == 2
    assert "weight: the file has (8, 16), the model (16, 16)" in wrong.err


def wide(folder: Path) -> Path:
    """Weights of another width."""
    import torch
    from safetensors.torch import save_file

    file = folder / "wide.safetensors"
    save_file({"weight": torch.zeros(8, 16), "bias": torch.zeros(8)}, file)
    return file
