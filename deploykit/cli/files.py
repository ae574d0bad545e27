"""Commands that look at a model or at saved artifacts, or run them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploykit.cli.application import app, err, errors, out


@app.command()
def inspect(
    source: Annotated[
        str | None,
        typer.Argument(metavar="[CONFIG | ENTRY | ARTIFACT]", help="A model, a manifest's folder, or an .mlpackage"),
    ] = None,
) -> None:
    """Print what a stage made: the contract and graph of a model, the manifest of an artifact, or what an .mlpackage
    holds: its border, ops, precision and weights.
    """
    from deploykit.inspection import inspect as describe

    with errors():
        out.print(describe(source))


@app.command()
def analyze(
    path: Annotated[Path, typer.Argument(help="A .tflite, .onnx or .mlpackage, an artifact's folder, or a build's.")],
    json: Annotated[bool, typer.Option("--json", help="Everything that is known, as JSON.")] = False,
) -> None:
    """Tell what each accelerator of a phone takes of a saved artifact, what it leaves to the CPU, and why.

    Exit codes: 0 it could be told, 2 something given is wrong.
    """
    from deploykit import analysis

    with errors():
        found = analysis.analyze(path)
        if json:
            typer.echo(analysis.as_json(found))
        else:
            out.print(analysis.shown(found))


@app.command()
def run(
    model: Annotated[Path, typer.Argument(help="An .mlpackage, .tflite or .onnx, or an artifact's folder.")],
    given: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="[NAME=]FILE", help="An .npy or a picture for an input, or an .npz for all."),
    ] = None,
    seed: Annotated[int | None, typer.Option("--random", min=0, help="Draw the inputs that are not given.")] = None,
    runner: Annotated[str | None, typer.Option(metavar="NAME", help="Default: the first that opens the file.")] = None,
    mode: Annotated[
        str | None, typer.Option(help="Of coreml-reference: rounded, unrounded, fp64 or pessimistic.")
    ] = None,
    function: Annotated[str | None, typer.Option(metavar="NAME", help="Of coreml-reference: what to run.")] = None,
    units: Annotated[
        str | None,
        typer.Option("--compute-units", help="Of coreml-apple: all, cpu_only, cpu_and_gpu or cpu_and_ne."),
    ] = None,
    arithmetic: Annotated[str | None, typer.Option(help="Of litert-gpu: fp32 or fp16.")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="New folder for the outputs, as NAME.npy.")] = None,
) -> None:
    """Run a saved artifact once on this machine, and print its outputs in figures.

    Exit codes: 0 it ran, 2 something given is wrong.
    """
    from deploykit import execution

    wished = {"mode": mode, "function": function, "compute_units": units, "arithmetic": arithmetic}
    options = {name: value for name, value in wished.items() if value is not None}
    with errors():
        request = execution.Request(model, tuple(given or ()), runner, options, seed, to)
        out.print(execution.run(request))


@app.command()
def bench(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER | FILES]", help="The output folder of a build, or artifacts."),
    ] = None,
    runner: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these.")] = None,
    runs: Annotated[int, typer.Option(min=1, help="Of each file, at most.")] = 50,
    limit: Annotated[float, typer.Option(min=0, help="Seconds for all files of a runner.")] = 30.0,
    adb: Annotated[bool, typer.Option("--adb", help="On attached Android devices, too.")] = False,
    tool: Annotated[Path | None, typer.Option(metavar="FILE", help="LiteRT's benchmark_model for the device.")] = None,
    to: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="The figures as JSON.")] = None,
) -> None:
    """Measure how long artifacts take to load and to run, and what memory they need, in turns beside each other.

    The figures of a build's folder are put into its report.
    Exit codes: 0 it ran, whatever came out, 2 something given is wrong.
    """
    from deploykit.bench import command

    with errors():
        request = command.Request(tuple(paths or [Path("build")]), tuple(runner or ()), runs, limit, adb, tool)
        with err.status("measuring") as status:
            made = command.bench(request, lambda what: status.update(f"measuring on {what}"))
        if to is not None:
            command.write_json(made, to)
        out.print(command.shown(made))


@app.command()
def store(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[BUILD | FILE]…", help="Builds; .aar, .apk, .aab, .so files.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Say what app stores will refuse: sizes, oldest systems, native libraries and pages of 16 KB.

    Exit codes: 0 nothing, as far as it was looked at, 1 something will be refused, 2 something given is wrong.
    """
    from deploykit.store import command

    with errors():
        found = command.look(tuple(paths or [Path("build")]))
        if as_json:
            print(command.as_json(found))
        else:
            out.print(command.shown(found))
        raise typer.Exit(1 if found.failed else 0)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The output folder of the build that apps have.")],
    new: Annotated[Path, typer.Argument(help="That of the build that they shall get.")],
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Say what a new build changes for the app: contract, API, size, numbers and runtime.

    Exit codes: 0 nothing breaks an app, 1 something does, 2 something given is wrong.
    """
    from deploykit.diff import command

    with errors():
        found = command.diff(old, new)
        if as_json:
            typer.echo(command.as_json(found))
        else:
            out.print(command.shown(found))
        raise typer.Exit(1 if found.breaking else 0)
