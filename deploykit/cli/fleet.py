"""The command that makes many builds."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploykit.cli.application import Fresh, app, err, errors, out

if TYPE_CHECKING:
    from deploykit.batch.job import Job, Options


class BatchFormat(StrEnum):
    """What to do with the jobs."""

    table = "table"
    github_matrix = "github-matrix"


Jobs = Annotated[int | None, typer.Option(min=1, help="Builds at a time on this machine; default: one per two cores.")]
Memory = Annotated[
    float | None,
    typer.Option(min=0.1, metavar="GB", help="That all running builds may need; default: 3/4 of the machine's."),
]
Scheduler = Annotated[str, typer.Option(metavar="ADDRESS", help="A Dask scheduler: tcp://host:8786.")]
DaskWorkers = Annotated[int, typer.Option(min=0, help="A Dask cluster of so many processes on this machine.")]


@app.command()
def batch(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The jobs; docs/batch.md says how to write them.")],
    to: Annotated[
        Path | None, typer.Option("--out", help="Output folder; default: as the file says, else batch/ beside it.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these jobs.")] = None,
    jobs: Jobs = None,
    memory: Memory = None,
    scheduler: Scheduler = "",
    workers: DaskWorkers = 0,
    fresh: Fresh = False,
    wanted: Annotated[
        BatchFormat, typer.Option("--format", help="github-matrix prints the jobs for a CI matrix, and builds nothing.")
    ] = BatchFormat.table,
) -> None:
    """Make many builds: what is done is not done again, a job that fails leaves the others alone.

    Exit codes: 0 every job passed, 1 one did not, 2 something given is wrong, and nothing was built.
    """
    from deploykit.batch.job import Options
    from deploykit.batch.matrix import github
    from deploykit.batch.spec import read_batch

    with errors():
        read = read_batch(file, only or ())
        if wanted is BatchFormat.github_matrix:
            typer.echo(github(read.jobs))
            return
        passed = built(read.jobs, Options(to or read.out, jobs, memory, scheduler, workers, fresh))
        raise typer.Exit(0 if passed else 1)


def built(jobs: Sequence[Job], options: Options) -> bool:
    """Makes the builds, and prints what came of them; gives whether all passed.

    Raises:
        UserError: if something given is wrong.
    """
    from deploykit.batch import command
    from deploykit.batch.run import run_batch

    command.refuse(options)
    made = run_batch(jobs, options, err)
    out.print(command.shown(made, options))
    return made.verdict == "passed"
