"""What came of compiling and running SDKs of the zoo: `sdks.json` beside this module, written by `make zoo-sdks`."""

from __future__ import annotations

from importlib.resources import files

from pydantic import TypeAdapter

from deploykit.devices import SelfTest
from deploykit.strict import Sparse

FILE = "sdks.json"


class SdkRun(Sparse):
    """One SDK: compiled, and its goldens run on the CPU by its own `selfTest()`."""

    SPARSE = ("failed",)

    right: int = 0
    """Goldens that agreed."""
    goldens: int = 0
    """All that it has; 0 where they could not be run."""
    snr_db: float | None = None
    """The least of all goldens; None where all agree exactly, or are integers."""
    max_error: float | None = None
    """The largest of all goldens."""
    failed: str = ""
    """Why they could not be run: the compiler's words, or the SDK's."""

    @property
    def passed(self) -> bool:
        """Whether there were goldens, and all agreed."""
        return 0 < self.goldens == self.right


class NetworkSdks(Sparse):
    """Those of one network."""

    SPARSE = ("kotlin", "swift", "absent")

    kotlin: SdkRun | None = None
    """The Android library, with LiteRT."""
    swift: SdkRun | None = None
    """The Swift package, with Core ML."""
    absent: str = ""
    """Why it has not both, where no other network of its task has."""


_FILE = TypeAdapter(dict[str, NetworkSdks])


def all_sdks() -> dict[str, NetworkSdks]:
    """By name of the entry."""
    return read((files("deploykit.zoo") / FILE).read_bytes())


def read(text: bytes) -> dict[str, NetworkSdks]:
    """What `write` made."""
    return _FILE.validate_json(text)


def write(found: dict[str, NetworkSdks]) -> bytes:
    """As JSON, one network after the other in the order of names."""
    return _FILE.dump_json(dict(sorted(found.items())), indent=1) + b"\n"


def of_self_test(told: SelfTest) -> SdkRun:
    """The rows of the CPU; no accelerator that a server lacks counts."""
    rows = [row for row in told.rows if row.accelerator == "cpu"]
    decibels = [row.snr_db for row in rows if row.snr_db is not None]
    errors = [row.max_error for row in rows if row.max_error is not None]
    return SdkRun(
        right=sum(row.passed for row in rows),
        goldens=len(rows),
        snr_db=round(min(decibels), 1) if decibels else None,
        max_error=float(f"{max(errors):.3g}") if errors else None,
        failed="; ".join(dict.fromkeys(row.error for row in rows if row.error)),
    )
