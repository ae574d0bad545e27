"""Tools that cannot live beside deploykit's own packages, as a table: each gets a Python environment of its own.

A new one is one row here and its lock, `<name>.lock`, which `make lock` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """A Python environment, as data."""

    name: str
    requirement: str
    """What is wanted; the lock has it and all that it depends on, each with its version and hashes."""
    scripts: tuple[str, ...]
    """Its console scripts that are used."""
    pythons: tuple[tuple[int, int], ...]
    """Versions that the lock has wheels for, of the interpreter that runs deploykit."""
    platforms: tuple[tuple[str, ...], ...]
    """Wheel platforms that the lock has wheels for, each as pip's `--platform` tags, for `make lock`."""
    purpose: str

    @property
    def lock(self) -> Path:
        """pip's requirements, with hashes."""
        return Path(__file__).parent / f"{self.name}.lock"


def _manylinux(glibc: int) -> tuple[str, ...]:
    """pip widens manylinux2014 to its elders by itself, but not the numbered tags."""
    return (*(f"manylinux_2_{minor}_x86_64" for minor in range(17, glibc + 1)), "manylinux2014_x86_64")


ENVIRONMENTS: dict[str, Environment] = {
    "onnx2tf": Environment(
        "onnx2tf",
        # It pins onnx, onnxruntime, numpy, protobuf and ai-edge-litert to versions that deploykit cannot have. It asks
        # for Python 3.12 and runs unchanged on 3.11.
        "onnx2tf==2.6.9",
        ("onnx2tf", "onnxsim"),
        ((3, 11), (3, 12), (3, 13)),
        # Glibc of Debian 10 to 13; onnxruntime asks for macOS 14; onnxoptimizer has no wheel for Linux on Arm.
        (*(_manylinux(glibc) for glibc in (28, 31, 36, 41)), *((f"macosx_{v}_0_arm64",) for v in (14, 15))),
        "the second road to LiteRT",
    )
}
