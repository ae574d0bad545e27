"""The command line: parses, calls the pipeline, prints. No logic lives here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import deploykit
from deploykit.console import ConsoleProgress, where
from deploykit.errors import DeploykitError, OutputError
from deploykit.precisions import Precision

if TYPE_CHECKING:
    from deploykit.report.model import Report
    from deploykit.request import BuildRequest

app = typer.Typer(
    help="From a PyTorch model to an Android library and a Swift package, with proof that every artifact computes "
    "what the model computes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
# Into a pipe or a CI log rich would assume 80 columns, and wrap the verdicts.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
err = Console(stderr=True, highlight=False)

Source = Annotated[
    str | None, typer.Argument(metavar="[CONFIG | ENTRY]", help="deploykit.toml, its folder, or path.py:factory")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show what the converters print.")]


Targets = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these targets.")]
Workers = Annotated[int, typer.Option(min=1, help="Jobs at a time.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do and measure everything anew, whatever the cache has.")]


class When(StrEnum):
    """Whether ops may have another precision than their file."""

    none = "none"
    auto = "auto"


KeepFloat = Annotated[
    When, typer.Option(help="auto: the noisiest layers of a file with integers stay float until it is right.")
]
Fp16Islands = Annotated[When, typer.Option(help="auto: what fp16 cannot hold is computed in float32 (Core ML, ONNX).")]


class CacheAct(StrEnum):
    """What to do with the cache."""

    list = "list"
    verify = "verify"
    clear = "clear"


@contextmanager
def _errors() -> Iterator[None]:
    """User errors become one message and exit code 2, never a traceback."""
    try:
        yield
    except DeploykitError as error:
        err.print("[bold red]error:[/] ", end="")
        err.print(str(error), markup=False, soft_wrap=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        err.print("stopped; what was in the output folder is untouched")
        raise typer.Exit(130) from None


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"deploykit {deploykit.__version__}")
        raise typer.Exit


@app.callback()
def _global(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False) -> None:
    """Has only the options that stand before a command."""


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

    with _errors():
        read = read_source(source)
        wanted = tuple(target or ()), _precisions(precision)
        request = BuildRequest(
            read,
            to or default_out(read),
            *wanted,
            workers,
            best=best,
            store=default_store(),
            mixing=Mixing(keep_float is When.auto, fp16_islands is When.auto),
            fresh=fresh,
        )
        made = _build(request, source, verbose)
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

    with _errors():
        read = read_source(source)
        wish = Wish(parse_size(budget) if budget is not None else None, min_top1)
        folder = to or default_out(read).with_name("sweep")
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
        made = _build(request, source, verbose)
        raise typer.Exit(0 if all(sdk.written for sdk in made.sdks) else 1)


def _build(request: BuildRequest, source: str | None, verbose: bool) -> Report:
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

    with _errors():
        for file in write_config(entry, to):
            out.print(f"wrote {file}", soft_wrap=True)
        out.print(f"next: deploykit build {to}", soft_wrap=True)


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

    with _errors():
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

    with _errors():
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
    with _errors():
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

    with _errors():
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

    with _errors():
        found = command.look(tuple(paths or [Path("build")]))
        if as_json:
            print(command.as_json(found))
        else:
            out.print(command.shown(found))
        raise typer.Exit(1 if found.failed else 0)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="An output folder of `deploykit build`.")] = Path("build"),
) -> None:
    """Print the verdicts of a build that was made, and where its report is. Exit codes as of build."""
    from deploykit.report.console import summary
    from deploykit.report.model import Report

    with _errors():
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

    with _errors():
        made = import_results(results, folder)
        out.print(summary(made))
        out.print(where(made, folder), soft_wrap=True)
        raise typer.Exit(0 if made.verdict == "passed" else 1)


@app.command()
def cache(
    what: Annotated[CacheAct, typer.Argument(help="list what is kept, verify it, or clear it.")] = CacheAct.list,
) -> None:
    """What earlier builds did and later ones need not do again: list it, check it, or remove it.

    Exit codes: 0 all is well, 1 verify found and removed damaged entries.
    """
    from deploykit.cache import command

    with _errors():
        if what is CacheAct.clear:
            out.print(command.clear(), soft_wrap=True)
        elif what is CacheAct.verify:
            found, whole = command.verify()
            out.print(found, soft_wrap=True)
            raise typer.Exit(0 if whole else 1)
        else:
            out.print(command.show())


@app.command()
def probe(
    road: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only these: litert, litert-torch or litert/litert-torch.")
    ] = None,
    theme: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these: resize, pooling, norm…")] = None,
    case: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these; * stands for anything.")] = None,
    to: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Results as JSON; an unfinished file is continued.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="The same as a page.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = 2,
) -> None:
    """Tell what the installed converters get wrong: one-op models through every road, compared with PyTorch.

    Exit codes: 0 it ran, whatever it found, 2 something given is wrong.
    """
    from deploykit.probes import command
    from deploykit.probes.sweep import Request

    with _errors():
        request = Request(tuple(road or ()), tuple(theme or ()), tuple(case or ()), to, workers)
        out.print(command.probe(request, markdown, err))


@app.command()
def bisect(
    source: Source = None,
    artifact: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An .mlpackage, .tflite or .onnx of this model, made by anyone.")
    ] = None,
    road: Annotated[
        str,
        typer.Option(metavar="NAME", help="Makes the file, and converts single ops: litert-torch, onnx/dynamo…"),
    ] = "",
    bare: Annotated[
        bool, typer.Option("--bare", help="The road's converter as it is, without deploykit's rewrites.")
    ] = False,
    repro: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the smallest graph that shows it, and an issue's text.")
    ] = None,
    to: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="The findings as JSON.")] = None,
) -> None:
    """Find the first op of a model that an artifact computes otherwise, and prove it by converting it alone.

    Exit codes: 0 the artifact is right, 1 it is not, 2 something given is wrong.
    """
    from deploykit.bisect.command import Request
    from deploykit.bisect.command import bisect as find
    from deploykit.bisect.show import shown
    from deploykit.source import read_source

    with _errors():
        request = Request(read_source(source), artifact, road, bare, repro)
        with err.status("reading") as status:
            found = find(request, status.update)
        if to is not None:
            to.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
        out.print(shown(found, repro))
        raise typer.Exit(0 if found.verdict == "right" else 1)


@app.command()
def doctor(
    make: Annotated[bool, typer.Option("--make", help="Make the environments that are not there yet.")] = False,
) -> None:
    """Say what this machine can run and compile, and how to get what is missing.

    Some converters get a Python environment of their own on first use. After --make, builds need no network for it.
    """
    from deploykit.doctor import diagnosis

    out.print(diagnosis(make=make))


def _precisions(given: list[str] | None) -> tuple[Precision, ...]:
    from typing import get_args

    from deploykit.errors import SpecError
    from deploykit.project import nearest

    valid: tuple[Precision, ...] = get_args(Precision)
    if unknown := [name for name in given or () if name not in valid]:
        raise SpecError([f"--precision {name}: no such precision; {nearest(name, valid)}" for name in unknown])
    known = {str(name): name for name in valid}
    return tuple(known[name] for name in dict.fromkeys(given or ()))


def main() -> None:
    """The `deploykit` command."""
    sys.exit(app())
