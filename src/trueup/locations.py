"""Where the program folders are: the only module that knows."""

from __future__ import annotations

from pathlib import Path

from trueup.errors import UsageError


def programs_dir() -> Path:
    """The folder of all programs: the copy inside the installed wheel, else the checkout's `programs/`.

    Raises:
        UsageError: TRU-U001 if neither exists.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "programs", package.parents[1] / "programs"):
        if (folder / "registry.yaml").is_file():
            return folder
    raise UsageError(
        "TRU-U001",
        "no programs: neither the installed package nor a checkout has a folder `programs` with a registry.yaml.",
        next_step="Name the folder with --programs DIR.",
    )
