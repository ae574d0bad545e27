"""Known cases on real converters, in this process."""

from __future__ import annotations

import pytest

from deploykit.backends import BACKENDS
from deploykit.probes.cases import by_id
from deploykit.probes.run import probe, told

(LITERT,) = (road for road in BACKENDS["litert"].roads if road.name == "litert-torch")
SILENT = (
    "interpolate[1x3x4x4;mode=nearest,size=7x7]",
    "sdpa expanded[1x4x5x8,1x1x8x8,1x1x8x8]",
)


@pytest.mark.parametrize("name", SILENT)
def test_litert_torch_is_silently_wrong_unless_its_road_rewrites_it(name: str) -> None:
    _, bare = probe(by_id()[name], "litert", LITERT, ())
    assert bare is not None
    assert (bare.outcome, (bare.snr_db or 0) < 10) == ("wrong", True)
    if LITERT.rewrites:
        used, cured = probe(by_id()[name], "litert", LITERT, LITERT.rewrites)
        assert used == () or (cured is not None and cured.outcome == "right")


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_first_road_gets_a_convolution_and_an_integer_right(backend: str) -> None:
    for name in (
        "Conv2d[1x4x7x6;in_channels=4,out_channels=6,kernel_size=3,stride=2,padding=1,dilation=2]",
        "neg of int[3x8]",
    ):
        used, found = probe(by_id()[name], backend, BACKENDS[backend].roads[0], ())
        assert used == ()
        assert found is not None
        assert found.outcome == "right", found


def test_a_rewrite_without_use_is_not_measured_again() -> None:
    road = BACKENDS["coreml"].roads[0]
    assert probe(by_id()["relu[4x32]"], "coreml", road, ("negative padding as slices",)) == ((), None)
    used, found = probe(by_id()["pad[1x2x7x6;pad=-1x-2x-1x0,mode=constant]"], "coreml", road, road.rewrites)
    assert used == ("negative padding as slices",)
    assert found is not None
    assert found.outcome == "right"


def test_a_reason_names_no_folder_of_this_machine() -> None:
    error = RuntimeError('\x1b[96mfailed\x1b[0m:  loc("/tmp/x/deploykit/probes/run.py":3:1): NaN/inf or\n a / b')
    assert told(error) == 'RuntimeError: failed: loc("run.py":3:1): NaN/inf or a / b'
