"""torch's record of which node came from which, without its copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def shared() -> Iterator[None]:
    """Has nodes share what is recorded of their ancestors.

    torch copies the whole history of a node for each node that is made of it (torch.fx.traceback.NodeSource), although
    nothing changes it afterwards. After the five decompositions of litert-torch that is 7 % of its time.
    """
    from torch.fx.traceback import NodeSource

    NodeSource.__deepcopy__ = lambda self, memo: self  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del NodeSource.__deepcopy__  # type: ignore[attr-defined]
