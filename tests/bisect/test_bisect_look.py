"""A file beside its program: where they part, in every format."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from deploykit.backends import BACKENDS
from deploykit.bisect.proof import WINDOWS, proofs, prove
from deploykit.errors import ArgumentsError
from tests.bisect.networks import DAMAGES, Plain, line, made


@pytest.mark.parametrize("backend", DAMAGES)
def test_names_the_op_that_was_damaged_and_says_that_the_converter_is_right(backend: str, tmp_path: Path) -> None:
    damage, op, code = DAMAGES[backend]
    subject = made(Plain(), backend, tmp_path)
    whole = subject.look()
    assert whole.plain_db > 100
    assert whole.bad == ()
    damage(subject.file)
    looked = subject.look()
    assert looked.plain_db < 60
    assert 0 < looked.matched < looked.total
    culprit = looked.bad[0]
    assert (culprit.op, culprit.right) == (op, False)
    assert culprit.place.startswith(f"tests/bisect/networks.py:{line(code)} ")
    assert culprit.snr_db is not None
    assert culprit.snr_db < culprit.required_db
    assert looked.good[culprit.name]
    assert all(node.right for node in looked.good[culprit.name])
    assert looked.file_op is not None
    windows = pickle.loads((tmp_path / WINDOWS).read_bytes())
    assert windows[0].suspect == culprit.name
    (tmp_path / WINDOWS).write_bytes(pickle.dumps(windows[:1]))
    prove(tmp_path, backend, _first_road(backend), 0, looked.plain_db)
    tried = proofs(tmp_path)
    assert len(tried) == 1
    assert not any(proof.shows for proof in tried)
    assert {proof.finding.outcome for proof in tried} == {"right"}


@pytest.mark.parametrize("backend", DAMAGES)
def test_a_file_at_fp16_is_refused(backend: str, tmp_path: Path) -> None:
    subject = made(Plain(), backend, tmp_path)
    road, request = BACKENDS[backend].roads[0], subject.subject.request("fp16", tmp_path / "half")
    half = replace(subject, file=road.function(subject.subject.program, request))
    with pytest.raises(ArgumentsError, match="fp32 file"):
        half.look()


def _first_road(backend: str) -> str:
    return BACKENDS[backend].roads[0].name
