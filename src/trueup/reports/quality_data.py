"""The scorecards of a run: scores, slots, reports and gaps by entity and period, each figure tied to the counts it comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from trueup.money import round_half_up, to_places
from trueup.reports.figures import must_equal
from trueup.reports.privacy import SMALLEST
from trueup.reports.source import Row, RunData

EVERYBODY = "(all)"
_EMPTY = ("no_result", "not_reported", "tracked")


@dataclass(frozen=True)
class Scorecard:
    """One entity in one period. `score` is None where only slots are known; `gate` is what the scorecard says of its gate."""

    run: RunData
    entity_id: str
    period: str
    score: Row | None
    slots: tuple[Row, ...]
    reports: tuple[Row, ...]
    gaps: tuple[Row, ...]
    gate: Row | None

    def delivered(self, gate: str) -> str | None:
        """In a sentence: the result of a gate that was delivered from outside and counts instead; None where there is none."""
        found = self.run.delivered_gates.get((self.entity_id, self.period), {})
        state, times = found.get(f"gate_{gate}"), found.get(f"multiplier_{gate}")
        if state is None:
            return None
        more = "" if times is None else f" and multiplies the payment by {times}"
        return f"What counts for gate {gate.replace('_', ' ')} is a result delivered from outside: it is {state}{more}."

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known: no result of any measure and no report."""
        without = self.score is None or self.score["status"] == "no_results"
        return without and not self.reports and all(row["rate"] is None and not row["score"] for row in self.slots)

    @property
    def counting(self) -> list[Row]:
        return [row for row in self.slots if row["measure_use"] != "tracked"]

    def check(self) -> None:
        """What the score says of its slots is what they are. Raises CheckFailed (TRU-C041)."""
        if self.score is None or not self.slots or self.score["status"] == "no_results":
            return
        where = f"{self.run.program}/quality_scores/{self.entity_id},{self.period}"
        scored, attained = sum(r["score"] is not None for r in self.counting), sum(bool(r["attained"]) for r in self.counting)
        must_equal("measures of the scorecard", len(self.counting), self.score["measures_due"], where)
        must_equal("measures with a score", scored, self.score["measures_scored"], where)
        must_equal("measures attained", attained, self.score["measures_attained"], where)


@dataclass(frozen=True)
class Quality:
    """Every scorecard of a run, and the results of its measures."""

    run: RunData

    @property
    def is_known(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.cards) or bool(self._gaps)

    @cached_property
    def cards(self) -> dict[tuple[str, str], Scorecard]:
        """Scorecards that say something, by entity and period. Raises CheckFailed (TRU-C041) where one contradicts its slots."""
        scores = {(r["entity_id"], r["period"]): r for r in self.run.rows("quality_scores")}
        gates = {(r["entity_id"], r["period"]): r for r in self.run.rows("quality_gates")}
        slots, reports = _grouped(self.run.rows("measure_scores")), _grouped(self.run.rows("submissions"))
        found: dict[tuple[str, str], Scorecard] = {}
        for key in sorted({*scores, *slots, *reports}):
            parts = tuple(slots.get(key, ())), tuple(reports.get(key, ())), tuple(self._gaps.get(key, ()))
            card = Scorecard(self.run, *key, scores.get(key), *parts, gates.get(key))
            if not card.is_empty:
                card.check()
                found[key] = card
        self._tie_rates()
        return found

    def of(self, entity_id: str) -> list[Scorecard]:
        """The scorecards of one entity, latest period first."""
        order = self.periods
        mine = [card for (entity, _), card in self.cards.items() if entity == entity_id]
        return sorted(mine, key=lambda card: order.index(card.period))

    @cached_property
    def periods(self) -> list[str]:
        """Periods with a scorecard, latest first."""
        known = {period for _, period in self.cards}
        return sorted(known, key=lambda p: (str(self.run.periods.get(p, {}).get("first_day") or ""), p), reverse=True)

    @cached_property
    def rates(self) -> dict[tuple[str, str, str], Row]:
        """Results by entity, period and measure; a report stands before the count from claims where a measure has both."""
        found: dict[tuple[str, str, str], Row] = {}
        for row in sorted(self.run.rows("measure_rates"), key=lambda r: r["source"]):
            found[row["entity_id"], row["period"], row["measure_id"]] = row
        return found

    @cached_property
    def counts(self) -> list[Row]:
        return self.run.rows("measure_counts")

    @cached_property
    def _gaps(self) -> dict[tuple[str, str], list[Row]]:
        return _grouped(self.run.rows("equity_gaps"))

    def gaps_of_all(self, period: str) -> list[Row]:
        """The groups of everybody together in a period."""
        return self._gaps.get((EVERYBODY, period), [])

    def statistic(self, measure_id: str) -> str:
        """How a measure sums up its units; `cents` where it is a mean of dollars."""
        about = self.run.measures.get(measure_id, {})
        return "cents" if str(about.get("fact") or "").endswith("_cents") else str(about.get("statistic") or "proportion")

    def _tie_rates(self) -> None:
        """Each share that claims give is its numerator over its denominator, and both are those of the counts. Raises CheckFailed."""
        counted = {(r["entity_id"], r["period"], r["measure_id"]): r for r in self.counts if r["stratum"] == "all"}
        for row in self.rates.values():
            key = row["entity_id"], row["period"], row["measure_id"]
            if row["source"] != "claims" or row["statistic"] != "proportion" or key not in counted:
                continue
            where = f"{self.run.program}/measure_rates/{','.join(key)}"
            must_equal("counted with the measure met", row["numerator"] or 0, counted[key]["numerator"], where)
            must_equal("counted", row["denominator"] or 0, counted[key]["denominator"], where)
            if row["denominator"] and row["rate"] is not None:
                exact = to_places(Fraction(row["numerator"], row["denominator"]), 6)
                must_equal("the rate, in millionths", _micros(exact), _micros(row["rate"]), where)

    # --- everybody together -----------------------------------------------------------------------------------------------------------
    def state_rates(self, period: str) -> dict[str, tuple[int, int]]:
        """Numerator and denominator of each share over all entities of a period: from reports where there are any, else from claims."""
        found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for (_, when, measure), row in self.rates.items():
            if when == period and row["statistic"] == "proportion" and row["numerator"] is not None and row["denominator"]:
                found[measure][0] += row["numerator"]
                found[measure][1] += row["denominator"]
        return {measure: (n, d) for measure, (n, d) in found.items()}

    def spread(self, period: str, measure: str) -> tuple[int, Decimal, Decimal, Decimal] | None:
        """How many entities have enough cases to be shown beside others, and the lowest, middle and highest of their results.

        None below `privacy.SMALLEST` entities: few of them could be told apart.
        """
        rows = [r for (_, when, m), r in self.rates.items() if (when, m) == (period, measure) and r["rate"] is not None]
        values = sorted(r["rate"] for r in rows if (r["denominator"] or 0) >= SMALLEST)
        if len(values) < SMALLEST:
            return None
        middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
        return len(values), values[0], middle, values[-1]


def may_show(groups: Mapping[str, int], *, detail: bool = False) -> set[str]:
    """Which groups of people may be shown, by their number of people.

    None of 10 or fewer; and where exactly one would be hidden, the next smallest is too, or it could be worked out from the total.
    """
    if detail:
        return set(groups)
    hidden = {name for name, number in groups.items() if number < SMALLEST}
    if len(hidden) == 1 and len(groups) > 1:
        hidden.add(min((name for name in groups if name not in hidden), key=lambda name: (groups[name], name)))
    return set(groups) - hidden


def _grouped(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row["entity_id"], row["period"]].append(row)
    return dict(found)


def _micros(value: Decimal) -> int:
    return round_half_up(value * 1_000_000)
