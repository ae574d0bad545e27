"""One process of the suite: `python -m tests.backends.coreml.conformance.worker JOB.json`."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.backends.coreml.conformance.cases import Case, suite_root
from tests.backends.coreml.conformance.plugin import Collector, Recorder
from tests.backends.coreml.conformance.seam import install


def main(job: dict[str, Any]) -> int:
    """Collects (`"cases": null`) or runs cases; the result goes to the job's file."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    file = Path(job["file"])
    counts = install("rounded", job["broken"], job["tolerance"])
    root = suite_root()
    arguments = [f"--rootdir={root}", "-c", os.devnull, "-p", "no:cacheprovider", "-p", "no:anyio", "-q", "--runxfail"]
    arguments += ["-W", "ignore", "--tb=no", "--no-header", "--no-summary"]
    plugin: Collector | Recorder
    if job["cases"] is None:
        plugin = Collector(file)
        arguments += ["--collect-only", *(["-k", job["expression"]] if job["expression"] else [])]
    else:
        wanted = {Case(function, index) for function, index in job["cases"]}
        plugin = Recorder(wanted, job["seed"], file, counts)
    os.chdir(root)
    return int(pytest.main([*arguments, *(str(root / path) for path in job["paths"])], plugins=[plugin]))


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text())))
