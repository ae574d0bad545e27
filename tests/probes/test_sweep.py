from __future__ import annotations

from pathlib import Path

import pytest

from deploykit.backends import BACKENDS, RUNS
from deploykit.backends.roads import RoadEntry
from deploykit.errors import ArgumentsError
from deploykit.probes.cases import by_id
from deploykit.probes.results import Record, Results, load, save
from deploykit.probes.sweep import Request, Roads, all_roads, chosen_cases, chosen_roads, sweep
from deploykit.probes.workers import Worker

RELU, SOFTPLUS, TANH, SIN = (by_id()[f"{name}[4x32]"] for name in ("relu", "softplus", "tanh", "sin"))


def planted(name: str) -> Roads:
    return {f"onnx/{name}": ("onnx", RoadEntry(name, f"tests.probes.planted:{name}"))}


def quiet(record: Record, done: int, total: int) -> None:
    assert 0 < done <= total


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    """A converter that is wrong, dies and refuses, and the file of what was found."""
    out = tmp_path_factory.mktemp("probes") / "results.json"
    return sweep([RELU, SOFTPLUS, TANH, SIN], planted("mixed"), Request(out=out, workers=1), quiet), out


def test_a_file_of_another_function_is_wrong(swept: tuple[Results, Path]) -> None:
    found = {record.case: record.bare for record in swept[0].records}
    for case in (RELU, SIN):
        assert found[case.id].outcome == "wrong"
        assert (found[case.id].snr_db or 0) < 20


def test_a_crash_costs_its_case_only(swept: tuple[Results, Path]) -> None:
    found = {record.case: record.bare for record in swept[0].records}
    assert len(found) == 4
    assert found[SOFTPLUS.id].outcome == "crashed"
    assert "SIGABRT" in found[SOFTPLUS.id].reason


def test_an_error_is_a_refusal_with_its_root_in_one_line(swept: tuple[Results, Path]) -> None:
    found = {record.case: record.bare for record in swept[0].records}
    assert found[TANH.id].outcome == "refused"
    assert found[TANH.id].reason == "NotImplementedError: no such op"


def test_what_is_done_is_kept_and_not_done_again(swept: tuple[Results, Path]) -> None:
    def never(record: Record, done: int, total: int) -> None:
        raise AssertionError(f"{record.case} was run again")

    results, out = swept
    assert load(out) == results
    assert sweep([SIN, TANH], planted("mixed"), Request(out=out, workers=1), never) == results


def test_a_road_that_does_not_end_is_ended(tmp_path: Path) -> None:
    ((_, road),) = planted("sleeps").values()
    worker = Worker("onnx", road, tmp_path / "log", limit_s=2, threads=1)
    _, finding = worker.ask(RELU)
    worker.close()
    assert finding is not None
    assert finding.outcome == "crashed"
    assert finding.reason == "did not end within 2 s"


def test_every_backend_has_a_runner_and_every_road_can_be_chosen() -> None:
    assert RUNS.keys() == BACKENDS.keys()
    assert chosen_roads(()) == all_roads()
    for key, (backend, road) in all_roads().items():
        assert chosen_roads([key]) == {key: (backend, road)}
        assert key in chosen_roads([backend])
        assert key in chosen_roads([road.name])
    with pytest.raises(ArgumentsError, match="--road onxn: there is none"):
        chosen_roads(["onxn"])


def test_brackets_are_part_of_an_id() -> None:
    assert [case.id for case in chosen_cases((), ["relu[4x32]"])] == ["relu[4x32]"]
    assert len(chosen_cases((), ["max_pool2d[*ceil_mode=True*"])) >= 4
    assert {case.id for case in chosen_cases(["norm"], ["GroupNorm*"])} < {c.id for c in chosen_cases(["norm"], ())}
    with pytest.raises(ArgumentsError, match=r"--case no_such\*: fits none"):
        chosen_cases((), ["no_such*"])
    with pytest.raises(ArgumentsError, match='--theme norms: there is none; did you mean "norm"'):
        chosen_cases(["norms"], ())


def test_what_no_longer_holds_is_measured_again(swept: tuple[Results, Path], tmp_path: Path) -> None:
    results, _ = swept
    (key,) = results.roads
    state = results.roads[key]

    def changed(**what: object) -> Results:
        return results.model_copy(update={"roads": {key: state.model_copy(update=what)}})

    assert results.trusted(key, results) == "whole"
    assert results.trusted(key, changed(rewrites=("one",))) == "bare"
    assert results.trusted(key, changed(code="0")) == "no"
    assert results.trusted(key, results.model_copy(update={"versions": {"torch": "1.0"}})) == "no"
    assert results.trusted("onnx/other", results) == "no"
    out = tmp_path / "results.json"
    out.write_text("{}")
    with pytest.raises(ArgumentsError, match="no results file"):
        sweep([RELU], planted("mixed"), Request(out=out, workers=1), quiet)


def test_with_new_rewrites_only_what_they_change_is_run(swept: tuple[Results, Path], tmp_path: Path) -> None:
    results, _ = swept
    out = tmp_path / "results.json"
    (key,) = results.roads
    older = results.roads[key].model_copy(update={"rewrites": ("one that is gone",)})
    save(results.model_copy(update={"roads": {key: older}}), out)
    again = sweep([RELU, SIN], planted("mixed"), Request(out=out, workers=1), quiet)
    before = {record.case: record.bare for record in results.records}
    assert {record.case: record.bare for record in again.records} == {case.id: before[case.id] for case in (RELU, SIN)}
