"""What the command line shows while it works."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from deploykit.progress import Progress
from deploykit.report.model import Report


class ConsoleProgress(Progress):
    """A spinner with the stage and its elapsed time, then one line for each stage that ended."""

    def __init__(self, console: Console, verbose: bool) -> None:
        super().__init__()
        self._console, self._verbose = console, verbose
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._bars = Bars(*columns, console=console, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    def started(self, name: str) -> None:
        """See `Progress.started`."""
        self._task = self._bars.add_task(name)

    def finished(self, name: str, seconds: float) -> None:
        """See `Progress.finished`."""
        self._bars.remove_task(self._task)
        self._console.print(f"{name:<8} {seconds:6.1f} s")

    def note(self, text: str) -> None:
        """See `Progress.note`."""
        self._console.print(text, markup=False, soft_wrap=True)

    def job(self, name: str, log: Path) -> None:
        """See `Progress.job`; the log itself with `-v`."""
        if self._verbose and log.exists():
            self._console.rule(name, align="left")
            self._console.print(log.read_text(encoding="utf-8", errors="replace"), markup=False, soft_wrap=True)
        elif self._console.is_terminal:
            self._bars.update(self._task, description=f"{name} done")


def where(report: Report, folder: Path, source: str | None = None) -> Text:
    """Where the report, the Mac kit and the SDKs are; and how to find what is wrong with a file that is.

    Args:
        report: of the build.
        folder: its output.
        source: what the user called the model; None names it as MODEL.
    """
    lines = [f"report   {folder / 'report' / 'index.html'}"]
    if any(artifact.backend == "coreml" and artifact.path for artifact in report.artifacts):
        lines.append(f"mac      {folder / 'mac'}  (check.py runs the Core ML artifacts on any Mac)")
    lines += [f"{sdk.platform:<8} {folder / sdk.path}" for sdk in report.sdks if sdk.path is not None]
    named = source or "MODEL"
    lines += [
        f"bisect   deploykit bisect {named} --road '{road}'  (the op that is wrong)" for road in _wrong_roads(report)
    ]
    return Text("\n".join(lines))


def _wrong_roads(report: Report) -> list[str]:
    """Those whose fp32 files were kept although they are wrong, as "backend/road"."""
    wrong = {(r.target, r.precision) for r in report.parity if r.verdict == "failed" and r.snr_db is not None}
    found = [
        f"{artifact.backend}/{artifact.road}"
        for artifact in report.artifacts
        if ((artifact.target, "fp32") in wrong and artifact.precision == "fp32")
        or any(gate.gate == "fp32 twin" and gate.verdict == "failed" for gate in artifact.gates)
    ]
    return list(dict.fromkeys(found))
