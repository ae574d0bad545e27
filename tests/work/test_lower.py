"""One road at one precision: its file, or why there is none, in a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from deploykit.backends import BACKENDS
from deploykit.backends.base import LowerRequest
from deploykit.backends.roads import RoadEntry
from deploykit.errors import LoweringError, StoppedError, UnavailableError
from deploykit.manifest import Signature
from deploykit.sizes import DimSpec
from deploykit.work.lower import LONGEST, listed_sizes, lower, signature_name


def unavailable(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    raise UnavailableError("its tool cannot be installed: no connection")


def fails(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    try:
        raise KeyError("the root of it")
    except KeyError as error:
        raise ValueError("\x1b[96mof no use\x1b[0m\nat all") from error


def talks(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    raise ValueError("no " * 1000)


def starves(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    try:
        torch.empty(2**60)
    except RuntimeError as error:
        raise ValueError("it did not work") from error
    raise AssertionError


def works(program: torch.export.ExportedProgram, request: LowerRequest) -> Path:
    (request.folder / "file").write_text("")
    return request.folder / "file"


@pytest.fixture
def request_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LowerRequest:
    torch.export.save(torch.export.export(nn.ReLU(), (torch.ones(2),)), tmp_path / "program.pt2")
    roads = tuple(
        RoadEntry(f.__name__, f"{__name__}:{f.__name__}") for f in (unavailable, fails, talks, starves, works)
    )
    monkeypatch.setitem(BACKENDS, "onnx", replace(BACKENDS["onnx"], roads=roads))
    return LowerRequest("net", "1", None, "fp32", {}, Signature(inputs=(), outputs=()), tmp_path, tmp_path)


def test_a_road_that_works(request_: LowerRequest) -> None:
    file, rewrites, seconds = lower("onnx", "works", request_.folder / "program.pt2", request_)
    assert (file, rewrites) == (request_.folder / "file", ())
    assert seconds >= 0


def test_a_converters_error_is_told_in_a_line_with_its_root(
    request_: LowerRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LoweringError) as raised:
        lower("onnx", "fails", request_.folder / "program.pt2", request_)
    assert str(raised.value) == "ValueError: of no use ← KeyError: 'the root of it'"
    assert "Traceback" in capfd.readouterr().err


def test_a_converters_error_is_cut_short(request_: LowerRequest) -> None:
    with pytest.raises(LoweringError) as raised:
        lower("onnx", "talks", request_.folder / "program.pt2", request_)
    assert len(str(raised.value)) == len("ValueError: ") + LONGEST


def test_what_is_not_available_is_another_error(request_: LowerRequest) -> None:
    with pytest.raises(UnavailableError, match="no connection"):
        lower("onnx", "unavailable", request_.folder / "program.pt2", request_)


def sizes(**dims: DimSpec) -> LowerRequest:
    nothing = Signature(inputs=(), outputs=())
    return LowerRequest("net", "1", None, "fp32", {}, nothing, Path(), Path(), dims)


def test_every_combination_of_listed_sizes_is_made_the_default_first() -> None:
    request = sizes(time=DimSpec(values=(3, 9, 5)), words=DimSpec(values=(2, 4), default=2))
    found = listed_sizes(request)
    assert found[0] == {"time": 9, "words": 2}
    assert len(found) == len({signature_name(each) for each in found}) == 6
    assert signature_name(found[1]) == "time_3_words_2"
    assert listed_sizes(sizes()) == []


def test_what_signatures_cannot_be_made_of() -> None:
    with pytest.raises(LoweringError, match=r"time \(1 to 9\) is a range; list the sizes"):
        listed_sizes(sizes(time=DimSpec(min=1, max=9)))
    with pytest.raises(LoweringError, match=r"lists 16 combinations of sizes.*more than 12"):
        listed_sizes(sizes(a=DimSpec(values=(1, 2, 3, 4)), b=DimSpec(values=(1, 2, 3, 4))))


def test_a_lack_of_memory_says_nothing_of_the_model(request_: LowerRequest) -> None:
    with pytest.raises(StoppedError, match="it did not work"):
        lower("onnx", "starves", request_.folder / "program.pt2", request_)
