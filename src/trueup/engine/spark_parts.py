"""Which parts of a step Spark computes once.

Spark puts the text of a CTE wherever its name is used, so that a chain of CTEs, each using the one before twice, is computed over and over.
Here a step is cut into parts: a CTE whose repetition would cost more than writing it becomes a part of its own, which is written first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlglot import exp

from trueup.engine.dialect import parse, spark_text


@dataclass(frozen=True)
class Part:
    """One query in Spark SQL; the last part of a step has no name of its own."""

    name: str
    sql: str


def parts_of(sql: str, writes: str, worth: int) -> list[Part]:
    """A step as queries to be run in order, the step's own result last.

    Args:
        writes: the table of the step, of which the parts' names are made.
        worth: so many repeated scans are worth a table of their own.
    """
    tree = parse(sql)
    ctes = {c.alias: c.this for c in tree.ctes}
    uses = Counter(t.name for t in tree.find_all(exp.Table) if t.name in ctes)
    scans: dict[str, int] = {}
    alone: list[str] = []
    for name, body in ctes.items():
        scans[name] = sum(1 if t.name in alone else scans.get(t.name, 1) for t in body.find_all(exp.Table))
        if (uses[name] - 1) * scans[name] >= worth:
            alone.append(name)
    if not alone:
        return [Part("", spark_text(tree))]
    tree.set("with_", None)
    queries = [(f"{writes}__{name}", ctes[name]) for name in alone] + [("", tree)]
    return [Part(name, spark_text(_complete(query, ctes, alone, writes))) for name, query in queries]


def _complete(query: exp.Query, ctes: dict[str, exp.Query], alone: list[str], writes: str) -> exp.Query:
    """A query that stands for itself: with the CTEs it uses, and the names of the parts that were written before it."""
    needed: set[str] = set()
    left = [query]
    while left:
        for table in left.pop().find_all(exp.Table):
            if table.name in ctes and table.name not in alone and table.name not in needed:
                needed.add(table.name)
                left.append(ctes[table.name])
    whole = query.copy()
    for name in (n for n in ctes if n in needed):
        whole = whole.with_(name, as_=ctes[name].copy(), copy=False)
    for table in list(whole.find_all(exp.Table)):
        if table.name in alone:
            named = exp.to_table(f"{writes}__{table.name}")
            table.replace(exp.alias_(named, table.alias_or_name, table=True))
    return whole
