"""The specification of a function → a plan: steps in order, with constants read and last uses known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from deploykit.backends.coreml.reference.dtypes import dtype_of
from deploykit.backends.coreml.reference.ops import MOVES, OPS
from deploykit.backends.coreml.reference.package import Package
from deploykit.backends.coreml.reference.precision import Precision
from deploykit.backends.coreml.reference.step import Reference, Step, TensorType
from deploykit.backends.coreml.reference.values import Value, read_value
from deploykit.errors import ArtifactError, UnsupportedOpsError


@dataclass(frozen=True, slots=True)
class Plan:
    """What a function takes, does and gives. `constants` are the outputs that no step computes."""

    inputs: tuple[TensorType, ...]
    steps: tuple[Step, ...]
    outputs: tuple[TensorType, ...]
    constants: Mapping[str, torch.Tensor]


def plan_of(package: Package, precision: Precision) -> Plan:
    """Plans the default function of a package.

    Raises:
        UnsupportedOpsError: if it has unknown ops; names all of them.
        ArtifactError: if it is damaged.
    """
    function = _default_function(package)
    block = _block(function, package)
    unknown = {op.type for op in _all_operations(block)} - OPS.keys() - {"const"}
    if unknown:
        raise UnsupportedOpsError("the Core ML reference runner", sorted(unknown))
    return _Planner(package, precision).plan(function, block)


def _default_function(package: Package) -> Any:
    functions = package.spec.mlProgram.functions
    name = package.spec.description.defaultFunctionName or "main"
    if name not in functions:
        raise ArtifactError(f"{package.path} has no function '{name}', but {sorted(functions)}; convert again")
    return functions[name]


def _block(function: Any, package: Package) -> Any:
    if function.opset not in function.block_specializations:
        raise ArtifactError(f"{package.path} has no block for its opset '{function.opset}'; convert again")
    return function.block_specializations[function.opset]


def _all_operations(block: Any) -> Iterator[Any]:
    """A block's operations and those of the blocks within them."""
    for operation in block.operations:
        yield operation
        for inner in operation.blocks:
            yield from _all_operations(inner)


class _Planner:
    """Walks a block once; keeps the constants and the declared types that it has met."""

    def __init__(self, package: Package, precision: Precision) -> None:
        self._package = package
        self._precision = precision
        self._constants: dict[str, Value] = {}
        self._types: dict[str, TensorType] = {}

    def plan(self, function: Any, block: Any) -> Plan:
        inputs = tuple(self._declare(item.name, item.type, "the input") for item in function.inputs)
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
        outputs = tuple(self._output(name) for name in block.outputs)
        constants = {
            item.name: value for item in outputs if isinstance(value := self._constants.get(item.name), torch.Tensor)
        }
        return Plan(inputs, _with_last_uses(steps, {item.name for item in outputs}), outputs, constants)

    def _output(self, name: str) -> TensorType:
        if name not in self._types:
            raise ArtifactError(
                f"the output '{name}' of {self._package.path} is no tensor of the program; convert again"
            )
        return self._types[name]

    def _declare(self, name: str, value_type: Any, what: str) -> TensorType:
        where = f"{what} '{name}' of {self._package.path}"
        if name in self._types:
            raise ArtifactError(f"{where} is defined twice; the file is damaged, convert again")
        if value_type.WhichOneof("type") != "tensorType":
            kind = value_type.WhichOneof("type")
            raise ArtifactError(f"{where} is a {kind}; the reference runner knows tensors only")
        declared = value_type.tensorType
        shape = tuple(
            int(size.constant.size) if size.WhichOneof("dimension") == "constant" else None
            for size in declared.dimensions
        )
        self._types[name] = TensorType(name, dtype_of(declared.dataType, where), shape)
        return self._types[name]

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
        outputs = tuple(
            self._declare(item.name, item.type, f"the output of {operation.type}") for item in operation.outputs
        )
        return Step(operation.type, OPS[operation.type], arguments, outputs, operation.type in MOVES)

    def _argument(self, binding: Any, where: str) -> Value | Reference:
        if binding.WhichOneof("binding") == "value":
            return self._value(binding.value, where)
        name = self._known(binding.name, where)
        return self._constants[name] if name in self._constants else Reference(name)

    def _known(self, name: str, where: str) -> str:
        if name not in self._types and name not in self._constants:
            raise ArtifactError(f"{where} refers to '{name}', which nothing before it defines; convert again")
        return name

    def _fold(self, step: Step) -> None:
        """Executes a step of constants now, so that compressed weights are expanded once."""
        if variable := sorted(step.references()):
            raise ArtifactError(
                f"{step} of {self._package.path} takes {variable}, which are not constant; convert again"
            )
        for output, value in zip(step.outputs, step.execute({}, self._precision), strict=True):
            self._constants[output.name] = value


def _with_last_uses(steps: Iterable[Step], kept: set[str]) -> tuple[Step, ...]:
    """Notes in each step what it is the last to need, so that memory is freed early; `kept` outlives all steps."""
    needed = set(kept)
    reversed_steps: list[Step] = []
    for step in reversed(list(steps)):
        names = {*step.references(), *(output.name for output in step.outputs)}
        reversed_steps.append(replace(step, dead=tuple(sorted(names - needed))))
        needed |= names
    return tuple(reversed(reversed_steps))
