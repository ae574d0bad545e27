"""Random ops: their values cannot be Core ML's, their shapes, types and distributions are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from coreml_reference_programs import normal, save
from coremltools.converters.mil.mil import Builder as mb

from deploykit.backends.coreml.reference import ReferenceRunner

N = 20_000
X = normal(2, 3)
ROWS = np.log(np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], np.float32))

CASES = {
    # op: what it gives, its mean, its standard deviation
    "random_uniform": (lambda seed: mb.random_uniform(shape=[2, N], low=-1.0, high=3.0, seed=seed), 1, 4 / 12**0.5),
    "random_normal": (lambda seed: mb.random_normal(shape=[2, N], mean=2.0, stddev=0.5, seed=seed), 2, 0.5),
    "random_bernoulli": (lambda seed: mb.random_bernoulli(shape=[2, N], prob=0.3, seed=seed), 0.3, 0.21**0.5),
    "random_categorical": (lambda seed: mb.random_categorical(x=ROWS, size=N, seed=seed), 0.8, 0.66**0.5),
}


@pytest.mark.parametrize("op", CASES)
def test_distribution(op: str, tmp_path: Path) -> None:
    build, mean, deviation = CASES[op]
    path = save(tmp_path / "random.mlpackage", lambda x: (build(3), build(-1), mb.relu(x=x)), {"x": X})
    runner = ReferenceRunner(path)
    first, second = runner.run({"x": X}), runner.run({"x": X})
    seeded, free, _ = (item.name for item in runner.outputs)
    for name in (seeded, free):
        assert first[name].shape == (2, N)
        assert first[name].dtype == np.float32
        assert first[name].mean() == pytest.approx(mean, abs=0.02)
        assert first[name].std() == pytest.approx(deviation, abs=0.02)
    np.testing.assert_array_equal(first[seeded], second[seeded])
    assert not np.array_equal(first[free], second[free])


def test_ranges(tmp_path: Path) -> None:
    path = save(
        tmp_path / "random.mlpackage", lambda x: (*(case[0](5) for case in CASES.values()), mb.relu(x=x)), {"x": X}
    )
    runner = ReferenceRunner(path)
    results = runner.run({"x": X})
    uniform, _, bernoulli, categorical, _ = (results[item.name] for item in runner.outputs)
    assert uniform.min() >= -1
    assert uniform.max() < 3
    assert set(np.unique(bernoulli)) == {0, 1}
    shares = np.stack([(categorical == i).mean(1) for i in range(3)], 1)
    np.testing.assert_allclose(shares, np.exp(ROWS), atol=0.02)
