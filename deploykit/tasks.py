"""What apps do with models: the tasks that have a typed API, as data, and what a contract of each has to have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

TaskName = Literal["image-classification", "object-detection", "segmentation", "image-to-image", "embedding", "tensors"]


@dataclass(frozen=True)
class Task:
    """A task of pictures: it takes one, and gives one output of a kind."""

    output: str
    """The `type` of the output that answers; other outputs than it, and the scores of its boxes, there are none."""
    labelled: bool
    """Whether `[task] labels` are needed."""


TASKS: dict[TaskName, Task] = {
    "image-classification": Task("scores", labelled=True),
    "object-detection": Task("boxes", labelled=True),
    "segmentation": Task("class-map", labelled=True),
    "image-to-image": Task("picture", labelled=False),
    "embedding": Task("embedding", labelled=False),
}
"""All but `tensors`, which takes and gives what it likes."""


def misfit(task: TaskName, inputs: Mapping[str, Any], outputs: Mapping[str, Any], labels: Collection[str]) -> str:
    """What a contract lacks for its task, with the remedy; empty where it fits.

    Args:
        task: as `[task] type` names it.
        inputs: by name, each with a `type`.
        outputs: the same.
        labels: of the task; a file's name counts as some.
    """
    wanted = TASKS.get(task)
    if wanted is None:
        return ""
    answers = [name for name, output in outputs.items() if output.type == wanted.output]
    beside = {outputs[name].scores for name in answers if wanted.output == "boxes"}
    others = [name for name in outputs if name not in answers and name not in beside]
    if [each.type for each in inputs.values()] != ["image"] or len(answers) != 1 or others:
        more = ", and the output with its scores where they stand apart" if wanted.output == "boxes" else ""
        return (
            f'{task} takes exactly one input of type "image" and one output of type "{wanted.output}"{more}; '
            f'found inputs {sorted(inputs)} and outputs {sorted(outputs)}. With type = "tensors" anything goes'
        )
    if wanted.labelled and not labels:
        return f'{task} needs labels: labels = ["…", …] or a text file with one name a line'
    return ""
