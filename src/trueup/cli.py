"""The command line's entry point. Exit codes: 0 done, 1 findings or a refusal, 2 wrong usage."""

from __future__ import annotations

import logging
import sys

from cyclopts import CycloptsError

from trueup.commands import app, err
from trueup.errors import TrueupError


def main() -> None:
    """Entry point of the `trueup` command."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        result = app(exit_on_error=False, error_console=err)
    except CycloptsError:
        sys.exit(2)  # it has been printed, with what may have been meant
    except TrueupError as error:
        err.print(f"[bold red]{error.__class__.__name__}[/]", highlight=False)
        err.print(str(error), highlight=False, markup=False)
        sys.exit(error.exit_code)
    except OSError as error:
        err.print(f"TRU-U009 {error.filename or 'a file'}: {error.strerror or error}. Nothing half-written is left.", highlight=False, markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("Stopped. Nothing half-written is left; run the command again.")
        sys.exit(130)
    sys.exit(result if isinstance(result, int) else 0)
