"""A file at fp16 that is made of the one at fp32."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.backends.roads import RoadEntry
from deploykit.errors import LoweringError, StoppedError
from deploykit.manifest import Signature
from deploykit.work.narrow import narrow


def doubles(path: Path) -> None:
    path.write_text(path.read_text() * 2)


def fails(path: Path) -> None:
    raise ValueError("of no use")


def starves(path: Path) -> None:
    raise MemoryError("Unable to allocate 8 EiB")


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LowerRequest:
    roads = tuple(RoadEntry(f.__name__, "", narrow=f"{__name__}:{f.__name__}") for f in (doubles, fails, starves))
    monkeypatch.setitem(BACKENDS, "onnx", replace(BACKENDS["onnx"], roads=roads))
    (tmp_path / "twin").mkdir()
    (tmp_path / "twin" / "net.onnx").write_text("wide")
    return LowerRequest("net", "1", None, "fp16", {}, Signature(inputs=(), outputs=()), tmp_path, tmp_path)


def test_the_twin_stays_as_it_is(request_: LowerRequest) -> None:
    twin = request_.folder / "twin" / "net.onnx"
    file, rewrites, _ = narrow("onnx", "doubles", twin, ("a rewrite",), request_)
    assert (file, rewrites) == (request_.folder / "net.onnx", ("a rewrite",))
    assert (file.read_text(), twin.read_text()) == ("widewide", "wide")


@pytest.mark.parametrize(("how", "error"), [("fails", LoweringError), ("starves", StoppedError)])
def test_failures_are_those_of_lowering(how: str, error: type[LoweringError], request_: LowerRequest) -> None:
    with pytest.raises(LoweringError) as raised:
        narrow("onnx", how, request_.folder / "twin" / "net.onnx", (), request_)
    assert type(raised.value) is error
