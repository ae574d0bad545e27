"""What accelerators take of an artifact: a job, because reading a file takes its format's library."""

from __future__ import annotations

import json
from pathlib import Path

from deploykit.accelerators.analysis import analyse
from deploykit.backends import BACKENDS
from deploykit.backends.base import ORIGINS
from deploykit.backends.tracing import trace
from deploykit.coverage import Coverage


def cover(backend: str, artifact: Path, said: str = "") -> Coverage:
    """Reads a file's ops and asks everything on this host that knows what accelerators take of them.

    Args:
        backend: of the file.
        artifact: the file; notes beside it say which lines of the model its ops come from.
        said: what a runner's engine said of the parts that it made of it.

    Raises:
        ArtifactError: if the file cannot be read, or has ops that nobody knows.
    """
    found = BACKENDS[backend]
    graph = found.read_graph(artifact)
    notes = artifact.parent / ORIGINS
    origins = json.loads(notes.read_text(encoding="utf-8")) if notes.is_file() else {}
    return analyse(graph, found.ask(artifact, graph, said), trace(graph, origins))
