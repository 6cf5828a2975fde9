"""What a step computes often is cut out, and every part stands for itself."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from trueup.engine.spark_parts import Part, parts_of

LINKS = """
WITH a AS (SELECT id, up FROM links),
b AS (SELECT x.id, y.up FROM a AS x JOIN a AS y ON y.id = x.up),
c AS (SELECT b.id, y.up FROM b JOIN b AS y ON y.id = b.up)
SELECT c.id FROM c JOIN c AS y ON y.id = c.up JOIN a ON a.id = c.id
"""


def flat(part: Part) -> str:
    return " ".join(part.sql.split())


def reads(part: Part) -> set[str]:
    tree = sqlglot.parse_one(part.sql, read="spark")
    return {t.name for t in tree.find_all(exp.Table)} - {c.alias for c in tree.find_all(exp.CTE)}


def test_a_query_without_repetition_is_one_part() -> None:
    assert parts_of("WITH a AS (SELECT id FROM links) SELECT id FROM a", "found", 1) == [
        Part("", "WITH a AS (\n  SELECT\n    id\n  FROM links\n)\nSELECT\n  id\nFROM a")
    ]


def test_repetition_that_costs_more_than_it_is_worth_is_cut_out() -> None:
    """Scanned again: `a` 2 times (it is used three times), `b` 2 times (twice, of two scans each), `c` 4 times in all."""
    assert [part.name for part in parts_of(LINKS, "found", 5)] == [""]
    assert [part.name for part in parts_of(LINKS, "found", 4)] == ["found__c", ""]
    assert [part.name for part in parts_of(LINKS, "found", 3)] == ["found__c", ""]
    assert [part.name for part in parts_of(LINKS, "found", 2)] == ["found__a", "found__b", "found__c", ""]


def test_each_part_reads_tables_and_earlier_parts() -> None:
    c, whole = parts_of(LINKS, "found", 4)
    assert (reads(c), reads(whole)) == ({"links"}, {"links", "found__c"})
    assert flat(c) == (
        "WITH a AS ( SELECT id, up FROM links ), b AS ( SELECT x.id, y.up FROM a AS x JOIN a AS y ON y.id = x.up ) "
        "SELECT b.id, y.up FROM b JOIN b AS y ON y.id = b.up"
    )
    assert flat(whole) == (
        "WITH a AS ( SELECT id, up FROM links ) SELECT c.id FROM found__c AS c JOIN found__c AS y ON y.id = c.up JOIN a ON a.id = c.id"
    )
    a, b, c, whole = parts_of(LINKS, "found", 2)
    assert [reads(p) for p in (a, b, c, whole)] == [{"links"}, {"found__a"}, {"found__b"}, {"found__a", "found__c"}]
    assert flat(b) == "SELECT x.id, y.up FROM found__a AS x JOIN found__a AS y ON y.id = x.up"
