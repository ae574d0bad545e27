"""Commands that make a build, or say again what one came to."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from deploykit.cli.application import Fresh, Source, Targets, Verbose, Workers, app, err, errors, out
from deploykit.console import ConsoleProgress, where
from deploykit.errors import OutputError, SpecError
from deploykit.precisions import Precision

if TYPE_CHECKING:
    from deploykit.report.model import Report
    from deploykit.request import BuildRequest


class When(StrEnum):
    """Whether ops may have another precision than their file."""

    none = "none"
    auto = "auto"


KeepFloat = Annotated[
    When, typer.Option(help="auto: the noisiest layers of a file with integers stay float until it is right.")
]
Fp16Islands = Annotated[When, typer.Option(help="auto: what fp16 cannot hold is computed in float32 (Core ML, ONNX).")]


@app.command()
def build(
    source: Source = None,
    target: Targets = None,
    precision: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these precisions.")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Output folder; default: build/ beside the config.")] = None,
    workers: Workers = 2,
    best: Annotated[
        bool, typer.Option("--best", help="Try every road, and keep the fastest right file, not the first.")
    ] = False,
    fresh: Fresh = False,
    keep_float: KeepFloat = When.none,
    fp16_islands: Fp16Islands = When.none,
    verbose: Verbose = False,
) -> None:
    """Build every artifact, check it, and write both SDKs and the report.

    What was done before and depends on nothing that has changed is taken from the cache; see deploykit cache.
    Exit codes: 0 all passed, 1 a lowering or parity failure, 2 something given is wrong.
    """
    from deploykit.cache.store import default_store
    from deploykit.request import BuildRequest, Mixing
    from deploykit.source import default_out, read_source

    with errors():
        read = read_source(source)
        wanted = tuple(target or ()), precisions(precision)
        request = BuildRequest(
            read,
            to or default_out(read, source),
            *wanted,
            workers,
            best=best,
            store=default_store(),
            mixing=Mixing(keep_float is When.auto, fp16_islands is When.auto),
            fresh=fresh,
        )
        made = finished(request, source, verbose)
        raise typer.Exit(0 if made.verdict == "passed" else 1)


@app.command()
def sweep(
    source: Source = None,
    target: Targets = None,
    budget: Annotated[str | None, typer.Option(metavar="SIZE", help="Ship what answers best within it: 5MB.")] = None,
    min_top1: Annotated[
        float | None, typer.Option(min=0, max=1, help="Ship the smallest with this share of right answers: 0.97.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Output folder; default: sweep/ beside the config.")] = None,
    workers: Workers = 2,
    fresh: Fresh = False,
    keep_float: KeepFloat = When.none,
    fp16_islands: Fp16Islands = When.none,
    verbose: Verbose = False,
) -> None:
    """Build every target at every precision that it gives, show size against accuracy, and ship what is wanted.

    That some precisions are too small for a model is no failure here.
    Exit codes: 0 every platform has an SDK, 1 one has nothing to ship, 2 something given is wrong.
    """
    from deploykit.cache.store import default_store
    from deploykit.request import BuildRequest, Mixing
    from deploykit.source import default_out, read_source
    from deploykit.tradeoff import Wish, parse_size

    with errors():
        read = read_source(source)
        wish = Wish(parse_size(budget) if budget is not None else None, min_top1)
        folder = to or default_out(read, source).with_name("sweep")
        request = BuildRequest(
            read,
            folder,
            tuple(target or ()),
            workers=workers,
            store=default_store(),
            mixing=Mixing(keep_float is When.auto, fp16_islands is When.auto),
            wish=wish,
            sweep=True,
            fresh=fresh,
        )
        made = finished(request, source, verbose)
        raise typer.Exit(0 if all(sdk.written for sdk in made.sdks) else 1)


def finished(request: BuildRequest, source: str | None, verbose: bool) -> Report:
    """Builds, unless nothing has changed, and prints what came of it."""
    from deploykit.cache.stamp import up_to_date
    from deploykit.report.console import summary
    from deploykit.report.model import Report

    if (text := up_to_date(request)) is not None:
        report = Report.model_validate_json(text)
        err.print("nothing has changed since this was built; --fresh builds it anew")
    else:
        from deploykit import pipeline  # with NumPy and more behind it

        with ConsoleProgress(err, verbose) as progress:
            report = pipeline.build(request, progress)
    out.print(summary(report))
    out.print(where(report, request.out, source), soft_wrap=True)
    return report


@app.command()
def init(
    entry: Annotated[
        str, typer.Argument(help="path.py:factory, package.module:factory, timm:NAME or torchvision:NAME")
    ],
    to: Annotated[Path, typer.Option("--out", help="Where to write the config.")] = Path("deploykit.toml"),
) -> None:
    """Look at a model and write a commented deploykit.toml for it."""
    from deploykit.init import write_config

    with errors():
        for file in write_config(entry, to):
            out.print(f"wrote {file}", soft_wrap=True)
        out.print(f"next: deploykit build {to}", soft_wrap=True)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="An output folder of `deploykit build`.")] = Path("build"),
) -> None:
    """Print the verdicts of a build that was made, and where its report is. Exit codes as of build."""
    from deploykit.report.console import summary
    from deploykit.report.model import Report

    with errors():
        file = folder / "report" / "report.json"
        if not file.is_file():
            raise OutputError(f"{file} does not exist; give the output folder of a build")
        made = Report.model_validate_json(file.read_text(encoding="utf-8"))
        out.print(summary(made))
        out.print(where(made, folder), soft_wrap=True)
        raise typer.Exit(0 if made.verdict == "passed" else 1)


@app.command()
def parity(
    results: Annotated[
        Path, typer.Option("--import", metavar="RESULTS", help="results.json, as check.py of the Mac kit wrote it.")
    ],
    folder: Annotated[Path, typer.Argument(help="The output folder of the build that made the kit.")] = Path("build"),
) -> None:
    """Judge what a Mac measured, and put the verdicts beside the others in the report. Exit codes as of build."""
    from deploykit.importing import import_results
    from deploykit.report.console import summary

    with errors():
        made = import_results(results, folder)
        out.print(summary(made))
        out.print(where(made, folder), soft_wrap=True)
        raise typer.Exit(0 if made.verdict == "passed" else 1)


def precisions(given: list[str] | None) -> tuple[Precision, ...]:
    """Those that were named; empty for all of the project's.

    Raises:
        SpecError: naming those that there are not.
    """
    from deploykit.tomlfile import nearest

    valid: tuple[Precision, ...] = get_args(Precision)
    if unknown := [name for name in given or () if name not in valid]:
        raise SpecError([f"--precision {name}: no such precision; {nearest(name, valid)}" for name in unknown])
    known = {str(name): name for name in valid}
    return tuple(known[name] for name in dict.fromkeys(given or ()))
