"""Native libraries and pages of 16 KB: what a device would not load is told apart from what does not matter."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy
import pytest

from deploykit.errors import ArgumentsError
from deploykit.store.pages import PAGE, libraries

AARCH64, X86_64, ARM = 183, 62, 40


def elf(machine: int = AARCH64, align: int = PAGE, offset: int = 0, address: int = 0) -> bytes:
    """A shared library of one loaded segment, with nothing in it: the ELF specification, figures 1-3 and 2-1."""
    wide = machine != ARM
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    if not wide:
        header = ident + struct.pack("<HHIIIIIHHHHHH", 3, machine, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        return header + struct.pack("<IIIIIIII", 1, offset, address, address, 64, 64, 5, align)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, offset, address, address, 64, 64, align)


def archive(path: Path, files: dict[str, bytes], *, stored: bool = True, begins: int | None = None) -> Path:
    """A ZIP; with `begins`, padded before each file so that its bytes begin at a multiple of that."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = made.compression
            if begins:
                assert made.fp is not None
                info.extra = bytes(-(made.fp.tell() + 30 + len(name)) % begins)
            made.writestr(info, content)
    return path


def only(path: Path) -> tuple[str, str]:
    (found,) = libraries(path)
    return found.verdict, found.reason


def test_a_segment_has_to_be_aligned_to_a_page(tmp_path: Path) -> None:
    for machine in (AARCH64, X86_64):
        assert only(archive(tmp_path / "a.aar", {"jni/x/liba.so": elf(machine)}))[0] == "passed"
        assert only(archive(tmp_path / "a.aar", {"jni/x/liba.so": elf(machine, 4 * PAGE)}))[0] == "passed"
        verdict, reason = only(archive(tmp_path / "a.aar", {"jni/x/liba.so": elf(machine, 4096)}))
        assert (verdict, reason) == ("failed", "a segment is aligned to 4096 bytes, 16384 are needed")


def test_what_a_segment_declares_is_not_believed(tmp_path: Path) -> None:
    verdict, reason = only(archive(tmp_path / "a.aar", {"jni/x/liba.so": elf(offset=4096, address=8192)}))
    assert (verdict, reason) == ("failed", "a segment declares 16384 bytes and lies otherwise in the file")


def test_32_bits_do_not_matter(tmp_path: Path) -> None:
    (found,) = libraries(archive(tmp_path / "a.aar", {"jni/armeabi-v7a/liba.so": elf(ARM, 4096)}))
    assert (found.abi, found.verdict, found.reason) == ("armeabi-v7a", "passed", "32-bit devices have pages of 4 KB")


def test_in_an_apk_the_place_of_an_uncompressed_library_counts(tmp_path: Path) -> None:
    files = {"classes.dex": b"dex", "lib/arm64-v8a/liba.so": elf()}
    assert only(archive(tmp_path / "right.apk", files, begins=PAGE))[0] == "passed"
    verdict, reason = only(archive(tmp_path / "wrong.apk", files, begins=4096 + 4))
    assert verdict == "failed"
    assert "in the APK it begins at byte" in reason
    assert only(archive(tmp_path / "packed.apk", files, stored=False))[0] == "passed"  # it is unpacked when installed
    assert only(archive(tmp_path / "bundle.aab", files))[0] == "passed"  # Play makes the APKs


def test_a_real_library_and_one_that_is_none(tmp_path: Path) -> None:
    real = next(Path(numpy.__file__).parent.rglob("*.so"))
    (found,) = libraries(real)
    assert found.abi in ("x86_64", "arm64-v8a")
    assert found.verdict in ("passed", "failed")
    verdict, reason = only(archive(tmp_path / "a.aar", {"jni/arm64-v8a/liba.so": b"text"}))
    assert verdict == "failed"
    assert "no ELF file" in reason
    verdict, reason = only(archive(tmp_path / "a.aar", {"jni/arm64-v8a/liba.so": elf()[:70]}))
    assert verdict == "failed"
    assert libraries(archive(tmp_path / "plain.aar", {"classes.jar": b"jar"})) == ()


def test_no_archive(tmp_path: Path) -> None:
    (tmp_path / "torn.aar").write_bytes(b"PK\x03\x04torn")
    with pytest.raises(ArgumentsError, match=r"torn.aar cannot be read"):
        libraries(tmp_path / "torn.aar")
