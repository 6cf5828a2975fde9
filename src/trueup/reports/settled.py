"""What an entity's settlements of a period come to, in the words of every page, whatever kind of program they are of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trueup.money import parse_cents
from trueup.reports import figures, words
from trueup.reports.grid import Cell
from trueup.reports.source import Row, RunData

NOT_ENDED = "The period had not ended when the data did. It is settled later."


@dataclass(frozen=True)
class Settled:
    """An entity in one period. Settlements have one row per cohort: a group of episodes, or a contract.

    `apart` says that the rows are of different payers, so that what one pays is never set against what another asks for.
    """

    run: RunData
    entity_id: str
    period: str
    settlements: tuple[Row, ...]
    apart: bool = False

    @property
    def payable_cents(self) -> int:
        """What is payable is the sum over cohorts; a row on hold has no amount."""
        return sum(row["amount_cents"] or 0 for row in self.settlements)

    @property
    def results(self) -> list[int]:
        """The amounts that are paid or owed as one: a sum over cohorts, or each payer's own; none of what is on hold."""
        if self.apart:
            return [row["amount_cents"] or 0 for row in self.settlements if row["status"] != "held"]
        return [] if self.is_held else [self.payable_cents]

    @property
    def held_count(self) -> int:
        """How many results are on hold."""
        return sum(row["status"] == "held" for row in self.settlements) if self.apart else int(self.is_held)

    @property
    def received_cents(self) -> int:
        return sum(cents for cents in self.results if cents > 0)

    @property
    def owed_cents(self) -> int:
        return -sum(cents for cents in self.results if cents < 0)

    @property
    def is_held(self) -> bool:
        """Whether every settlement is on hold."""
        return bool(self.settlements) and all(row["status"] == "held" for row in self.settlements)

    @property
    def is_partly_held(self) -> bool:
        return not self.is_held and any(row["status"] == "held" for row in self.settlements)

    def steps(self, row: Row) -> list[Row]:
        return self.run.steps.get((row["entity_id"], row["period"], row["cohort"]), [])

    def check_ladders(self) -> None:
        """Each amount is the one its ladder ends in. Raises CheckFailed (TRU-C041)."""
        for row in self.settlements:
            stated = [s["amount"] for s in self.steps(row) if s["name"] == "amount" and s["unit"] == "dollars"]
            if stated:
                where = f"{self.run.program}/settlements/{self.entity_id},{self.period},{row['cohort']}"
                figures.must_equal("the ladder's last amount", parse_cents(stated[-1]), row["amount_cents"], where)

    def refusals(self) -> list[str]:
        """Why something of this entity and period was not settled, each reason once."""
        mine = [r for r in self.run.refusals if r["entity_id"] == self.entity_id and r["period"] in (self.period, None, "")]
        return list(dict.fromkeys(str(r["message"]) for r in mine))


def headline(period: Settled) -> str:
    """`You receive $X`, `You owe $X`, `No payment either way`, `On hold` or `No settlement yet`."""
    if not period.settlements:
        return "No settlement yet"
    if period.is_held:
        return "On hold"
    received, owed = period.received_cents, period.owed_cents
    parts = [f"You receive {words.money(received)}"] if received else []
    parts += [f"{'you owe' if received else 'You owe'} {words.money(owed)}"] if owed else []
    answer = " and ".join(parts) or "No payment either way"
    return f"{answer}; a part is on hold" if period.is_partly_held else answer


def result_row(period: Settled) -> tuple[int | None, str]:
    """The amount of a practice and period (None if there is none) and its status in words."""
    if not period.settlements:
        return None, "No settlement"
    if period.is_held:
        return None, words.STATUSES["held"]
    if len(period.settlements) == 1:
        return period.payable_cents, words.status(period.settlements[0]["status"])
    kind = "payable" if period.payable_cents > 0 else "owed" if period.payable_cents < 0 else "zero"
    return period.payable_cents, words.STATUSES[kind] + ("; a part is on hold" if period.is_partly_held else "")


def shown_amount(row: Row) -> Cell:
    """The amount of one settlement; none while it is on hold."""
    return None if row["status"] == "held" else row["amount_cents"]


def reasons(rows: Iterable[Row]) -> str:
    """The reasons of settlements in words, each once."""
    return "; ".join(dict.fromkeys(words.result(row["reason"] or "") for row in rows))


def of_run(run: RunData) -> dict[tuple[str, str], tuple[Row, ...]]:
    """The settlements of a run by entity and period, by cohort."""
    found: dict[tuple[str, str], tuple[Row, ...]] = {}
    for row in sorted(run.settlements, key=lambda r: r["cohort"]):
        key = row["entity_id"], row["period"]
        found[key] = (*found.get(key, ()), row)
    return found


def why_nothing(run: RunData) -> list[str]:
    """Why a run has no settlement at all, in sentences; empty where it has one."""
    if run.settlements:
        return []
    found = [str(r["message"]) for r in run.refusals if not r["entity_id"]]
    found += [f"{words.humanize(str(s.get('stage')))} stopped: {s.get('reason')}." for s in run.stopped]
    if not found and run.manifest.get("kind") == "inpatient_stay":
        found = ["The program fixes what it pays beforehand, by tiers; nothing is settled afterwards."]
    return list(dict.fromkeys(found)) or ["No settlement was asked for, or nothing lies in a period that settles."]
