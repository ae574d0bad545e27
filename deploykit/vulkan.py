"""Finds a Vulkan driver for LiteRT's GPU engine, among what the system's packages install.

Only files are looked at: nothing is loaded, so that any process may ask. Whether the engine takes a driver is seen when
it starts (`deploykit.backends.litert.gpu`).

A driver is a small JSON file that names a library, an "ICD manifest":
https://github.com/KhronosGroup/Vulkan-Loader/blob/main/docs/LoaderDriverInterface.md
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

VARIABLES = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")
"""What the Vulkan loader reads; the second one is what loaders before 1.3.207 know."""

FOLDERS = tuple(Path(top) / "vulkan" / "icd.d" for top in ("/usr/local/share", "/usr/share", "/etc"))
SWIFTSHADER = tuple(
    Path(folder) / "vk_swiftshader_icd.json"
    for folder in (
        "/usr/lib/chromium",
        "/usr/lib64/chromium-browser",
        "/usr/lib/chromium-browser",
        "/opt/google/chrome",
    )
)
"""A Vulkan driver in software: browsers bring it along."""
SOFTWARE = ("lvp_", "vk_swiftshader", "gfxstream", "virtio")
"""Beginnings of the names of drivers that want no GPU of this machine, or only that of a virtual machine's host."""
LAVAPIPE = "lvp_"
"""Mesa's driver in software. Mesa 25.0's is taken, and computes in fp16, which SwiftShader cannot; but it takes 13 s to
compile the shaders of a network for which SwiftShader needs 0.7 s, so it comes last."""
REFUSED = 230
"""Last number of the Vulkan version in the manifest of Debian 12's lavapipe (Mesa 22.3), which the engine refuses: it
lacks shaderUniform*ArrayDynamicIndexing. That of Mesa 25.0 is 305."""

DEVICES = ("/dev/dri/renderD*", "/dev/nvidia[0-9]*", "/dev/dxg")
"""Where the kernel shows a GPU: Mesa installs the drivers of all makers on every machine."""

LOADER = "libvulkan.so.1"
ENGINE = "libLiteRtWebGpuAccelerator.so"
REMEDY = "apt-get install chromium brings one in software (make toolchains does it in deploykit's repository)"


@dataclass(frozen=True)
class Driver:
    """What LiteRT's GPU engine is started with.

    Attributes:
        files: ICD manifests. The engine takes a GPU before a processor, so one in software may stand beside the others.
        loader: Vulkan's loader, where the system has none: browsers bring one along.
    """

    files: tuple[Path, ...]
    loader: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name it."""
        return dict.fromkeys(VARIABLES, os.pathsep.join(map(str, self.files)))


def find() -> Driver | str:
    """The driver that is used here, or why there is none, with the remedy.

    In this order: what the environment names; a GPU's driver, if the machine has a GPU; SwiftShader, which also stands
    in where a GPU's driver is refused; a lavapipe that is new enough.
    """
    if platform.system() != "Linux":
        return f"LiteRT's GPU engine is run with Vulkan on Linux; this host is {platform.system()}"
    spec = find_spec("ai_edge_litert")
    if spec is None or not any((Path(at) / ENGINE).exists() for at in spec.submodule_search_locations or ()):
        return f"the installed ai-edge-litert has no GPU engine for {platform.machine()} ({ENGINE})"
    named = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), None)
    files = _installed() if named is None else tuple(map(Path, named.split(os.pathsep)))
    if missing := [path for path in files if not path.is_file()]:
        return f"{' or '.join(VARIABLES)} names {missing[0]}, which is not there; name a Vulkan driver's JSON file"
    if not files:
        old = "; Mesa's lavapipe is there, but is too old: it lacks shaderUniform*ArrayDynamicIndexing" * any(_old())
        return f"LiteRT's GPU engine needs a Vulkan driver, and there is none{old}: {REMEDY}"
    if _has_loader():
        return Driver(files)
    loader = next((path for file in (*files, *SWIFTSHADER) if (path := file.parent / LOADER).exists()), None)
    if loader is None:
        return f"there is a Vulkan driver ({files[0].name}), but no {LOADER}: apt-get install libvulkan1"
    return Driver(files, loader)


def unavailable() -> str | None:
    """Why LiteRT's GPU engine cannot run on this host; None if it may."""
    found = find()
    return found if isinstance(found, str) else None


def needs() -> tuple[Path, ...]:
    """The files whose content decides what the engine computes here: manifests, and the libraries beside them."""
    found = find()
    if isinstance(found, str):
        return ()
    beside = (library for file in found.files for library in sorted(file.parent.glob("libvk_*.so")))
    return (*found.files, *beside)


def _installed() -> tuple[Path, ...]:
    files = _manifests()
    gpus = [file for file in files if not file.name.startswith(SOFTWARE)] if _has_gpu() else []
    software = [file for file in SWIFTSHADER if file.is_file()][:1]
    software = software or [file for file in files if file.name.startswith(LAVAPIPE) and file not in _old()][:1]
    return (*gpus, *software)


def _manifests() -> list[Path]:
    return [file for folder in FOLDERS if folder.is_dir() for file in sorted(folder.glob("*.json"))]


def _old() -> list[Path]:
    """The manifests of a lavapipe that the engine is known to refuse; named by the environment, it is tried."""
    found = []
    for file in _manifests():
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads(file.read_text(encoding="utf-8"))["ICD"]["api_version"]
            if file.name.startswith(LAVAPIPE) and int(said.rpartition(".")[2]) <= REFUSED:
                found.append(file)
    return found


def _has_gpu() -> bool:
    return any(list(Path("/").glob(pattern[1:])) for pattern in DEVICES)


def _has_loader() -> bool:
    places = ("/usr/local/lib", "/usr/lib", "/lib", "/usr/lib64", "/lib64")
    inner = sysconfig.get_config_var("MULTIARCH") or ""
    return any((Path(place) / part / LOADER).exists() for place in places for part in ("", inner))
