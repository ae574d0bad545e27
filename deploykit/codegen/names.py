"""Names: from what users write to identifiers of Kotlin and Swift."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from deploykit.errors import CodegenError


def words(text: str) -> list[str]:
    """Splits a name at everything that is not a letter or digit and at lower-to-upper steps; accents are dropped.

    >>> words("MobileNet-v3 small")
    ['Mobile', 'Net', 'v3', 'small']
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+", ascii_text)


def pascal(text: str) -> str:
    """`mobilenetv3_small_100` → `Mobilenetv3Small100`.

    Raises:
        CodegenError: if no ASCII letter is left to start the name with.
    """
    name = "".join(word[:1].upper() + word[1:] for word in words(text))
    if not name or name[0].isdigit():
        name = f"Model{name}" if name else name
    if not name:
        raise CodegenError(f"no class name can be made from {text!r}; set [sdk] class_name in deploykit.toml")
    return name


def flat(text: str) -> str:
    """`MobileNet-v3` → `mobilenetv3`, as Kotlin's packages are written; starts with a letter."""
    name = "".join(words(text)).lower() or "model"
    return f"model{name}" if name[0].isdigit() else name


def camel(text: str) -> str:
    """`token_ids` → `tokenIds`.

    Raises:
        CodegenError: if no ASCII letter or digit is left.
    """
    first, *rest = words(text) or [""]
    name = first[:1].lower() + first[1:] + "".join(word[:1].upper() + word[1:] for word in rest)
    if not name:
        raise CodegenError(f"no name can be made from {text!r}; rename it in deploykit.toml")
    return f"value{name}" if name[0].isdigit() else name


def check_different(given: Iterable[tuple[str, str]], what: str, language: str, taken: tuple[str, ...] = ()) -> None:
    """Looks whether names stay different in a language.

    Args:
        given: a name in the language, and the user's own.
        what: they are, in plural.
        language: its name.
        taken: names of the language's that are not free.

    Raises:
        CodegenError: naming those that do not.
    """
    seen: dict[str, str] = dict.fromkeys(taken, "a name of the SDK's own")
    clashes = []
    for name, own in given:
        if name in seen:
            clashes.append(f"{own} and {seen[name]}")
        seen[name] = own
    if clashes:
        raise CodegenError(
            f"{what} {', '.join(clashes)} would have one name in {language}; rename one in deploykit.toml"
        )
