"""The typer application: its consoles, what its commands share, and how an error reaches the user."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

import deploykit
from deploykit.errors import DeploykitError

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
    str | None,
    typer.Argument(metavar="[CONFIG | ENTRY]", help="deploykit.toml, its folder, path.py:factory or zoo:NAME"),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show what the converters print.")]
Targets = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these targets.")]
Workers = Annotated[int, typer.Option(min=1, help="Jobs at a time.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do and measure everything anew, whatever the cache has.")]


@contextmanager
def errors() -> Iterator[None]:
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
