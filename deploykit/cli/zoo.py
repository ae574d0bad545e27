"""Commands about the zoo: networks from the literature that are built by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploykit.cli.application import Fresh, Targets, Verbose, app, errors, out
from deploykit.cli.build import finished, precisions
from deploykit.cli.fleet import DaskWorkers, Jobs, Memory, Scheduler, built
from deploykit.errors import ArgumentsError

zoo = typer.Typer(no_args_is_help=True, help="Networks from the literature, each built by its name.")
app.add_typer(zoo, name="zoo")

Name = Annotated[str, typer.Argument(metavar="NAME", help="As zoo list shows it, or a file of your own.")]


@zoo.command("list")
def list_(
    task: Annotated[str | None, typer.Option(metavar="NAME", help="Only of this task: detection, speech…")] = None,
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Only those with a right artifact of at most this: 5MB.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Everything that is known, for programs.")] = False,
) -> None:
    """Show the networks by task, with their size and what building them came to."""
    from deploykit.zoo import command

    with errors():
        found = command.listed(task, max_size)
        if json:
            typer.echo(command.as_json(found))
        else:
            out.print(command.table(found))


@zoo.command()
def show(name: Name) -> None:
    """Tell what the paper says of a network beside what was measured."""
    from deploykit.zoo import command

    with errors():
        out.print(command.page(name))


@zoo.command()
def new(
    name: Annotated[str, typer.Argument(help="Lowercase letters, digits and -.")],
    to: Annotated[Path, typer.Option("--out", help="The folder that gets NAME.py.")] = Path(),
) -> None:
    """Write an entry to be filled in: a network and its contract in one file."""
    from deploykit.zoo import command

    with errors():
        file = command.new(name, to)
        out.print(f"wrote {file}\nnext: fill it in, then run deploykit zoo build {file}", soft_wrap=True)


@zoo.command()
def build(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="As zoo list shows them, or files of your own.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All whose packages are installed.")] = False,
    target: Targets = None,
    precision: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these precisions.")] = None,
    pretrained: Annotated[bool, typer.Option("--pretrained", help="The package's own trained weights.")] = False,
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Trained weights of yours, for one network.")
    ] = None,
    to: Annotated[Path, typer.Option("--out", help="Gets a folder for each network.")] = Path("build"),
    jobs: Jobs = None,
    memory: Memory = None,
    scheduler: Scheduler = "",
    workers: DaskWorkers = 0,
    fresh: Fresh = False,
    verbose: Verbose = False,
) -> None:
    """Build networks of the zoo: every artifact, checked, and both SDKs. Several are a batch; see deploykit batch.

    Exit codes: 0 all passed, 1 a lowering or parity failure, 2 something given is wrong.
    """
    from deploykit.batch.job import Job, Options
    from deploykit.cache.store import default_store
    from deploykit.request import BuildRequest
    from deploykit.zoo import building

    with errors():
        entries = building.chosen(names or (), every, pretrained, weights)
        wanted = tuple(target or ()), precisions(precision)
        elsewhere = bool(scheduler or workers)
        if weights and elsewhere:
            raise ArgumentsError(["--weights FILE is for this machine: leave --scheduler and --workers out"])
        if len(entries) == 1 and not elsewhere:
            (entry,) = entries
            project = entry.with_weights(pretrained, weights)
            request = BuildRequest(project, to / entry.name, *wanted, store=default_store(), fresh=fresh)
            passed = finished(request, building.source(entry, pretrained), verbose).verdict == "passed"
        else:
            listed = [Job(entry.name, building.source(entry, pretrained), Path(), *wanted) for entry in entries]
            passed = built(listed, Options(to, jobs, memory, scheduler, workers, fresh))
        raise typer.Exit(0 if passed else 1)
