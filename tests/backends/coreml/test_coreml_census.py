"""What is counted of a package, against figures worked out by hand and against the weight file's own records."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import coremltools as ct
import coremltools.optimize.coreml as cto
import numpy as np
import pytest
from coremltools.converters.mil.mil import Builder as mb
from coremltools.converters.mil.mil import Function, Program, get_new_symbol, types
from coremltools.proto import MIL_pb2

from deploykit.backends.coreml.census import MINIMUM_OS, FunctionCensus
from deploykit.backends.coreml.counting import census_of
from deploykit.backends.coreml.reference.ops import OPS
from deploykit.errors import ArtifactError
from tests.backends.coreml.reference.coreml_reference_programs import convert, edited, normal, save

WEIGHT, BIAS = normal(16, 64, seed=1), normal(16, seed=2)
X = {"x": normal(2, 64)}


def main(path: Path) -> FunctionCensus:
    (function,) = census_of(path).functions
    return function


def block(spec: Any) -> Any:
    function = spec.mlProgram.functions["main"]
    return function.block_specializations[function.opset]


def records(package: Path) -> list[int]:
    """Sizes of the tensors in the weight file, from its own records."""
    raw = (package / "Data/com.apple.CoreML/weights/weight.bin").read_bytes()
    count, offset, sizes = struct.unpack_from("<I", raw)[0], 64, []
    for _ in range(count):
        sentinel, _, size, start = struct.unpack_from("<IIQQ", raw, offset)
        assert sentinel == 0xDEADBEEF
        sizes.append(size)
        offset = -(-(start + size) // 64) * 64
    return sizes


def dense(x: Any) -> Any:
    y = mb.relu(x=mb.linear(x=x, weight=WEIGHT, bias=BIAS))
    return mb.relu(x=mb.add(x=y, y=normal(16, seed=3)), name="y")


def test_ops_and_weights(tmp_path: Path) -> None:
    path = save(tmp_path / "net.mlpackage", dense, X)
    census = census_of(path)
    assert census.spec_version == 8
    assert census.minimum_os == MINIMUM_OS[8]
    assert census.default_function == "main"
    assert census.bytes == sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    (function,) = census.functions
    assert (function.name, function.opset) == ("main", "CoreML7")
    assert {item.op: item.count for item in function.ops} == {"relu": 2, "linear": 1, "add": 1}
    assert all(item.known for item in function.ops)
    assert function.precision == (("FLOAT32", 4),)
    assert [(t.kind, t.count, t.bytes) for t in function.by_op] == [("linear", 2, 16 * 64 * 4 + 16 * 4), ("add", 1, 64)]
    assert [(t.kind, t.count, t.bytes) for t in function.by_dtype] == [("FLOAT32", 3, 4224)]
    assert sorted(weight.bytes for weight in function.weights) == sorted(records(path))
    assert function.weights[0].shape == (16, 64)
    assert function.bytes == 4224
    assert function.compressed == ()


def test_a_spec_version_implies_a_system() -> None:
    """coremltools' own enumeration says the same."""
    for version, systems in MINIMUM_OS.items():
        names = [name for name, member in ct.target.__members__.items() if member == version]
        for system in systems.split(", "):
            assert system.replace(" ", "") in names


def test_precision_is_what_ops_declare(tmp_path: Path) -> None:
    def build(x: Any) -> Any:
        y = mb.exp(x=mb.cast(x=x, dtype="fp16"))
        return mb.cast(x=y, dtype="fp32"), mb.reduce_argmax(x=y, axis=1), mb.greater(x=y, y=np.float16(1))

    function = main(save(tmp_path / "net.mlpackage", build, X))
    # coremltools casts the third output, too: none can be bool.
    assert dict(function.precision) == {"FLOAT16": 2, "FLOAT32": 2, "INT32": 1, "BOOL": 1}
    assert [(item.dtype, item.shape) for item in function.outputs] == [
        ("FLOAT32", (2, 64)),
        ("INT32", (2,)),
        ("FLOAT32", (2, 64)),
    ]


def test_weights_in_nested_blocks_shared_and_unused(tmp_path: Path) -> None:
    def build(x: Any) -> Any:
        shared = mb.const(val=normal(1, 64, seed=5), name="shared")
        mb.const(val=normal(1, 64, seed=6), name="spare")
        positive = mb.squeeze(x=mb.greater(x=mb.reduce_sum(x=x, keep_dims=False), y=0.0))
        y = mb.cond(
            pred=positive,
            _true_fn=lambda: mb.add(x=x, y=normal(2, 64, seed=7)),
            _false_fn=lambda: mb.mul(x=x, y=shared),
        )
        return mb.sub(x=y, y=shared)

    function = main(save(tmp_path / "net.mlpackage", build, X))
    counts = {item.op: item.count for item in function.ops}
    assert (counts["add"], counts["mul"], counts["sub"], counts["cond"]) == (1, 1, 1, 1)
    assert [(t.kind, t.bytes) for t in function.by_op] == [("add", 512), ("mul", 256), ("nothing", 256)]


AFFINE = cto.OpLinearQuantizerConfig(mode="linear", weight_threshold=0)
PRUNED = cto.OpMagnitudePrunerConfig(target_sparsity=0.5, weight_threshold=0)


def palette(bits: int, **options: Any) -> Any:
    return cto.OpPalettizerConfig(mode=options.pop("mode", "uniform"), nbits=bits, weight_threshold=0, **options)


# What is stored of 16 × 64 values, in bytes: data, then tables, scales and masks.
COMPRESSED = {
    "affine": ("affine_dequantize", cto.linear_quantize_weights, AFFINE, 17, 8, 1024 + 16 * 4 + 16),
    "lut4": ("lut_to_dense", cto.palettize_weights, palette(4), 17, 4, 512 + 16 * 4),
    "lut6": ("lut_to_dense", cto.palettize_weights, palette(6), 17, 6, 768 + 64 * 4),
    "sparse": ("sparse_to_dense", cto.prune_weights, PRUNED, 17, 32, 512 * 4 + 128),
    "blockwise": ("blockwise_shift_scale", cto.linear_quantize_weights, AFFINE, 18, 8, 1024 + 16 * 4 + 16),
    "lut4-ios18": ("lut_to_dense", cto.palettize_weights, palette(4), 18, 4, 512 + 16 * 4),
    "lut3-grouped": (
        "lut_to_dense",
        cto.palettize_weights,
        palette(3, granularity="per_grouped_channel", group_size=4),
        18,
        3,
        384 + 4 * 8 * 4,
    ),
    "lut2-vectors": (
        "lut_to_dense",
        cto.palettize_weights,
        palette(2, mode="kmeans", cluster_dim=4),
        18,
        2,
        256 // 4 + 4 * 4 * 4,
    ),
    "sparse-ios18": ("sparse_to_dense", cto.prune_weights, PRUNED, 18, 32, 512 * 4 + 128),
}


def compressed(path: Path, compress: Any, config: Any, opset: Any, **options: Any) -> Any:
    plain = save(path / "dense.mlpackage", lambda x: mb.linear(x=x, weight=WEIGHT), X, opset)
    model = ct.models.MLModel(str(plain), skip_model_load=True)
    return compress(model, cto.OptimizationConfig(config), **options)


@pytest.mark.parametrize("case", COMPRESSED)
def test_compressed_weights(case: str, tmp_path: Path) -> None:
    kind, compress, config, opset, bits, stored = COMPRESSED[case]
    target = {17: ct.target.iOS17, 18: ct.target.iOS18}[opset]
    compressed(tmp_path, compress, config, target).save(str(tmp_path / "small.mlpackage"))
    function = main(tmp_path / "small.mlpackage")
    (found,) = function.compressed
    assert (found.kind, found.bits, found.count) == (f"constexpr_{kind}", bits, 1)
    assert (found.stored, found.expanded) == (stored, 16 * 64 * 4)
    assert found.ratio == 4096 / stored
    assert [(t.kind, t.bytes - stored) for t in function.by_op] == [("linear", 64)]  # its bias, zeros
    assert {item.op for item in function.ops} == {"linear"}


def test_decompressions_behind_each_other_are_one_weight(tmp_path: Path) -> None:
    pruned = compressed(tmp_path, cto.prune_weights, PRUNED, ct.target.iOS18)
    joint = cto.palettize_weights(pruned, cto.OptimizationConfig(palette(4)), joint_compression=True)
    joint.save(str(tmp_path / "joint.mlpackage"))
    (found,) = main(tmp_path / "joint.mlpackage").compressed
    assert found.kind == "constexpr_sparse_to_dense of constexpr_lut_to_sparse"
    assert (found.bits, found.count, found.stored, found.expanded) == (4, 1, 128 + 256 + 16 * 4, 4096)


def test_a_quantized_table_counts_with_its_palette(tmp_path: Path) -> None:
    palettized = compressed(tmp_path, cto.palettize_weights, palette(4), ct.target.iOS18)
    per_tensor = cto.OpLinearQuantizerConfig(mode="linear", granularity="per_tensor", weight_threshold=0)
    both = cto.linear_quantize_weights(palettized, cto.OptimizationConfig(per_tensor), joint_compression=True)
    both.save(str(tmp_path / "both.mlpackage"))
    spec = both.get_spec()
    assert [o.type for o in block(spec).operations if o.type.startswith("constexpr")] == [
        "constexpr_blockwise_shift_scale",
        "constexpr_lut_to_dense",
    ]
    (found,) = main(tmp_path / "both.mlpackage").compressed
    assert (found.kind, found.bits, found.count) == ("constexpr_lut_to_dense", 4, 1)
    assert found.stored == 512 + 16 + 4 + 1  # indices, int8 entries, their scale and offset


# --- borders


def test_functions_and_their_default(tmp_path: Path) -> None:
    save(tmp_path / "relu.mlpackage", lambda x: mb.relu(x=x, name="y"), X, ct.target.iOS18)
    save(tmp_path / "double.mlpackage", lambda z: mb.mul(x=z, y=2.0, name="w"), {"z": X["x"]}, ct.target.iOS18)
    both = ct.utils.MultiFunctionDescriptor()
    both.add_function(str(tmp_path / "relu.mlpackage"), "main", "positive")
    both.add_function(str(tmp_path / "double.mlpackage"), "main", "double")
    both.default_function_name = "positive"
    ct.utils.save_multifunction(both, str(tmp_path / "both.mlpackage"))
    census = census_of(tmp_path / "both.mlpackage")
    assert census.default_function == "positive"
    assert census.minimum_os.startswith("iOS 18, macOS 15")
    shown = {f.name: (f.inputs[0].name, f.outputs[0].name, f.ops[0].op) for f in census.functions}
    assert shown == {"double": ("z", "w", "mul"), "positive": ("x", "y", "relu")}


def test_states(tmp_path: Path) -> None:
    program = Program()
    placeholders = {
        "x": mb.placeholder((4,), dtype=types.fp16),
        "total": mb.state_tensor_placeholder((4,), dtype=types.fp16),
    }
    with Function(placeholders, opset_version=ct.target.iOS18) as function:
        read = mb.read_state(input=function.inputs["total"])
        total = mb.add(x=read, y=function.inputs["x"])
        function.set_outputs([mb.coreml_update_state(state=function.inputs["total"], value=total)])
        program.add_function("main", function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ct.convert(
            program, convert_to="mlprogram", minimum_deployment_target=ct.target.iOS18, skip_model_load=True
        )
    model.save(str(tmp_path / "state.mlpackage"))
    found = main(tmp_path / "state.mlpackage")
    assert [(item.name, item.dtype, item.shape) for item in found.states] == [("total", "FLOAT16", (4,))]
    assert [item.name for item in found.inputs] == ["x"]


@pytest.mark.parametrize(
    ("layout", "options", "scaling"),
    [
        ("G", {"scale": 0.5, "bias": 1.0}, ("mul 0.5", "add 1")),
        ("RGB", {"scale": 1 / 128, "bias": [1.0, 2.0, 3.0]}, ("mul 0.0078125", "add 1, 2, 3")),
        ("BGR", {}, ()),
    ],
)
def test_images(layout: str, options: dict[str, Any], scaling: tuple[str, ...], tmp_path: Path) -> None:
    shape = (1, 1 if layout == "G" else 3, 4, 6)
    image = ct.ImageType(name="x", shape=shape, color_layout=layout, **options)
    function = main(convert(tmp_path / "net.mlpackage", lambda x: mb.exp(x=x, name="y"), shape, inputs=[image]))
    (found,) = function.inputs
    assert found.layout == ("GRAYSCALE" if layout == "G" else layout)
    assert (found.shape, found.scaling, found.allowed) == (shape, scaling, "")


def test_shapes_that_are_not_fixed(tmp_path: Path) -> None:
    ranged = ct.TensorType(name="x", shape=(ct.RangeDim(2, 8, default=2), 4))
    path = convert(tmp_path / "range.mlpackage", lambda x: mb.relu(x=x), (get_new_symbol(), 4), inputs=[ranged])
    (found,) = main(path).inputs
    assert (found.shape, found.allowed) == ((None, 4), "[2..8, 4]")
    sizes = ct.ImageType(name="x", shape=ct.EnumeratedShapes([(1, 3, 4, 6), (1, 3, 8, 8)]))
    symbols = (1, 3, get_new_symbol(), get_new_symbol())
    path = convert(tmp_path / "sizes.mlpackage", lambda x: mb.relu(x=x), symbols, inputs=[sizes])
    (found,) = main(path).inputs
    assert (found.shape, found.allowed, found.layout) == ((1, 3, None, None), "[4, 6] or [8, 8]", "RGB")


def test_a_classifier_and_what_its_maker_says(tmp_path: Path) -> None:
    config = ct.ClassifierConfig(["cat", "dog", "cow"])
    path = convert(tmp_path / "net.mlpackage", lambda x: mb.softmax(x=x), (1, 3), classifier_config=config)
    with edited(path) as spec:
        spec.description.metadata.author = "Ada"
        spec.description.metadata.license = "MIT"
        spec.description.metadata.versionString = "2.1"
        spec.description.metadata.shortDescription = "Three animals"
    census = census_of(path)
    assert {"author": "Ada", "license": "MIT", "version": "2.1", "description": "Three animals"}.items() <= (
        census.metadata.items()
    )
    assert [(item.name, item.dtype, item.shape) for item in census.functions[0].outputs] == [
        ("classLabel", "text", None),
        ("classLabel_probs", "dictionary", None),
    ]


# --- what the reference runner does not know


def test_an_unknown_op(tmp_path: Path) -> None:
    path = save(tmp_path / "net.mlpackage", dense, X)
    with edited(path) as spec:
        next(o for o in block(spec).operations if o.type == "linear").type = "linear_of_tomorrow"
    function = main(path)
    assert [item.op for item in function.ops if not item.known] == ["linear_of_tomorrow"]
    assert "linear_of_tomorrow" not in OPS
    assert function.by_op[0].kind == "linear_of_tomorrow"


def test_an_unknown_element_type(tmp_path: Path) -> None:
    path = save(tmp_path / "net.mlpackage", lambda x: mb.linear(x=x, weight=WEIGHT, bias=BIAS), X)
    with edited(path) as spec:
        for operation in block(spec).operations:
            value = operation.attributes["val"]
            if operation.type == "const" and value.WhichOneof("value") == "blobFileValue":
                value.type.tensorType.dataType = MIL_pb2.BFLOAT16
    assert [(t.kind, t.bytes) for t in main(path).by_dtype] == [("BFLOAT16", (1024 + 16) * 2)]


def test_an_unknown_decompression(tmp_path: Path) -> None:
    compressed(tmp_path, cto.palettize_weights, palette(4), ct.target.iOS18).save(str(tmp_path / "s.mlpackage"))
    with edited(tmp_path / "s.mlpackage") as spec:
        next(o for o in block(spec).operations if o.type == "constexpr_lut_to_dense").type = "constexpr_new"
    (found,) = main(tmp_path / "s.mlpackage").compressed
    assert (found.kind, found.bits, found.stored, found.expanded) == ("constexpr_new", None, 576, 4096)


# --- damage


def _weight(spec: Any) -> Any:
    return next(o for o in block(spec).operations if o.attributes["val"].WhichOneof("value") == "blobFileValue")


def _offset(spec: Any) -> None:
    _weight(spec).attributes["val"].blobFileValue.offset = 2**40


def _shape(spec: Any) -> None:
    _weight(spec).attributes["val"].type.tensorType.dimensions[0].constant.size = 2**40


def _unknown_shape(spec: Any) -> None:
    _weight(spec).attributes["val"].type.tensorType.dimensions[0].unknown.variadic = False


def _file(spec: Any) -> None:
    _weight(spec).attributes["val"].blobFileValue.fileName = "@model_path/../../../other.bin"


def _no_value(spec: Any) -> None:
    _weight(spec).attributes.clear()


def _inline(spec: Any) -> None:
    value = _weight(spec).attributes["val"]
    value.ClearField("blobFileValue")
    value.immediateValue.tensor.floats.values.append(1)


def _output(spec: Any) -> None:
    block(spec).outputs[0] = "nowhere"


def _opset(spec: Any) -> None:
    spec.mlProgram.functions["main"].opset = "CoreML99"


def _nested(spec: Any) -> None:
    operation = block(spec).operations[-1]
    for _ in range(20):
        operation = operation.blocks.add().operations.add(type="cond")


def _neural_network(spec: Any) -> None:
    spec.neuralNetwork.layers.add(name="a")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_offset, "is not within its"),
        (_shape, "the program's shape asks for"),
        (_unknown_shape, "of unknown shape"),
        (_file, "outside of the package"),
        (_no_value, "a constant without its value"),
        (_inline, "does not hold what its shape"),
        (_output, "'nowhere'"),
        (_opset, "CoreML99"),
        (_nested, "more than 16 blocks within blocks"),
        (_neural_network, "is a neuralNetwork, not an ML Program"),
    ],
)
def test_damage_is_refused(damage: Any, message: str, tmp_path: Path) -> None:
    path = save(tmp_path / "net.mlpackage", dense, X)
    with edited(path) as spec:
        damage(spec)
    with pytest.raises(ArtifactError, match=message):
        census_of(path)


def test_many_decompressions_in_a_row_are_refused(tmp_path: Path) -> None:
    compressed(tmp_path, cto.palettize_weights, palette(4), ct.target.iOS18).save(str(tmp_path / "s.mlpackage"))
    with edited(tmp_path / "s.mlpackage") as spec:
        operations = block(spec).operations
        first = next(o for o in operations if o.type == "constexpr_lut_to_dense")
        name = first.outputs[0].name
        for i in range(20):
            added = operations.add()
            added.CopyFrom(first)
            added.outputs[0].name = f"again{i}"
            added.inputs["indices"].arguments[0].name = name
            name = added.outputs[0].name
    with pytest.raises(ArtifactError, match="more than 16 decompressions in a row"):
        census_of(tmp_path / "s.mlpackage")


def test_random_damage(tmp_path: Path) -> None:
    """Whatever byte of the specification is wrong: the package is counted, or refused by an ArtifactError."""
    compressed(tmp_path, cto.palettize_weights, palette(4), ct.target.iOS18).save(str(tmp_path / "s.mlpackage"))
    file = tmp_path / "s.mlpackage/Data/com.apple.CoreML/model.mlmodel"
    sound, random, refused = file.read_bytes(), np.random.default_rng(0), 0
    for _ in range(300):
        spec = bytearray(sound)
        spec[random.integers(len(spec))] = random.integers(256)
        file.write_bytes(spec)
        try:
            census_of(tmp_path / "s.mlpackage")
        except ArtifactError:
            refused += 1
    assert 50 < refused < 300
