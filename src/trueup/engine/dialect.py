"""The restricted dialect: what a SQL step may say, and how it is said to Spark.

DuckDB and Spark disagree silently where a translation does not exist, so a step may use only functions that were checked on both.
"""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from trueup.engine.steps import Step

# Functions and constructs whose meaning is the same on both engines; sqlglot's names for them.
ALLOWED_FUNCTIONS = frozenset(
    [
        "ABS",
        "CASE",
        "CAST",
        "COALESCE",
        "CONCAT",
        "COUNT",
        "DATE_DIFF",
        "DATEDIFF",
        "DAY",
        "EXISTS",
        "GREATEST",
        "IF",
        "LAG",
        "LEAST",
        "LENGTH",
        "LOWER",
        "LPAD",
        "MAX",
        "MD5",
        "MIN",
        "MONTH",
        "NULLIF",
        "PAD",
        "ROW_NUMBER",
        "SUBSTRING",
        "SUM",
        "TRIM",
        "UPPER",
        "YEAR",
        "AND",
        "OR",
    ]
)
_FORBIDDEN: dict[type[exp.Expr], str] = {
    exp.Div: "`/` (write the exact integer split, or divide in Python)",
    exp.Pivot: "PIVOT",
    exp.Lateral: "LATERAL",
    exp.Placeholder: "a parameter: rules arrive as joined tables",
}


def _parse(sql: str) -> exp.Query:
    statements = [s for s in sqlglot.parse(sql, read="duckdb") if s is not None]
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ValueError("a step is exactly one SELECT")
    return statements[0]


def _function_name(node: exp.Func) -> str:
    return node.name.upper() if isinstance(node, exp.Anonymous) else node.sql_name().upper()


def lint(step: Step) -> list[str]:
    """Every way in which a step leaves the dialect, as short sentences. Empty means clean."""
    try:
        tree = _parse(step.sql)
    except (ValueError, SqlglotError) as error:
        return [f"{step.name}: {error}"]
    found: list[str] = []
    for kind, words in _FORBIDDEN.items():
        if tree.find(kind):
            found.append(f"{step.name}: uses {words}")
    for node in tree.find_all(exp.Func):
        if _function_name(node) not in ALLOWED_FUNCTIONS:
            found.append(f"{step.name}: function {_function_name(node)} is not on the allowed list")
    for window in tree.find_all(exp.Window):
        if isinstance(window.this, exp.RowNumber | exp.Lag) and not window.args.get("order"):
            found.append(f"{step.name}: a window without ORDER BY has no declared order")
    for total in tree.find_all(exp.Sum):
        outer = total.parent.parent if isinstance(total.parent, exp.Window) else total.parent
        if not isinstance(outer, exp.Cast):
            found.append(f"{step.name}: SUM must be cast at once: CAST(SUM(x) AS BIGINT)")
    for join in tree.find_all(exp.Join):
        if (join.args.get("method") or "").upper() == "ASOF":
            found.append(f"{step.name}: ASOF join")
    ctes = {c.alias_or_name for c in tree.find_all(exp.CTE)}
    used = {t.name for t in tree.find_all(exp.Table)} - ctes
    if used != set(step.reads):
        found.append(f"{step.name}: header reads {sorted(step.reads)}, the query reads {sorted(used)}")
    return found


def _date_plus_days(node: exp.Expr) -> exp.Expr:
    """`CAST(d + INTERVAL (n) DAY AS DATE)` with a computed n is DATE_ADD(d, n) in Spark, which has no computed interval literal."""
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Add | exp.Sub):
        interval = node.this.expression
        if isinstance(interval, exp.Interval) and isinstance(interval.this, exp.Paren):
            name = "DATE_ADD" if isinstance(node.this, exp.Add) else "DATE_SUB"
            return exp.Anonymous(this=name, expressions=[node.this.this, interval.this.this])
    return node


def to_spark(sql: str) -> str:
    """The same step in Spark SQL. Raises sqlglot's UnsupportedError where it knows that it cannot translate."""
    tree = _parse(sql).transform(_date_plus_days)
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE, pretty=True)
