"""Control flow and lists, against the same programs in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coreml_reference_programs import Build, edited, normal, save
from coremltools.converters.mil.mil import Builder as mb

from deploykit.backends.coreml.reference import ReferenceRunner
from deploykit.backends.coreml.reference.ops import limits
from deploykit.errors import ArtifactError

X = normal(3, 4)
COUNT = np.array([3], np.float32)


def run(tmp_path: Path, build: Build, inputs: dict[str, np.ndarray], mode: Any = "rounded") -> list[np.ndarray]:
    runner = ReferenceRunner(save(tmp_path / "net.mlpackage", build, inputs), mode)
    outputs = runner.run(inputs)
    return [outputs[item.name] for item in runner.outputs]


@pytest.mark.parametrize("sign", [1, -1])
def test_cond(sign: int, tmp_path: Path) -> None:
    def build(x):
        positive = mb.greater(x=mb.reduce_sum(x=x), y=0.0)
        return mb.cond(
            pred=positive,
            _true_fn=lambda: (mb.exp(x=x), mb.const(val=np.float32(7))),
            _false_fn=lambda: (mb.mul(x=x, y=2.0), mb.reduce_max(x=x)),
        )

    x = sign * np.abs(X)
    first, second = run(tmp_path, build, {"x": x}, "fp64")
    np.testing.assert_allclose(first, np.exp(x.astype(np.float64)) if sign > 0 else 2 * x, 1e-6)
    np.testing.assert_allclose(second, 7 if sign > 0 else x.max())


def test_nested_blocks_see_what_is_around_them(tmp_path: Path) -> None:
    """A branch in a branch, each using values of the function and a constant of its own."""

    def build(x):
        total = mb.reduce_sum(x=x, name="total")

        def inner():
            shifted = mb.add(x=x, y=total)
            return mb.cond(
                pred=mb.greater(x=total, y=1.0),
                _true_fn=lambda: mb.mul(x=shifted, y=total),
                _false_fn=lambda: mb.identity(x=shifted),
            )

        return mb.cond(pred=mb.greater(x=total, y=0.0), _true_fn=inner, _false_fn=lambda: mb.relu(x=x))

    for x in (np.abs(X), 0.01 * np.abs(X), -np.abs(X)):
        x64 = x.astype(np.float64)
        total = x64.sum()
        expected = np.maximum(x64, 0) if total <= 0 else (x64 + total) * (total if total > 1 else 1)
        path = tmp_path / f"{total}"
        path.mkdir()
        np.testing.assert_allclose(run(path, build, {"x": x}, "fp64")[0], expected, 1e-6)


def collatz(n: int) -> int:
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@pytest.mark.parametrize("start", [1, 6, 27])
def test_while_loop(start: int, tmp_path: Path) -> None:
    """A loop with a branch in it, whose number of iterations depends on the data."""

    def step(n, steps):
        even = mb.equal(x=mb.mod(x=n, y=2), y=0)
        following = mb.cond(
            pred=even,
            _true_fn=lambda: mb.floor_div(x=n, y=2),
            _false_fn=lambda: mb.add(x=mb.mul(x=n, y=3), y=1),
        )
        return following, mb.add(x=steps, y=1)

    def build(x):
        _, steps = mb.while_loop(
            _cond=lambda n, _: mb.not_equal(x=n, y=1),
            _body=step,
            loop_vars=(mb.squeeze(x=x), mb.const(val=np.int32(0))),
        )
        return steps

    assert run(tmp_path, build, {"x": np.array([start], np.int32)})[0] == collatz(start)


def test_a_loop_whose_shape_grows(tmp_path: Path) -> None:
    def build(x, n):
        def body(i, y):
            return mb.add(x=i, y=1.0), mb.concat(values=[y, x], axis=0)

        return mb.while_loop(_cond=lambda i, _: mb.less(x=i, y=mb.squeeze(x=n)), _body=body, loop_vars=(0.0, x))[1]

    np.testing.assert_array_equal(run(tmp_path, build, {"x": X, "n": COUNT})[0], np.concatenate([X] * 4))


def test_lists(tmp_path: Path) -> None:
    def build(a, b):
        empty = mb.make_list(init_length=2, elem_shape=(2,), dtype="fp32")
        one = mb.list_write(ls=empty, index=0, value=a)
        two = mb.list_write(ls=one, index=4, value=b)
        three = mb.list_scatter(ls=two, indices=[2, 1], value=np.array([[-1, -2], [-4, -5]], np.float32))
        return (
            mb.list_read(ls=empty, index=0),  # writing made other lists, this one is still empty
            mb.list_read(ls=three, index=0),
            mb.list_gather(ls=three, indices=[4, 2, 3, 1]),
            mb.list_length(ls=three),
        )

    a, b = np.array([1, 3], np.float32), np.array([2, 4], np.float32)
    first, second, gathered, length = run(tmp_path, build, {"a": a, "b": b})
    np.testing.assert_array_equal(first, [0, 0])
    np.testing.assert_array_equal(second, a)
    np.testing.assert_array_equal(gathered, [b, [-1, -2], [0, 0], [-4, -5]])
    assert length == 5
    assert length.dtype == np.int32


def test_a_list_in_a_loop(tmp_path: Path) -> None:
    def build(x, n):
        def body(i, ls):
            whole = mb.cast(x=i, dtype="int32")
            return mb.add(x=i, y=1.0), mb.list_write(ls=ls, index=whole, value=mb.mul(x=x, y=i))

        ls = mb.make_list(init_length=1, elem_shape=(3, 4))
        _, ls = mb.while_loop(_cond=lambda i, _: mb.less(x=i, y=mb.squeeze(x=n)), _body=body, loop_vars=(0.0, ls))
        return mb.list_gather(ls=ls, indices=mb.range_1d(start=0, end=mb.list_length(ls=ls), step=1))

    np.testing.assert_allclose(run(tmp_path, build, {"x": X, "n": COUNT})[0], np.stack([X * i for i in range(3)]))


def fixed_list(x, index):
    ls = mb.make_list(init_length=2, elem_shape=(4,), dynamic_length=False)
    ls = mb.list_write(ls=ls, index=mb.squeeze(x=index), value=mb.reduce_sum(x=x, axes=[0]))
    return mb.list_read(ls=ls, index=1)


@pytest.mark.parametrize("index", [-1, 2])
def test_index_out_of_a_list(index: int, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=f"list_write: index {index} is out of the list's 2 elements"):
        run(tmp_path, fixed_list, {"x": X, "index": np.array([index], np.int32)})


def counting(x):
    def below(i):
        return mb.less(x=i, y=mb.reduce_max(x=x))

    def more(i):
        return mb.add(x=i, y=1.0)

    return mb.while_loop(_cond=below, _body=more, loop_vars=(0.0,))


def test_an_endless_loop_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2**24 + 1 is no fp32 number: the counter stays where it is."""
    monkeypatch.setattr(limits, "BLOCKS", 1000)
    path = save(tmp_path / "loop.mlpackage", counting, {"x": X})
    runner = ReferenceRunner(path)
    assert runner.run({"x": np.full((3, 4), 499, np.float32)})[runner.outputs[0].name] == 499
    with pytest.raises(ArtifactError, match="the loop has no end"):
        runner.run({"x": np.full((3, 4), 1e9, np.float32)})


def relu_or_exp(x):
    positive = mb.greater(x=mb.reduce_sum(x=x), y=0.0)
    return mb.cond(pred=positive, _true_fn=lambda: mb.relu(x=x), _false_fn=lambda: mb.exp(x=x))


def test_nesting_is_bounded(tmp_path: Path) -> None:
    path = save(tmp_path / "cond.mlpackage", relu_or_exp, {"x": X})
    with edited(path) as spec:
        function = spec.mlProgram.functions["main"]
        outer = next(o for o in function.block_specializations[function.opset].operations if o.type == "cond")
        block = outer.blocks[0]
        for _ in range(limits.NESTING):
            copy = type(outer)()
            copy.CopyFrom(outer)
            del copy.blocks[:]
            copy.blocks.add()
            block.operations.append(copy)
            block = block.operations[-1].blocks[0]
    with pytest.raises(ArtifactError, match="blocks within blocks"):
        ReferenceRunner(path)


@pytest.mark.parametrize(("op", "blocks"), [("cond", 0), ("cond", 1)])
def test_missing_blocks(op: str, blocks: int, tmp_path: Path) -> None:
    path = save(tmp_path / "cond.mlpackage", relu_or_exp, {"x": X})
    with edited(path) as spec:
        function = spec.mlProgram.functions["main"]
        outer = next(o for o in function.block_specializations[function.opset].operations if o.type == op)
        del outer.blocks[blocks:]
    with pytest.raises(ArtifactError, match=f"has {blocks} blocks"):
        ReferenceRunner(path).run({"x": -np.abs(X)})


def test_on_output_sees_what_blocks_compute(tmp_path: Path) -> None:
    path = save(tmp_path / "loop.mlpackage", counting, {"x": X})
    ops: list[str] = []
    ReferenceRunner(path).run({"x": np.full((3, 4), 3, np.float32)}, on_output=lambda made: ops.append(made.op))
    assert ops.count("add") == 3
    assert ops.count("less") == 4
    assert ops[-1] == "while_loop"
