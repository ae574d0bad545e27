from __future__ import annotations

from pathlib import Path

import pytest

from deploykit.backends import BACKENDS, RoadEntry
from deploykit.errors import ArgumentsError
from deploykit.probes.cases import by_id
from deploykit.probes.results import Record, load
from deploykit.probes.run import RUNS
from deploykit.probes.sweep import Request, all_roads, chosen_cases, chosen_roads, sweep
from deploykit.probes.workers import Worker

RELU, SOFTPLUS, TANH = (by_id()[f"{name}[4x32]"] for name in ("relu", "softplus", "tanh"))


def planted(name: str) -> dict[str, tuple[str, RoadEntry]]:
    return {f"onnx/{name}": ("onnx", RoadEntry(name, f"tests.probes.planted:{name}"))}


def quiet(record: Record, done: int, total: int) -> None:
    assert 0 < done <= total


def test_a_file_of_another_function_is_wrong_and_the_results_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    results = sweep([RELU, TANH], planted("wrong"), Request(out=out, workers=1), quiet)
    assert [record.case for record in results.records] == [RELU.id, TANH.id]
    for record in results.records:
        assert record.bare.outcome == "wrong"
        assert record.bare.snr_db is not None
        assert record.bare.snr_db < 20
    assert load(out) == results

    def never(record: Record, done: int, total: int) -> None:
        raise AssertionError(f"{record.case} was run again")

    assert sweep([RELU, TANH], planted("wrong"), Request(out=out, workers=1), never) == results


def test_a_crash_costs_its_case_only(tmp_path: Path) -> None:
    results = sweep([RELU, SOFTPLUS, TANH], planted("crashes"), Request(workers=1), quiet)
    found = {record.case: record.bare for record in results.records}
    assert found[SOFTPLUS.id].outcome == "crashed"
    assert "SIGABRT" in found[SOFTPLUS.id].reason
    assert [found[case.id].outcome for case in (RELU, TANH)] == ["wrong", "wrong"]


def test_an_error_is_a_refusal_with_its_reason_in_one_line() -> None:
    (record,) = sweep([RELU], planted("refuses"), Request(workers=1), quiet).records
    assert record.bare.outcome == "refused"
    assert record.bare.reason == "NotImplementedError: no such op"


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


def test_results_of_other_versions_are_not_continued(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    first = sweep([RELU], planted("wrong"), Request(out=out, workers=1), quiet)
    out.write_text(out.read_text().replace(f'"torch": "{first.versions["torch"]}"', '"torch": "1.0"'))
    assert not load(out).continues(first)
    second = sweep([TANH], planted("wrong"), Request(out=out, workers=1), quiet)
    assert [record.case for record in second.records] == [TANH.id]
    out.write_text("{}")
    with pytest.raises(ArgumentsError, match="no results file"):
        sweep([RELU], planted("wrong"), Request(out=out, workers=1), quiet)
