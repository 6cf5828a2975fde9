"""Which engine a process computes with. The command line says it once; whoever computes asks."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trueup.engine.base import Engine


@dataclass(frozen=True)
class EngineOptions:
    """The engine by name, and where Spark runs: its master URL (default: this machine) and its settings file."""

    name: Literal["duckdb", "spark"] = "duckdb"
    spark_master: str = ""
    spark_conf: Path | None = None


_EMBEDDED = EngineOptions()
_chosen: ContextVar[EngineOptions] = ContextVar("engine", default=_EMBEDDED)


@contextmanager
def chosen(options: EngineOptions) -> Generator[None]:
    """Within the block, the engine of these options is the chosen one."""
    token = _chosen.set(options)
    try:
        yield
    finally:
        _chosen.reset(token)


def chosen_engine(folder: Path) -> Engine | None:
    """A new engine, where another than the embedded one was chosen; None where the embedded one is to be opened as the caller likes.

    `folder` is for what it writes while it computes. TRUEUP_MEMORY_LIMIT bounds what the driver takes beside its Java.
    Raises EngineError (TRU-E010 to TRU-E012, TRU-E014) where Spark cannot start or has nowhere to write.
    """
    options = _chosen.get()
    if options.name != "spark":
        return None
    from trueup.engine.spark import SparkEngine
    from trueup.engine.spark_session import SparkOptions

    return SparkEngine(SparkOptions(options.spark_master, options.spark_conf), folder, memory_limit=os.environ.get("TRUEUP_MEMORY_LIMIT"))
