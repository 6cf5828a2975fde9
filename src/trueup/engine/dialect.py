"""The restricted dialect: what a SQL step may say, and how it is said to Spark.

DuckDB and Spark disagree silently where a translation does not exist, and also where one does: a step may use only what was tried on both.
Three differences depend on types, so that no reader of SQL sees them; the comparison of both engines does. A decimal cast to a whole number
is rounded by DuckDB and cut by Spark: nothing may stand behind its point. `//` gives BIGINT on Spark. And text is cast to a number or a
date by rules of each engine's own: only text in the plain form of the type may be cast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from trueup.engine.steps import Step

# Functions whose meaning is the same on both engines; sqlglot's names for them.
ALLOWED_FUNCTIONS = frozenset(
    [
        "ABS", "AND", "CASE", "CAST", "COALESCE", "CONCAT", "COUNT", "DATEDIFF", "DATE_DIFF", "DAY", "EXISTS", "GREATEST", "IF", "LAG",
        "LEAST", "LENGTH", "LOWER", "LPAD", "MAX", "MD5", "MIN", "MONTH", "NULLIF", "OR", "PAD", "ROW_NUMBER", "SUBSTRING", "SUM", "TRIM",
        "UPPER", "YEAR",
    ]
)  # fmt: skip
# Everything else a query may be made of.
ALLOWED_NODES: tuple[type[exp.Expr], ...] = (
    exp.Add, exp.Alias, exp.Boolean, exp.Column, exp.CTE, exp.DataType, exp.DataTypeParam, exp.Distinct, exp.DPipe, exp.EQ, exp.From,
    exp.GT, exp.GTE, exp.Group, exp.Having, exp.Identifier, exp.In, exp.IntDiv, exp.Interval, exp.Is, exp.Join, exp.Literal, exp.LT,
    exp.LTE, exp.Mul, exp.Neg, exp.NEQ, exp.Not, exp.Null, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Order, exp.Ordered, exp.Paren, exp.Select,
    exp.Star, exp.Sub, exp.Subquery, exp.Table, exp.TableAlias, exp.Union, exp.Var, exp.Where, exp.Window, exp.WindowSpec, exp.With,
)  # fmt: skip
ALLOWED_TYPES = (exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.INT, exp.DType.BIGINT, exp.DType.DECIMAL, exp.DType.DATE, exp.DType.BOOLEAN)
ALLOWED_JOINS = ("", "LEFT", "FULL", "CROSS", "SEMI", "ANTI")
_FORBIDDEN: dict[type[exp.Expr], str] = {
    exp.Div: "`/` (write the exact integer split, or divide in Python)",
    exp.Pivot: "PIVOT",
    exp.Lateral: "LATERAL",
    exp.Placeholder: "a parameter: rules arrive as joined tables",
}


def parse(sql: str) -> exp.Query:
    """The one query of a step. Raises ValueError where it is none, SqlglotError where it cannot be read."""
    statements = [s for s in sqlglot.parse(sql, read="duckdb") if s is not None]
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ValueError("a step is exactly one SELECT")
    return statements[0]


def _function_name(node: exp.Func) -> str:
    return node.name.upper() if isinstance(node, exp.Anonymous) else node.sql_name().upper()


def lint(step: Step) -> list[str]:
    """Every way in which a step leaves the dialect, as short sentences. Empty means clean."""
    try:
        tree = parse(step.sql)
    except (ValueError, SqlglotError) as error:
        return [f"{step.name}: {error}"]
    found = [words for rule in _RULES for words in rule(tree)]
    ctes = {c.alias_or_name for c in tree.find_all(exp.CTE)}
    used = {t.name for t in tree.find_all(exp.Table)} - ctes
    if used != set(step.reads):
        found.append(f"header reads {sorted(step.reads)}, the query reads {sorted(used)}")
    found += [f"CTE {name} hides the table of that name" for name in sorted(ctes & {*step.reads, step.writes})]
    return [f"{step.name}: {words}" for words in found]


def _words(tree: exp.Query) -> Iterator[str]:
    for node in tree.walk():
        if type(node) in _FORBIDDEN:
            yield f"uses {_FORBIDDEN[type(node)]}"
        elif isinstance(node, exp.Func):
            if _function_name(node) not in ALLOWED_FUNCTIONS:
                yield f"function {_function_name(node)} is not on the allowed list"
        elif type(node) not in ALLOWED_NODES:
            yield f"{type(node).__name__} is not on the allowed list"


def _tables(tree: exp.Query) -> Iterator[str]:
    for join in tree.find_all(exp.Join):
        kinds = {str(join.args.get(k) or "").upper() for k in ("side", "kind", "method")} - {"", "INNER", "OUTER"}
        if not kinds <= set(ALLOWED_JOINS) or len(kinds) > 1:
            yield f"{' '.join(sorted(kinds))} join"
        if join.args.get("using"):
            yield "JOIN USING: say ON"
        if not kinds and not join.args.get("on"):
            yield "a join without ON: say CROSS JOIN"
    for table in tree.find_all(exp.Table):
        if table.db:
            yield f"{table.db}.{table.name}: a step reads tables by their names alone"
    for clause in tree.find_all(exp.With):
        if clause.parent is not tree or clause.args.get("recursive"):
            yield "WITH stands only at the start, and never RECURSIVE"


def _columns(tree: exp.Query) -> Iterator[str]:
    for select in tree.find_all(exp.Select):
        if any(isinstance(column.unalias(), exp.Null) for column in select.expressions):
            yield "NULL as a column has a type on one engine only: CAST(NULL AS ...)"
        made = {c.alias for c in select.expressions if isinstance(c, exp.Alias) and c.this.name != c.alias}
        group = select.args.get("group")
        named: list[exp.Expr] = group.expressions if group else []
        for column in named:
            if isinstance(column, exp.Column) and not column.table and column.name in made:
                yield f"GROUP BY {column.name} is a column here and a result there: repeat the expression"
    for distinct in tree.find_all(exp.Distinct):
        if distinct.args.get("on") or (isinstance(distinct.parent, exp.Count) and len(distinct.expressions) > 1):
            yield "DISTINCT of more than one column in COUNT, or DISTINCT ON"


def _numbers(tree: exp.Query) -> Iterator[str]:
    for total in tree.find_all(exp.Sum):
        outer = total.parent.parent if isinstance(total.parent, exp.Window) else total.parent
        if not isinstance(outer, exp.Cast):
            yield "SUM must be cast at once: CAST(SUM(x) AS BIGINT)"
    for cast in tree.find_all(exp.Cast):
        if cast.to.this not in ALLOWED_TYPES:
            yield f"type {cast.to.sql('duckdb')} is not on the allowed list"
    for product in tree.find_all(exp.Mul):
        factors = (product.this.unnest(), product.expression.unnest())
        if any(isinstance(f, exp.Cast) and f.to.this == exp.DType.DECIMAL for f in factors) and not isinstance(product.parent, exp.Cast):
            yield "a product of decimals has other digits on each engine: cast it at once"
    for split in tree.find_all(exp.IntDiv):
        by = split.expression.unnest()
        if not (isinstance(by, exp.Nullif) or (isinstance(by, exp.Literal) and by.is_int and int(by.name) > 0)):
            yield "// by what may be zero is null on one engine and an error on the other: NULLIF(x, 0)"


def _days_and_text(tree: exp.Query) -> Iterator[str]:
    for interval in tree.find_all(exp.Interval):
        moved = interval.parent
        is_day = str(interval.args.get("unit") or "").upper() == "DAY"
        cast = moved.parent if isinstance(moved, exp.Add | exp.Sub) and moved.expression is interval else None
        if not (is_day and isinstance(cast, exp.Cast) and cast.to.this == exp.DType.DATE):
            yield "an interval stands only in CAST(d + INTERVAL n DAY AS DATE)"
    for difference in tree.find_all(exp.DateDiff):
        if str(difference.args.get("unit") or "").upper() != "DAY":
            yield "DATE_DIFF counts whole units on one engine and their ends on the other: only 'day'"
    for cut in tree.find_all(exp.Substring):
        start = cut.args.get("start")
        if not (isinstance(start, exp.Literal) and start.is_int and int(start.name) > 0):
            yield "SUBSTRING from other than a place counted from 1 differs"


def _windows(tree: exp.Query) -> Iterator[str]:
    for window in tree.find_all(exp.Window):
        if isinstance(window.this, exp.RowNumber | exp.Lag) and not window.args.get("order"):
            yield "a window without ORDER BY has no declared order"


_RULES: tuple[Callable[[exp.Query], Iterator[str]], ...] = (_words, _tables, _columns, _numbers, _days_and_text, _windows)


# --- to Spark ------------------------------------------------------------------------------------------------------------------------

# What DuckDB counts in BIGINT and Spark in INT.
_COUNTED_IN_INT = (exp.Year, exp.Month, exp.Day, exp.Length)


def _date_plus_days(node: exp.Expr) -> exp.Expr:
    """`CAST(d + INTERVAL (n) DAY AS DATE)` with a computed n is DATE_ADD(d, n) in Spark, which has no computed interval literal."""
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Add | exp.Sub):
        interval = node.this.expression
        if isinstance(interval, exp.Interval) and isinstance(interval.this, exp.Paren):
            name = "DATE_ADD" if isinstance(node.this, exp.Add) else "DATE_SUB"
            return exp.Anonymous(this=name, expressions=[node.this.this, exp.cast(interval.this.this, exp.DType.INT)])
    return node


def _wide(node: exp.Expr) -> exp.Expr:
    """Parts of dates, lengths and row numbers are BIGINT, as in DuckDB."""
    is_number = isinstance(node, exp.Window) and isinstance(node.this, exp.RowNumber)
    is_wide = isinstance(node.parent, exp.Cast) and node.parent.to.this == exp.DType.BIGINT
    return exp.cast(node, exp.DType.BIGINT) if (is_number or isinstance(node, _COUNTED_IN_INT)) and not is_wide else node


def spark_text(tree: exp.Query) -> str:
    """A query in Spark SQL. Raises sqlglot's UnsupportedError where it knows that it cannot translate."""
    told = tree.transform(_date_plus_days).transform(_wide)
    return told.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE, pretty=True)


def to_spark(sql: str) -> str:
    """A step in Spark SQL. Raises what `parse` and `spark_text` raise."""
    return spark_text(parse(sql))
