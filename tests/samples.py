"""`make samples`: renders the checked-in sample apps (models under 1 MB) anew; `test_samples.py` compares them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHECKED_IN = ("digits",)
PARTS = ("android", "ios")


def main() -> None:
    for name in CHECKED_IN:
        folder = ROOT / "sample_apps" / name
        subprocess.run([sys.executable, "-m", "deploykit", "build", str(folder)], check=True)
        for part in PARTS:
            shutil.rmtree(folder / part, ignore_errors=True)
            shutil.copytree(folder / "build" / part, folder / part)
            print(f"rendered sample_apps/{name}/{part}")


if __name__ == "__main__":
    main()
