"""The command that makes many builds."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploykit.cli.application import Fresh, app, err, errors, out


class BatchFormat(StrEnum):
    """What to do with the jobs."""

    table = "table"
    github_matrix = "github-matrix"


@app.command()
def batch(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The jobs; docs/batch.md says how to write them.")],
    to: Annotated[
        Path | None, typer.Option("--out", help="Output folder; default: as the file says, else batch/ beside it.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these jobs.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Jobs at a time on this machine; default: one per two cores.")
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="GB", help="That all running jobs may need; default: 3/4 of the machine's."),
    ] = None,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="A Dask scheduler: tcp://host:8786.")] = "",
    workers: Annotated[int, typer.Option(min=0, help="A Dask cluster of so many processes on this machine.")] = 0,
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
        from deploykit.batch import command
        from deploykit.batch.run import run_batch

        options = Options(to or read.out, jobs, memory, scheduler, workers, fresh)
        command.refuse(options)
        made = run_batch(read.jobs, options, err)
        out.print(command.shown(made, options))
        raise typer.Exit(0 if made.verdict == "passed" else 1)
