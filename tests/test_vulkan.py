"""Which driver is chosen, and what is said where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploykit import vulkan
from deploykit.vulkan import Driver


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system with a Vulkan loader, and no driver, GPU or browser."""
    for name in vulkan.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(vulkan.platform, "system", lambda: "Linux")
    monkeypatch.setattr(vulkan, "FOLDERS", (tmp_path / "icd.d",))
    monkeypatch.setattr(vulkan, "SWIFTSHADER", (tmp_path / "chromium" / "vk_swiftshader_icd.json",))
    monkeypatch.setattr(vulkan, "_has_gpu", lambda: (tmp_path / "gpu").exists())
    monkeypatch.setattr(vulkan, "_has_loader", lambda: not (tmp_path / "no-loader").exists())
    return tmp_path


def driver(folder: Path, name: str, api: str = "1.4.305") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({"file_format_version": "1.0.0", "ICD": {"api_version": api}}))
    return folder / name


def test_without_a_driver_the_remedy_is_told(root: Path) -> None:
    assert vulkan.unavailable() == vulkan.find()
    assert "needs a Vulkan driver, and there is none: apt-get install chromium" in str(vulkan.find())
    assert vulkan.needs() == ()


def test_a_browser_brings_one(root: Path) -> None:
    swiftshader = driver(root / "chromium", "vk_swiftshader_icd.json")
    library = swiftshader.with_name("libvk_swiftshader.so")
    library.write_bytes(b"")
    driver(root / "icd.d", "lvp_icd.json")
    driver(root / "icd.d", "radeon_icd.x86_64.json")  # Mesa installs it on machines without such a GPU, too
    assert vulkan.find() == Driver((swiftshader,))
    assert vulkan.unavailable() is None
    assert vulkan.needs() == (swiftshader, library)


def test_a_gpu_comes_first_and_swiftshader_stands_in(root: Path) -> None:
    swiftshader = driver(root / "chromium", "vk_swiftshader_icd.json")
    radeon = driver(root / "icd.d", "radeon_icd.x86_64.json")
    driver(root / "icd.d", "lvp_icd.x86_64.json")
    (root / "gpu").touch()
    found = vulkan.find()
    assert found == Driver((radeon, swiftshader))
    assert found.environment["VK_DRIVER_FILES"] == found.environment["VK_ICD_FILENAMES"] == f"{radeon}:{swiftshader}"


def test_lavapipe_comes_last_and_an_old_one_is_named(root: Path) -> None:
    lavapipe = driver(root / "icd.d", "lvp_icd.json")
    assert vulkan.find() == Driver((lavapipe,))
    driver(root / "icd.d", "lvp_icd.json", "1.1.230")
    assert "Mesa's lavapipe is there, but is too old: it lacks shaderUniform*ArrayDynamicIndexing" in str(vulkan.find())
    lavapipe.write_text("not JSON")
    assert vulkan.find() == Driver((lavapipe,))  # the engine will say what is wrong with it


def test_the_environment_decides(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver(root / "chromium", "vk_swiftshader_icd.json")
    lavapipe = driver(root / "icd.d", "lvp_icd.json", "1.1.230")
    monkeypatch.setenv("VK_ICD_FILENAMES", str(lavapipe))
    assert vulkan.find() == Driver((lavapipe,))
    monkeypatch.setenv("VK_DRIVER_FILES", str(root / "nothing.json"))
    assert "nothing.json, which is not there" in str(vulkan.find())


def test_a_browser_brings_the_loader_too(root: Path) -> None:
    (root / "no-loader").touch()
    lavapipe = driver(root / "icd.d", "lvp_icd.json")
    assert "no libvulkan.so.1: apt-get install libvulkan1" in str(vulkan.find())
    (root / "chromium").mkdir()
    (root / "chromium" / "libvulkan.so.1").touch()
    assert vulkan.find() == Driver((lavapipe,), root / "chromium" / "libvulkan.so.1")


def test_other_systems_and_wheels_have_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver(root / "chromium", "vk_swiftshader_icd.json")
    monkeypatch.setattr(vulkan, "ENGINE", "libOther.so")
    assert "has no GPU engine" in str(vulkan.find())
    monkeypatch.setattr(vulkan.platform, "system", lambda: "Darwin")
    assert "this host is Darwin" in str(vulkan.find())
