"""Every exception that deploykit raises on purpose.

    DeploykitError
    ├── UserError                 something the user gave is wrong; exit code 2
    │   ├── SpecError             deploykit.toml
    │   ├── ArgumentsError        what a command was given: no such file, runner, option or input
    │   ├── EntryError            the model's entry: not found, or the factory failed
    │   ├── WeightsError          a checkpoint that cannot be read or does not fit
    │   ├── SampleError           the project's own samples
    │   ├── CaptureError          torch.export refuses the model, or the example inputs do not fit it
    │   ├── ImportedError         results of a Mac or a device that are damaged, or of another build
    │   └── OutputError           the output folder: foreign files, a full disk, another build at work
    ├── LoweringError             a converter failed or died; one target fails, the others go on
    │   └── StoppedError          it ran out of time or memory, or was killed: another time it may not
    ├── UnavailableError          a road's tool cannot be had on this host; the other roads go on
    ├── ArtifactError             a saved artifact cannot be read or executed
    │   └── RunnerLimitError      this host's runner is to blame, not the artifact: its verdict is `not_run`
    │       ├── UnsupportedOpsError   it holds ops that a runner does not know (all named at once)
    │       └── RunnerStoppedError    it ran out of time or memory: another time it may not
    └── CodegenError              an SDK cannot be generated from a manifest

A message names the thing, the place and the remedy, and lists all problems at once.
"""

from __future__ import annotations

from collections.abc import Sequence


class DeploykitError(Exception):
    """Base of all errors raised on purpose."""


class UserError(DeploykitError):
    """Something the user gave is wrong; shown without a traceback, exit code 2."""


class SpecError(UserError):
    """`deploykit.toml` is not valid; carries every problem found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[str, ...]]]:
        return SpecError, (self.problems,)


class ArgumentsError(UserError):
    """What a command was given cannot be used; carries every problem found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type[ArgumentsError], tuple[tuple[str, ...]]]:
        return ArgumentsError, (self.problems,)


class EntryError(UserError):
    """The model's entry cannot be found, or its factory failed."""


class WeightsError(UserError):
    """A checkpoint cannot be read or does not fit the model."""


class SampleError(UserError):
    """The project's samples cannot be read."""


class CaptureError(UserError):
    """torch.export refuses the model, or the inputs do not fit it."""


class ImportedError(UserError):
    """What is to be imported is damaged, or was measured on other files."""


class OutputError(UserError):
    """The output folder cannot be written."""


class LoweringError(DeploykitError):
    """A converter failed or its process died."""


class StoppedError(LoweringError):
    """A converter was ended from outside, by a time limit, the system or a want of memory: not for its model."""


class UnavailableError(DeploykitError):
    """A road's tool cannot be had on this host, which says nothing of the model; the message is one line."""


class ArtifactError(DeploykitError):
    """A saved artifact cannot be read or executed."""


class RunnerLimitError(ArtifactError):
    """A runner gave no outputs, which says nothing of the artifact: the verdict is `not_run`, with this reason."""


class RunnerStoppedError(RunnerLimitError):
    """A runner was ended by a time limit or for want of memory: another time it may come to an end."""


class UnsupportedOpsError(RunnerLimitError):
    """An artifact holds ops that the runner does not know; `ops` lists all of them, sorted."""

    def __init__(self, runner: str, ops: Sequence[str]) -> None:
        self.runner, self.ops = runner, tuple(sorted(set(ops)))
        super().__init__(f"{runner} does not know {len(self.ops)} op(s) of this artifact: {', '.join(self.ops)}")

    def __reduce__(self) -> tuple[type[UnsupportedOpsError], tuple[str, tuple[str, ...]]]:
        return UnsupportedOpsError, (self.runner, self.ops)


class CodegenError(DeploykitError):
    """An SDK cannot be generated from a manifest."""
