"""How long an SDK takes to make a picture the model's input: `python -m benchmarks.preprocessing`.

    python -m benchmarks.preprocessing [--language swift] [--runs N] [--markdown docs/sdk-speed.md]

Kotlin's runtime on a JVM, or Swift's compiled with -O, beside OpenCV (`INTER_AREA`, which averages when it shrinks, as
the contract's filters do; plain `INTER_LINEAR` would look at four pixels only) and Pillow, which computes the very same
bytes. All get the same picture in memory and give float32; one thread each, in turns, the median of the runs after the
first half, which warms up.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from deploykit.spec import ImageInput
from deploykit.transforms import preprocess

HERE = Path(__file__).parent
TEMPLATES = HERE.parents[1] / "templates"
SWIFT = HERE.parents[1] / "tests/toolchains/swift.sh"


@dataclass(frozen=True)
class Case:
    """A picture and what is made of it."""

    width: int
    height: int
    size: int
    resize: str = "bilinear"
    crop: str = "none"

    @property
    def spec(self) -> ImageInput:
        """The contract."""
        return ImageInput(
            type="image", size=(self.size, self.size), resize=self.resize, crop=self.crop, crop_fraction=0.875
        )


CASES = (
    Case(640, 480, 224, crop="center"),
    Case(640, 480, 320, crop="letterbox"),
    Case(1920, 1080, 224, crop="center"),
    Case(1920, 1080, 640),
    Case(1920, 1080, 224, resize="bicubic", crop="center"),
    Case(4000, 3000, 224, crop="center"),
    Case(4000, 3000, 512),
)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--language", choices=LANGUAGES, default="kotlin")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    try:
        import cv2
    except ModuleNotFoundError:
        raise SystemExit("OpenCV is not here; pip install opencv-python-headless, for this benchmark only") from None
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        command = LANGUAGES[options.language](Path(folder))
        rows = [row(case, command, cv2, options.runs) for case in CASES]
    text = table(rows, options.language, cv2.__version__)
    print(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


def kotlin(out: Path) -> list[str]:
    """The command that runs Bench.kt."""
    maven = ["mvn", "--batch-mode", "--quiet", f"-Dout={out}", f"-Druntime={TEMPLATES / 'kotlin/runtime'}", "compile"]
    subprocess.run(maven, cwd=HERE, check=True)
    path = f"{out / 'classes'}:{(out / 'classpath.txt').read_text()}"
    return ["java", "-XX:ActiveProcessorCount=1", "-cp", path, "deploykit.runtime.BenchKt"]


def swift(out: Path) -> list[str]:
    """The command that runs Bench.swift, compiled in release mode with what it needs of the runtime."""
    core = TEMPLATES / "swift/runtime/Core"
    names = ("ImageOrientation", "ImagePreprocessing", "ModelError", "Pixels", "Placement", "Resampling")
    for file in (HERE / "Bench.swift", *(core / f"{name}.swift" for name in names)):
        shutil.copy(file, out)
    run = [str(SWIFT), "run", str(out), "--"]
    # As SwiftPM compiles a package for release.
    build = "swiftc -O -whole-module-optimization -swift-version 6 -parse-as-library -o bench *.swift"
    subprocess.run([*run, "sh", "-c", build], check=True)
    return [*run, "./bench"]


LANGUAGES: dict[str, Callable[[Path], list[str]]] = {"kotlin": kotlin, "swift": swift}


def row(case: Case, command: list[str], cv2: object, runs: int) -> tuple[Case, float, float, float, str]:
    """Milliseconds of the SDK, OpenCV and Pillow, and the bytes that the SDK allocates a picture, where it says so."""
    picture = np.random.default_rng(0).integers(0, 256, (case.height, case.width, 3), np.uint8)
    own, opencv, pillow = [], [], []
    allocated = "–"
    for _ in range(3):
        words = [str(case.width), str(case.height), str(case.size), case.resize.capitalize(), case.crop.capitalize()]
        done = subprocess.run([*command, *words, str(runs)], capture_output=True, text=True, check=True)
        lines = [line.split() for line in done.stdout.splitlines()]
        own += [float(line[0]) for line in lines[runs // 2 :]]
        allocated = f"{lines[-1][1]} bytes" if len(lines[-1]) > 1 else "–"
        opencv += timed(lambda: by_opencv(cv2, picture, case), runs)
        image = Image.fromarray(picture)
        pillow += timed(lambda image=image: preprocess(image, case.spec), max(4, runs // 6))
    return case, median(own), median(opencv), median(pillow), allocated


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Milliseconds of each run but the first half."""
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1e3)
    return found[runs // 2 :]


def by_opencv(cv2: object, picture: np.ndarray, case: Case) -> np.ndarray:
    """The same work by OpenCV's own functions: resize, cut or pad, float32."""
    from deploykit.transforms import resized_size

    width, height = resized_size(case.spec, case.width, case.height)
    resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    left, top = (width - case.size) // 2, (height - case.size) // 2
    if case.crop == "letterbox":
        return cv2.copyMakeBorder(resized, -top, -top, -left, -left, cv2.BORDER_CONSTANT).astype(np.float32)
    return resized[top : top + case.size, left : left + case.size].astype(np.float32)


def table(rows: list[tuple[Case, float, float, float, str]], language: str, version: str) -> str:
    """The page."""
    name, on = language.capitalize(), {"kotlin": "on a JVM", "swift": "in release mode"}[language]
    lines = [
        "# How long a picture takes before the model sees it",
        "",
        f"`python -m benchmarks.preprocessing --language {language}`: the {name} runtime {on}, OpenCV {version}",
        "(`INTER_AREA`) and Pillow, one thread each. OpenCV has a path of its own for exact fractions, as 640×480 to",
        "320×240.",
        "",
        f"| picture | becomes | {name} | OpenCV | Pillow | {name} / OpenCV | {name} / Pillow | allocated |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for case, own, opencv, pillow, allocated in rows:
        what = f"{case.size}×{case.size}, {case.resize}, {case.crop}"
        times = " | ".join(f"{value:.1f} ms" for value in (own, opencv, pillow))
        ratios = f"{own / opencv:.2f} | {own / pillow:.2f}"
        lines.append(f"| {case.width}×{case.height} | {what} | {times} | {ratios} | {allocated} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
