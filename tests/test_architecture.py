"""The direction of imports, the public names, and what stays unimported."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import deploykit

PACKAGE = Path(deploykit.__file__).parent
SIBLINGS = ("capture", "prepare", "backends", "accelerators", "parity", "codegen", "report")
HEAVY = ("torch", "coremltools", "litert_torch", "onnx", "onnxruntime", "ai_edge_litert", "timm", "distributed")


def imports(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("package", SIBLINGS)
def test_siblings_never_import_each_other(package: str) -> None:
    others = tuple(f"deploykit.{other}" for other in SIBLINGS if other != package)
    upwards = ("deploykit.pipeline", "deploykit.stages", "deploykit.work", "deploykit.cli")
    wrong = {
        f"{file.relative_to(PACKAGE)} imports {name}"
        for file in (PACKAGE / package).rglob("*.py")
        for name in imports(file)
        if name.startswith(others + upwards)
    }
    assert wrong == set()


def test_only_render_imports_jinja2() -> None:
    users = {f.relative_to(PACKAGE).as_posix() for f in PACKAGE.rglob("*.py") if any("jinja2" in n for n in imports(f))}
    assert users == {"render.py"}


def loaded_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import deploykit.codegen.build",
        "import deploykit.pipeline",
        "import deploykit.execution",
        "import deploykit.inspection",
        "import deploykit.analysis",
        "import deploykit.accelerators.analysis",
        "import deploykit.bisect.command",
        "import deploykit.diff.command",
        "import deploykit.batch",
        "from deploykit.cli import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass",
    ],
    ids=["codegen", "pipeline", "run", "inspect", "analyze", "accelerators", "bisect", "diff", "batch", "help"],
)
def test_no_heavy_package_is_imported(code: str) -> None:
    assert loaded_after(code) & set(HEAVY) == set()


def test_public_names() -> None:
    assert deploykit.__all__ == ["DeploykitError", "UserError", "__version__"]
    assert all(hasattr(deploykit, name) for name in deploykit.__all__)


def test_every_target_names_known_backends_and_runners() -> None:
    from deploykit.backends import BACKENDS, RUNNERS
    from deploykit.targets import all_targets

    targets = all_targets()
    assert len(targets) == 6
    for target in targets.values():
        assert target.backend in BACKENDS
        assert set(target.runners) <= set(RUNNERS)
