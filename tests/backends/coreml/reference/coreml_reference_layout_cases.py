"""Cases: reductions, shapes, slices, indexing."""

from __future__ import annotations

import coremltools as ct
import numpy as np
import torch
import torch.nn.functional as F
from coreml_reference_programs import Case, normal
from coremltools.converters.mil.mil import Builder as mb

X = normal(2, 3, 4)
IMAGE = normal(2, 8, 4, 6)
SQUARE = normal(2, 4, 4)


def one(op: str, x: np.ndarray, expected, note: str = "", inference: bool = True, **attributes) -> Case:
    return Case(op, lambda x: getattr(mb, op)(x=x, **attributes), {"x": x}, expected, note, inference=inference)


REDUCTIONS = {
    "reduce_sum": lambda x, a, k: x.sum(a, keepdims=k),
    "reduce_mean": lambda x, a, k: x.mean(a, keepdims=k),
    "reduce_max": lambda x, a, k: x.max(a, keepdims=k),
    "reduce_min": lambda x, a, k: x.min(a, keepdims=k),
    "reduce_prod": lambda x, a, k: x.prod(a, keepdims=k),
    "reduce_l1_norm": lambda x, a, k: np.abs(x).sum(a, keepdims=k),
    "reduce_l2_norm": lambda x, a, k: np.sqrt((x**2).sum(a, keepdims=k)),
    "reduce_log_sum": lambda x, a, k: np.log(x.sum(a, keepdims=k)),
    "reduce_log_sum_exp": lambda x, a, k: np.log(np.exp(x).sum(a, keepdims=k)),
    "reduce_sum_square": lambda x, a, k: (x**2).sum(a, keepdims=k),
}
REDUCE_CASES = [
    one(op, np.abs(X), lambda x, f=f, a=a, k=k: f(x.numpy(), a, k), f"axes{a}-keep{k:d}", axes=a, keep_dims=k)
    for op, f in REDUCTIONS.items()
    for a, k in (((1,), False), ((0, -1), True))
] + [
    one("reduce_sum", X, lambda x: x.sum(), "all"),
    one("reduce_argmax", X, lambda x: x.argmax(1), axis=1),
    one("reduce_argmin", X, lambda x: x.argmin(-1, keepdim=True), axis=-1, keep_dims=True),
    one("cumsum", X, lambda x: np.cumsum(x, 1), axis=1),
    one(
        "cumsum",
        X,
        lambda x: np.flip(np.cumsum(np.flip(x.numpy(), 2), 2), 2) - x.numpy(),
        "both",
        False,
        axis=2,
        exclusive=True,
        reverse=True,
    ),
]

SHAPE_CASES = [
    one("reshape", X, lambda x: x.reshape(4, 6), shape=[4, -1]),
    one("reshape", X, lambda x: x.reshape(1, 2, 3, 4), "zeros-from-the-right", shape=[1, -1, 0, 0]),
    one("transpose", X, lambda x: x.permute(2, 0, 1), perm=[2, 0, 1]),
    one("expand_dims", X, lambda x: x[:, None, ..., None], axes=[1, -1]),
    one("squeeze", X[:, :1], lambda x: x[:, 0], axes=[1]),
    one("squeeze", X[:1, :1], lambda x: x[0, 0], "all"),
    one("flatten2d", X, lambda x: x.reshape(6, 4), axis=2),
    one("shape", X, lambda x: np.array([2, 3, 4])),
    one(
        "depth_to_space",
        IMAGE,
        lambda x: F.pixel_shuffle(x.unflatten(1, (4, 2)).transpose(1, 2).flatten(1, 2), 2),
        block_size=2,
    ),
    one(
        "space_to_depth",
        IMAGE,
        lambda x: F.pixel_unshuffle(x, 2).unflatten(1, (8, 4)).transpose(1, 2).flatten(1, 2),
        block_size=2,
    ),
    one("pixel_shuffle", IMAGE, lambda x: F.pixel_shuffle(x, 2), upscale_factor=2),
    one("pixel_unshuffle", IMAGE, lambda x: F.pixel_unshuffle(x, 2), downscale_factor=np.uint32(2)),
    one("tile", X, lambda x: np.tile(x, (2, 1, 3)), reps=[2, 1, 3]),
    one("reverse", X, lambda x: np.flip(x.numpy(), (0, 2)), axes=[0, 2]),
    one("reverse", X, lambda x: np.flip(x.numpy()), "all"),
    one("split", X, lambda x: x.split([1, 3], 2), "sizes", split_sizes=[1, 3], axis=2),
    one("split", X, lambda x: x.split(2, 2), "equal", num_splits=2, axis=2),
    one("band_part", SQUARE, lambda x: np.triu(np.tril(x, 2), -1), lower=1, upper=2),
    one("band_part", SQUARE, lambda x: np.tril(x), "lower", lower=-1, upper=0),
    one("crop", IMAGE, lambda x: x[:, :, 1:, 2:-1], crop_height=[1, 0], crop_width=[2, 1]),
    one("sliding_windows", X, lambda x: torch.stack([x[..., i : i + 2] for i in (0, 2)], 2), axis=2, size=2, stride=2),
    one("pad", X, lambda x: np.pad(x.numpy(), ((0, 0), (1, 2), (0, 3))), "all-axes", pad=[0, 0, 1, 2, 0, 3]),
    one("pad", X, lambda x: F.pad(x, (0, 3, 1, 2), value=0.5), "value", pad=[1, 2, 0, 3], constant_val=0.5),
    one(
        "pad",
        X,
        lambda x: np.pad(x.numpy(), ((0, 0), (1, 2), (0, 3)), "reflect"),
        "reflect",
        pad=[1, 2, 0, 3],
        mode="reflect",
    ),
    one(
        "pad",
        X,
        lambda x: np.pad(x.numpy(), ((0, 0), (1, 2), (0, 3)), "edge"),
        "edge",
        pad=[1, 2, 0, 3],
        mode="replicate",
    ),
    *[
        Case(
            op,
            lambda x, y, op=op, kw=kw: getattr(mb, op)(values=(x, y), **kw),
            {"x": X, "y": X * 2},
            f,
            note,
            inference=note == "",
        )
        for op, note, kw, f in (
            ("concat", "", {"axis": 1}, lambda x, y: np.concatenate([x, y], 1)),
            (
                "concat",
                "interleave",
                {"axis": 1, "interleave": True},
                lambda x, y: torch.stack([x, y], 2).flatten(1, 2),
            ),
            ("stack", "", {"axis": -1}, lambda x, y: np.stack([x, y], -1)),
        )
    ],
    Case("fill", lambda x: mb.fill(shape=mb.shape(x=x), value=0.5), {"x": X}, lambda x: np.full(x.shape, 0.5)),
    Case("fill_like", lambda x: mb.fill_like(ref_tensor=x, value=3), {"x": X}, lambda x: np.full(x.shape, 3)),
    Case(
        "range_1d",
        lambda x: mb.range_1d(start=mb.squeeze(x=x), end=np.int32(11), step=np.int32(3)),
        {"x": np.array([2], np.int32)},
        lambda x: np.arange(2, 11, 3),
    ),
    Case(
        "range_1d",  # in double, float32(1.1) / float32(0.1) is a little more than 11
        lambda x: mb.range_1d(start=mb.squeeze(x=x), end=np.float32(1.1), step=np.float32(0.1)),
        {"x": np.array([0], np.float32)},
        lambda x: 0.1 * np.arange(11),
        note="counts in float32",
    ),
    Case(
        "one_hot",
        lambda x: mb.one_hot(indices=x, one_hot_vector_size=5, axis=1, on_value=2.0, off_value=-1.0),
        {"x": np.array([[0, 4], [3, 3]], np.int32)},
        lambda x: F.one_hot(x.long(), 5).movedim(-1, 1) * 3.0 - 1,
    ),
]

SLICE_CASES = [
    one("slice_by_index", X, lambda x: x[0:1, 1:3, 1:4:2], "strides", begin=[0, 1, 1], end=[1, 3, 4], stride=[1, 1, 2]),
    one(
        "slice_by_index", X, lambda x: x.flip(1)[:, :2], "backwards", begin=[0, -1, 0], end=[2, 0, 4], stride=[1, -1, 1]
    ),
    one(
        "slice_by_index",
        X,
        lambda x: x[-1, :2, 1:],
        "masks",
        begin=[-1, 1, 1],
        end=[0, 2, 1],
        begin_mask=[False, True, False],
        end_mask=[False, False, True],
        squeeze_mask=[True, False, False],
    ),
    one("slice_by_size", X, lambda x: x[1:, 0:2, 1:], begin=[1, 0, 1], size=[1, 2, -1]),
    Case(
        "slice_update",
        lambda x, y: mb.slice_update(x=x, update=y, begin=[0, 1, 0], end=[2, 3, 4], stride=[1, 1, 2]),
        {"x": X, "y": normal(2, 2, 2, seed=1)},
        lambda x, y: torch.stack(
            [x[:, 0], *torch.stack([torch.stack([y[..., 0], x[:, 1:, 1], y[..., 1], x[:, 1:, 3]], -1)])[0].unbind(1)], 1
        ),
        opset=ct.target.iOS18,
    ),
]

TABLE = normal(3, 4, 5)
PICKS = np.array([[2, 0], [-1, 1]], np.int32)


def merged(combine):
    """data [4, 3] with rows 3, 0 and again 3 merged one after another."""

    def run(data, indices, updates):
        data = data.numpy().copy()
        for at, row in zip(indices.reshape(-1).tolist(), updates.numpy(), strict=True):
            data[at] = combine(data[at], row)
        return data

    return run


def merged_along(data, indices, updates, combine):
    data = data.numpy().copy()
    for (row, column), at in np.ndenumerate(indices.numpy()):
        data[at, column] = combine(data[at, column], updates[row, column].item())
    return data


MERGES = {
    "update": lambda a, b: b,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "min": np.minimum,
}


def scatters() -> list[Case]:
    cases = []
    for mode, combine in MERGES.items():
        rows = [3, 0] if mode == "update" else [3, 0, 3]
        inputs = {"d": normal(4, 3), "i": np.array(rows, np.int32), "u": normal(len(rows), 3, seed=1)}
        nd = {**inputs, "i": inputs["i"].reshape(-1, 1)}
        # MIL's value inference knows no index twice along an axis.
        along = {**inputs, "i": np.array([[3, 0, 1], [0, 1, -1]], np.int32), "u": normal(2, 3, seed=1)}
        cases += [
            Case(
                "scatter",
                lambda d, i, u, m=mode: mb.scatter(data=d, indices=i, updates=u, axis=0, mode=m),
                inputs,
                merged(combine),
                mode,
            ),
            Case(
                "scatter_nd",
                lambda d, i, u, m=mode: mb.scatter_nd(data=d, indices=i, updates=u, mode=m),
                nd,
                merged(combine),
                mode,
            ),
            Case(
                "scatter_along_axis",
                lambda d, i, u, m=mode: mb.scatter_along_axis(data=d, indices=i, updates=u, axis=0, mode=m),
                along,
                lambda d, i, u, c=combine: merged_along(d, i, u, c),
                mode,
                inference=mode == "update",
            ),
        ]
    return cases


INDEX_CASES = [
    Case(
        "gather",
        lambda x, i: mb.gather(x=x, indices=i, axis=1),
        {"x": TABLE, "i": PICKS},
        lambda x, i: np.take(x, i, 1),
    ),
    Case(
        "gather",
        lambda x, i: mb.gather(x=x, indices=i, axis=2, batch_dims=1),
        {"x": TABLE, "i": np.array([[4, 0], [1, 1], [2, 3]], np.int32)},
        lambda x, i: torch.stack([x[n][:, i[n]] for n in range(3)]),
        "batch",
    ),
    Case(
        "gather",
        lambda x, i: mb.gather(x=x, indices=mb.squeeze(x=i), axis=0),
        {"x": TABLE, "i": np.array([2], np.int32)},
        lambda x, i: x[2],
        "scalar",
    ),
    Case(
        "gather_along_axis",
        lambda x, i: mb.gather_along_axis(x=x, indices=i, axis=1),
        {"x": normal(2, 3), "i": PICKS},
        lambda x, i: np.take_along_axis(x.numpy(), i.numpy() % 3, 1),
    ),
    Case(
        "gather_nd",
        lambda x, i: mb.gather_nd(x=x, indices=i),
        {"x": TABLE, "i": np.array([[0, 3], [2, -1]], np.int32)},
        lambda x, i: torch.stack([x[0, 3], x[2, -1]]),
    ),
    Case(
        "gather_nd",
        lambda x, i: mb.gather_nd(x=x, indices=i, batch_dims=1),
        {"x": TABLE, "i": np.array([[0], [3], [1]], np.int32)},
        lambda x, i: torch.stack([x[0, 0], x[1, 3], x[2, 1]]),
        "batch",
    ),
    *scatters(),
    Case(
        "scatter_nd",
        lambda d, i, u: mb.scatter_nd(data=d, indices=i, updates=u, mode="update"),
        {"d": normal(4, 3), "i": np.array([[1, 2], [3, 0]], np.int32), "u": np.array([5, 6], np.float32)},
        lambda d, i, u: d.index_put((torch.tensor([1, 3]), torch.tensor([2, 0])), u),
        "elements",
    ),
    one("argsort", X, lambda x: np.argsort(-x.numpy(), 1), "descending", axis=1),
    one("argsort", X, lambda x: np.argsort(x.numpy(), -1), "ascending", axis=-1, ascending=True),
    one("topk", X, lambda x: tuple(x.topk(2, -1)), k=2, axis=-1),
    one("topk", X, lambda x: tuple(x.topk(2, 1, largest=False)), "ascending", k=2, axis=1, ascending=True),
    one("topk", X, lambda x: x.topk(2, 1).values, "values-only", k=2, axis=1, return_indices=False),
    Case(
        "topk",
        lambda x: mb.cast(x=mb.topk(x=x, k=2, output_indices_dtype="uint16")[1], dtype="int32"),
        {"x": X},
        lambda x: x.topk(2).indices,
        "uint16-indices",
    ),
    one("non_zero", (X > 0).astype(np.float32), lambda x: np.argwhere(x.numpy())),
]

CASES = [*REDUCE_CASES, *SHAPE_CASES, *SLICE_CASES, *INDEX_CASES]
