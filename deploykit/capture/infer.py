"""Makes a contract by looking at the model: what `deploykit build ENTRY` uses, and `deploykit init` writes down."""

from __future__ import annotations

import inspect

import torch

from deploykit.capture.sources import Picture, Source
from deploykit.errors import CaptureError
from deploykit.outputs import OutputSpec, ScoresOutput, TensorOutput
from deploykit.spec import ImageInput, InputSpec, ModelSpec, Spec, TaskSpec, TensorInput
from deploykit.strict import NAME, RESERVED


def generic_spec(model: ModelSpec, source: Source, outputs: dict[str, torch.Tensor]) -> Spec:
    """Every input and output as a plain tensor, named after forward()'s parameters and the outputs' keys.

    Raises:
        CaptureError: if the factory gave no example inputs, or a dtype that no target takes.
    """
    examples = example_inputs(source, model.entry)
    own = getattr(source.module, "deploy_forward", None)
    given = [
        p.name
        for p in inspect.signature(own if callable(own) else source.module.forward).parameters.values()
        if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    given = [f"{name}_in" if name in RESERVED else name for name in given]
    names = given[: len(examples)] if len(given) >= len(examples) else [f"input_{i}" for i in range(len(examples))]
    inputs: dict[str, InputSpec] = {name: _tensor(name, value) for name, value in zip(names, examples, strict=True)}
    taken = set(inputs)
    results: dict[str, OutputSpec] = {}
    for name in outputs:
        clean = name if NAME.fullmatch(name) else f"output_{len(results)}"
        results[clean if clean not in taken | RESERVED else f"{clean}_out"] = TensorOutput(type="tensor")
    return Spec(model=model, task=TaskSpec(type="tensors"), input=inputs, output=results)


def classifier_spec(model: ModelSpec, picture: Picture) -> Spec:
    """An image classifier with the preprocessing that its model zoo names; labels are to be filled in."""
    return Spec(
        model=model,
        task=TaskSpec(type="image-classification", labels="labels.txt"),
        input={"image": _image(picture)},
        output={"scores": ScoresOutput(type="scores")},
    )


def _image(picture: Picture) -> ImageInput:
    resize = picture.resize if picture.resize in ("bilinear", "bicubic", "nearest") else "bicubic"
    return ImageInput.model_validate(
        {
            "type": "image",
            "size": picture.size,
            "resize": resize,
            "crop": "center",
            "crop_fraction": picture.crop_fraction,
            "mean": picture.mean,
            "std": picture.std,
        }
    )


def example_inputs(source: Source, entry: str) -> tuple[torch.Tensor, ...]:
    """The factory's own example inputs.

    Raises:
        CaptureError: if it gave none; a contract cannot be guessed from a module alone.
    """
    if source.example_inputs is None:
        raise CaptureError(
            f"{entry}: the factory gives no example inputs, and there is no deploykit.toml. "
            "Let it return (module, example_inputs), or write a deploykit.toml with the inputs"
        )
    return source.example_inputs


def _tensor(name: str, value: torch.Tensor) -> TensorInput:
    dtype = str(value.dtype).removeprefix("torch.")
    if dtype not in ("float32", "int32", "int64", "bool"):
        raise CaptureError(f"input {name} is {dtype}; phones take float32, int32, int64 (as int32) or bool")
    low, high = _range(value)
    return TensorInput.model_validate(
        {"type": "tensor", "shape": tuple(value.shape), "dtype": dtype, "range": (low, high)}
    )


def _range(value: torch.Tensor) -> tuple[float, float]:
    """Where test inputs like an example lie: uniform draws from there have its mean and its variance.

    From its least to its greatest value they would be far louder than an example that was drawn from a normal
    distribution, and a network is as well-behaved as it is only near what it was made for.
    """
    if value.dtype == torch.bool or not value.numel():
        return 0.0, 1.0
    low, high = float(value.min()), float(value.max())
    if not value.is_floating_point():
        return low, max(high, low + 1)
    mean, reach = float(value.double().mean()), 3**0.5 * float(value.double().std(correction=0))
    low, high = max(low, mean - reach), min(high, mean + reach)
    return (low, high) if low < high else (-1.0, 1.0)
