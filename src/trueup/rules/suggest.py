"""Did you mean: the nearest known word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word most like `word`, if any is near enough."""
    found = get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """A next step: the nearest known word, or all of them."""
    options = list(known)
    near = nearest(word, options)
    return f"Did you mean `{near}`?" if near else (otherwise if otherwise is not None else f"Known: {', '.join(options)}.")
