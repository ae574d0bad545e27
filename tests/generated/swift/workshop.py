"""A folder in which a real Swift 6 works, and the packages that it finds there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Literal

SOURCES = Path(__file__).parent

Engine = Literal["coreml", "onnxruntime"]

STRICT = ("-Xswiftc", "-warnings-as-errors")

RUNTIME_TESTS = ("PreprocessingTests", "SessionTests", "StandIns")
"""Tests of a package that are the same for all models; macros of tests take long to compile."""


class Workshop:
    """Packages, stubs, stand-ins and scripts; Swift sees the folder as `seen`, and no command may take `limit_s`."""

    def __init__(self, root: Path, tool: str, limit_s: int = 900) -> None:
        self.root = root
        self.tool = tool
        self.limit_s = limit_s
        ignored = shutil.ignore_patterns("__pycache__", "*.py")
        shutil.copytree(SOURCES, root, dirs_exist_ok=True, ignore=ignored)
        self.seen = self.run("pwd").stdout.strip()

    def run(self, *command: str, within: str = ".", **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in `within`; paths in the environment are below the folder."""
        told = [f"{name}={self.seen}/{path}" for name, path in environment.items()]
        shell = ["sh", "-c", 'cd "$1" && shift && exec env "$@"', "sh", within, *told, *command]
        return subprocess.run(
            [self.tool, "run", str(self.root), "--", *shell],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.limit_s,
            check=False,
        )

    def merge(self, sdks: dict[str, str], engine: Engine) -> None:
        """Makes one package of those in the folder `engine`, given with their modules."""
        for part in ("answers", "standins"):
            shutil.copytree(self.root / part, self.root / engine / part, dirs_exist_ok=True)
        (self.root / engine / "Package.swift").write_text(merged(sdks, engine), "utf-8")

    def check_apple(self, package: str, module: str) -> subprocess.CompletedProcess[str]:
        """Compiles what is for Apple only against the modules that `build_stubs.sh` made."""
        return self.run("./check_apple.sh", package, module, "modules")


def merged(sdks: dict[str, str], engine: Engine) -> str:
    """The manifest of a package with all SDKs of an engine, the stand-ins beside them, so that all are built at once.

    Args:
        sdks: folders and their modules.
        engine: whose they are.
    """
    onnx = engine == "onnxruntime"
    url, product = "onnxruntime-swift-package-manager", '.product(name: "onnxruntime", package: "{}")'
    own = [product.format(url)] if onnx else ['"CoreML"']
    targets = [
        target("Reference", "standins/Reference", []),
        target("CoreGraphics", "standins/CoreGraphics", []),
        target("ImageIO", "standins/ImageIO", ['"CoreGraphics"', '"Reference"']),
        target("CryptoKit", "standins/CryptoKit", ['"Reference"']),
        target("Cases", "answers/Cases", ['"CoreGraphics"', '"ImageIO"']),
        *([] if onnx else [target("CoreML", "standins/CoreML", ['"Reference"'])]),
    ]
    for folder, module in sdks.items():
        needs = [*own, '"CoreGraphics"', '"CryptoKit"', '"ImageIO"']
        targets.append(target(module, f"{folder}/Sources/{module}", needs, 'resources: [.copy("Model")]'))
        tests = [f'"{module}"', '"Cases"', '"CoreGraphics"', '"ImageIO"']
        targets.append(target(f"{module}Tests", f"{folder}/Tests/{module}Tests", tests, kind="testTarget"))
    packages = f'    dependencies: [.package(path: "../{url}")],\n' if onnx else ""
    listed = ",\n".join(f"        {each}" for each in targets)
    return (
        "// swift-tools-version: 6.0\n\nimport PackageDescription\n\nlet package = Package(\n"
        f'    name: "Sdks",\n{packages}    targets: [\n{listed}\n    ],\n    swiftLanguageModes: [.v6]\n)\n'
    )


def target(name: str, path: str, needs: list[str], *more: str, kind: str = "target") -> str:
    parts = [f'name: "{name}"', f"dependencies: [{', '.join(needs)}]", f'path: "{path}"', *more]
    return f".{kind}({', '.join(parts)})"
