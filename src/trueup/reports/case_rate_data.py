"""The case rates of one run: months, payments and zero-paid lines of each practice, each payment tied to its month.

Nothing is worked out here that the run has not decided; a payment is found its pregnancy, and rows are added up for display.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from trueup.errors import CheckFailed, Place
from trueup.money import round_half_up
from trueup.reports.figures import must_equal
from trueup.reports.source import Row, RunData, read_rows

CASE_RATE, ADJUSTMENT = "case_rate", "ffs_adjustment"
NOT_DUE = "not_due"
EARLY, ENDED = "before_go_live", "ended_before_go_live"


@dataclass(frozen=True, slots=True)
class PostedRow:
    """One difference as a ledger booked it: posted in `accounting_month` (YYYY-MM) for the month `period` (YYYY-MM)."""

    entity_id: str
    purpose: str
    period: str
    accounting_month: str
    amount_cents: int


@dataclass(frozen=True)
class MonthRow:
    """One month of one pregnancy at one practice: the run's row, and what was paid for it (0 where it is not paid)."""

    row: Row
    paid_cents: int
    unpaid_reason: str

    @property
    def paid(self) -> bool:
        return not self.unpaid_reason


@dataclass(frozen=True)
class MonthSums:
    """One calendar month of a practice. `lines` are those received that a case rate covers, `shadow_cents` what they would have cost."""

    month: str
    members: int
    paid_cents: int
    shadow_cents: int
    lines: int
    adjustment_cents: int


@dataclass(frozen=True)
class CaseRates:
    """The case-rate tables of a run. `price_folder` gives the lines that the base had for each month."""

    run: RunData
    price_folder: Path | None = None
    posted: Sequence[PostedRow] | None = None

    @cached_property
    def has_tables(self) -> bool:
        """Whether the program of the run pays case rates at all: a run of another has the tables, without a row."""
        if not (self.run.folder / "case_rate_months.parquet").exists():
            return False
        return any(self.run.rows(name) for name in ("case_rate_months", "zero_pay_lines"))

    @cached_property
    def pregnancies(self) -> dict[str, Row]:
        return {row["pregnancy_id"]: row for row in self.run.rows("pregnancies")}

    @cached_property
    def payments(self) -> list[Row]:
        return [row | {"month": row["period_start_date"].isoformat()[:7]} for row in self.run.rows("payments")]

    @cached_property
    def zero_pay_lines(self) -> list[Row]:
        return self.run.rows("zero_pay_lines")

    @cached_property
    def months(self) -> list[MonthRow]:
        """Every month of every pregnancy and practice, with the payment it got.

        Where two pregnancies of a member give a practice the same month, the one that began first has the payment.
        Raises CheckFailed (TRU-C041) where a payment has no paid month, or a paid month no payment.
        """
        cents: dict[tuple[str, str, str], int] = {}
        for p in self.payments:
            if p["purpose"] == CASE_RATE:
                key = (p["entity_id"], p["member_id"], p["month"])
                if key in cents:
                    raise _twice(self.run, p["entity_id"], p["month"])
                cents[key] = p["amount_cents"]
        rows = self.run.rows("case_rate_months")
        rows.sort(key=lambda r: (r["entity_id"], r["member_id"], self._began(r), r["pregnancy_id"], r["month"]))
        found: list[MonthRow] = []
        left = dict(cents)
        paid_keys: set[tuple[str, str, str]] = set()
        for row in rows:
            key = (row["entity_id"], row["member_id"], row["month"])
            if not row["paid"]:
                found.append(MonthRow(row, 0, row["unpaid_reason"]))
            elif key in left:
                found.append(MonthRow(row, left.pop(key), ""))
            else:
                found.append(MonthRow(row, 0, "paid_already"))
            if row["paid"]:
                paid_keys.add(key)
        both, source = len(paid_keys & set(cents)), f"{self.run.program}/payments"
        must_equal("paid months that have a payment", both, len(paid_keys), source)
        must_equal("payments that have a paid month", both, len(cents), source)
        rates = sum(m.row["rate_amount_cents"] or 0 for m in found if m.paid)
        must_equal("rates of the paid months", rates, sum(cents.values()), source)
        return found

    def _began(self, row: Row) -> str:
        known = self.pregnancies.get(row["pregnancy_id"])
        return known["window_start_date"].isoformat() if known and known["window_start_date"] else ""

    @cached_property
    def _before(self) -> tuple[str, frozenset[str]]:
        """The last month before the program, and the pregnancies that ended before it."""
        last = max((m.row["month"] for m in self.months if m.unpaid_reason == EARLY), default="")
        return last, frozenset(m.row["pregnancy_id"] for m in self.months if m.unpaid_reason == ENDED)

    def is_early(self, month: MonthRow) -> bool:
        """Whether a month lies before the program's first month, or is of a pregnancy that ended before it."""
        last, ended = self._before
        return not month.paid and (month.row["month"] <= last or month.row["pregnancy_id"] in ended)

    @cached_property
    def entities(self) -> list[str]:
        """Every practice with a month since the program began, a payment, a posted row or a zero-paid line."""
        found = {m.row["entity_id"] for m in self.months if not self.is_early(m)}
        found |= {p["entity_id"] for p in self.payments} | {row.entity_id for row in self.posted or ()}
        return sorted(found | {line["entity_id"] for line in self.zero_pay_lines if line["entity_id"] and is_covered(line)})

    @cached_property
    def _by_entity(self) -> tuple[dict[str, list[MonthRow]], dict[str, list[Row]], dict[str, list[Row]]]:
        """Months, payments and zero-paid lines by practice."""
        months: dict[str, list[MonthRow]] = defaultdict(list)
        payments: dict[str, list[Row]] = defaultdict(list)
        lines: dict[str, list[Row]] = defaultdict(list)
        for m in self.months:
            months[m.row["entity_id"]].append(m)
        for p in self.payments:
            payments[p["entity_id"]].append(p)
        for line in self.zero_pay_lines:
            lines[line["entity_id"]].append(line)
        return dict(months), dict(payments), dict(lines)

    @cached_property
    def basis(self) -> dict[str, tuple[int, int]]:
        """Claim lines and months of the base of each practice, all its pregnancies together."""
        found: dict[str, tuple[int, int]] = {}
        for row in read_rows(self.price_folder / "case_rate_basis.parquet") if self.price_folder else []:
            lines, months = found.get(row["entity_id"], (0, 0))
            found[row["entity_id"]] = (lines + row["lines"], months + row["months"])
        return found

    def of(self, entity_id: str) -> PracticeRates:
        """One practice. Raises CheckFailed where its sums do not tie."""
        months, payments, lines = self._by_entity
        posted = None if self.posted is None else tuple(row for row in self.posted if row.entity_id == entity_id)
        mine = tuple(months.get(entity_id, ())), tuple(payments.get(entity_id, ())), tuple(lines.get(entity_id, ()))
        return PracticeRates(self, entity_id, *mine, posted)


@dataclass(frozen=True)
class PracticeRates:
    """The case rates of one practice in a run, all months."""

    rates: CaseRates
    entity_id: str
    months: tuple[MonthRow, ...]
    payments: tuple[Row, ...]
    lines: tuple[Row, ...]
    posted: tuple[PostedRow, ...] | None

    @property
    def name(self) -> str:
        return self.rates.run.name(self.entity_id)

    @property
    def paid(self) -> list[MonthRow]:
        return [m for m in self.months if m.paid]

    @property
    def paid_cents(self) -> int:
        """Case-rate dollars the practice is entitled to, all months."""
        return sum(p["amount_cents"] for p in self.payments if p["purpose"] == CASE_RATE)

    @property
    def adjustment_cents(self) -> int:
        return sum(p["amount_cents"] for p in self.payments if p["purpose"] == ADJUSTMENT)

    @property
    def shadow_cents(self) -> int:
        return sum(line["covered_cents"] or 0 for line in self.lines)

    @property
    def still_due(self) -> list[MonthRow]:
        """Months that will be paid if nothing changes, and are not due yet."""
        return [m for m in self.months if m.unpaid_reason == NOT_DUE]

    @property
    def lines_received(self) -> int:
        return len({_line_key(line) for line in self.lines if is_covered(line)})

    def lines_expected(self, months: int) -> int | None:
        """Zero-paid lines that so many paid months would bring at the base's rate; None where the practice has no base."""
        lines, base_months = self.rates.basis.get(self.entity_id, (0, 0))
        return round_half_up(Fraction(lines * months, base_months)) if base_months else None

    @cached_property
    def by_month(self) -> list[MonthSums]:
        """Sums of each calendar month with a payment, an adjustment or a covered line. They add up to the practice's totals."""
        source = f"{self.rates.run.program}/payments/{self.entity_id}"
        paid: dict[str, list[MonthRow]] = defaultdict(list)
        for m in self.paid:
            paid[m.row["month"]].append(m)
        adjusted: dict[str, int] = defaultdict(int)
        for p in self.payments:
            if p["purpose"] == ADJUSTMENT:
                adjusted[p["month"]] += p["amount_cents"]
        covered: dict[str, list[Row]] = defaultdict(list)
        for line in self.lines:
            if is_covered(line):
                covered[line["month"]].append(line)
        found = [
            MonthSums(
                month,
                len({m.row["member_id"] for m in paid[month]}),
                sum(m.paid_cents for m in paid[month]),
                sum(line["covered_cents"] or 0 for line in covered[month]),
                len({_line_key(line) for line in covered[month]}),
                adjusted[month],
            )
            for month in sorted({*paid, *adjusted, *covered})
        ]
        must_equal("case rates by month", sum(m.paid_cents for m in found), self.paid_cents, source)
        must_equal("corrections of claims by month", sum(m.adjustment_cents for m in found), self.adjustment_cents, source)
        must_equal("zero-paid dollars by month", sum(m.shadow_cents for m in found), self.shadow_cents, source)
        return found


def is_covered(line: Row) -> bool:
    """Whether a case rate stands for this part of a line."""
    return bool(line["covered_cents"]) or line["status"] in ("zero_paid", "to_zero")


def _line_key(line: Row) -> tuple[str, int, int]:
    return line["claim_id"], line["version_seq"], line["claim_line_number"]


def _twice(run: RunData, entity_id: str, month: str) -> CheckFailed:
    return CheckFailed(
        "TRU-C041",
        f"{entity_id} has two case rates for the same member and month ({month}).",
        place=Place(f"{run.program}/payments"),
        next_step="Run `trueup verify`; do not send the reports of this run.",
    )
