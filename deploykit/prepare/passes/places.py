"""Where a module is in a network, and how another one is put there."""

from __future__ import annotations

from torch import nn


def place(root: nn.Module, path: str, module: nn.Module | None) -> None:
    """Puts a module (or nothing) where another one is, under every name that the other one has.

    Args:
        root: the module that `path` starts from.
        path: as `named_modules` gives it; not empty.
        module: the new one. None leaves the attribute in being, as an optional submodule that is not there.
    """
    old = root.get_submodule(path)
    for parent in list(root.modules()):
        for name, child in list(parent.named_children()):
            if child is old:
                setattr(parent, name, module)


def some(paths: tuple[str, ...], limit: int = 3) -> str:
    """The first of some places, for one line of text; the root's own name is left out."""
    names = [path.removeprefix("network").removeprefix(".") or "the network itself" for path in paths]
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def counted(number: int, one: str) -> str:
    """1 module, 2 modules."""
    return f"{number} {one}{'' if number == 1 else 's'}"
