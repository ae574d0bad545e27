"""The jobs of a batch as the matrix of a CI service."""

from __future__ import annotations

import json
from collections.abc import Sequence

from deploykit.batch.job import Job

MOST = 256
"""Entries of a matrix: https://docs.github.com/actions/reference/limits, "Job matrix"."""


def github(jobs: Sequence[Job]) -> str:
    """One line of JSON for `strategy: matrix: ${{ fromJSON(…) }}`; each entry is `name`, and `only` for a command.

    Where there are more jobs than a matrix may have entries, an entry has several.
    """
    each = -(-len(jobs) // MOST)
    groups = [[job.name for job in jobs[start : start + each]] for start in range(0, len(jobs), each)]
    entries = [{"name": ", ".join(names), "only": " ".join(f"--only {name}" for name in names)} for names in groups]
    return json.dumps({"include": entries})
