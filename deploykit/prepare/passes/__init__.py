"""Passes over a network before torch.export: a literal list, in order. A new one is a module and a row.

A pass looks (`find`: names of what it would change, nothing to do where there are none) and then changes (`apply`, in
place, on a copy). Whether the network still computes the same is not its affair: `deploykit.prepare.passing` checks
every pass against the original and leaves out what fails. Rewrites of single ops are in `deploykit.prepare.rewrites`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from deploykit.prepare.agreement import Tensors
from deploykit.prepare.passes import branches, evaluation, folding, own, parametrizations


@dataclass(frozen=True)
class Pass:
    """A row of the list.

    Attributes:
        name: as the report has it.
        find: network (as the attribute `network` of a root, so that it can be replaced whole) and one draw of its
            inputs → the places that it would change.
        apply: changes these places of a root, in place; gives one line of what it did, without its subject.
    """

    name: str
    find: Callable[[nn.Module, Tensors], tuple[str, ...]]
    apply: Callable[[nn.Module, tuple[str, ...]], str]


PASSES: tuple[Pass, ...] = (
    Pass("evaluation mode", evaluation.in_training, evaluation.to_evaluation),
    Pass("dropout", evaluation.dropouts, evaluation.remove_dropouts),
    Pass("training-only branches", branches.never_run, branches.remove),
    Pass("auxiliary heads", branches.auxiliary, branches.remove),
    Pass("parametrizations", parametrizations.parametrized, parametrizations.make_plain),
    Pass("reparameterisation", own.with_methods, own.call_methods),
    Pass("norm folding", folding.pairs, folding.fold),
)
"""In this order: folding sees what a model's own reparameterisation left, and both see plain weights."""
