"""Structural reparameterisation by the model's own methods: branches of training become one convolution.

RepVGG, MobileOne, FastViT, RepViT, SHViT, GhostNetV3, NextViT and many models of users' own bring such a method: on the
network, or on its blocks. Nothing is guessed of the structure; a method is found by its name and called.
"""

from __future__ import annotations

import copy
import inspect

import torch
from torch import nn

from deploykit.prepare.agreement import Tensors
from deploykit.prepare.passes.places import place

METHODS = (
    "switch_to_deploy",
    "convert_to_deploy",
    "reparameterize",
    "reparametrize",
    "fuse_reparam",
    "repvgg_convert_to_deploy",
    "fuse",
    "fuse_model",
    "fuse_conv_bn",
)
"""In the order of how sure they are to mean it. A module's first one is called; it works in place or gives a module."""


def with_methods(root: nn.Module, inputs: Tensors) -> tuple[str, ...]:
    """The outermost modules that have such a method, and those within that have one of their own."""
    return tuple(name for name, module in root.named_modules() if method_of(module))


def call_methods(root: nn.Module, found: tuple[str, ...]) -> str:
    """Calls them from the outside in: what an outer one has replaced is not asked again.

    An outer method may have called the inner ones itself: where asking these again fails, only the outer are asked.
    """
    for deep in (True, False):
        attempt = copy.deepcopy(root)
        called: dict[str, int] = {}
        try:
            with torch.no_grad():
                _descend(attempt, called, set(), deep)
        except Exception:
            if not deep:
                raise
            continue
        root.network = attempt.network
        break
    return "its own " + ", ".join(f"{name}() {count}×" for name, count in called.items())


def method_of(module: nn.Module) -> str | None:
    """The first such method that a module's class has, if it can be called without arguments."""
    for name in METHODS:
        method = inspect.getattr_static(type(module), name, None)
        if not inspect.isfunction(method):
            continue
        rest = list(inspect.signature(method).parameters.values())[1:]
        if all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in rest):
            return name
    return None


def _descend(parent: nn.Module, called: dict[str, int], done: set[nn.Module], deep: bool) -> None:
    for name, child in list(parent.named_children()):
        if child in done:
            continue
        done.add(child)
        method = method_of(child)
        if method is not None:
            made = getattr(child, method)()
            key = f"{type(child).__name__}.{method}"
            called[key] = called.get(key, 0) + 1
            if isinstance(made, nn.Module) and made is not child:
                place(parent, name, made)
                done.add(made)
                child = made
        if method is None or deep:
            _descend(child, called, done, deep)
