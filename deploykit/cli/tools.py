"""Commands about converters, the cache and this machine."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploykit.cli.application import Source, app, err, errors, out


class CacheAct(StrEnum):
    """What to do with the cache."""

    list = "list"
    verify = "verify"
    clear = "clear"


@app.command()
def cache(
    what: Annotated[CacheAct, typer.Argument(help="list what is kept, verify it, or clear it.")] = CacheAct.list,
) -> None:
    """What earlier builds did and later ones need not do again: list it, check it, or remove it.

    Exit codes: 0 all is well, 1 verify found and removed damaged entries.
    """
    from deploykit.cache import command

    with errors():
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

    with errors():
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

    with errors():
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
