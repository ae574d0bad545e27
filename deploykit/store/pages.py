"""Native libraries and memory pages of 16 KB, which Google Play demands.

Sources: https://developer.android.com/guide/practices/page-sizes (64-bit libraries; ELF segments and, in an APK, the
place of libraries that are stored uncompressed), https://source.android.com/docs/core/architecture/16k
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from deploykit.errors import ArgumentsError
from deploykit.manifest import Verdict

PAGE = 16384
"""Bytes."""

BITS_64 = ("arm64-v8a", "x86_64")
"""ABIs of devices whose pages may have 16 KB."""

MACHINES = {"EM_AARCH64": "arm64-v8a", "EM_X86_64": "x86_64", "EM_ARM": "armeabi-v7a", "EM_386": "x86"}

ARCHIVES = (".aar", ".apk", ".aab")
_HEADER = 30
"""Bytes of a local header in a ZIP before its name: PKWARE's APPNOTE.TXT, section 4.3.7."""


@dataclass(frozen=True)
class LibraryPages:
    """A native library: whether a device with pages of 16 KB loads it."""

    library: str
    """As the archive names it: `jni/arm64-v8a/libtensorflowlite_jni.so`."""
    abi: str
    verdict: Verdict
    reason: str


def libraries(path: Path) -> tuple[LibraryPages, ...]:
    """Looks at every native library of an AAR, APK or AAB, or at one `.so` file.

    Raises:
        ArgumentsError: if it is none of these, or cannot be read.
    """
    try:
        if path.suffix == ".so":
            with path.open("rb") as file:
                return (_library(path.name, file, ""),)
        with zipfile.ZipFile(path) as archive:
            return tuple(_archived(archive, path.suffix == ".apk"))
    except (OSError, zipfile.BadZipFile) as error:
        raise ArgumentsError([f"{path} cannot be read: {error}"]) from None


def _archived(archive: zipfile.ZipFile, installed: bool) -> Iterator[LibraryPages]:
    """The libraries of an archive; an APK's are mapped from where they lie, if they are not compressed."""
    for info in archive.infolist():
        if info.filename.endswith(".so"):
            place = _place(archive, info) if installed and info.compress_type == zipfile.ZIP_STORED else ""
            yield _library(info.filename, io.BytesIO(archive.read(info)), place)


def _place(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """What is wrong with the place of an uncompressed library in an APK; empty where nothing is."""
    assert archive.fp is not None
    archive.fp.seek(info.header_offset)
    header = archive.fp.read(_HEADER)
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    begins = info.header_offset + _HEADER + lengths
    return "" if begins % PAGE == 0 else f"in the APK it begins at byte {begins}, which is no multiple of {PAGE}"


def _library(name: str, file: IO[bytes], place: str) -> LibraryPages:
    try:
        elf = ELFFile(file)
        abi = MACHINES.get(elf["e_machine"], elf["e_machine"])
        if abi not in BITS_64:
            return LibraryPages(name, abi, "passed", "32-bit devices have pages of 4 KB")
        problems = list(_segments(elf))
    except (ELFError, KeyError) as error:
        return LibraryPages(name, "?", "failed", f"it is no ELF file that could be read: {error}")
    if place:
        problems.append(place)
    if problems:
        return LibraryPages(name, abi, "failed", "; ".join(problems))
    return LibraryPages(name, abi, "passed", f"all segments are aligned to {PAGE} bytes")


def _segments(elf: ELFFile) -> Iterator[str]:
    """What is wrong with the segments that are loaded. What they declare is not enough: addresses have to fit, too."""
    loaded = [segment for segment in elf.iter_segments() if segment["p_type"] == "PT_LOAD"]
    least = min((segment["p_align"] for segment in loaded), default=PAGE)
    if least < PAGE:
        yield f"a segment is aligned to {least} bytes, {PAGE} are needed"
    elif any((segment["p_vaddr"] - segment["p_offset"]) % PAGE for segment in loaded):
        yield f"a segment declares {least} bytes and lies otherwise in the file"
