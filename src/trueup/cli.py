"""The command line's entry point. Exit codes: 0 done, 1 findings or a refusal, 2 wrong usage."""

from __future__ import annotations

import logging
import sys

from cyclopts import CycloptsError
from rich.console import Console

from trueup.commands import app, err, load
from trueup.errors import TrueupError


def main() -> None:
    """Entry point of the `trueup` command."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        load(next(iter(sys.argv[1:]), None))
        result = app(sys.argv[1:], exit_on_error=False, error_console=Console(stderr=True))
    except CycloptsError:
        sys.exit(2)  # it has been printed, with what may have been meant
    except TrueupError as error:
        err.print(error.__class__.__name__, style="bold red")
        err.print(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        err.print(f"TRU-U009 {error.filename or 'a file'}: {error.strerror or error}. Nothing half-written is left.")
        sys.exit(1)
    except (KeyboardInterrupt, RuntimeError) as stop:
        if isinstance(stop, RuntimeError) and "interrupted" not in str(stop):  # the engine's word for the same key
            raise
        err.print("Stopped. Nothing half-written is left; run the command again.")
        sys.exit(130)
    sys.exit(result if isinstance(result, int) else 0)
