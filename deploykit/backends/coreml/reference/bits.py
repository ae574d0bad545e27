"""Elements of fewer than 8 bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def unpack_bits(packed: NDArray[np.uint8], bits: int, count: int) -> NDArray[np.int16]:
    """Unsigned numbers that lie in a row of bytes without gaps, lowest bit first.

    Args:
        packed: uint8 [bytes]; the last byte may hold padding.
        bits: of each number, 1 to 8.
        count: of numbers.

    Returns:
        int16 [count].
    """
    flat = np.unpackbits(packed.reshape(-1), bitorder="little")[: count * bits].reshape(count, bits)
    numbers: NDArray[np.int16] = (flat.astype(np.int16) << np.arange(bits, dtype=np.int16)).sum(axis=1, dtype=np.int16)
    return numbers
