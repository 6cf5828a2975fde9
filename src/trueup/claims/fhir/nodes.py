"""Parts of a JSON resource, by name. What is absent is None or empty; what has another shape counts as absent.

The shapes themselves are judged before (`shapes.py`), so that nothing is lost silently here.
"""

from __future__ import annotations

from typing import Any, cast

Json = dict[str, Any]


def part(node: Json, *names: str) -> Json:
    """The object at a path, or an empty one."""
    for name in names:
        found = node.get(name)
        if not isinstance(found, dict):
            return {}
        node = cast("Json", found)
    return node


def parts(node: Json, name: str) -> list[Json]:
    """The objects of a list, in their order."""
    found = node.get(name)
    if not isinstance(found, list):
        return []
    return [cast("Json", item) for item in cast("list[object]", found) if isinstance(item, dict)]


def text(node: Json, name: str) -> str | None:
    """A text, trimmed; None if it is absent or empty."""
    found = node.get(name)
    return (found.strip() or None) if isinstance(found, str) else None


def code_of(node: Json, name: str) -> str | None:
    """The first code of a codeable concept, for status words that FHIR fixes."""
    return next((code for coding in parts(part(node, name), "coding") if (code := text(coding, "code"))), None)
