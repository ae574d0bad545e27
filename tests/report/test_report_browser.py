"""The report as its reader has it: opened from disk in a browser without a network."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import Build
from tests.tools import require_tool

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever it would fetch, it does not get
)


def browse(page: Path, scratch: Path, *arguments: str) -> str:
    command = [require_tool("chromium"), *FLAGS, f"--user-data-dir={scratch / 'profile'}", *arguments, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_report_opens_from_disk(digits: Build, tmp_path: Path) -> None:
    text = browse(digits.folder / "report" / "index.html", tmp_path, "--dump-dom")
    assert "All 10 artifacts compute what" in text
    assert text.count("reference execution, not") >= 2
    picture = tmp_path / "page.png"
    browse(digits.folder / "report" / "index.html", tmp_path, "--window-size=1200,3000", f"--screenshot={picture}")
    pixels = np.asarray(Image.open(picture).convert("L"))
    assert pixels.shape == (3000, 1200)
    for third in np.array_split(pixels, 3):
        assert third.std() > 5, "a part of the page is empty"


def test_the_report_fits_a_phone(digits: Build, tmp_path: Path) -> None:
    # A frame of a phone's width: the browser's own window does not get that narrow.
    frame = tmp_path / "phone.html"
    inner = (digits.folder / "report" / "index.html").as_uri()
    frame.write_text(
        f'<body style="margin:0;background:#f0f"><iframe src="{inner}" width=390 height=1500 style="border:0">'
    )
    picture = tmp_path / "phone.png"
    browse(frame, tmp_path, "--window-size=800,1500", f"--screenshot={picture}")
    pixels = np.asarray(Image.open(picture).convert("RGB"), dtype=int)
    assert (pixels[:, 400:] == (255, 0, 255)).all(), "the frame is not where it should be"
    assert pixels[:, :390].std() > 5
