"""The command, as a user runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from deploykit.bisect.command import Request, bisect
from deploykit.bisect.records import Bisection
from deploykit.errors import UserError
from deploykit.source import read_source
from tests.bisect.networks import line
from tests.conftest import Run

CLI = Callable[..., Run]
MODEL = "tests/bisect/networks.py:plain"


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.bisect.networks import plain_file

    return plain_file(tmp_path_factory.mktemp("right"))


def test_all_that_is_wrong_with_what_is_given_is_told(cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "a.bin").touch()
    (tmp_path / "a.onnx").touch()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    source = read_source(MODEL)
    cases = {
        Request(source): "give --artifact FILE, or --road NAME",
        Request(source, tmp_path / "a.bin"): "Known are .mlpackage, .tflite, .onnx",
        Request(source, tmp_path / "a.onnx", "litert-torch"): "makes no .onnx files",
        Request(source, None, "litert-troch"): 'did you mean "litert-torch"?',
        Request(source, None, "dynamo", False, tmp_path / "mine"): "thesis.tex",
    }
    for request, message in cases.items():
        with pytest.raises(UserError) as caught:
            bisect(request, print)
        assert message in str(caught.value)
    run = cli("bisect", MODEL, "--artifact", tmp_path / "none.onnx", "--bare")
    assert (run.code, run.out) == (2, "")
    assert "there is no such file" in run.err
    assert "--bare is for files that --road makes" in run.err


def test_a_right_file_of_anyone_is_right(cli: CLI, right: Path) -> None:
    run = cli("bisect", MODEL, "--artifact", right)
    assert run.code == 0, run.err
    assert "plain.onnx computes what plain computes." in run.out


def test_a_damaged_file_is_wrong_at_its_line_and_no_repro_is_written(cli: CLI, right: Path, tmp_path: Path) -> None:
    model = onnx.load(right)
    (node,) = (node for node in model.graph.node if node.op_type == "LeakyRelu")
    node.attribute[0].f = 0.25
    onnx.save(model, tmp_path / "damaged.onnx")
    repro = tmp_path / "repro"
    repro.mkdir()
    (repro / "issue.md").write_text("of before")
    arguments = ("--artifact", tmp_path / "damaged.onnx", "--json", tmp_path / "found.json", "--repro", repro)
    run = cli("bisect", MODEL, *arguments)
    assert run.code == 1, run.err
    assert f"aten.leaky_relu.default at networks.py:{line('x = F.leaky_relu(')} " in run.out
    assert "dynamo converts it rightly by itself" in run.out
    assert "nothing was written" in run.out
    assert (repro / "issue.md").read_text() == "of before"
    found = Bisection.model_validate(json.loads((tmp_path / "found.json").read_text()))
    assert found.verdict == "file"
    assert found.file_op is not None
    assert found.file_op.op == "LeakyRelu"


def test_a_road_of_ones_own_model_and_its_repro(cli: CLI, tmp_path: Path) -> None:
    repro = tmp_path / "repro"
    run = cli("bisect", "tests/bisect/networks.py:divided", "--road", "onnx/dynamo", "--bare", "--repro", repro)
    assert run.code == 1, run.err
    assert "aten.avg_pool2d.default at networks.py" in run.out
    assert "repro.py by itself shows" in run.out
    assert re.search(r"torch\.ops\.aten\.avg_pool2d\.default\(conv2d, .*\b3\)", (repro / "repro.py").read_text())


def test_a_road_that_leads_nowhere_says_why_and_where_its_log_is(cli: CLI) -> None:
    run = cli("bisect", "tests/bisect/networks.py:bessel", "--road", "onnx/dynamo")
    assert run.code == 2
    assert "bessel_j0" in run.err
    log = re.search(r"The log is in (.*)", run.err)
    assert log is not None
    assert "Traceback" in Path(log[1].strip()).read_text()
