"""A job: one input through the model and through the file, side by side, up to where they part."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deploykit.backends import BACKENDS
from deploykit.backends.base import Tensors
from deploykit.bisect.border import Border
from deploykit.bisect.records import FileOpRecord, NodeRecord
from deploykit.errors import ArgumentsError, ArtifactError

if TYPE_CHECKING:
    from deploykit.bisect.matching import Matcher
    from deploykit.bisect.reference import Reference

TRIED = 10
"""How many suspects are cut out: what is fused or laid out otherwise stands between them and the culprit."""
SHOWN_GOOD = 4


@dataclass(frozen=True)
class Looked:
    """What the inside of a file shows.

    Attributes:
        plain_db: of the outputs, run op by op.
        total: results of the model that depend on its inputs.
        matched: those that are in the file.
        good: the last right ones before each of the likeliest culprits, by its name.
        bad: what the file does not have of all that leads to its wrong outputs, the likeliest culprit first.
        order: their names, in the order of execution.
        file_op: the first op of the file that makes wrong of right.
        windows: how many there are to be tried; they are in the scratch folder.
    """

    plain_db: float
    total: int
    matched: int
    good: dict[str, tuple[NodeRecord, ...]] = field(default_factory=dict)
    bad: tuple[NodeRecord, ...] = ()
    order: tuple[str, ...] = ()
    file_op: FileOpRecord | None = None
    windows: int = 0


def look(
    program: Path, backend: str, artifact: Path, border: Border, given: Tensors, moved: Tensors, root: Path, to: Path
) -> Looked:
    """Follows one input through the file, and cuts out what may show the fault alone.

    Args:
        program: the ExportedProgram that the file was made from, or ought to have been.
        backend: of the file.
        artifact: the file.
        border: whose names the file has.
        given: the input.
        moved: the same, moved by a rounding error.
        root: of the user's project.
        to: where the windows go.

    Raises:
        ArtifactError: if the file cannot be run op by op, or a wrong output is an input or a constant of the model.
        ArgumentsError: if it computes at fp16.
    """
    import torch

    from deploykit.bisect.matching import Matcher
    from deploykit.bisect.reference import ratio, refer
    from deploykit.bisect.windows import windows

    reference = refer(torch.export.load(program), given, moved, root)
    matcher = Matcher(reference.nodes, reference.values)
    made = border.back(BACKENDS[backend].follow(artifact, border.to_file(given), matcher.see))
    if matcher.halves:
        raise ArgumentsError(
            [
                f"{artifact} computes at fp16 ({matcher.halves} tensors are float16), where rounding hides the fault; "
                "give the same model's fp32 file"
            ]
        )
    wanted = dict(zip(border.outputs, reference.outputs, strict=True))
    ratios = {node: ratio(reference.values[node], made[name]) for name, node in wanted.items()}
    wrong = [node for node, snr in ratios.items() if snr < _demanded(reference, node)]
    looked = Looked(min(ratios.values()), len(matcher.found), sum(bool(f.tensor) for f in matcher.found.values()))
    if not wrong:
        return looked
    if strange := [name for name, node in wanted.items() if node in wrong and node not in matcher.found]:
        raise ArtifactError(
            f"{artifact} gives something else for {', '.join(strange)}, which no op of the model computes"
        )
    suspects, first = _suspects(reference, matcher, wrong, set(border.to_file(given)))
    cuts = list(windows(reference, suspects, TRIED))
    (to / "windows.pickle").write_bytes(pickle.dumps(cuts))
    return Looked(
        looked.plain_db,
        looked.total,
        looked.matched,
        {
            suspect: tuple(_record(reference, matcher, name) for name in _last_good(reference, matcher, suspect))
            for suspect in suspects[:TRIED]
        },
        tuple(_record(reference, matcher, name) for name in suspects),
        tuple(name for name in reference.nodes if name in suspects),
        first,
        len(cuts),
    )


def _demanded(reference: Reference, node: str) -> float:
    """Of an output: what a build demands."""
    from deploykit.parity.tolerance import required_snr_db

    known = reference.nodes.get(node)
    if known is None or known.floor_db is None:
        return 300.0
    return required_snr_db("fp32", known.floor_db, None)


def _suspects(
    reference: Reference, matcher: Matcher, wrong: list[str], given: set[str]
) -> tuple[list[str], FileOpRecord | None]:
    """The nodes at which the fault may lie, and the first op of the file that makes wrong of right."""
    from deploykit.bisect.regions import behind, heads

    def right(name: str) -> bool:
        return name not in matcher.found or bool(matcher.found[name].tensor)

    def makers(name: str) -> tuple[str, ...]:
        return reference.nodes[name].inputs if name in reference.nodes else ()

    region = behind(wrong, makers, lambda name: name not in wrong and right(name))
    order = [name for name in reference.nodes if name in region]
    tensors = matcher.tensors
    ends = {matcher.near(name) for name in wrong}
    bad = [tensor for end in ends if end for tensor in [end[1]]] or list(tensors)[-1:]
    variable = _variable(matcher, given)
    file_region = behind(
        bad,
        lambda name: tensors[name].operands if name in tensors else (),
        lambda name: name not in tensors or name not in variable or bool(tensors[name].node),
    )
    first = next(
        iter(heads(file_region, list(tensors), lambda name: [o for o in tensors[name].operands if o in tensors])), None
    )
    if first is None:
        return order, None
    taken = {tensors[name].node for name in tensors[first].operands if name in tensors}
    near = [name for name in order if set(makers(name)) & taken and not set(makers(name)) & region]
    ranked = list(dict.fromkeys((*near, *(name for name in order if not set(makers(name)) & region), *order)))
    record = FileOpRecord(op=tensors[first].op, tensor=first, operands=tuple(tensors[first].operands))
    return ranked, record


def _variable(matcher: Matcher, given: set[str]) -> set[str]:
    """The tensors of the file that depend on its inputs."""
    found = set(given)
    for name, op in matcher.tensors.items():
        if found & set(op.operands):
            found.add(name)
    return found


def _last_good(reference: Reference, matcher: Matcher, culprit: str) -> list[str]:
    """The right results that lie nearest before a node, in the order of execution."""
    chosen: dict[str, None] = {}
    pending = [culprit]
    while pending and len(chosen) < SHOWN_GOOD:
        nearer: list[str] = []
        for name in pending:
            for maker in reference.nodes[name].inputs:
                if maker in matcher.found and matcher.found[maker].tensor:
                    chosen.setdefault(maker)
                if maker in reference.nodes and maker not in nearer:
                    nearer.append(maker)
        pending = nearer
    return [name for name in reference.nodes if name in list(chosen)[:SHOWN_GOOD]]


def _record(reference: Reference, matcher: Matcher, name: str) -> NodeRecord:
    node, found = reference.nodes[name], matcher.found[name]
    near = None if found.tensor else matcher.near(name)
    tensor = near[1] if near else found.tensor
    return NodeRecord(
        name=name,
        op=node.op,
        place=node.place,
        right=bool(found.tensor),
        tensor=tensor,
        made_by=matcher.tensors[tensor].op if tensor else "",
        snr_db=_rounded(near[0] if near else found.snr_db),
        floor_db=_rounded(node.floor_db),
        required_db=round(node.required_db, 1),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
