"""One op of a program, the blocks of ops that it may hold, and their execution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from deploykit.backends.coreml.reference.declared import Declared, OtherType, TensorType
from deploykit.backends.coreml.reference.ops import OpFunction, limits
from deploykit.backends.coreml.reference.ops.arguments import Arguments, BlockFunction
from deploykit.backends.coreml.reference.precision import Precision
from deploykit.backends.coreml.reference.values import TensorList, Value
from deploykit.errors import ArtifactError

_SMALL = 64
"""Elements of a constant that is kept as numbers, too."""

_REMEDY = "the file is damaged, or does not allow inputs of these sizes"
_KINDS: dict[str, type] = {"list": TensorList, "text": str, "dictionary": dict}


@dataclass(frozen=True, slots=True)
class OpOutput:
    """A tensor that an op gave: what a run shows of its inside.

    Attributes:
        op: the op's type, for example `conv`.
        name: the output's name in the program.
        dtype: its declared type as MIL names it, for example `FLOAT16`.
        operands: the names of the op's variable operands: inputs of the function and outputs of earlier ops.
        value: the tensor, in the mode's compute type; not to be changed.
    """

    op: str
    name: str
    dtype: str
    operands: tuple[str, ...]
    value: torch.Tensor


OnOutput = Callable[[OpOutput], None]
"""Sees every tensor that an op gives, right after the op."""


@dataclass(slots=True)
class Session:
    """What one run shares among its steps.

    Attributes:
        precision: how results are brought to their declared types.
        on_output: sees every intermediate tensor.
        blocks_left: how many nested blocks may still be executed, so that every run ends.
    """

    precision: Precision
    on_output: OnOutput | None = None
    blocks_left: int = field(default_factory=lambda: limits.BLOCKS)


@dataclass(frozen=True, slots=True)
class Reference:
    """An argument that an input or an earlier step provides."""

    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """One op to execute.

    Attributes:
        op: its type.
        function: what executes it.
        arguments: parameter → constants (in the compute type) and references.
        outputs: what it declares to give.
        moves: whether its results are elements of its operands and need no rounding.
        blocks: the blocks within it.
        dead: the names that no later step needs.
        constants: the arguments that are the same in every run, told apart once.
        variables: the others.
        numbers: the elements of the small constants: most are parameters like strides, which ops want as numbers.
    """

    op: str
    function: OpFunction
    arguments: Mapping[str, tuple[Value | Reference, ...]]
    outputs: tuple[Declared, ...]
    moves: bool
    blocks: tuple[Block, ...] = ()
    dead: tuple[str, ...] = ()
    constants: Mapping[str, tuple[Value, ...]] = field(init=False)
    variables: Mapping[str, tuple[Value | Reference, ...]] = field(init=False)
    numbers: Mapping[str, Sequence[float]] = field(init=False)

    def __post_init__(self) -> None:
        constants: dict[str, tuple[Value, ...]] = {}
        variables: dict[str, tuple[Value | Reference, ...]] = {}
        for parameter, values in self.arguments.items():
            known = tuple(value for value in values if not isinstance(value, Reference))
            if len(known) == len(values):
                constants[parameter] = known
            else:
                variables[parameter] = values
        small = {
            parameter: values[0].reshape(-1).tolist()
            for parameter, values in constants.items()
            if len(values) == 1 and isinstance(values[0], torch.Tensor) and values[0].numel() <= _SMALL
        }
        for name, value in (("constants", constants), ("variables", variables), ("numbers", small)):
            object.__setattr__(self, name, value)  # the way to set a field of a frozen class

    def references(self) -> Iterator[str]:
        """The names that it takes from inputs and earlier steps."""
        for values in self.arguments.values():
            for value in values:
                if isinstance(value, Reference):
                    yield value.name
        for block in self.blocks:
            yield from block.captures

    def execute(self, values: Mapping[str, Value], session: Session) -> list[Value]:
        """Executes the op.

        Args:
            values: what it refers to, in the compute type.
            session: the run that it belongs to.

        Returns:
            One value per output, of its declared shape.
        """
        arguments: dict[str, Sequence[Value]] = dict(self.constants)
        for parameter, every in self.variables.items():
            arguments[parameter] = [values[given.name] if isinstance(given, Reference) else given for given in every]
        blocks = [block.bound(values, session) for block in self.blocks]
        narrow = session.precision.narrow and _is_half(self.outputs)
        try:
            result = self.function(Arguments(self.op, arguments, self.outputs, blocks, narrow, self.numbers))
        except (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError) as error:
            # Torch refuses operands that do not fit each other; which class it raises depends on the op.
            raise ArtifactError(f"{self} cannot be executed: {error}; {_REMEDY}") from error
        results = result if isinstance(result, tuple) else (result,)
        if len(results) != len(self.outputs):
            raise ArtifactError(f"{self} gives {len(results)} outputs, declared are {len(self.outputs)}; convert again")
        return [
            self._settled(value, declared, session.precision)
            for value, declared in zip(results, self.outputs, strict=True)
        ]

    def _settled(self, value: Value, declared: Declared, precision: Precision) -> Value:
        if isinstance(declared, OtherType):
            if not isinstance(value, _KINDS[declared.kind]):
                raise ArtifactError(f"{self} gives no {declared.kind} for '{declared.name}'; convert again")
            return value
        if not isinstance(value, torch.Tensor):
            raise ArtifactError(f"{self} gives no tensor for '{declared.name}'; convert again")
        if not declared.fits(value.shape):
            raise ArtifactError(
                f"{self} gives '{declared.name}' the shape {list(value.shape)}, declared is {declared.shape_text}; "
                f"{_REMEDY}"
            )
        if self.moves and value.dtype is precision.compute and declared.dtype.is_float:
            return value
        return precision.settle(value, declared.dtype)

    def __str__(self) -> str:
        return f"the op {self.op} '{self.outputs[0].name if self.outputs else 'without output'}'"


@dataclass(frozen=True, slots=True)
class Block:
    """Ops in order: a function's body, or what a `cond` or `while_loop` holds.

    Attributes:
        inputs: the names that its caller gives values to.
        steps: the ops.
        outputs: what it gives.
        captures: the names that it takes from the blocks around it.
    """

    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Value | Reference, ...]
    captures: frozenset[str] = frozenset()

    def run(self, values: dict[str, Value], session: Session) -> list[Value]:
        """Executes all steps.

        Args:
            values: its inputs and captures; it is changed.
            session: the run that it belongs to.

        Returns:
            One value per output.
        """
        for step in self.steps:
            for output, value in zip(step.outputs, step.execute(values, session), strict=True):
                values[output.name] = value
                if session.on_output is not None and isinstance(output, TensorType) and isinstance(value, torch.Tensor):
                    operands = tuple(dict.fromkeys(step.references()))
                    session.on_output(OpOutput(step.op, output.name, output.dtype.name, operands, value))
            for name in step.dead:
                del values[name]
        return [values[item.name] if isinstance(item, Reference) else item for item in self.outputs]

    def bound(self, values: Mapping[str, Value], session: Session) -> BlockFunction:
        """A function of its inputs alone, for the op that holds it."""
        captured = {name: values[name] for name in self.captures}

        def call(*given: Value) -> list[Value]:
            session.blocks_left -= 1
            if session.blocks_left < 0:
                raise ArtifactError(
                    f"more than {limits.BLOCKS} executions of nested blocks in one run: the loop has no end"
                )
            if len(given) != len(self.inputs):
                raise ArtifactError(f"a block takes {len(self.inputs)} inputs, it is given {len(given)}; convert again")
            return self.run({**captured, **dict(zip(self.inputs, given, strict=True))}, session)

        return call


def _is_half(outputs: tuple[Declared, ...]) -> bool:
    return bool(outputs) and isinstance(outputs[0], TensorType) and outputs[0].dtype.tensor is torch.float16
