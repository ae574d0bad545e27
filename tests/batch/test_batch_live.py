"""What is shown while a batch runs."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from deploykit.batch import Job
from deploykit.batch.job import Order
from deploykit.batch.journal import Entry
from deploykit.batch.live import Live


def order(name: str, folder: Path, log: str = "") -> Order:
    made = Order(Job(name, "timm:x"), folder, 1, False, "")
    made.log.parent.mkdir(parents=True, exist_ok=True)
    made.log.write_text(log)
    return made


def shown(folder: Path, terminal: bool) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=100, color_system=None, legacy_windows=False)
    begun, waits = order("begun", folder, "capture 3.0 s\nlower \x1b[31m1.0 s\n\n"), order("waits", folder)
    with Live(console, jobs=5, rest=4) as live:
        live.at("a fleet")
        live.note(begun, "was ended by SIGKILL; it is begun again")
        live.update([(begun, Entry(state="running", tries=2, where="node-7")), (waits, Entry(state="waiting"))])
        live.ended(order("bad", folder), Entry(state="ended", code=2, reason="no such width\nand more", seconds=3.5))
        live.ended(order("good", folder), Entry(state="ended", code=0, seconds=75))
    return text.getvalue()


def test_a_terminal_has_a_table_of_what_runs(tmp_path: Path) -> None:
    text = shown(tmp_path, terminal=True)
    for words in ("0 of 4 ended, 2 wait", "begun  node-7  0 s (try 2)  lower", "waits", "waits for a worker"):
        assert words in text
    assert "\x1b[31m" not in text


def test_a_log_has_a_line_for_each_job_that_ends(tmp_path: Path) -> None:
    assert shown(tmp_path, terminal=False).splitlines() == [
        "1 of 5 jobs are done already, on the same files",
        "4 to build on a fleet",
        "begun: was ended by SIGKILL; it is begun again",
        "1/4 ✗ failed bad in 3.50 s: no such width",
        "2/4 ✓ passed good in 1 min 15 s",
    ]
