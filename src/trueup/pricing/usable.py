"""May a price set be used? Refusals wherever it does not fit the program, the period, the cost basis or the claims' maturity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from trueup.entity_grain import RuleReader, number, word
from trueup.errors import Place, Refused
from trueup.pricing.completion import SECTION as COMPLETION
from trueup.pricing.inputs import Finding
from trueup.pricing.price_set import PriceSet, require_no_scenario


def days_open(rules: RuleReader) -> int:
    """Days after a period's last day for which units of the period may still run.

    Episodes that belong to a period by their delivery or procedure run `episode.days_after` longer, stays `maturity.follow_up_days`; others
    not at all.
    """
    if rules.has("episode.assign_by") and word(rules, "episode.assign_by") != "episode_end":
        return int(number(rules, "episode.days_after"))
    return int(number(rules, "maturity.follow_up_days")) if rules.has("maturity.follow_up_days") else 0


def runout_days(rules: RuleReader, period_id: str, as_of: date) -> int:
    """Days of run-out: from the last day on which a unit of the period can end (`days_open` after the period) to `as_of`."""
    return (as_of - rules.period(period_id).last_day).days - days_open(rules)


def as_if_final(prices: PriceSet) -> PriceSet:
    """A price set as a scenario uses it: a draft counts as if it were final."""
    rows = [replace(p, status="final") for p in prices.content.prices]
    return replace(prices, status="final", content=replace(prices.content, prices=rows))


def require_usable(prices: PriceSet, rules: RuleReader, period_id: str, settings_hash: str | None = None) -> None:
    """Refuse a price set that is not final or does not fit the program, the period, the cost basis, or a scenario's settings.

    Raises:
        Refused: TRU-P012 not final; TRU-P013 another program's; TRU-P014 no price covers a day of the period; TRU-P015 another cost basis;
            TRU-P051 made in a scenario; TRU-P052 made in another one.
    """
    place, period = Place(f"price set {prices.price_set_id}"), rules.period(period_id)
    if settings_hash is None:
        require_no_scenario(prices)
    elif prices.terms.settings_hash not in (None, settings_hash):
        raise Refused("TRU-P052", "was made in a scenario with other settings.", place=place, next_step="Give both the same --set options.")
    if prices.status != "final":
        raise Refused("TRU-P012", f"is {prices.status}, not final.", place=place, next_step="Finalize it after review.")
    if prices.terms.program != rules.id:
        message = f"belongs to {prices.terms.program}, not to {rules.id}."
        raise Refused("TRU-P013", message, place=place, next_step="Name a set of this program.")
    end = period.last_day + timedelta(days=1)
    settling = [p for p in prices.content.prices if p.price != "case_rate"]
    if not any(p.effective_from < end and period.first_day < p.effective_to for p in settling):
        message = f"has no price for a day of {period_id}, {period.first_day} to {period.last_day}."
        raise Refused("TRU-P014", message, place=place, next_step="Price that period.")
    basis = word(rules, "cost.basis") if rules.has("cost.basis") else "none"
    if prices.terms.cost_basis != basis:
        message = f"rests on {prices.terms.cost_basis} amounts, the rule names {basis}."
        raise Refused("TRU-P015", message, place=place, next_step="Price again with the rule's cost basis.")


def require_equal_maturity(prices: PriceSet, rules: RuleReader, period_id: str, as_of: date, *, true_up: bool = False) -> list[Finding]:
    """Refuse to compare a base and a performance period whose claims had different time to arrive.

    Decision: base and performance each need at least `maturity.runout_days` of run-out, and the same number of days. So a base is priced
    as of (last episode end + N days) and first settled as of (last episode end + N days), N at least the rule's. A later settlement of the
    same period, a *true-up*, must keep its frozen prices although its claims are older by then; the caller says so with `true_up`, and the
    extra days are a finding. A performance period with fewer days than its base is refused even then.

    A base that was completed stands for claims that have all come. It needs no run-out of its own; the period that is compared with it,
    whose episodes are never completed, needs `prices.completion.mature_days` (and the rule's run-out).

    Raises:
        Refused: TRU-P016 too little run-out on a side; TRU-P017 unequal run-out; TRU-P042 too little against a completed base.
    """
    required, base, settled = int(number(rules, "maturity.runout_days")), prices.terms.runout_days, runout_days(rules, period_id, as_of)
    place = Place(f"price set {prices.price_set_id}")
    if prices.completed:
        due = max(required, int(number(rules, f"{COMPLETION}.mature_days")))
        if settled < due:
            message = f"its base is completed, so {due} days of run-out are due; {period_id} as of {as_of} has {settled}."
            raise Refused("TRU-P042", message, place=place, next_step=f"Settle as of {as_of + timedelta(days=due - settled)}.")
        return []
    if min(base, settled) < required:
        message = f"{required} days of run-out are due; the base has {base}, {period_id} as of {as_of} has {settled}."
        raise Refused("TRU-P016", message, place=place, next_step="Wait, or price the base as of a later day.")
    if base != settled and not (true_up and settled > base):
        day = as_of + timedelta(days=base - settled)
        message = f"the base has {base} days of run-out, {period_id} as of {as_of} has {settled}."
        raise Refused("TRU-P017", message, place=place, next_step=f"Settle as of {day}, or price the base at {settled} days.")
    if base == settled:
        return []
    message = f"true-up: claims of {period_id} had {settled - base} more days to arrive than claims of the base."
    return [Finding("TRU-P018", 1, message)]


def differences(
    prices: PriceSet, rule_version: str, rules_hash: str, assumptions_hash: str | None, settings_hash: str | None = None
) -> list[Finding]:
    """What of the rules changed since the set was made. Findings, not refusals: a correction elsewhere in the rules leaves prices valid."""
    then: Sequence[object] = (prices.terms.rule_version, prices.terms.rules_hash, prices.terms.assumptions_hash)
    now: Sequence[object] = (rule_version, rules_hash, assumptions_hash)
    words = ("rule version", "rules hash", "assumptions hash")
    found = [
        Finding("TRU-P019", 1, f"the price set was made with {name} {a}, this run uses {b}.")
        for name, a, b in zip(words, then, now, strict=True)
        if a != b
    ]
    if settings_hash != prices.terms.settings_hash:
        found.append(Finding("TRU-P019", 1, "the price set was made without the settings of this scenario."))
    return found
