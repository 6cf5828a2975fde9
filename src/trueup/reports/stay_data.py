"""The stays of a run by hospital, what they were paid beyond their claims, and the tiers of the price set."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from trueup.reports import sections, words
from trueup.reports.figures import must_equal
from trueup.reports.quality_data import Quality
from trueup.reports.source import Row, RunData

ADD_ONS = ("tier_add_on", "tier_addon", "interim_add_on", "interim_addon")
ANY_HOSPITAL = "*"


@dataclass(frozen=True)
class Stays:
    """The tables of a program of stays."""

    run: RunData
    quality: Quality

    @cached_property
    def stays(self) -> dict[tuple[str, str], list[Row]]:
        """Stays by the hospital that they count for and period, in order of discharge."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in sorted(self.run.rows("stays"), key=lambda r: (str(r["discharge_date"] or r["last_day"]), r["stay_id"])):
            found[row["facility_id"] or "", row["period"] or ""].append(row)
        return dict(found)

    def paid_in(self, entity_id: str, period: str) -> int:
        """Cents of add-ons that a hospital is due for the months of a period."""
        first, last = (str(self.run.periods[period].get(key) or "")[:7] for key in ("first_day", "last_day"))
        mine = (p for p in self.payments if p["entity_id"] == entity_id)
        return sum(p["amount_cents"] for p in mine if first <= f"{p['period_start_date']:%Y-%m}" <= last)

    @cached_property
    def payments(self) -> list[Row]:
        """Add-ons by hospital, stay and month. Raises CheckFailed (TRU-C041) where days at their rates do not make the payments."""
        rows = [p for p in self.run.rows("payments") if p["purpose"] in ADD_ONS]
        spans = self.run.rows("addon_spans")
        if spans:
            paid: dict[tuple[str, str], int] = defaultdict(int)
            for p in rows:
                paid[p["entity_id"], p["purpose"]] += p["amount_cents"]
            for s in spans:
                paid[s["entity_id"], s["purpose"]] -= s["amount_cents"] or 0
            for (entity, purpose), left in paid.items():
                must_equal("payments less days at their rates", left, 0, f"{self.run.program}/payments/{entity},{purpose}")
        return rows

    @cached_property
    def spans(self) -> list[Row]:
        return sorted(self.run.rows("addon_spans"), key=lambda r: (r["entity_id"], r["first_day"], r["stay_id"]))

    @cached_property
    def tiers(self) -> list[Row]:
        return sorted(self.run.price_rows("tiers"), key=lambda r: (r["payment_period"], r["entity_id"]))

    @cached_property
    def metrics(self) -> dict[tuple[str, str], list[Row]]:
        """The metrics of a tier, by hospital and measured period."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.run.price_rows("tier_metrics"):
            found[row["entity_id"], row["measurement_period"]].append(row)
        return dict(found)

    @cached_property
    def periods(self) -> list[str]:
        """Periods with a result or a stay, latest first."""
        known = {p for _, p, _ in self.quality.rates} | {p for (_, p) in self.stays if p in self.run.periods}
        return sorted(known, key=lambda p: str(self.run.periods.get(p, {}).get("first_day") or p), reverse=True)

    @cached_property
    def hospitals(self) -> list[str]:
        known = {e for e, _, _ in self.quality.rates} | {e for e, p in self.stays if p in self.run.periods}
        known |= {p["entity_id"] for p in self.payments} | {t["entity_id"] for t in self.tiers}
        return sorted(e for e in known if e and e != ANY_HOSPITAL and not e.startswith("("))

    def results(self, entity_id: str, period: str) -> dict[str, Row]:
        """Results of a hospital in a period, by measure."""
        return {m: r for (e, p, m), r in self.quality.rates.items() if (e, p) == (entity_id, period)}

    def standing(self, period: str) -> str:
        """Whether results of a period fix a tier, in a sentence. Only the frozen prices of a measured year do."""
        fixed = [t for t in self.tiers if t["measurement_period"] == period]
        if fixed:
            known = words.span(sections.day_of(self.run.price_terms.get("base_as_of")), None)
            paid = words.listed(sorted({t["payment_period"] for t in fixed}))
            day = f", with what was known by {known}" if known else ""
            return f"The tiers of {paid} were fixed once from this year{day}. This report fixes no tier."
        is_open = any(f.get("code") == "year_to_date" for f in self.run.listed("findings")) and period == self.periods[0]
        last = sections.day_of(self.run.periods.get(period, {}).get("last_day"))
        if is_open or str(last) > str(self.run.as_of):
            return "Year to date: claims and outcomes are not all in. This report fixes no tier."
        return "This report shows results and fixes no tier."
