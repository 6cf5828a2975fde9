"""What the commands share: the app, its consoles, and how a date or a program is named.

Only the commands know the clock: a date left out is today's, and the command says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from trueup import __version__
from trueup.errors import Place, RuleErrors, UsageError
from trueup.locations import programs_dir
from trueup.rules.assumptions import find_assumptions
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.rules.reader import mapping, parse_yaml

app = App(
    name="trueup", version=__version__, help="The open engine for value-based payment in Medicaid.", suppress_keyboard_interrupt=False
)
# Names and messages are printed as they are: nothing in them is markup.
out = Console(soft_wrap=True, markup=False, highlight=False)
err = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)

Programs = Annotated[Path | None, Parameter(name="--programs", help="Folder of programs; default: the ones that come with trueup.")]
WorkspaceAt = Annotated[Path, Parameter(name=["--workspace", "-w"], help="The workspace folder.")]
Assume = Annotated[str | None, Parameter(name="--assume", help="Assumptions file or its name, e.g. illustrative.")]
Settings = Annotated[
    list[str] | None,
    Parameter(name="--set", help="PATH=VALUE, a rule as it might be: a scenario, which is never posted. May be given more than once."),
]


def program_of(
    name: str, folder: Path | None, assume: str | None, version: str | None = None, *, settings: Sequence[str] | None = None
) -> Program:
    """A program by its name. `settings` are `PATH=VALUE`, which make it a scenario.

    Raises UsageError where there is no such program or assumptions, or for a setting of another form or one given twice; RuleErrors where
    its files are wrong.
    """
    home = folder or programs_dir()
    if assume is not None:
        _assumptions_exist(home / name, assume)
    changed: dict[str, object] = {}
    for path, value in map(_setting, settings or ()):
        if path in changed:
            raise UsageError("TRU-U076", f"--set names {path} twice.", next_step="Say once what it should be.")
        changed[path] = value
    try:
        loaded = load_program(home, name, version=version, assumptions=assume, settings=changed, settings_place=Place("--set"))
    except RuleErrors as errors:
        first = errors.errors[0]
        if [e.code for e in errors.errors] == ["TRU-R011"]:  # no such program or version: the command was wrong, not a file
            raise UsageError(first.code, first.message, place=first.place, next_step=first.next_step) from None
        raise
    if loaded.scenario:
        err.print(f"Scenario, never posted: {', '.join(f'{p.path} = {p.value}' for p in loaded.settings())}.")
    return loaded


def _setting(text: str) -> tuple[str, object]:
    """The path and the value of `PATH=VALUE`, whose value is read as in a rule file, a decimal without quotes too."""
    path, _, value = (part.strip() for part in text.partition("="))
    if path and re.fullmatch(r"-?\d+\.\d+", value):
        return path, value
    doc = parse_yaml(f"value: {value}", "--set")
    if not path or not value or doc.errors:
        step = "Write a path of the rules, an equals sign and a value, such as settlement.share_rate=0.60; `trueup describe` lists paths."
        raise UsageError("TRU-U073", f"--set {text!r} is not PATH=VALUE.", next_step=step)
    return path, mapping(doc.data)["value"]


def _assumptions_exist(home: Path, assume: str) -> None:
    path = find_assumptions(home, assume)
    if home.is_dir() and not path.is_file():
        known = sorted(p.stem for p in (home / "assumptions").glob("*.yaml"))
        near = get_close_matches(assume, known, 1)
        step = f"Did you mean {near[0]}?" if near else f"{home.name} has {', '.join(known) or 'none'}; or name a file."
        raise UsageError("TRU-U006", f"there are no assumptions {assume}: {path} is not a file.", next_step=step)


def day(text: str | None, what: str) -> date:
    """A date given on the command line, or today, said aloud."""
    if text is None:
        today = date.today()
        err.print(f"{what}: {today} (today; name a date to be able to repeat this)")
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "TRU-U002", f"{what}: {text!r} is not a date like 2025-12-31.", next_step="Write the year, month and day."
        ) from None


def show(table: Table) -> None:
    """Print a table in its full width: no amount and no id is ever cut, also not in a narrow window or a pipe."""
    wide = Console(width=10_000)
    wide.width = max(out.width, Measurement.get(wide, wide.options, table).maximum)
    wide.print(table)


def bar() -> Progress:
    """A progress display for work that takes more than a moment."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), console=err, transient=False
    )
