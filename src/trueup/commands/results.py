"""Settling entity results straight from a file, without a workspace: the arithmetic on its own, with every step written out."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.table import Table

from trueup.acts import act_of
from trueup.commands.common import bar, err, out, show
from trueup.errors import UsageError
from trueup.locations import programs_dir
from trueup.money import format_cents
from trueup.reports.grid import inert
from trueup.result_files import load_adapters, read_result_file
from trueup.rules.program import Program
from trueup.settlement.entity_results import EntityResult, read_results
from trueup.settlement.inputs import Refusal
from trueup.settlement.savings import settle_each
from trueup.settlement.savings_outcome import MECHANISM, Outcome
from trueup.workspace import write_atomically

COLUMNS = ("entity_id", "period", "track", "gate", "status", "amount", "reason", "message")
STEP_COLUMNS = ("entity_id", "period", "step", "name", "amount", "unit", "cite")
_CHUNK = 250


def settle_file(program: Program, programs: Path | None, inputs: Path | None, out_file: Path | None) -> int:
    """`settle --inputs FILE --out FILE`. Raises UsageError (TRU-S116) where one of the two is missing, else as `settle_inputs`."""
    if inputs is None or out_file is None:
        raise UsageError("TRU-S116", "--inputs and --out belong together.", next_step="Name the file to read and the file to write.")
    return settle_inputs(program, (programs or programs_dir()) / program.id, inputs, out_file)


def require_prices(program: Program, prices: Sequence[str] | None) -> None:
    """Raise UsageError (TRU-S117) where a program that settles against prices is given none."""
    if act_of(program).NEEDS_PRICES and not prices:
        message = f"{program.id} settles against a final price set, and none is named."
        raise UsageError("TRU-S117", message, next_step="Name it with --prices; `trueup price` makes one.")


def settle_inputs(program: Program, home: Path, inputs: Path, out_file: Path) -> int:
    """Settle every row of a file of entity results and write two files: one row per result, and one per step of its ladder.

    Nothing is posted and no workspace is touched. A row that cannot be settled has an empty amount and says why.

    Args:
        home: the program's folder, whose `adapters/` know published layouts.
        inputs: CSV in the columns of `entity_results`, or of an adapter.
        out_file: where the results go; the steps go beside it, as `NAME.steps.csv`.

    Returns:
        1 if a row was refused, else 0.

    Raises:
        UsageError: TRU-S114 for a program of another mechanism, TRU-S115 for an output that would replace the input.
        IntakeError: the file is of no known layout.
    """
    if not program.has("settlement.mechanism") or program.get("settlement.mechanism") != MECHANISM:
        step = "Load its claims into a workspace and settle that."
        raise UsageError("TRU-S114", f"{program.id} is not settled from entity results.", next_step=step)
    steps_file = out_file.with_name(f"{out_file.stem}.steps.csv")
    if inputs.resolve() in (out_file.resolve(), steps_file.resolve()):
        raise UsageError("TRU-S115", f"{inputs} would be overwritten.", next_step="Name another file with --out.")
    with bar() as shown:
        task = shown.add_task(f"{program.id}: reading {inputs.name}", total=None)
        file = read_result_file(inputs, load_adapters(home))
        results, refused = read_results(file.rows)
        shown.update(task, description=f"{program.id}: settling", total=len(results))
        outcomes: list[Outcome] = []
        for part in _parts(results):
            settled, unsettled = settle_each(program, part)
            outcomes += settled
            refused += unsettled
            shown.advance(task, len(part))
        shown.update(task, description=f"{program.id}: writing {out_file.name}")
        write_atomically(out_file, _results_text(outcomes, refused))
        write_atomically(steps_file, _steps_text(outcomes))
    _summary(program, file.adapter, len(file.rows), outcomes, refused)
    if file.unused:
        out.print(f"Not read: {', '.join(file.unused)}.")
    out.print(f"Results: {out_file}\nSteps: {steps_file}\nNothing is posted.")
    return 1 if refused else 0


def _parts(results: Sequence[EntityResult]) -> Iterable[Sequence[EntityResult]]:
    return (results[start : start + _CHUNK] for start in range(0, len(results), _CHUNK))


def _text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([*map(inert, row[:3]), *row[3:]] for row in rows)  # ids come from outside; amounts keep their sign
    return text.getvalue()


def _results_text(outcomes: Sequence[Outcome], refused: Sequence[Refusal]) -> str:
    rows = [
        (
            o.result.entity_id, o.result.period, o.result.track, o.gate, o.status, "" if o.held else format_cents(o.amount_cents),
            o.reason, "",
        )
        for o in outcomes
    ]  # fmt: skip
    rows += [(r.entity_id, r.period, "", "", "refused", "", r.code, inert(r.message)) for r in refused]
    return _text(COLUMNS, sorted(rows))


def _steps_text(outcomes: Sequence[Outcome]) -> str:
    rows = (
        (o.result.entity_id, o.result.period, str(position), line.name, line.amount, line.unit, line.cite)
        for o in outcomes
        for position, line in enumerate(o.ladder.lines, 1)
    )
    return _text(STEP_COLUMNS, rows)


def _summary(program: Program, adapter: str, read: int, outcomes: Sequence[Outcome], refused: Sequence[Refusal]) -> None:
    """Counts and dollars by period, then why rows were refused."""
    table = Table(title=f"{program.title}, rule version {program.rule_version} (nothing is posted)")
    names = ("period", "results", "savings", "losses", "neither", "held", "paid", "owed")
    for name in names:
        table.add_column(name, justify="left" if name == "period" else "right")
    by_period: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_period[outcome.result.period].append(outcome)
    for period, found in [*sorted(by_period.items()), ("all", list(outcomes))]:
        gates = Counter(o.gate for o in found)
        amounts = [o.amount_cents for o in found]
        table.add_row(
            period,
            f"{len(found):,}",
            f"{gates['savings'] + gates['half_rate']:,}",
            f"{gates['losses']:,}",
            f"{gates['none']:,}",
            f"{sum(o.held for o in found):,}",
            format_cents(sum(a for a in amounts if a > 0)),
            format_cents(-sum(a for a in amounts if a < 0)),
        )
    show(table)
    through = f" through adapter {adapter}" if adapter else ""
    out.print(f"{read:,} rows read{through}: {len(outcomes):,} settled, {len(refused):,} refused.")
    for code, times in sorted(Counter(r.code for r in refused).items()):
        first = next(r for r in refused if r.code == code)
        err.print(f"{code} {times:,} rows, the first {first.entity_id or '(no entity)'} {first.period}: {first.message}")
    for param in program.assumed():
        out.print(f"Assumed: {param.path} is {param.value} ({param.basis}: {param.reason}).")
