"""A complex tensor as a pair of real ones: no mobile format has complex numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

_aten = torch.ops.aten
_number = complex


@dataclass(frozen=True)
class Pair:
    """What stands for a complex tensor while a program is rewritten; no tensor, so that no op mistakes it for one.

    An op that is called with it finds its way here by `__torch_function__`.

    Source: https://docs.pytorch.org/docs/2.14/notes/extending.html
    """

    real: torch.Tensor
    imag: torch.Tensor

    @classmethod
    def __torch_function__(
        cls, op: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Computes an op of `_OPS` on the parts.

        Raises:
            NotImplementedError: for any other op.
        """
        function = _OPS.get(op)
        if function is None:
            raise NotImplementedError(f"{op} of a complex tensor has no rewrite to real ops")
        return function(*args, **(kwargs or {}))

    @property
    def shape(self) -> torch.Size:
        """As a complex tensor would tell it."""
        return self.real.shape

    def dim(self) -> int:
        """The rank."""
        return self.real.dim()


def parts(x: Any) -> tuple[Any, Any]:
    """The real and the imaginary part of a pair, a tensor or a number."""
    if isinstance(x, Pair):
        return x.real, x.imag
    if isinstance(x, _number):
        return x.real, x.imag
    if isinstance(x, torch.Tensor) and x.is_complex():
        both = torch.view_as_real(x)
        return both.select(-1, 0), both.select(-1, 1)
    return x, 0.0


def conj(x: Pair) -> Pair:
    """The conjugate."""
    return Pair(x.real, -x.imag)


def multiply(a: Any, b: Any) -> Pair:
    """The product; one of the two may be real."""
    (ar, ai), (br, bi) = parts(a), parts(b)
    if isinstance(ai, float) and ai == 0.0:
        return Pair(br * ar, bi * ar)
    if isinstance(bi, float) and bi == 0.0:
        return Pair(ar * br, ai * br)
    return Pair(ar * br - ai * bi, ar * bi + ai * br)


def divide(a: Any, b: Any, *, rounding_mode: None = None) -> Pair:
    """The quotient; one of the two may be real."""
    br, bi = parts(b)
    if isinstance(bi, float) and bi == 0.0:
        ar, ai = parts(a)
        return Pair(ar / br, ai / br)
    return divide(multiply(a, Pair(br, -bi)), br * br + bi * bi)


def add(a: Any, b: Any, *, alpha: float = 1) -> Pair:
    """The sum; one of the two may be real."""
    (ar, ai), (br, bi) = parts(a), parts(b)
    real, imag = ar + br * alpha, ai + bi * alpha
    if not isinstance(ai, torch.Tensor) or not isinstance(bi, torch.Tensor):  # the real one may be the wider
        imag = imag + torch.zeros_like(real)
    return Pair(real, imag)


def subtract(a: Any, b: Any, *, alpha: float = 1) -> Pair:
    """The difference; one of the two may be real."""
    return add(a, b, alpha=-alpha)


def view_as_complex(x: torch.Tensor) -> Pair:
    """`aten.view_as_complex`: the last axis, of size 2, is the parts."""
    return Pair(x.select(-1, 0), x.select(-1, 1))


def complex(real: torch.Tensor, imag: torch.Tensor) -> Pair:
    """`aten.complex`."""
    return Pair(*torch.broadcast_tensors(real, imag))  # type: ignore[no-untyped-call]  # torch gives it no types


def polar(size: torch.Tensor, angle: torch.Tensor) -> Pair:
    """`aten.polar`."""
    return Pair(size * torch.cos(angle), size * torch.sin(angle))


def _both(op: Callable[..., torch.Tensor]) -> Callable[..., Pair]:
    """An op that is linear and moves or sums values: done to each part."""
    return lambda x, *args, **kwargs: Pair(op(x.real, *args, **kwargs), op(x.imag, *args, **kwargs))


def _joined(op: Callable[..., torch.Tensor]) -> Callable[..., Pair]:
    """An op that puts several tensors together."""

    def function(values: list[Any], *args: Any, **kwargs: Any) -> Pair:
        pairs = [parts(v) if isinstance(v, Pair) else (v, torch.zeros_like(v)) for v in values]
        return Pair(*(op(list(side), *args, **kwargs) for side in zip(*pairs, strict=True)))

    return function


def _several(op: Callable[..., Any]) -> Callable[..., list[Pair]]:
    """An op that takes a tensor apart."""
    return lambda x, *args, **kwargs: [
        Pair(a, b) for a, b in zip(op(x.real, *args, **kwargs), op(x.imag, *args, **kwargs), strict=True)
    ]


_EACH_PART = (
    "view.default reshape.default permute.default transpose.int unsqueeze.default squeeze.default squeeze.dim "
    "squeeze.dims slice.Tensor select.int index_select.default flatten.using_ints unflatten.int expand.default "
    "contiguous.default clone.default alias.default detach.default movedim.int movedim.intlist flip.default "
    "roll.default neg.default sum.default sum.dim_IntList mean.default mean.dim cumsum.default narrow.default "
    "constant_pad_nd.default pad.default repeat.default fft_fftshift.default fft_ifftshift.default t.default "
    "index.Tensor dropout.default"
)


def _overload(name: str) -> Any:
    packet, overload = name.split(".")
    return getattr(getattr(_aten, packet), overload)


_OPS: dict[Any, Callable[..., Any]] = {
    **{_overload(name): _both(_overload(name)) for name in _EACH_PART.split()},
    _aten.cat.default: _joined(torch.cat),
    _aten.stack.default: _joined(torch.stack),
    _aten.chunk.default: _several(torch.chunk),
    _aten.split.Tensor: _several(torch.split),
    _aten.split_with_sizes.default: _several(torch.split_with_sizes),
    _aten.unbind.int: _several(torch.unbind),
    _aten.view_as_real.default: lambda x: torch.stack([x.real, x.imag], -1),
    _aten.real.default: lambda x: x.real,
    _aten.imag.default: lambda x: x.imag,
    _aten.abs.default: lambda x: torch.sqrt(x.real * x.real + x.imag * x.imag),
    _aten.angle.default: lambda x: torch.atan2(x.imag, x.real),
    _aten.conj.default: conj,
    _aten._conj.default: conj,
    _aten.conj_physical.default: conj,
    _aten.resolve_conj.default: lambda x: x,
    _aten.mul.Tensor: multiply,
    _aten.mul.Scalar: multiply,
    _aten.div.Tensor: divide,
    _aten.div.Scalar: divide,
    _aten.add.Tensor: add,
    _aten.sub.Tensor: subtract,
    _aten.exp.default: lambda x: polar(torch.exp(x.real), x.imag),
}

COMPLEX: dict[str, Any] = {
    "aten.complex.default": complex,
    "aten.polar.default": polar,
    "aten.view_as_complex.default": view_as_complex,
}
