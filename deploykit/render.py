"""Jinja2, and only here: a template and one node give text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploykit.resources import folder


@cache
def _environment() -> Environment:
    # Plain text goes into source files, so HTML escaping would corrupt it; the report asks for `e` where it is due.
    return Environment(
        loader=FileSystemLoader(folder("templates"), encoding="utf-8"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=lambda name: name is not None and ".html" in name,
    )


def render(template: str, node: object, **more: object) -> str:
    """Renders `templates/<template>` with `node` as `sdk` in its context (or what `more` names).

    Raises:
        jinja2.UndefinedError: if the template uses a name that the node does not have.
    """
    context: Mapping[str, object] = {"sdk": node, **more}
    return _environment().get_template(template).render(context)
