"""Lives of programs: worlds to tell timelines in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from life.world import BY_MONTH, World, variant

MakeWorld = Callable[..., World]


@pytest.fixture
def world(programs: Path, tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes a world: a program of the checkout with rule values and assumed values replaced where a test says so."""
    made: list[World] = []

    def make(program: str = BY_MONTH, *, rules: dict[str, Any] | None = None, values: dict[str, Any] | None = None) -> World:
        place = tmp_path / f"world-{len(made)}"
        folder = variant(programs, place / "programs", program, rules or {}, values or {})
        made.append(World.make(place, folder, program))
        return made[-1]

    yield make
    for one in made:
        one.close()
