"""Files made to do harm: they are refused in little time and memory, by an ArtifactError."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
from coreml_reference_programs import Build, edited, normal, save
from coremltools.converters.mil.mil import Builder as mb

from deploykit.backends.coreml.reference import ReferenceRunner
from deploykit.backends.coreml.reference.ops import limits
from deploykit.errors import ArtifactError

X = normal(2, 3, 4, 4)
HUGE = 2**40
SIZE = np.array([2**20], np.int32)


@pytest.fixture(autouse=True)
def quick_and_small() -> Iterator[None]:
    """A minute of work, or memory that the machine does not have, is what the file wants."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.monotonic() - start < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20  # KiB


def block(spec: Any) -> Any:
    function = spec.mlProgram.functions["main"]
    return function.block_specializations[function.opset]


def declare(value: Any, *sizes: int | None) -> None:
    """Gives an input or output another shape; None is unknown."""
    kind = value.type.tensorType
    del kind.dimensions[:]
    kind.rank = len(sizes)
    for size in sizes:
        dimension = kind.dimensions.add()
        if size is None:
            dimension.unknown.variadic = False
        else:
            dimension.constant.size = size


def test_a_declared_shape_of_terabytes(tmp_path: Path) -> None:
    path = save(tmp_path / "net.mlpackage", lambda x: mb.tile(x=x, reps=[1, 1, 1, 2]), {"x": X})
    with edited(path) as spec:
        declare(block(spec).operations[-1].outputs[0], 2, 3, 4, HUGE)
    with pytest.raises(ArtifactError, match=r"declares values of 98304\.0 GiB at once, this machine has"):
        ReferenceRunner(path)


def test_many_declared_shapes_that_are_alive_at_once(tmp_path: Path) -> None:
    """Each alone would fit; values that are dead before the next is made do not count."""
    size = limits.physical_memory() // 4 // 3

    def build(x):
        first, second, third, last = (mb.exp(x=x) for _ in range(4))
        return mb.add(x=mb.add(x=first, y=second), y=mb.add(x=third, y=last))

    path = save(tmp_path / "net.mlpackage", build, {"x": np.zeros(4, np.float32)})
    with edited(path) as spec:
        for operation in block(spec).operations:
            if operation.type == "exp":
                declare(operation.outputs[0], size)
    with pytest.raises(ArtifactError, match="at once"):
        ReferenceRunner(path)
    with edited(path) as spec:
        for operation in block(spec).operations:
            if operation.type == "exp":
                declare(operation.outputs[0], size // 2)
    ReferenceRunner(path)


def test_a_state_of_terabytes(tmp_path: Path) -> None:
    from test_coreml_reference_state import counter

    path = counter(tmp_path)
    with edited(path) as spec:
        for item in spec.mlProgram.functions["main"].inputs:
            if item.type.WhichOneof("type") == "stateType":
                item.type.stateType.wrappedType.tensorType.dimensions[0].constant.size = HUGE
    with pytest.raises(ArtifactError, match="declares values of"):
        ReferenceRunner(path)


def test_a_state_as_output(tmp_path: Path) -> None:
    from test_coreml_reference_state import counter

    path = counter(tmp_path)
    with edited(path) as spec:
        block(spec).outputs[0] = "total"
    runner = ReferenceRunner(path)
    with pytest.raises(ArtifactError, match="'total' is a list or a state"):
        runner.run({"x": np.ones(2, np.float32)}, state=runner.make_state())


@pytest.mark.parametrize("size", [-1, HUGE])
def test_a_default_of_terabytes(size: int, tmp_path: Path) -> None:
    path = save(tmp_path / "net.mlpackage", lambda x: mb.relu(x=x), {"x": X[0, 0, 0]})
    with edited(path) as spec:
        declare(spec.mlProgram.functions["main"].inputs[0], None)
        declare(block(spec).operations[-1].outputs[0], None)
        spec.description.input[0].type.isOptional = True
        spec.description.input[0].type.multiArrayType.shape[:] = [size]
        spec.description.input[0].type.multiArrayType.floatDefaultValue = 1.0
    with pytest.raises(ArtifactError, match=r"default of the input 'x': .* out of bounds"):
        ReferenceRunner(path).run({})


def test_a_compressed_weight_of_terabytes(tmp_path: Path) -> None:
    """A table of two numbers and an index each: the file itself is small."""

    def build(x):
        weight = mb.constexpr_blockwise_shift_scale(data=np.ones((4, 4), np.int8), scale=np.ones((1, 1), np.float32))
        return mb.matmul(x=x, y=weight)

    path = save(tmp_path / "net.mlpackage", build, {"x": X}, ct.target.iOS18)
    with edited(path) as spec:
        for operation in block(spec).operations:
            if operation.type.startswith("constexpr"):
                declare(operation.outputs[0], HUGE, 4)
    with pytest.raises(ArtifactError, match="declares values of"):
        ReferenceRunner(path)


# Ops whose sizes are known at run time only: the file says nothing, and asks for 2**40 elements and more.
GROWING: dict[str, Build] = {
    "fill": lambda x, n: mb.fill(shape=mb.concat(values=[n, n], axis=0), value=1.0),
    "tile": lambda x, n: mb.tile(x=x, reps=mb.concat(values=[n, n, n, n], axis=0)),
    "range_1d": lambda x, n: mb.range_1d(start=0.0, end=mb.cast(x=mb.squeeze(x=n), dtype="fp32"), step=1e-7),
    "random_normal": lambda x, n: mb.random_normal(shape=mb.concat(values=[n, n], axis=0)),
    "resize": lambda x, n: mb.resize(
        x=x, shape=mb.concat(values=[n, n], axis=0), resized_dims=np.uint32(2), interpolation_mode="LINEAR"
    ),
    "broadcast": lambda x, n: mb.add(
        x=mb.expand_dims(x=mb.range_1d(start=0, end=mb.squeeze(x=n), step=1), axes=[0]),
        y=mb.expand_dims(x=mb.range_1d(start=0, end=mb.squeeze(x=n), step=1), axes=[1]),
    ),
    "gather": lambda x, n: mb.gather(
        x=mb.fill(shape=mb.concat(values=[[1], n], axis=0), value=1.0),
        indices=mb.cast(x=mb.fill(shape=n, value=0.0), dtype="int32"),
        axis=0,
    ),
    "matmul": lambda x, n: mb.matmul(
        x=mb.fill(shape=mb.concat(values=[n, [1]], axis=0), value=1.0),
        y=mb.fill(shape=mb.concat(values=[[1], n], axis=0), value=1.0),
    ),
    "one_hot": lambda x, n: mb.one_hot(
        indices=mb.cast(x=mb.fill(shape=n, value=0.0), dtype="int32"), one_hot_vector_size=mb.squeeze(x=n)
    ),
    "make_list": lambda x, n: mb.list_length(
        ls=mb.make_list(init_length=mb.mul(x=mb.squeeze(x=n), y=2), elem_shape=(2,))
    ),
    "list_write": lambda x, n: mb.list_length(
        ls=mb.list_write(ls=mb.make_list(elem_shape=(2, 3, 4, 4)), index=mb.mul(x=mb.squeeze(x=n), y=1000), value=x)
    ),
}


@pytest.mark.parametrize("case", GROWING)
def test_what_the_file_does_not_say(case: str, tmp_path: Path) -> None:
    inputs = {"x": X, "n": SIZE}
    path = save(tmp_path / "net.mlpackage", lambda x, n: (GROWING[case](x, n), mb.relu(x=x)), inputs)
    with pytest.raises(ArtifactError, match="out of bounds"):
        ReferenceRunner(path).run(inputs)


FIXED: dict[str, tuple[Build, Callable[[Any], Any], str]] = {
    # op: a sound program, and the parameter that is then made 2**30 in it
    "pad": (lambda x: mb.pad(x=x, pad=[1, 1, 1, 1]), lambda t: t.ints.values, "pad"),
    "conv": (
        lambda x: mb.conv(x=x, weight=normal(2, 3, 1, 1), pad_type="custom", pad=[1, 1, 1, 1]),
        lambda t: t.ints.values,
        "pad",
    ),
    "conv_transpose": (
        lambda x: mb.conv_transpose(x=x, weight=normal(3, 2, 2, 2), strides=[2, 2]),
        lambda t: t.ints.values,
        "strides",
    ),
    "max_pool": (
        lambda x: mb.max_pool(x=x, kernel_sizes=[2, 2], strides=[1, 1], pad_type="custom", pad=[1, 1, 1, 1]),
        lambda t: t.ints.values,
        "pad",
    ),
    "upsample_nearest_neighbor": (
        lambda x: mb.upsample_nearest_neighbor(x=x, scale_factor_height=2.0, scale_factor_width=2.0),
        lambda t: t.floats.values,
        "scale_factor_height",
    ),
    "resize_bilinear": (
        lambda x: mb.resize_bilinear(x=x, target_size_height=8, target_size_width=8),
        lambda t: t.ints.values,
        "target_size_width",
    ),
    "crop_resize": (
        lambda x: mb.crop_resize(x=x, boxes=np.ones((2, 4), np.float32), target_height=2, target_width=2),
        lambda t: t.ints.values,
        "target_width",
    ),
    "space_to_batch": (
        lambda x: mb.space_to_batch(x=x, block_shape=[2, 2], paddings=[[2, 2], [2, 2]]),
        lambda t: t.ints.values,
        "paddings",
    ),
}


@pytest.mark.parametrize("op", FIXED)
def test_a_parameter_of_a_billion(op: str, tmp_path: Path) -> None:
    build, values, parameter = FIXED[op]
    path = save(tmp_path / "net.mlpackage", build, {"x": X})
    with edited(path) as spec:
        operation = next(o for o in block(spec).operations if o.type == op)
        declare(operation.outputs[0], 2, None, None, None)
        name = operation.inputs[parameter].arguments[0].name
        constant = next(o for o in block(spec).operations if o.type == "const" and o.outputs[0].name == name)
        numbers = values(constant.attributes["val"].immediateValue.tensor)
        numbers[:] = [2**30] * len(numbers)
    with pytest.raises(ArtifactError, match="out of bounds"):
        ReferenceRunner(path).run({"x": X})


@pytest.mark.parametrize("stride", [65, 4096, 65536])
def test_strides_that_crash_onednn(stride: int, tmp_path: Path) -> None:
    """Found by fuzzing: with a stride of 65536 the process died in native code."""
    weight = normal(3, 3, 2, 2, seed=1)
    path = save(
        tmp_path / "net.mlpackage",
        lambda x: mb.conv_transpose(x=x, weight=weight, strides=[3, stride]),
        {"x": X},
    )
    runner = ReferenceRunner(path)
    result = runner.run({"x": X})[runner.outputs[0].name]
    # Nothing overlaps: each input pixel's 2 × 2 pixels stand alone.
    expected = np.einsum("nchw,cokl->nohkwl", X, weight)
    for k in range(2):
        for column in range(2):
            got = result[:, :, k::3, column::stride]
            np.testing.assert_allclose(got, expected[:, :, :, k, :, column], 1e-4, 1e-4)


def test_random_damage_to_blocks_lists_and_states(tmp_path: Path) -> None:
    """Whatever byte of the specification is wrong: the package runs, or is refused by an ArtifactError."""

    def build(x, n):
        def body(i, ls):
            doubled = mb.cond(
                pred=mb.greater(x=i, y=1.0), _true_fn=lambda: mb.mul(x=x, y=2.0), _false_fn=lambda: mb.relu(x=x)
            )
            index = mb.cast(x=i, dtype="int32")
            return mb.add(x=i, y=1.0), mb.list_write(ls=ls, index=index, value=doubled)

        ls = mb.make_list(init_length=1, elem_shape=(2, 3, 4, 4))
        limit = mb.cast(x=mb.squeeze(x=n), dtype="fp32")
        _, ls = mb.while_loop(_cond=lambda i, _: mb.less(x=i, y=limit), _body=body, loop_vars=(0.0, ls))
        return mb.list_gather(ls=ls, indices=[0, 1])

    inputs = {"x": X, "n": np.array([3], np.int32)}
    path = save(tmp_path / "net.mlpackage", build, inputs)
    file = path / "Data/com.apple.CoreML/model.mlmodel"
    sound, random, refused = file.read_bytes(), np.random.default_rng(0), 0
    assert ReferenceRunner(path).run(inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "BLOCKS", 1000)
        for _ in range(200):
            spec = bytearray(sound)
            spec[random.integers(len(spec))] = random.integers(256)
            file.write_bytes(spec)
            try:
                ReferenceRunner(path).run(inputs)
            except ArtifactError:
                refused += 1
    assert 50 < refused < 200
