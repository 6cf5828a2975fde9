"""The row behind an amount id, and what a row of a summary table is made of."""

from __future__ import annotations

from datetime import date

from trueup.errors import Place, UsageError
from trueup.reports import sections, words
from trueup.reports.explanation import Part, closed
from trueup.reports.grid import Cell, Column, Grid, Rows
from trueup.reports.source import Row, RunData
from trueup.tables import BIG, FLAG, INT, OUTPUT, Table, display_name

_PRICES = ("prices", "price_steps", "outlier_lines")


def amount_id(run_id: str, table: str, row: Row, column: str) -> str:
    """The id of one figure: `run/table/row-key/column`, the key's columns in order, joined by commas."""
    return f"{run_id}/{table}/{','.join(_text(row[key]) for key in OUTPUT[table].key)}/{display_name(column)}"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def find_row(run: RunData, target: str) -> tuple[str, Row, str]:
    """Table, row and column of an amount id. Raises UsageError that says which part is wrong."""
    run_id, table_name, rest = target.split("/", 2)
    key_text, _, shown_column = rest.rpartition("/")
    if run_id not in ("run", run.manifest["run_id"]):
        raise _wrong(run, f"is run {run.manifest['run_id']}, not {run_id}", "Open the folder of that run, or write `run`.")
    if table_name not in OUTPUT:
        raise _wrong(run, f"has no table `{table_name}`", f"Known: {', '.join(OUTPUT)}.")
    table = OUTPUT[table_name]
    column = next((c for c in table.columns if shown_column in (c, display_name(c))), None)
    if column is None:
        raise _wrong(run, f"has no column `{shown_column}` in {table_name}", f"Known: {', '.join(map(display_name, table.columns))}.")
    values = key_text.split(",")
    if len(values) != len(table.key):
        raise _wrong(
            run, f"needs {len(table.key)} key values for {table_name} and got {len(values)}", f"The key is {', '.join(table.key)}."
        )
    where = {key: _typed(table, key, value) for key, value in zip(table.key, values, strict=True)}
    found = run.price_rows(table_name, **where) if table_name in _PRICES else run.rows(table_name, **where)
    if not found:
        raise _wrong(run, f"has no row {key_text} in {table_name}", f"The key is {', '.join(table.key)}.")
    return table_name, found[0], column


def _wrong(run: RunData, message: str, next_step: str) -> UsageError:
    return UsageError("TRU-U062", f"{message}.", place=Place(str(run.folder)), next_step=next_step)


def _typed(table: Table, column: str, value: str) -> object:
    """A key value in the type of its column."""
    kind = table.columns[column]
    try:
        if kind in (BIG, INT):
            return int(value)
        if kind == FLAG:
            return value.lower() == "true"
        return date.fromisoformat(value) if kind == "DATE" else value
    except ValueError as error:
        raise UsageError(
            "TRU-U062", f"`{value}` is not a value of {table.name}.{column} ({kind.lower()}).", next_step="Dates are written 2025-01-31."
        ) from error


def row_part(run: RunData, table: str, row: Row, column: str) -> Part:
    """The whole row, with the figure first."""
    value = row[column]
    text = words.money(value) if column.endswith("_cents") and value is not None else _text(value) or "nothing"
    columns = (Column("column", "Column"), Column("value", "Value"))
    hidden = {"member_id", "program", "rule_version", "run_id"}
    rows: Rows = [[display_name(c), _cell(row.get(c), c)] for c in OUTPUT[table].columns if c not in hidden]
    own = amount_id(str(run.manifest["run_id"]), table, row, column)
    intro = [f"{display_name(column)} is {text}.", f"It stands in table {table}: {OUTPUT[table].grain}.", f"Its id is {own}."]
    return Part("The figure and its row", intro, Grid("row", "", columns, rows))


def _cell(value: object, column: str) -> Cell:
    if isinstance(value, int) and column.endswith("_cents"):
        return words.money(value)
    return value if isinstance(value, date) else _text(value)


def made_of(run: RunData, table: str, row: Row, column: str) -> list[Part]:
    """What a row is made of: episodes of an attrition step, steps of a price. A row of another table is a leaf."""
    if table == "attrition":
        return [_attrition(run, row)]
    if table in ("prices", "price_steps"):
        steps = run.price_steps.get((row["entity_id"], row["price"], row["cohort"]), [])
        last = [s for s in steps if s["name"] == row["price"]]
        price = row.get("amount_cents")
        sums = []
        if last and price is not None:
            whole, _, places = last[-1]["amount"].partition(".")
            sums = [closed("Price of the last step", int(whole + places), price, f"prices/{row['entity_id']},{row['price']}")]
        base = sections.price_base(run)
        return [Part("How the price was built", [base] if base else [], sections.ladder("price", "", steps), sums)]
    return [Part("What it is made of", ["This row is counted from single rows of the input and has no parts in this run's tables."])]


def _attrition(run: RunData, row: Row) -> Part:
    """The episodes that a rule took out first; together they are what the step removed."""
    mine = [e for e in run.episodes if e["period"] == row["period"] and (e["exclusion_reasons"] or "").split(";")[0] == row["reason"]]
    columns = (Column("episode", "Episode"), Column("cost", "Total cost", "money"), Column("reasons", "Reasons, in rule order"))
    rows: Rows = [[e["episode_id"], e["total_cost_cents"], words.reasons(e["exclusion_reasons"])] for e in mine]
    source = f"attrition/{row['period']},{row['position']}"
    sums = [
        closed("Episodes taken out", len(mine), row["episodes_removed"], source, kind="count"),
        closed("Dollars taken out", sum(e["total_cost_cents"] or 0 for e in mine), row["removed_amount_cents"], source),
    ]
    return Part("The episodes this rule took out first", [], Grid("removed", "", columns, rows), sums)
