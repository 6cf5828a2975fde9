"""Invented claims of any size, in the input layout, for benchmarks: `python benchmarks/claims.py --lines 1000000 --out FOLDER`.

Set-based: every claim is a function of its number and the seed, so that DuckDB makes them out of core, in bounded memory, with the same
rows in the same order on any number of threads, and with the same bytes on the same number (for one version of DuckDB). The lines stand in
the order in which a payer receives them, not by member.

What is invented, and how much of it:

- 50 lines to a member in 42 months from April 1, 2023 (`--first-day`); about 3 lines to a claim; 0 to 12 diagnoses to a claim.
- One member in 44 (2.27 percent) gives birth in that time, 6 percent of them twice; one in 110 loses a pregnancy early. A birth has
  prenatal visits or a global bill, laboratory, imaging, a hospital stay with DRG and ICD-10-PCS, professional delivery, anesthesia, a
  visit afterwards, and the newborn's claims, one in eight of them on the mother's id. A third of the births are complicated.
- Everything else is visits, laboratory, drugs, emergency, outpatient, therapy and stays of anybody, with diagnoses drawn from common ones.
- Of the claims 3 percent are replaced (a tenth of these twice), 1 percent are voided, 5 percent are denied (half of these billed again),
  and 0.2 percent are sent twice, byte for byte. Half of the replacements and voids keep the claim's id.
- Practices of obstetrics: one per 200 pregnancies, at least two (`--practices`); their sizes differ as the square of a uniform draw.

`large_practice` adds so many births of one practice, of members of their own; `large_member` adds so many claims of one mother. Both come
on top of the lines asked for. A folder `month` beside the files holds what would be received in the month after: new claims, replacements
and voids of old ones, and enrollments.

This is no model of any state: it has the shape and size of claims, and nothing of `trueup synth`'s planted truth.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import claims_menus
import duckdb

HERE = Path(__file__).parent
MEMORY_LIMIT = "2GB"
LINES_A_MEMBER = 50
MONTHS = 42
DIAGNOSES, PROCEDURES = 12, 6
TABLES = ("medical_claim", "eligibility", "provider", "entity_crosswalk", "participation", "gate_results")
# Determinations that stand in for what no claim shows: program, period and gate.
GATES = (
    "ct-husky-maternity/PY2025/quality", "ct-husky-maternity/PY2025/under_service", "co-maternity/PY1/quality", "co-maternity/PY2/quality",
)  # fmt: skip
# Who takes part from when: program and day.
PROGRAMS = ("ct-husky-maternity/2025-01-01", "co-maternity/2020-11-01")
# Measured: lines that a drawn claim and that a pregnancy bring, versions and copies included. They only aim; the counts are written down.
LINES_A_CLAIM = 3.18
LINES_A_PREGNANCY = 40.0


@dataclass(frozen=True)
class Shape:
    """What to invent. Two equal shapes give the same bytes."""

    lines: int
    seed: int = 1
    first_day: date = date(2023, 4, 1)
    practices: int = 0
    large_practice: int = 0
    large_member: int = 0

    @property
    def members(self) -> int:
        return max(44, self.lines // LINES_A_MEMBER)

    @property
    def last_day(self) -> date:
        """The last day on which a row of the set was received."""
        return month_after(self.first_day, MONTHS) - timedelta(days=1)

    @property
    def practice_count(self) -> int:
        return self.practices or max(2, self.members // 44 // 200)


def month_after(day: date, months: int) -> date:
    """The first of the month so many months after the day's."""
    year, month = divmod(day.month - 1 + months, 12)
    return date(day.year + year, month + 1, 1)


def generate(shape: Shape, out: Path, *, threads: int = 2, csv: bool = False, month: bool = True) -> dict[str, object]:
    """Write the set into `out`, and the month after it into `out/month`. Returns what `facts.json` says: the shape and the counts."""
    out.mkdir(parents=True, exist_ok=True)
    scratch = out / ".scratch"
    scratch.mkdir(exist_ok=True)
    con = _connect(shape, scratch, threads)
    try:
        con.execute(f"CREATE TEMP TABLE pregnancies AS {_sql('pregnancies')}").fetchall()
        services, versions = scratch / "services.parquet", scratch / "versions.parquet"
        _copy(con, _sql("services"), services)
        _copy(con, _sql("versions"), versions, services=services)
        services.unlink()
        facts = {"shape": {**asdict(shape), "first_day": shape.first_day.isoformat()}, "last_day": shape.last_day.isoformat()}
        facts["set"] = _write(con, shape, out, versions, shape.first_day - timedelta(days=1000), shape.last_day)
        if month:
            (out / "month").mkdir(exist_ok=True)
            until = month_after(shape.last_day, 2) - timedelta(days=1)
            facts["month"] = _write(con, shape, out / "month", versions, shape.last_day, until)
        if csv:
            _write_csv(con, out)
    finally:
        con.close()
    for left in sorted(scratch.iterdir()):
        left.unlink()
    scratch.rmdir()
    (out / "facts.json").write_text(json.dumps(facts, indent=1, default=str) + "\n", encoding="utf-8")
    return facts


def _connect(shape: Shape, scratch: Path, threads: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": threads, "memory_limit": MEMORY_LIMIT, "temp_directory": str(scratch / "spill")})
    for setting in ("preserve_insertion_order = true", "enable_progress_bar = false"):
        con.execute(f"SET {setting}").fetchall()
    pregnancies = shape.members // 44
    everybody = shape.members + shape.large_practice
    while math.gcd(everybody, 7919) > 1:
        everybody += 1
    until = month_after(shape.last_day, 2) - timedelta(days=1)
    items = [service for menu in claims_menus.MENUS.values() for service in menu]
    lengths = [len(menu) for menu in claims_menus.MENUS.values()]
    variables: dict[str, object] = {
        "seed": shape.seed, "members": shape.members, "all_members": everybody, "practices": shape.practice_count,
        "large_practice": shape.large_practice, "large_member": shape.large_member, "programs": list(PROGRAMS), "gates": list(GATES),
        "hospitals": max(4, shape.members // 10_000), "laboratories": max(3, shape.members // 20_000),
        "pharmacies": max(20, shape.members // 1_000), "others": max(30, shape.members // 400),
        "first_day": shape.first_day, "last_day": until, "days": (until - shape.first_day).days + 1,
        "claims": max(0, round((shape.lines - pregnancies * LINES_A_PREGNANCY) / LINES_A_CLAIM)),
        "diagnoses": claims_menus.DIAGNOSES, "conditions": claims_menus.CONDITIONS,
        "first_menu": claims_menus.FIRST, "next_menu": claims_menus.NEXT,
        "menu_start": [1 + sum(lengths[:n]) for n in range(len(lengths))], "menu_length": lengths,
        "item_code": [s[0] for s in items], "item_revenue": [s[1] for s in items], "item_cents": [s[2] for s in items],
    }  # fmt: skip
    for name, value in variables.items():
        con.execute(f"SET VARIABLE {name} = $value", {"value": value}).fetchall()
    for statement in _sql("draws").split(";\n"):
        if statement.strip():
            con.execute(statement).fetchall()
    return con


def _sql(name: str) -> str:
    """A SQL file; numbered columns of the claim lines, which differ only in their number, are filled in."""
    text = (HERE / "claims_sql" / f"{name}.sql").read_text(encoding="utf-8")
    if name != "medical_claim":
        return text
    listed = "getvariable('diagnoses')"

    def diagnosis(n: int) -> str:
        drawn = f"list_extract({listed}, 1 + (skewed(no, 43, len({listed}), 2) + {n} * step) % len({listed}))"
        other = f"WHEN leads + more >= {n} THEN {drawn}"
        return f"CASE {f'WHEN leads >= {n} THEN lead_{n}' if n <= 3 else ''} {other} END AS diagnosis_code_{n}"

    columns = {
        "{diagnoses}": [diagnosis(n) for n in range(1, DIAGNOSES + 1)],
        "{present}": [
            f"CASE WHEN is_stay AND leads + more >= {n} THEN CASE WHEN (u + {n}) % 12 = 0 THEN 'N' ELSE 'Y' END END AS diagnosis_poa_{n}"
            for n in range(1, DIAGNOSES + 1)
        ],
        "{procedures}": [f"CAST(NULL AS VARCHAR) AS procedure_code_{n}" for n in range(3, PROCEDURES + 1)],
        "{procedure_dates}": [f"CAST(NULL AS DATE) AS procedure_date_{n}" for n in range(3, PROCEDURES + 1)],
    }
    for slot, listed in columns.items():
        text = text.replace(slot, ",\n    ".join(listed))
    return text


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _copy(con: duckdb.DuckDBPyConnection, sql: str, target: Path, options: str = "FORMAT parquet, COMPRESSION zstd", **files: Path) -> None:
    for name, path in files.items():
        sql = sql.replace(f"${name}", _literal(path))
    con.execute(f"COPY ({sql}) TO {_literal(target)} ({options})").fetchall()


def _write(con: duckdb.DuckDBPyConnection, shape: Shape, out: Path, versions: Path, after: date, until: date) -> dict[str, int]:
    """One delivery: what was received after one day and until another. Billers come with the first delivery."""
    con.execute("SET VARIABLE after = $day", {"day": after}).fetchall()
    con.execute("SET VARIABLE until = $day", {"day": until}).fetchall()
    when = "received > getvariable('after') AND received <= getvariable('until')"
    chosen = f"(SELECT * FROM read_parquet({_literal(versions)}) WHERE {when})"
    _copy(con, _sql("medical_claim").replace("read_parquet($versions)", chosen), out / "medical_claim.parquet")
    first = until == shape.last_day
    for table in TABLES[1:] if first else ("eligibility",):
        _copy(con, _sql(table), out / f"{table}.parquet")
    return _count(con, out)


def _count(con: duckdb.DuckDBPyConnection, out: Path) -> dict[str, int]:
    facts = {f"{table}_rows": 0 for table in TABLES}
    for table in TABLES:
        if (out / f"{table}.parquet").is_file():
            (row,) = con.execute("SELECT count(*) FROM read_parquet($path)", {"path": str(out / f"{table}.parquet")}).fetchall()
            facts[f"{table}_rows"] = int(row[0])
    described = con.execute("DESCRIBE SELECT * FROM read_parquet($path)", {"path": str(out / "medical_claim.parquet")}).fetchall()
    facts["medical_claim_columns"] = len(described)
    return facts


def _write_csv(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    (out / "csv").mkdir(exist_ok=True)
    for table in TABLES:
        query = f"SELECT * FROM read_parquet({_literal(out / f'{table}.parquet')})"
        _copy(con, query, out / "csv" / f"{table}.csv", "FORMAT csv, HEADER true")


def main() -> None:
    """Make one set and print its counts."""
    parser = argparse.ArgumentParser(description="Invented claims of any size, in the input layout.")
    parser.add_argument("--lines", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first-day", type=date.fromisoformat, default=Shape(1).first_day)
    parser.add_argument("--practices", type=int, default=0, help="practices of obstetrics; by default one per 200 pregnancies")
    parser.add_argument("--large-practice", type=int, default=0, metavar="BIRTHS", help="births of one practice, beside the others")
    parser.add_argument("--large-member", type=int, default=0, metavar="CLAIMS", help="claims of one member, beside the others")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--csv", action="store_true", help="write the set as CSV too")
    given = parser.parse_args()
    shape = Shape(given.lines, given.seed, given.first_day, given.practices, given.large_practice, given.large_member)
    started = time.perf_counter()
    facts = generate(shape, given.out, threads=given.threads, csv=given.csv)
    print(json.dumps(facts, indent=1, default=str))
    print(f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
