"""The command line: parses, calls the pipeline, prints. No logic lives here."""

from __future__ import annotations

import sys

# Each module registers its commands; their order is that of `deploykit --help`.
from deploykit.cli import build, files, fleet, tools, zoo  # noqa: F401
from deploykit.cli.application import app


def main() -> None:
    """The `deploykit` command."""
    sys.exit(app())
