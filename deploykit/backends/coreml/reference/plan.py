"""The specification of a function → a plan: steps in order, with constants read and last uses known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

from deploykit.backends.coreml.reference.declared import Declared, OtherType, TensorType
from deploykit.backends.coreml.reference.dtypes import STRING, dtype_of
from deploykit.backends.coreml.reference.memory import Memory
from deploykit.backends.coreml.reference.ops import MOVES, OPS
from deploykit.backends.coreml.reference.ops.limits import NESTING
from deploykit.backends.coreml.reference.package import Package
from deploykit.backends.coreml.reference.precision import Precision
from deploykit.backends.coreml.reference.step import Block, Reference, Session, Step
from deploykit.backends.coreml.reference.values import Value, read_value
from deploykit.errors import ArtifactError, UnsupportedOpsError


@dataclass(frozen=True, slots=True)
class Plan:
    """What a function takes, does and gives."""

    inputs: tuple[TensorType, ...]
    states: tuple[TensorType, ...]
    block: Block
    outputs: tuple[Declared, ...]


def plan_of(package: Package, precision: Precision, name: str) -> Plan:
    """Plans one function of a package.

    Raises:
        UnsupportedOpsError: if it has unknown ops; names all of them.
        ArtifactError: if it is damaged, or there is no such function.
    """
    function = _function(package, name)
    block = _block(function, package)
    unknown = {op.type for op in _all_operations(block, package)} - OPS.keys() - {"const"}
    if unknown:
        raise UnsupportedOpsError("the Core ML reference runner", sorted(unknown))
    return _Planner(package, precision).plan(function, block)


def _function(package: Package, name: str) -> Any:
    functions = package.spec.mlProgram.functions
    if name not in functions:
        raise ArtifactError(f"{package.path} has no function '{name}', but {sorted(functions)}")
    return functions[name]


def _block(function: Any, package: Package) -> Any:
    if function.opset not in function.block_specializations:
        raise ArtifactError(f"{package.path} has no block for its opset '{function.opset}'; convert again")
    return function.block_specializations[function.opset]


def _all_operations(block: Any, package: Package, depth: int = 0) -> Iterator[Any]:
    """A block's operations and those of the blocks within them."""
    if depth > NESTING:
        raise ArtifactError(f"{package.path} has more than {NESTING} blocks within blocks; refuse it")
    for operation in block.operations:
        yield operation
        for inner in operation.blocks:
            yield from _all_operations(inner, package, depth + 1)


class _Planner:
    """Walks a block once; keeps the constants and the declared types that it has met.

    A block within a block sees what is defined around it, and is planned by a planner of its own that starts with that.
    """

    def __init__(self, package: Package, precision: Precision, around: _Planner | None = None) -> None:
        self._package = package
        self._precision = precision
        self._constants: dict[str, Value] = dict(around._constants) if around else {}
        self._types: dict[str, Declared] = dict(around._types) if around else {}
        self._memory: Memory = around._memory if around else Memory(str(package.path), precision.compute)

    def plan(self, function: Any, block: Any) -> Plan:
        """Plans a whole function."""
        states = tuple(self._state(item) for item in function.inputs if item.type.WhichOneof("type") == "stateType")
        inputs = tuple(
            self._tensor(item.name, item.type, "the input")
            for item in function.inputs
            if item.type.WhichOneof("type") != "stateType"
        )
        planned = self._planned(block, tuple(item.name for item in (*inputs, *states)))
        outputs = tuple(self._output(name) for name in block.outputs)
        self._memory.check(planned, (*inputs, *states))
        return Plan(inputs, states, planned, outputs)

    def _planned(self, block: Any, inputs: tuple[str, ...]) -> Block:
        steps: list[Step] = []
        for operation in block.operations:
            if operation.type == "const":
                self._read_constant(operation)
                continue
            step = self._step(operation)
            if operation.type.startswith("constexpr_"):
                self._fold(step)
            else:
                steps.append(step)
        outputs = tuple(self._result(name, f"the output '{name}' of {self._package.path}") for name in block.outputs)
        kept = {item.name for item in outputs if isinstance(item, Reference)}
        made = {*inputs, *(output.name for step in steps for output in step.outputs)}
        taken = {*kept, *(name for step in steps for name in step.references())}
        captures = frozenset(taken - made)
        return Block(inputs, _with_last_uses(steps, kept), outputs, captures)

    def _nested(self, block: Any) -> Block:
        inner = _Planner(self._package, self._precision, self)
        names = []
        for item in block.inputs:
            # coremltools gives both blocks of a loop the same names, and those may exist around them.
            inner._types.pop(item.name, None)
            inner._constants.pop(item.name, None)
            names.append(inner._declare(item.name, item.type, "the block's input").name)
        return inner._planned(block, tuple(names))

    def _output(self, name: str) -> Declared:
        declared = self._types.get(name)
        if declared is None or (isinstance(declared, OtherType) and declared.kind == "list"):
            raise ArtifactError(f"the output '{name}' of {self._package.path} cannot leave a program; convert again")
        return declared

    def _result(self, name: str, where: str) -> Value | Reference:
        if name not in self._types:
            raise ArtifactError(f"{where} is no tensor of the program; convert again")
        return self._constants[name] if name in self._constants else Reference(name)

    def _declare(self, name: str, value_type: Any, what: str) -> Declared:
        where = f"{what} '{name}' of {self._package.path}"
        if name in self._types:
            raise ArtifactError(f"{where} is defined twice; the file is damaged, convert again")
        self._types[name] = _declared(name, value_type, where)
        return self._types[name]

    def _tensor(self, name: str, value_type: Any, what: str) -> TensorType:
        declared = self._declare(name, value_type, what)
        if not isinstance(declared, TensorType):
            raise ArtifactError(f"{what} '{name}' of {self._package.path} is a {declared.kind}, no tensor")
        return declared

    def _state(self, item: Any) -> TensorType:
        declared = self._tensor(item.name, item.type.stateType.wrappedType, "the state")
        if None in declared.shape:
            raise ArtifactError(f"the state '{item.name}' of {self._package.path} has no fixed shape; convert again")
        return declared

    def _read_constant(self, operation: Any) -> None:
        if len(operation.outputs) != 1 or "val" not in operation.attributes:
            raise ArtifactError(f"{self._package.path} has a constant without its value; convert again")
        name = operation.outputs[0].name
        value = self._value(operation.attributes["val"], f"the constant '{name}' of {self._package.path}")
        if isinstance(value, torch.Tensor):
            self._declare(name, operation.outputs[0].type, "the constant")
        self._constants[name] = value

    def _value(self, value: Any, where: str) -> Value:
        read = read_value(value, self._package, where)
        return self._precision.carry(read) if isinstance(read, torch.Tensor) else read

    def _step(self, operation: Any) -> Step:
        named = operation.outputs[0].name if operation.outputs else "without output"
        where = f"the op {operation.type} '{named}' of {self._package.path}"
        arguments = {
            parameter: tuple(
                self._argument(binding, f"{where}, parameter '{parameter}'") for binding in given.arguments
            )
            for parameter, given in operation.inputs.items()
        }
        # Before iOS 18 the parameters of constexpr ops are attributes.
        for parameter, value in operation.attributes.items():
            if operation.type.startswith("constexpr_") and parameter != "name" and parameter not in arguments:
                arguments[parameter] = (self._value(value, f"{where}, parameter '{parameter}'"),)
        blocks = tuple(self._nested(block) for block in operation.blocks)
        outputs = tuple(
            self._declare(item.name, item.type, f"the output of {operation.type}") for item in operation.outputs
        )
        return Step(operation.type, OPS[operation.type], arguments, outputs, operation.type in MOVES, blocks)

    def _argument(self, binding: Any, where: str) -> Value | Reference:
        if binding.WhichOneof("binding") == "value":
            return self._value(binding.value, where)
        name = binding.name
        if name not in self._types and name not in self._constants:
            raise ArtifactError(f"{where} refers to '{name}', which nothing before it defines; convert again")
        return self._constants[name] if name in self._constants else Reference(name)

    def _fold(self, step: Step) -> None:
        """Executes a step of constants now, so that compressed weights are expanded once."""
        if variable := sorted(step.references()):
            raise ArtifactError(
                f"{step} of {self._package.path} takes {variable}, which are not constant; convert again"
            )
        self._memory.keep(step.outputs)
        results = step.execute({}, Session(self._precision))
        for output, value in zip(step.outputs, results, strict=True):
            self._constants[output.name] = value


def _declared(name: str, value_type: Any, where: str) -> Declared:
    kind = value_type.WhichOneof("type")
    if kind == "listType":
        return OtherType(name, "list")
    if kind == "dictionaryType":
        return OtherType(name, "dictionary")
    if kind != "tensorType":
        raise ArtifactError(f"{where} is a {kind}, which the reference runner does not know")
    declared = value_type.tensorType
    if declared.dataType == STRING:
        return OtherType(name, "text")
    shape = tuple(
        int(size.constant.size) if size.WhichOneof("dimension") == "constant" else None for size in declared.dimensions
    )
    # A variadic size stands for any number of sizes.
    any_rank = any(size.unknown.variadic for size in declared.dimensions)
    return TensorType(name, dtype_of(declared.dataType, where), shape, any_rank)


def _with_last_uses(steps: Iterable[Step], kept: set[str]) -> tuple[Step, ...]:
    """Notes in each step what it is the last to need, so that memory is freed early; `kept` outlives all steps."""
    needed = set(kept)
    reversed_steps: list[Step] = []
    for step in reversed(list(steps)):
        names = {*step.references(), *(output.name for output in step.outputs)}
        reversed_steps.append(replace(step, dead=tuple(sorted(names - needed))))
        needed |= names
    return tuple(reversed(reversed_steps))
