"""torch's record of which node came from which, without its copies."""

from __future__ import annotations


def share() -> None:
    """Has nodes share what is recorded of their ancestors, in this process for good.

    torch copies the whole history of a node for each node that is made of it (torch.fx.traceback.NodeSource), although
    nothing changes it afterwards. In litert-torch that is 7 % of the time; the file is the same.
    """
    from torch.fx.traceback import NodeSource

    NodeSource.__deepcopy__ = lambda self, memo: self  # type: ignore[attr-defined]  # it has none yet
