"""Rendered Android SDKs, side by side in a folder, and Maven on all of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from deploykit.codegen import kotlin_text
from tests.generated.kotlin.host_models import litert_library

PROJECT = Path(__file__).parent


def maven(tool: str, sdks: Path, *arguments: str, limit_s: int) -> subprocess.CompletedProcess[str]:
    """Runs Maven on `pom.xml`, whose comment says what `sdks` holds."""
    command = [tool, "--batch-mode", "--quiet", f"-Dsdks={sdks}", f"-Dlitert.library={litert_library()}", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=limit_s, check=False)


def gather(sdk: Path, namespace: str, sources: Path, app: bool) -> None:
    """Copies an SDK's sources to where Maven compiles those of all."""
    module = namespace.rpartition(".")[2]
    shutil.copytree(sdk / module / "src/main/kotlin", sources / "library" / namespace)
    if app:
        shutil.copytree(sdk / "app/src/main/kotlin", sources / "app" / namespace)
        strings = (sdk / "app/src/main/res/values/strings.xml").read_text("utf-8")
        write_resources(namespace, strings, sources / "app" / namespace)


def write_resources(namespace: str, strings: str, folder: Path) -> None:
    """The class `R` of a sample app, as aapt2 makes it, for the strings only."""
    names = re.findall(r'<string name="(\w+)">', strings)
    fields = "\n".join(f"        const val {name} = {index}" for index, name in enumerate(names))
    package = kotlin_text.package(f"{namespace}.sample")
    text = f"package {package}\n\nclass R {{\n    object string {{\n{fields}\n    }}\n}}\n"
    (folder / "R.kt").write_text(text, "utf-8")
