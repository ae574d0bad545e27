"""Where an artifact fits, by the stores' published limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deploykit.store.sizes import compressed, fitting, limits


def names(platform: str, plain: int, download: int) -> tuple[str, ...]:
    return tuple(limit.name if limit else "" for limit in fitting(platform, plain, download))


def test_the_smallest_place_that_is_large_enough() -> None:
    assert names("android", 10**9, 199_000_000) == ("the base module", "")
    assert names("android", 10**9, 201_000_000) == ("an AI pack or asset pack", "the base module")
    assert names("android", 10**10, 1_600_000_000) == ("", "an AI pack or asset pack")
    assert names("ios", 100_000_000, 10) == ("an App Clip from iOS 17 on", "")
    assert names("ios", 3_999_999_999, 10) == ("an app", "an App Clip from iOS 17 on")
    assert names("ios", 4_000_000_001, 10) == ("", "an app")


def test_every_limit_has_a_source() -> None:
    assert all(limit.source.startswith("https://") for limit in limits())


def test_files_and_packages_are_compressed(tmp_path: Path) -> None:
    zeros, noise = tmp_path / "package" / "zeros", tmp_path / "package" / "noise"
    zeros.parent.mkdir()
    zeros.write_bytes(bytes(3 * 2**20))
    noise.write_bytes(np.random.default_rng(0).bytes(2**20))
    assert compressed(zeros) < 2**14
    assert 2**20 <= compressed(noise) < 2**20 + 2**10
    assert compressed(zeros.parent) == compressed(zeros) + compressed(noise)
