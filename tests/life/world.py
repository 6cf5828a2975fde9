"""A small state in a workspace of its own: facts arrive on days, prices are frozen, cycles post to a ledger and are approved.

Everything goes the way real claims go: batches, runs as of a day, proposals, postings by one person and approvals by another.
"""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from ruamel.yaml import YAML

from trueup import runs
from trueup.claims.intake import load_files
from trueup.commands.money import payments_made
from trueup.entity_grain import Price
from trueup.ledger.book import Ledger
from trueup.ledger.obligations import Actor, Proposal
from trueup.ledger.results import Line, Posting
from trueup.pricing.inputs import OutlierLine, PriceSetContent
from trueup.pricing.price_set import PriceSet, Terms, finalize, read_price_set, write_price_set
from trueup.proposals import cycle_proposal, settlement_proposal
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.workspace import Workspace

Row = dict[str, Any]
Deltas = dict[tuple[str, str, str], int]
BY_MONTH, BY_DELIVERY = "ct-husky-maternity", "co-maternity"
MAKER, CHECKER, THIRD = Actor("Ana Maker"), Actor("Ben Checker"), Actor("Cy Third")
KEY = "life"
FAR = date(2100, 1, 1)


# --- a program with other values ----------------------------------------------------------------------------------------------------------


def variant(programs: Path, to: Path, program: str, rules: Mapping[str, object], assumptions: Mapping[str, object]) -> Path:
    """A folder of programs with one copied program, in which rule values and assumed values are replaced. A settings run cannot be posted,
    so what a life needs otherwise stands in files, as it would for a state."""
    to.mkdir(parents=True)
    shutil.copy(programs / "registry.yaml", to)
    shutil.copytree(programs / "common", to / "common")
    shutil.copytree(programs / program, to / program, ignore=shutil.ignore_patterns("cases"))
    (rule_file,) = (to / program).glob("[0-9]*.yaml")
    _edit(rule_file, {path: ("value", value) for path, value in rules.items()})
    _edit(to / program / "assumptions" / "illustrative.yaml", {f"values|{path}": ("value", value) for path, value in assumptions.items()})
    return to


def _edit(file: Path, changes: Mapping[str, tuple[str, object]]) -> None:
    yaml = YAML()
    yaml.width = 100_000
    yaml.preserve_quotes = True
    document: Any = yaml.load(file)
    for path, (key, value) in changes.items():
        found = document
        for step in [*path.partition("|")[::2]] if "|" in path else path.split("."):
            found = found[step]
        assert key in found, f"{file.name}: {path} is not a value that can be replaced"
        found[key] = value
    yaml.dump(document, file)


# --- words for amounts --------------------------------------------------------------------------------------------------------------------


def cents(dollars: str) -> int:
    """`"-1,250.00"` -> -125000."""
    whole, _, part = dollars.replace(",", "").replace("+", "").partition(".")
    assert len(part) == 2, dollars
    return int(whole + part)


def month_end(month: str) -> date:
    """The last day of `2025-04`."""
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def months(first: str, last: str) -> list[str]:
    """All months from one to another, both included."""
    found, year, number = [], int(first[:4]), int(first[5:])
    while f"{year:04d}-{number:02d}" <= last:
        found.append(f"{year:04d}-{number:02d}")
        year, number = year + number // 12, number % 12 + 1
    return found


def say(text: str) -> None:
    """Tell what was measured, to whoever runs the tests with `-s`."""
    sys.stdout.write(f"{text}\n")


# --- the world ----------------------------------------------------------------------------------------------------------------------------


@dataclass
class Cycle:
    """One monthly cycle: the run's folder and manifest, what was posted, and the differences by (entity, what, period)."""

    folder: Path
    manifest: Row
    proposal: Proposal
    posting: Posting
    lines: list[Line]

    @property
    def deltas(self) -> Deltas:
        found: Deltas = {}
        for line in self.lines:
            key = (line.obligation.entity_id, line.obligation.purpose, line.obligation.period)
            found[key] = found.get(key, 0) + line.delta_cents
        return found

    def table(self, name: str) -> list[Row]:
        return read(self.folder, name)


@dataclass
class World:
    """A workspace with one program and a ledger. `at` moves on by a minute with every act, so that no two are one attempt."""

    ws: Workspace
    program: Program
    ledger: Ledger
    address: str
    sets: list[PriceSet] = field(default_factory=list)
    _minutes: Any = field(default_factory=lambda: count(1))
    _files: Any = field(default_factory=lambda: count(1))

    @classmethod
    def make(cls, folder: Path, programs: Path, program: str = BY_MONTH, *, ledger: str | Path | None = None) -> World:
        """A new world in `folder` with the programs of a folder, under illustrative assumptions."""
        ws = Workspace.create(folder / "workspace", KEY)
        loaded = load_program(programs, program, assumptions="illustrative")
        address = str(ledger or folder / "workspace" / "ledger.db")
        return cls(ws, loaded, Ledger.open(address), address)

    def close(self) -> None:
        self.ledger.close()

    def moment(self, day: date) -> datetime:
        """A moment of a day, later than every one before on that day."""
        return datetime.combine(day, time(8), tzinfo=UTC) + timedelta(minutes=next(self._minutes))

    # --- facts and prices
    def learn(self, **tables: Iterable[Row]) -> None:
        """Load rows, each table as a file of one batch. Rows say in `received_date` when they became known."""
        number = next(self._files)
        folder = self.ws.path.parent / f"files-{number}"
        folder.mkdir()
        files = [write_csv(folder / f"{name}-{number}.csv", list(rows)) for name, rows in tables.items()]
        result = load_files(self.ws, files)
        assert not result.quarantined, result.quarantined

    def rates(self, *rates: tuple[str, str, str], targets: Iterable[tuple[str, str]] = (), outlier_line: str = "40,000.00") -> PriceSet:
        """Make a final price set: case rates (entity, dollars a month, first day), and target prices of that year (entity, dollars)."""
        year = min(day for _, _, day in rates)[:4]
        first, after = date(int(year), 1, 1), date(int(year) + 1, 1, 1)
        prices = [
            Price(entity, "case_rate", "all", date.fromisoformat(day), FAR, cents(dollars), "draft") for entity, dollars, day in rates
        ]
        prices += [Price(entity, "target_price", "all", first, after, cents(dollars), "draft") for entity, dollars in targets]
        line = cents(outlier_line)
        lines = [OutlierLine("state", "high", line, Decimal("1.000000"), line, 100)] if targets else []
        return self.publish(PriceSetContent(prices, [], lines, []), f"PY{year}", "BASE", date(2023, 3, 1), date(2024, 2, 29), 180)

    def publish(self, content: PriceSetContent, period: str, base: str, first: date, last: date, runout: int) -> PriceSet:
        """Write a price set whose base has `runout` days of run-out, and make it final."""
        program = self.program
        after = program.integer("episode.days_after") if program.text("episode.assign_by") == "delivery_date" else 0
        terms = Terms(
            program=program.id, rule_version=program.rule_version, rules_hash=program.rules_hash, assumptions_name=program.assumptions_name,
            assumptions_hash=program.assumptions_hash, mechanism=program.text("prices.mechanism"), period=period, base_period=base,
            base_first_day=first, base_last_day=last, base_as_of=last + timedelta(days=after + runout), runout_days=runout,
            cost_basis=program.text("cost.basis"),
        )  # fmt: skip
        found = finalize(write_price_set(self.ws.prices_dir, terms, content))
        self.sets.append(read_price_set(self.ws.prices_dir / found.price_set_id))
        return self.sets[-1]

    # --- acts
    def run(self, as_of: date, *, through: date | None = None, **more: Any) -> runs.RunResult:
        return runs.run(self.ws, self.program, as_of, price_sets=self.sets, through=through, **{"periods": [], **more})

    def cycle(self, month: str, *, as_of: date | None = None) -> Cycle:
        """Run a month, post the differences, have them approved; posting again writes nothing."""
        end = month_end(month)
        result = self.run(as_of or end, through=end)
        proposal = cycle_proposal(result.folder, month)
        return self.book(result, proposal, end)

    def settle(self, period: str, day: date, *, true_up: bool = False, upside_only: bool = True) -> Cycle:
        """Settle a period on a day with what the ledger posted, post the difference, have it approved."""
        result = self.run(day, periods=[period], true_up=true_up, payments_made=self.payments_made(day))
        assert not result.refusals, [str(r) for r in result.refusals]
        proposal = settlement_proposal(result.folder, period, f"{day:%Y-%m}", upside_only=upside_only)
        return self.book(result, proposal, day)

    def book(self, result: runs.RunResult, proposal: Proposal, day: date) -> Cycle:
        posting = self.ledger.post(proposal, maker=MAKER, recorded_at=self.moment(day), accounting_date=day)
        lines: list[Line] = []
        if posting.is_new:
            self.ledger.approve(posting.posting_id, approver=CHECKER, recorded_at=self.moment(day))
            lines = self.ledger.lines(entry_id=posting.posting_id)
        again = self.ledger.post(proposal, maker=THIRD, recorded_at=self.moment(day), accounting_date=day)
        assert not again.is_new, "posting the same run again wrote something"
        return Cycle(result.folder, result.manifest, proposal, posting, lines)

    def pay(self, month: str, *, back: frozenset[str] = frozenset()) -> list[str]:
        """Remit a month, approve, confirm; payments to the entities of `back` come back. Gives the ids of the remittances."""
        day = month_end(month)
        made = self.ledger.remit(self.program.id, month, maker=MAKER, recorded_at=self.moment(day), payment_date=day)
        for one in made:
            if one.status != "pending":
                continue
            self.ledger.approve(one.remittance_id, approver=CHECKER, recorded_at=self.moment(day))
            when: Row = {"recorded_at": self.moment(day), "accounting_date": day}
            if one.entity_id in back:
                self.ledger.reject(one.remittance_id, actor=MAKER, reason="account closed", **when)
            else:
                self.ledger.confirm(one.remittance_id, actor=MAKER, **when)
        return [one.remittance_id for one in made]

    # --- reading
    def booked(self) -> dict[tuple[str, ...], int]:
        """What is booked for each obligation in all, by its key without the program; obligations at zero left out."""
        found: dict[tuple[str, ...], int] = {}
        for line in self.ledger.lines(program=self.program.id):
            key = line.obligation.key[1:]
            found[key] = found.get(key, 0) + line.delta_cents
        return {key: amount for key, amount in found.items() if amount}

    def total(self) -> int:
        return sum(self.booked().values())

    def payments_made(self, as_of: date) -> list[Row]:
        """Posted prospective payments as the commands hand them to a settlement."""
        return payments_made(self.ws, self.program, as_of, self.address)

    def closed_books(self, month: str) -> list[tuple[str, int]]:
        """The entries of a month and all balances through it, which no later fact may change."""
        entries = [(e.hash, e.seq) for e in self.ledger.entries(month=month) if e.kind not in ("close", "reopen", "approval")]
        return entries + [(b.account, b.amount_cents) for b in self.ledger.balances(through=month)]

    def check(self) -> None:
        """Every set of postings and all balances sum to zero, and the whole ledger verifies."""
        assert sum(b.amount_cents for b in self.ledger.balances()) == 0
        assert sum(b.amount_cents for b in self.ledger.balances(status="live")) == 0
        found = self.ledger.verify()
        assert found.is_sound, found.first_bad


def read(folder: Path, table: str) -> list[Row]:
    """The rows of a table of a run."""
    return pq.read_table(folder / f"{table}.parquet").to_pylist()


def write_csv(path: Path, rows: list[Row]) -> Path:
    """Rows as a CSV file with every column that any row has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
