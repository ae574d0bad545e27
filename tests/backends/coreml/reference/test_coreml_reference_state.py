"""States over several runs, against the same module in torch."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
import torch
from coreml_reference_programs import edited, normal, save, snr
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import Function, Program, types
from torch import nn

from deploykit.backends.coreml.reference import ReferenceRunner, State
from deploykit.errors import ArtifactError

STEPS, WIDTH = 4, 8


class Attention(nn.Module):
    """One head that keeps keys and values of what it has seen: a KV cache."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.project = nn.Linear(WIDTH, 3 * WIDTH)
        self.register_buffer("keys", torch.zeros(1, STEPS, WIDTH))
        self.register_buffer("values", torch.zeros(1, STEPS, WIDTH))

    def forward(self, token: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
        query, key, value = self.project(token).chunk(3, -1)
        places = torch.arange(STEPS)
        here = (places == position)[None, :, None]
        self.keys[:] = torch.where(here, key, self.keys)
        self.values[:] = torch.where(here, value, self.values)
        scores = query @ self.keys.transpose(1, 2) / WIDTH**0.5
        scores = scores.masked_fill((places > position)[None, None], -1e4)
        return torch.softmax(scores, -1) @ self.values


def tokens() -> list[np.ndarray]:
    return [normal(1, 1, WIDTH, seed=i) for i in range(STEPS)]


def eager() -> list[np.ndarray]:
    module = Attention().eval()
    with torch.no_grad():
        return [module(torch.from_numpy(x), torch.tensor([i])).numpy() for i, x in enumerate(tokens())]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("state") / "cache.mlpackage"
    example = (torch.zeros(1, 1, WIDTH), torch.zeros(1, dtype=torch.int32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ct.convert(
            torch.jit.trace(Attention().eval(), example),
            inputs=[
                ct.TensorType(name="token", shape=(1, 1, WIDTH), dtype=np.float16),
                ct.TensorType(name="position", shape=(1,), dtype=np.int32),
            ],
            outputs=[ct.TensorType(name="out", dtype=np.float16)],
            states=[
                ct.StateType(ct.TensorType(shape=(1, STEPS, WIDTH), dtype=np.float16), name=name)
                for name in ("keys", "values")
            ],
            minimum_deployment_target=ct.target.iOS18,
            skip_model_load=True,
        )
    model.save(str(path))
    return path


def feed(i: int, token: np.ndarray) -> dict[str, np.ndarray]:
    return {"token": token.astype(np.float16), "position": np.array([i], np.int32)}


@pytest.mark.parametrize(("mode", "at_least"), [("rounded", 50), ("unrounded", 60), ("pessimistic", 40), ("fp64", 60)])
def test_a_cache_over_four_steps(mode: Any, at_least: float, cache: Path) -> None:
    """The last step's result needs what all others have written. fp16 inputs and weights bound every mode."""
    with ReferenceRunner(cache, mode) as runner:
        state = runner.make_state()
        results = [runner.run(feed(i, x), state=state)["out"] for i, x in enumerate(tokens())]
    for expected, result in zip(eager(), results, strict=True):
        assert snr(expected, result) > at_least
    assert [item.name for item in runner_states(cache)] == ["keys", "values"]


def runner_states(path: Path) -> tuple[Any, ...]:
    return ReferenceRunner(path).states


def test_each_state_is_its_own(cache: Path) -> None:
    runner = ReferenceRunner(cache)
    first, second = runner.make_state(), runner.make_state()
    x = tokens()
    runner.run(feed(0, x[0]), state=first)
    runner.run(feed(0, x[1]), state=second)
    assert isinstance(first, State)
    assert not np.array_equal(first["keys"], second["keys"])
    assert np.abs(first["keys"][0, 0]).max() > 0.1
    assert not first["keys"][0, 1:].any()
    # A copy of a state goes on where the state is.
    second["keys"], second["values"] = first["keys"], first["values"]
    results = [runner.run(feed(1, x[2]), state=state)["out"] for state in (first, second)]
    np.testing.assert_array_equal(*results)


def test_reading_and_writing(cache: Path) -> None:
    state = ReferenceRunner(cache).make_state()
    assert state.names == ("keys", "values")
    assert state["keys"].dtype == np.float16
    assert not state["keys"].any()
    state["keys"][:] = 1  # a copy
    assert not state["keys"].any()
    state["keys"] = np.full((1, STEPS, WIDTH), 0.1, np.float32)
    np.testing.assert_array_equal(state["keys"], np.full((1, STEPS, WIDTH), 0.1, np.float16))
    with pytest.raises(ArtifactError, match=r"there is no state 'k'; the states are \['keys', 'values'\]"):
        state["k"]
    with pytest.raises(ArtifactError, match=r"'keys' is FLOAT16 \[1, 4, 8\], what is written is .* \[2\]"):
        state["keys"] = np.zeros(2, np.float16)
    with pytest.raises(ArtifactError, match="'keys' is float16, what is given is int64"):
        state["keys"] = np.zeros((1, STEPS, WIDTH), np.int64)


def test_a_state_is_needed(cache: Path, tmp_path: Path) -> None:
    runner = ReferenceRunner(cache)
    with pytest.raises(ArtifactError, match=r"has the states \['keys', 'values'\]; give state=runner.make_state\(\)"):
        runner.run(feed(0, tokens()[0]))
    with pytest.raises(ArtifactError, match="another function or mode"):
        runner.run(feed(0, tokens()[0]), state=ReferenceRunner(cache, "fp64").make_state())
    other = ReferenceRunner(save(tmp_path / "relu.mlpackage", lambda x: mb.relu(x=x), {"x": tokens()[0]}))
    with pytest.raises(ArtifactError, match="another function or mode"):
        other.run({"x": tokens()[0]}, state=runner.make_state())


def counter(tmp_path: Path) -> Path:
    """state = state + x, twice: an update, a read, an update; the first value of the state leaves too."""
    placeholders = {"x": mb.placeholder((2,)), "total": mb.state_tensor_placeholder((2,), dtype=types.fp16)}
    with Function(placeholders, opset_version=ct.target.iOS18) as function:
        x, total = mb.cast(x=function.inputs["x"], dtype="fp16"), function.inputs["total"]
        before = mb.read_state(input=total)
        mb.coreml_update_state(state=total, value=mb.add(x=before, y=x))
        after = mb.coreml_update_state(state=total, value=mb.add(x=mb.read_state(input=total), y=x))
        function.set_outputs(
            [mb.cast(x=before, dtype="fp32", name="before"), mb.cast(x=after, dtype="fp32", name="after")]
        )
    program = Program()
    program.add_function("main", function)
    model = ct.convert(
        program,
        convert_to="mlprogram",
        minimum_deployment_target=ct.target.iOS18,
        pass_pipeline=ct.PassPipeline.EMPTY,
        skip_model_load=True,
    )
    model.save(str(tmp_path / "counter.mlpackage"))
    return tmp_path / "counter.mlpackage"


def test_reads_and_writes_keep_their_order(tmp_path: Path) -> None:
    runner, x = ReferenceRunner(counter(tmp_path)), np.array([1, 2], np.float32)
    state = runner.make_state()
    for i in range(3):
        outputs = runner.run({"x": x}, state=state)
        np.testing.assert_array_equal(outputs["before"], 2 * i * x)
        np.testing.assert_array_equal(outputs["after"], 2 * (i + 1) * x)
    np.testing.assert_array_equal(state["total"], 6 * x)


def test_an_update_that_gives_its_value(tmp_path: Path) -> None:
    """Packages may hold coreml_update_state itself, which is a write_state and a read_state in one."""
    path = counter(tmp_path)
    with edited(path) as spec:
        function = spec.mlProgram.functions["main"]
        operations = function.block_specializations[function.opset].operations
        last_write = [o for o in operations if o.type == "write_state"][-1]
        last_read = [o for o in operations if o.type == "read_state"][-1]
        last_write.type = "coreml_update_state"
        last_write.inputs["state"].CopyFrom(last_write.inputs.pop("input"))
        last_write.inputs["value"].CopyFrom(last_write.inputs.pop("data"))
        last_write.outputs.add().CopyFrom(last_read.outputs[0])
        operations.remove(last_read)
    runner = ReferenceRunner(path)
    outputs = runner.run({"x": np.array([1, 2], np.float32)}, state=runner.make_state())
    np.testing.assert_array_equal(outputs["after"], [2, 4])
