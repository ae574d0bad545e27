"""What happens inside a network on one input: which modules run, what they take and give, and who uses it.

Torch's own functions are watched, not the source code, so that a network need not be traceable by torch.fx.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

from deploykit.prepare.agreement import Tensors

Kinds = tuple[type[nn.Module], ...]


class Calls:
    """A record of one run.

    Attributes:
        ran: how often each module was called.
        made: output of each module of the types that were asked for; the last one where it was called more than once.
        taken: first argument of each module of the types that were asked for, likewise.
        results: what the network gave.
    """

    def __init__(self) -> None:
        self.ran: dict[nn.Module, int] = {}
        self.made: dict[nn.Module, torch.Tensor] = {}
        self.taken: dict[nn.Module, torch.Tensor] = {}
        self.results: list[torch.Tensor] = []
        self._users: dict[int, set[nn.Module | None]] = {}
        self._used: set[int] = set()

    def used(self, tensor: torch.Tensor) -> bool:
        """Whether a parameter or buffer was an argument of any function of torch."""
        return id(tensor) in self._used

    def users(self, tensor: torch.Tensor) -> set[nn.Module | None]:
        """The modules within which a function took a module's output; None stands for the network itself."""
        return self._users.get(id(tensor), set())


def record(root: nn.Module, inputs: Tensors, makers: Kinds = (), takers: Kinds = ()) -> Calls:
    """Runs a network once and records it.

    Args:
        root: the network.
        inputs: of the network.
        makers: modules whose outputs are kept, by type. What is not kept is only counted.
        takers: modules whose inputs are kept.
    """
    calls, stack = Calls(), _Stack(makers, takers)
    with torch.no_grad(), stack.watched(calls), _Watch(calls, stack):
        result = root(*inputs)
    calls.results = [leaf for leaf in pytree.tree_leaves(result) if isinstance(leaf, torch.Tensor)]
    return calls


class _Stack:
    """The modules that are running, innermost last."""

    def __init__(self, makers: Kinds, takers: Kinds) -> None:
        self.running: list[nn.Module] = []
        self.makers, self.takers = makers, takers

    @contextmanager
    def watched(self, calls: Calls) -> Iterator[None]:
        def before(module: nn.Module, args: tuple[Any, ...]) -> None:
            self.running.append(module)
            calls.ran[module] = calls.ran.get(module, 0) + 1
            if isinstance(module, self.takers) and args and isinstance(args[0], torch.Tensor):
                calls.taken[module] = args[0]

        def after(module: nn.Module, args: tuple[Any, ...], result: Any) -> None:
            self.running.pop()
            if isinstance(module, self.makers) and isinstance(result, torch.Tensor):
                calls.made[module] = result
                calls._users.pop(id(result), None)  # of a tensor that is gone, and whose id it has inherited

        handles = register_module_forward_pre_hook(before), register_module_forward_hook(after)
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


class _Watch(TorchFunctionMode):
    def __init__(self, calls: Calls, stack: _Stack) -> None:
        super().__init__()
        self.calls, self.stack = calls, stack

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        # Asking a tensor for its shape is no use of its values.
        if any(isinstance(leaf, torch.Tensor) for leaf in pytree.tree_leaves(result)):
            inside = self.stack.running[-1] if self.stack.running else None
            for leaf in pytree.tree_leaves((args, kwargs)):
                if isinstance(leaf, torch.Tensor):
                    self.calls._used.add(id(leaf))
                    self.calls._users.setdefault(id(leaf), set()).add(inside)
        return result
