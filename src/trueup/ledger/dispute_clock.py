"""The clocks of a dispute: the rule of the program that applies, the last day to raise, the day a decision is due, and days left.

Days are calendar days and the last one counts. A day that nobody could know yet is refused: an entry recorded at a moment speaks of days
up to it. Since recording is in UTC and people live elsewhere, one day either way is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from trueup.entity_grain import RuleReader, cite_of, number, word
from trueup.errors import Refused, UsageError
from trueup.ledger.words import time_text

ZONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """One dispute rule as it stood when a dispute was raised; it goes with the dispute, so that a later rule changes no running clock.

    `against` is settlement, episode or attribution; `outcome` any, gain (above zero) or loss (below); `when_lapses` denied, upheld or
    escalated; `cite` says who gives the days to raise.
    """

    rule_id: str
    rule_version: str
    against: str
    outcome: str
    days_to_raise: int
    days_to_decide: int
    when_lapses: str
    holds_payment: bool
    cite: str = ""

    def raise_by(self, determined_on: date) -> date:
        """The last day on which a determination of that day can be disputed."""
        return determined_on + timedelta(days=self.days_to_raise)

    def decide_by(self, raised_on: date) -> date:
        """The last day for a decision."""
        return raised_on + timedelta(days=self.days_to_decide)


def terms_of(rules: RuleReader, rule_id: str, rule_version: str) -> Terms:
    """The dispute rule `rule_id` of a program.

    Raises UsageError for a rule that the program does not have (TRU-L061) and Refused for a value nobody gave (TRU-R014).
    """
    known = rules.ids("disputes") if rules.has("disputes") else []
    if rule_id not in known:
        listed = f"Its dispute rules are {', '.join(known)}." if known else "Its rule file has no section `disputes`."
        raise UsageError("TRU-L061", f"{rules.id} has no dispute rule {rule_id!r}.", next_step=listed)
    path = f"disputes.{rule_id}"
    return Terms(
        rule_id=rule_id,
        rule_version=rule_version,
        against=word(rules, f"{path}.against"),
        outcome=word(rules, f"{path}.outcome"),
        days_to_raise=int(number(rules, f"{path}.days_to_raise")),
        days_to_decide=int(number(rules, f"{path}.days_to_decide")),
        when_lapses=word(rules, f"{path}.when_decision_lapses"),
        holds_payment=bool(rules.get(f"{path}.holds_payment")),
        cite=cite_of(rules, f"{path}.days_to_raise"),
    )


def require_in_time(terms: Terms, determined_on: date, raised_on: date) -> None:
    """Raises Refused for a dispute after its last day (TRU-L071) or before there was anything to dispute (TRU-L072)."""
    last = terms.raise_by(determined_on)
    late = (raised_on - last).days
    if late > 0:
        raise Refused(
            "TRU-L071",
            f"The determination is of {determined_on}; rule {terms.rule_id} gives {terms.days_to_raise} days, so the last day to raise "
            f"was {last}. This dispute is of {raised_on}, {late} day{'s' if late > 1 else ''} late.",
            next_step="Nothing was recorded. If notice was served later than the approval, give that day with --determined.",
        )
    if raised_on < determined_on - ZONE:
        raise Refused(
            "TRU-L072",
            f"The dispute is of {raised_on}, the determination of {determined_on}.",
            next_step="Nothing was recorded. Give the day on which the dispute came in.",
        )


def require_known_day(what: str, day: date, recorded_at: datetime, *, not_before: date | None = None) -> None:
    """Raises Refused (TRU-L072) for a day after the moment of recording, or before `not_before`."""
    recorded = date.fromisoformat(time_text(recorded_at)[:10])
    if day > recorded + ZONE:
        raise Refused(
            "TRU-L072", f"{what} is of {day}, but is recorded on {recorded}.", next_step="Nothing was recorded. A day to come is not known."
        )
    if not_before is not None and day < not_before:
        raise Refused(
            "TRU-L072",
            f"{what} is of {day}, before {not_before}, when the dispute was raised.",
            next_step="Nothing was recorded. Give the day on which it happened.",
        )


def require_undecided_in_time(terms: Terms, decide_by: date, day: date) -> None:
    """Raises Refused (TRU-L073) for a decision after its clock has run out."""
    if day > decide_by:
        means = {"escalated": "it is escalated, and decided after that"}.get(terms.when_lapses, f"it is {terms.when_lapses}")
        raise Refused(
            "TRU-L073",
            f"A decision was due by {decide_by}; this one is of {day}. Rule {terms.rule_id} says what that means: {means}.",
            next_step="Nothing was recorded. Record the lapse first: `trueup dispute lapse`.",
        )


def require_lapsed(decide_by: date, day: date) -> None:
    """Raises Refused (TRU-L074) for a clock that still runs on `day`."""
    if day <= decide_by:
        raise Refused(
            "TRU-L074",
            f"A decision is due by {decide_by}, and {day} is not after that: {(decide_by - day).days} days are left.",
            next_step="Nothing was recorded. Decide it, or record the lapse after that day.",
        )
