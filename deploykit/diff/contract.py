"""What a new contract changes for an app, in an app developer's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from deploykit.diff.builds import Built
from deploykit.diff.changes import Change, Effect
from deploykit.outputs import OutputSpec, ScoresOutput
from deploykit.report.words import count
from deploykit.spec import Contract, ImageInput, InputSpec, TensorInput

SHOWN = 6
"""Of a list of labels."""

READ_INSIDE = ("image-classification", "object-detection", "segmentation")
"""Tasks whose SDKs make labels, boxes and masks of an output, whatever its shape."""

INSIDE = "inside the SDK; an app gives the same pictures"

IMAGE: dict[str, str] = {
    "size": "is resized to {}",
    "color": "is read as {}",
    "resize": "is resized by the filter {}",
    "crop": "is cropped by {}",
    "crop_fraction": "keeps the share {}",
    "scale": "is scaled by {}",
    "mean": "has the mean {}",
    "std": "has the standard deviation {}",
    "layout": "reaches the network as {}",
}
"""What is done with a picture, by key of `[input.NAME]`."""


def compare(old: Built, new: Built) -> Iterator[Change]:
    """Of two builds' contracts, and of the weights behind them."""
    was, now = old.report.model, new.report.model
    if was.name != now.name:
        yield _change("breaking", f"this is another model: {was.name} is now {now.name}")
    if was.version != now.version:
        yield _change("changed", f"version {was.version} is now {now.version}")
    if was.license != now.license:
        yield _change(
            "changed", f"the licence was {was.license or 'not declared'}, it is {now.license or 'not declared'}"
        )
    before, after = was.contract, now.contract
    if was.weights_sha256 != now.weights_sha256:
        yield from _weights(before, after)
    if before.task != after.task:
        yield _change("breaking", f"the task was {before.task}, it is {after.task}")
    yield from _labels(before.labels, after.labels)
    if before.task == after.task == "image-to-image":
        yield from _making(before, after)
    yield from _inputs(before, after)
    yield from _outputs(before, after)
    yield from _dimensions(before, after)
    yield from _shapes(old, new, after)


def _change(effect: Effect, text: str) -> Change:
    return Change("contract", effect, "", text)


def _weights(before: Contract, after: Contract) -> Iterator[Change]:
    if before.task == after.task == "embedding":
        text = "the network's weights are others: vectors that an app has kept cannot be compared with new ones"
        yield _change("breaking", f"{text}; compute them anew")
    else:
        yield _change("changed", "the network's weights are others, so answers differ")


def _making(before: Contract, after: Contract) -> Iterator[Change]:
    """Of pictures from pictures."""
    if before.verb != after.verb:
        yield _change("breaking", f"the method was {before.verb or 'process'}, it is {after.verb or 'process'}")
    if before.overlap != after.overlap:
        yield _change("changed", f"large pictures went through {_tiles(before)}, they go through {_tiles(after)}")


def _tiles(contract: Contract) -> str:
    return "as a whole" if contract.overlap is None else f"tile by tile with {contract.overlap} pixels of overlap"


def _labels(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    renamed = [
        (was, now)
        for was, now in zip(before, after, strict=False)
        if was in gone and now in come and len(before) == len(after)
    ]
    gone = [name for name in gone if name not in {was for was, _ in renamed}]
    come = [name for name in come if name not in {now for _, now in renamed}]
    moved = [name for name in dict.fromkeys(before) if name in after and before.index(name) != after.index(name)]
    if renamed:
        yield _change(
            "breaking", f"labels have other names: {_some(f'“{was}” is now “{now}”' for was, now in renamed)}"
        )
    if gone:
        yield _change("breaking", f"{count(len(gone), 'label')} gone: {_some(f'“{name}”' for name in gone)}")
    if moved:
        places = _some(f"“{name}” {before.index(name)} → {after.index(name)}" for name in moved)
        yield _change("breaking", f"{count(len(moved), 'label')} at other indices: {places}")
    if come:
        yield _change("compatible", f"{count(len(come), 'label')} new: {_some(f'“{name}”' for name in come)}")


def _some(given: Iterable[str]) -> str:
    found = list(given)
    return ", ".join(found[:SHOWN]) + (f" and {len(found) - SHOWN} more" if len(found) > SHOWN else "")


def _inputs(before: Contract, after: Contract) -> Iterator[Change]:
    # Only where an app names tensors does it see what inputs are called.
    named: Effect = "breaking" if "tensors" in (before.task, after.task) else "changed"
    yield from _names("input", before.inputs, after.inputs, named)
    for name, was in before.inputs.items():
        now = after.inputs.get(name)
        if now is None or was == now:
            continue
        if isinstance(was, ImageInput) and isinstance(now, ImageInput):
            yield from _picture(name, was, now)
        else:
            yield from _given(name, was, now)


def _names(what: str, before: Mapping[str, object], after: Mapping[str, object], effect: Effect) -> Iterator[Change]:
    gone, come = ([name for name in one if name not in other] for one, other in ((before, after), (after, before)))
    if len(gone) == len(come) == 1 and before[gone[0]] == after[come[0]]:
        yield _change(effect, f"the {what} {gone[0]} is called {come[0]}")
        return
    for name in gone:
        yield _change(effect, f"the {what} {name} is gone")
    # An input that is new has to be given; an output need not be looked at.
    for name in come:
        yield _change(effect if what == "input" or effect == "changed" else "compatible", f"the {what} {name} is new")


def _picture(name: str, was: ImageInput, now: ImageInput) -> Iterator[Change]:
    keys = [key for key in IMAGE if getattr(was, key) != getattr(now, key)]
    if keys:
        told = "; ".join(f"{IMAGE[key].format(_value(now, key))}, was {_value(was, key)}" for key in keys)
        yield _change("changed", f"the picture {name} {told} ({INSIDE})")


def _value(spec: ImageInput, key: str) -> str:
    value = getattr(spec, key)
    if key == "size":
        return f"{value[1]} × {value[0]}"
    if isinstance(value, tuple):
        return ", ".join(f"{each:g}" for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _given(name: str, was: InputSpec, now: InputSpec) -> Iterator[Change]:
    if not (isinstance(was, TensorInput) and isinstance(now, TensorInput)):
        yield _change("breaking", f"the input {name} was {_kind(was)}, it is {_kind(now)}")
        return
    if was.border_dtype != now.border_dtype:
        yield _change("breaking", f"the input {name} holds {now.border_dtype}, was {was.border_dtype}")
    if was.shape != now.shape:
        yield _change("breaking", f"the input {name} has the shape {_dims(now.shape)}, was {_dims(was.shape)}")
    if was.state != now.state:
        what = f"a state ({now.state})" if now.state else "given by the app"
        yield _change(
            "breaking", f"the input {name} is {what}, was {f'a state ({was.state})' if was.state else 'given'}"
        )
    if was.range != now.range:
        yield _change("changed", f"the input {name} was tested from {_range(now)}, before from {_range(was)}")


def _range(spec: TensorInput) -> str:
    return f"{spec.range[0]:g} to {spec.range[1]:g}"


def _kind(spec: InputSpec) -> str:
    return "a picture" if isinstance(spec, ImageInput) else f"a tensor of {spec.border_dtype}"


def _dims(shape: Iterable[int | str]) -> str:
    return " × ".join(map(str, shape))


def _outputs(before: Contract, after: Contract) -> Iterator[Change]:
    named: Effect = "breaking" if "tensors" in (before.task, after.task) else "changed"
    yield from _names("output", before.outputs, after.outputs, named)
    for name, was in before.outputs.items():
        now = after.outputs.get(name)
        if now is not None and was != now:
            yield from _answer(name, was, now)


def _answer(name: str, was: OutputSpec, now: OutputSpec) -> Iterator[Change]:
    if was.type != now.type:
        yield _change("breaking", f"the output {name} was {was.type}, it is {now.type}")
    elif isinstance(was, ScoresOutput) and isinstance(now, ScoresOutput):
        text = f"scores are {_scores(now)}, were {_scores(was)}: thresholds in an app mean something else"
        yield _change("breaking", text)
    else:
        values, others = was.model_dump(), now.model_dump()
        for key in (key for key in values if values[key] != others[key]):
            yield _change("changed", f"{key} of the output {name} is {others[key]}, was {values[key]}")


def _scores(spec: ScoresOutput) -> str:
    kinds = {"softmax": "probabilities (softmax)", "sigmoid": "independent shares (sigmoid)", "none": "raw numbers"}
    return kinds[spec.activation]


def _dimensions(before: Contract, after: Contract) -> Iterator[Change]:
    for name, was in before.dims.items():
        now = after.dims.get(name)
        if now is None:
            yield _change("breaking", f"the size {name} is fixed, was {was}")
        elif str(was) != str(now):
            fewer = any(was.allows(size) and not now.allows(size) for size in _tried(was.values, was.low, was.high))
            yield _change("breaking" if fewer else "compatible", f"the size {name} is {now}, was {was}")
    for name in after.dims:
        if name not in before.dims:
            yield _change("changed", f"the size {name} is {after.dims[name]}, was fixed")


def _tried(values: Sequence[int], low: int, high: int) -> Iterable[int]:
    return values or range(low, high + 1)


def _shapes(old: Built, new: Built, contract: Contract) -> Iterator[Change]:
    """Of outputs, which only artifacts know; of the first that both builds have, or of each one's first."""
    key = next((key for key in old.manifests if key in new.manifests), None)
    was, now = (built.manifests.get(key) if key else next(iter(built.manifests.values()), None) for built in (old, new))
    if was is None or now is None or contract.task in READ_INSIDE:
        return
    # A picture's size changes with its source's; a tensor's or a vector's is what code counts on.
    effect: Effect = "changed" if contract.task == "image-to-image" else "breaking"
    before = {tensor.name: tensor for tensor in was.signature.outputs}
    for tensor in now.signature.outputs:
        earlier = before.get(tensor.name, tensor)
        if earlier.shape != tensor.shape:
            told = f"the output {tensor.name} has the shape {_dims(tensor.shape)}, was {_dims(earlier.shape)}"
            yield _change(effect, told)
        if earlier.dtype != tensor.dtype:
            yield _change(effect, f"the output {tensor.name} holds {tensor.dtype}, was {earlier.dtype}")
