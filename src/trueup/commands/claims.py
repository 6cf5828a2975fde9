"""Claims in: `synth`, `init`, `load`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from trueup.claims.index import index_of
from trueup.claims.intake import load_files
from trueup.commands.common import WorkspaceAt, app, bar, day, err, out, program_of
from trueup.synthetic import generate
from trueup.workspace import Workspace


@app.command
def synth(
    folder: Path,
    *,
    programs: Annotated[
        list[str], Parameter(name="--programs", help="Programs whose calendars the state must cover.", consume_multiple=True)
    ],
    members: Annotated[int, Parameter(help="Members besides newborns; at least 2,000.")] = 20_000,
    seed: Annotated[int, Parameter(help="The same seed gives the same bytes.")] = 1,
    file_format: Annotated[Literal["csv", "csv.gz", "parquet"], Parameter(name="--format")] = "csv.gz",
    assume: Annotated[str, Parameter(name="--assume", help="Assumptions that give the programs their calendars.")] = "illustrative",
    programs_from: Annotated[Path | None, Parameter(name="--programs-from", help="Folder of programs.")] = None,
) -> int:
    """Make a synthetic state: claims of invented people, and the truth behind them."""
    loaded = [program_of(p, programs_from, assume) for p in programs]
    with bar() as shown:
        task = shown.add_task("synthetic state", total=None)
        result = generate(
            loaded,
            folder,
            members=members,
            seed=seed,
            file_format=file_format,
            progress=lambda step, done, of: shown.update(task, description=f"synthetic state: {step}", completed=done, total=of),
        )
    out.print(f"{result.members:,} members, {result.births:,} births, {result.first_day} to {result.last_day}, in {result.folder}")
    for name, path in result.files.items():
        out.print(f"  {path.relative_to(result.folder)}: {result.rows[name]:,} rows")
    return 0


@app.command
def init(folder: Path, *, key: Annotated[str | None, Parameter(help="Salt of identifiers; random unless given.")] = None) -> int:
    """Make an empty workspace."""
    ws = Workspace.create(folder, key)
    out.print(f"Workspace {ws.path} is ready. Next: trueup load FILES --workspace {ws.path}")
    return 0


@app.command
def load(
    files: list[Path],
    *,
    workspace: WorkspaceAt = Path(),
    received: Annotated[str | None, Parameter(help="Day the files were received; needed where rows carry no date of their own.")] = None,
    delimiter: Annotated[str | None, Parameter(help="Field delimiter, where the header does not prove it.")] = None,
    encoding: Annotated[str | None, Parameter(help="Text encoding; default UTF-8.")] = None,
) -> int:
    """Load claims, eligibility and provider files into a workspace. Nothing is loaded if a file cannot be trusted as a whole."""
    ws = Workspace.open(workspace)
    with bar() as shown:
        task = shown.add_task("loading", total=None)
        result = load_files(
            ws,
            files,
            received=day(received, "received") if received else None,
            delimiter=delimiter,
            encoding=encoding,
            progress=lambda text: shown.update(task, description=f"loading: {text}"),
        )
        if result.batch_id:
            # The first run would make it otherwise, and whoever loads expects to wait.
            shown.update(task, description="loading: indexing the claims")
            index_of(ws)
    out.print(str(result))
    if not ws.batches():
        err.print("The workspace holds no claims yet.")
    return 0
