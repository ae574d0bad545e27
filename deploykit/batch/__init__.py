"""Many builds: each one `deploykit build` in a process of its own, on this machine or on a cluster."""

from deploykit.batch.job import Job, Options
from deploykit.batch.records import Summary
from deploykit.batch.run import run_batch

__all__ = ["Job", "Options", "Summary", "run_batch"]
