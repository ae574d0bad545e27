"""What a Core ML package holds, counted in a job's process: reading it takes coremltools."""

from __future__ import annotations

from pathlib import Path

from deploykit.backends.coreml.census import Census


def census(path: Path) -> Census:
    """Counts a package.

    Raises:
        ArtifactError: if it is damaged, or is not an ML Program.
    """
    from deploykit.backends.coreml.counting import census_of

    return census_of(path)
