"""Every command is found in its module, and a run imports none of the libraries that only other commands need."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

from trueup.commands import MODULES, app, load


def test_every_command_is_listed_with_its_module() -> None:
    load()
    listed = {command: module for module, commands in MODULES.items() for command in commands}
    registered = {name for name in app if not name.startswith("-")}
    assert registered == set(listed)
    for command, module in listed.items():
        found = app[command]
        home = found.default_command.__module__ if found.default_command else None
        assert home in (None, f"trueup.commands.{module}"), command
        assert home or any(value is found for value in vars(import_module(f"trueup.commands.{module}")).values()), command


def test_a_run_does_not_wait_for_libraries_of_other_commands() -> None:
    code = "import sys; from trueup.cli import load; load('run'); print('\\n'.join(sys.modules))"
    imported = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert "trueup.runs" in imported
    assert imported & {"sqlalchemy", "alembic", "sqlglot", "pandas", "scipy", "xlsxwriter", "jinja2", "fhir", "pyspark"} == set()
