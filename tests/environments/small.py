"""An environment with one small package, from a folder of wheels: made in seconds, without a network."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from deploykit.environments import Environment

NAME = "deploykit-test-tool"


@dataclass(frozen=True)
class Small(Environment):
    """As a row of the table, with its lock elsewhere."""

    folder: Path = Path()

    @property
    def lock(self) -> Path:
        return self.folder / "small.lock"

    def write(self, version: str) -> None:
        """Makes another version of the package, and locks it."""
        wheel = self.folder / f"deploykit_test_tool-{version}-py3-none-any.whl"
        info = f"deploykit_test_tool-{version}.dist-info"
        files = {
            "deploykit_test_tool.py": f"def main():\n    print('{version}')\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\nRequires-Python: >=3.99\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": "[console_scripts]\ndeploykit-test-tool = deploykit_test_tool:main\n",
        }
        files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        self.lock.write_text(f"{NAME}=={version} --hash=sha256:{digest}\n")


def small(folder: Path, pythons: tuple[tuple[int, int], ...] = (sys.version_info[:2],)) -> Small:
    """The environment, with version 1 of its package."""
    folder.mkdir(exist_ok=True)
    made = Small("small", NAME, (NAME,), pythons, (), "tests", folder)
    made.write("1")
    return made
