"""What the commands share: the app, its consoles, and how a date or a program is named.

Only the commands know the clock: a date left out is today's, and the command says so.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from trueup import __version__
from trueup.errors import UsageError
from trueup.locations import programs_dir
from trueup.rules.load import load_program
from trueup.rules.program import Program

app = App(name="trueup", version=__version__, help="The open engine for value-based payment in Medicaid.")
out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

Programs = Annotated[Path | None, Parameter(name="--programs", help="Folder of programs; default: the ones that come with trueup.")]
WorkspaceAt = Annotated[Path, Parameter(name=["--workspace", "-w"], help="The workspace folder.")]
Assume = Annotated[str | None, Parameter(name="--assume", help="Assumptions file or its name, e.g. illustrative.")]


def program_of(name: str, folder: Path | None, assume: str | None, version: str | None = None) -> Program:
    return load_program(folder or programs_dir(), name, version=version, assumptions=assume)


def day(text: str | None, what: str) -> date:
    """A date given on the command line, or today, said aloud."""
    if text is None:
        today = date.today()
        err.print(f"{what}: {today} (today; name a date to be able to repeat this)", highlight=False)
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("TRU-U002", f"{what}: {text!r} is not a date like 2025-12-31", next_step="Write the year, month and day.") from None


def bar() -> Progress:
    """A progress display for work that takes more than a moment."""
    return Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=err, transient=False)
