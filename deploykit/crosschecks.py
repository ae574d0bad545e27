"""What has to fit between the tables of a `deploykit.toml`: names of sizes, and of outputs that are states."""

from __future__ import annotations

from collections.abc import Iterator

from deploykit.spec import Spec, TensorInput

Problem = tuple[tuple[str, ...], str]
"""Where it stands, as a path of keys, and what is wrong."""


def cross_problems(spec: Spec) -> Iterator[Problem]:
    """What does not fit; `read_project` gives each its line."""
    tensors = {name: given for name, given in spec.input.items() if given.type == "tensor"}
    yield from _of_sizes(spec, tensors)
    yield from _of_states(spec, tensors)
    yield from _of_boxes(spec)
    yield from _of_tiles(spec)


def _of_tiles(spec: Spec) -> Iterator[Problem]:
    overlap = spec.task.overlap
    for name, given in spec.input.items():
        if overlap is not None and given.type == "image":
            if 2 * overlap >= min(given.size):
                yield (
                    ("task", "overlap"),
                    f"overlap = {overlap} at both edges leaves nothing of a tile of {given.size[0]}×{given.size[1]}; "
                    f"give at most {(min(given.size) - 1) // 2}",
                )
            if given.crop != "none":
                yield ("input", name, "crop"), "tiles are not cropped; leave crop out, or leave overlap out of [task]"


def _of_boxes(spec: Spec) -> Iterator[Problem]:
    for name, given in spec.output.items():
        if given.type != "boxes":
            continue
        if not spec.task.labels:
            yield ("output", name), f'{name} has boxes, which need labels: [task] labels = ["…", …]'
        if given.scores is not None and (given.scores == name or given.scores not in spec.output):
            others = ", ".join(other for other in spec.output if other != name) or "none"
            yield (
                ("output", name, "scores"),
                f"no other output is called {given.scores!r}; there are: {others}. Leave the key out where the scores "
                "stand behind the boxes",
            )


def _of_sizes(spec: Spec, tensors: dict[str, TensorInput]) -> Iterator[Problem]:
    used = {size for given in tensors.values() for size in given.shape if isinstance(size, str)}
    for name, given in tensors.items():
        for size in dict.fromkeys(size for size in given.shape if isinstance(size, str) and size not in spec.dim):
            known = f"the tables are: {', '.join(sorted(spec.dim))}" if spec.dim else "there is no such table"
            yield (
                ("input", name, "shape"),
                f"the size {size!r} of {name} is not known; {known}. Write [dim.{size}] with min and max or values",
            )
    for name in spec.dim:
        if name not in used:
            yield (
                ("dim", name),
                f"no input's shape has the size {name!r}; name it in a shape, or delete [dim.{name}]",
            )


def _of_states(spec: Spec, tensors: dict[str, TensorInput]) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for name, given in tensors.items():
        if given.state is None:
            continue
        where = ("input", name, "state")
        kind = spec.output[given.state].type if given.state in spec.output else None
        if kind is None:
            yield where, f"no output is called {given.state!r}; outputs are: {', '.join(spec.output)}"
        elif kind != "tensor":
            yield where, f'the output {given.state} is of type "{kind}"; a state comes back as type = "tensor"'
        if other := taken.get(given.state):
            yield where, f"the output {given.state} is the state of {other} already; each input has its own"
        taken.setdefault(given.state, name)
