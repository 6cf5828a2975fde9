"""Rules: `check`, `describe`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from trueup import case_tables, cases
from trueup.case_runner import execute
from trueup.commands.common import Assume, Programs, app, bar, out, program_of
from trueup.locations import programs_dir
from trueup.rules.check import check_paths
from trueup.rules.describe import describe as describe_program
from trueup.rules.describe import describe_tables


@app.command
def check(
    paths: list[Path] | None = None,
    *,
    case_files: Annotated[
        list[Path] | None,
        Parameter(name="--cases", help="Worked-example files to run instead of the programs' own.", consume_multiple=True),
    ] = None,
    defaults: Annotated[bool, Parameter(help="Print what a worked example's missing columns mean.", negative="")] = False,
    rules_only: Annotated[bool, Parameter(help="Check the rule files without running worked examples.", negative="")] = False,
    programs: Programs = None,
) -> int:
    """Check rule files and run worked examples. Exit code 1 if anything is wrong."""
    if defaults:
        out.print(case_tables.defaults_text())
        return 0
    home = programs or programs_dir()
    where = paths or [home]
    report = check_paths(where)
    out.print(str(report))
    if not report.ok or rules_only:
        return 0 if report.ok else 1
    files = [f for p in (case_files or where) for f in cases.case_files(p)]
    folder = _programs_of(where, home)
    with bar() as shown:
        task = shown.add_task("worked examples", total=None)
        done = cases.run_cases(
            files, folder, execute, each=lambda r: shown.update(task, advance=1, description=f"worked examples: {r.case.program}")
        )
    out.print(str(done))
    return 0 if done.ok else 1


def _programs_of(paths: list[Path], home: Path) -> Path:
    """The folder of programs that the paths lie in, so that a checkout's cases run with the checkout's rules."""
    for path in paths:
        for folder in (path.resolve(), *path.resolve().parents):
            if (folder / "registry.yaml").is_file():
                return folder
    return home


@app.command
def describe(
    program: str | None = None,
    *,
    assume: Assume = None,
    version: Annotated[str | None, Parameter(help="Rule version; default: the latest.")] = None,
    tables: Annotated[bool, Parameter(help="Describe the tables instead.", negative="")] = False,
    programs: Programs = None,
) -> int:
    """Print a program as prose that policy staff can read and sign, or every table with its columns."""
    if tables or program is None:
        out.print(describe_tables())
        return 0
    out.print(describe_program(program_of(program, programs, assume, version)))
    return 0
