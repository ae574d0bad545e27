"""What is to be made: targets × precisions, in the order of preference."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deploykit.backends import BACKENDS, RUNNERS
from deploykit.errors import SpecError
from deploykit.precisions import SCHEMES, Precision
from deploykit.project import Entry, Project
from deploykit.spec import BuildSpec
from deploykit.targets import Target, all_targets
from deploykit.tomlfile import nearest


@dataclass(frozen=True)
class Lowering:
    """One file to make. Targets that want the same file share it."""

    backend: str
    precision: Precision
    options: tuple[tuple[str, str], ...]
    """What else of the target changes the file, for example Core ML's deployment target."""

    @property
    def name(self) -> str:
        """For folders and logs, for example `coreml-fp16`."""
        return "-".join([self.backend, self.precision, *(value for _, value in self.options)])


@dataclass(frozen=True)
class Item:
    """One artifact to deliver: a target at a precision."""

    target: Target
    precision: Precision

    @property
    def lowering(self) -> Lowering:
        """The file behind it."""
        options = BACKENDS[self.target.backend].options
        return Lowering(self.target.backend, self.precision, tuple((o, str(getattr(self.target, o))) for o in options))

    @property
    def twin(self) -> Item | None:
        """The same at fp32, lowered and checked beside it; None if it is at fp32 itself."""
        return None if self.precision == "fp32" else replace(self, precision="fp32")

    @property
    def base(self) -> Item | None:
        """The same in floating point, from which it is made; None if it is in floating point itself."""
        made_from = BACKENDS[self.target.backend].quantized_from
        return replace(self, precision=made_from) if SCHEMES[self.precision].quantized else None

    @property
    def runners(self) -> tuple[str, ...]:
        """The target's runners that this host has."""
        return tuple(name for name in self.target.runners if RUNNERS[name].unavailable() is None)


@dataclass(frozen=True)
class Plan:
    """All artifacts to deliver, in the order of preference: an SDK ships the first one that passed."""

    items: tuple[Item, ...]

    @property
    def lowerings(self) -> tuple[Lowering, ...]:
        """The distinct files behind the items and their twins."""
        return tuple(dict.fromkeys(item.lowering for item in self.checked))

    @property
    def groups(self) -> tuple[tuple[Lowering, ...], ...]:
        """The lowerings that differ in nothing but precision, fp32 first."""
        found: dict[Lowering, list[Lowering]] = {}
        for lowering in self.lowerings:
            found.setdefault(replace(lowering, precision="fp32"), []).append(lowering)
        return tuple(tuple(sorted(group, key=lambda each: each.precision != "fp32")) for group in found.values())

    def runners(self, lowering: Lowering) -> tuple[str, ...]:
        """On which of this host's runners a file is to be checked."""
        wanted = (item.runners for item in self.checked if item.lowering == lowering)
        return tuple(dict.fromkeys(runner for runners in wanted for runner in runners))

    @property
    def checked(self) -> tuple[Item, ...]:
        """The items, then the twins and bases that are not asked for themselves."""
        others = (other for item in self.items for other in (item.twin, item.base) if other is not None)
        return tuple(dict.fromkeys((*self.items, *others)))

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """The distinct precisions."""
        return tuple(dict.fromkeys(item.precision for item in self.checked))


def plan(
    source: Project | Entry, targets: tuple[str, ...], precisions: tuple[Precision, ...], sweep: bool = False
) -> Plan:
    """Narrows the project's targets and precisions to those that were asked for.

    Args:
        source: a project, or just an entry.
        targets: by name; empty for the project's.
        precisions: empty for the project's.
        sweep: whether to take all that each target gives in their place.

    Raises:
        SpecError: if a target does not exist, or cannot be had at a precision.
    """
    build = source.spec.build if isinstance(source, Project) else BuildSpec()
    known = all_targets()
    if unknown := [name for name in targets if name not in known]:
        raise SpecError([f"--target {name}: no such target; {nearest(name, known)}" for name in unknown])
    chosen = [known[name] for name in dict.fromkeys(targets or build.targets)]
    if sweep:
        return Plan(tuple(Item(target, precision) for target in chosen for precision in target.precisions))
    wanted = tuple(dict.fromkeys(precisions or build.precisions))
    impossible = [
        f"{target.name} cannot be had at {precision}; it gives: {', '.join(target.precisions)}"
        for target in chosen
        for precision in wanted
        if precision not in target.precisions
    ]
    if impossible:
        raise SpecError(impossible)
    return Plan(tuple(Item(target, precision) for target in chosen for precision in wanted))
