"""Plain names of the steps of ladders, with the sum each one is, so that a person can redo them. Unknown steps are shown as written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from trueup.reports import steps_kinds as kinds
from trueup.reports.words import humanize, inline, result

STEPS = {
    # settlement
    "unit_count": "Episodes that count",
    "target_price": "Target price for an episode of average risk",
    "expected": "Expected cost: the targets of your episodes added up",
    "actual": "Actual cost of your episodes added up",
    "gross_savings": "Savings: expected cost less actual cost",
    "minimum_savings_rate": "Smallest savings that count, as a share",
    "minimum_savings": "Smallest savings that count: that share × expected cost",
    "minimum_savings_test": "Are the savings large enough?",
    "share_rate": "The practice's share",
    "multiplier": "Quality multiplier, all gates together",
    "cap_rate": "Highest payment, as a share of expected cost",
    "cap_on": "What the highest amount limits",
    "cap": "Highest amount: that share × expected cost",
    "capped_savings": "Savings up to the highest amount",
    "shared_savings": "Shared savings: share × savings × multiplier",
    "thresholds_issued_to": "Thresholds were issued to",
    "acceptable_threshold": "Acceptable threshold for one episode",
    "commendable_threshold": "Commendable threshold for one episode",
    "acceptable_total": "Acceptable total: threshold × episodes",
    "commendable_total": "Commendable total: threshold × episodes",
    "gain_test": "Is there a gain?",
    "loss_test": "Is there a loss?",
    "share_from": "Gains are measured from",
    "gross": "Gain or loss before sharing: threshold total less actual cost",
    "participation_year": "Your year in the program",
    "downside": "Losses are shared",
    "downside_from_participation_year": "Losses are shared from this year in the program on",
    "amount_before_hold": "Amount before the hold",
    "amount": "Result",
    "reason": "Why",
    "entity_net": "Result of all groups together",
    "migration_neutral": "For information: the result if your mix of groups were that of the base period",
    "held_dollars": "Dollars on hold",
    "held_dollars_limit": "Dollars on hold that are allowed",
    "period_last_day": "Last day of the period",
    "period_last_day_as_published": "Last day of the period, as printed by the state",
    "settlement_due_days": "Days until the settlement is due, after the period",
    "settlement_due": "Settlement due",
    "settlement_due_as_published": "Settlement due, counted from the printed last day",
    "settled_as_of": "Settled with data through",
    "days_until_due": "Days left until the settlement is due",
    # prices
    "own_episodes_before_outliers": "Your base episodes before outliers",
    "own_outliers_excluded": "Your outliers, left out",
    "own_outliers_truncated": "Your outliers, counted up to the line",
    "own_episodes": "Your base episodes",
    "own_cost": "Their cost",
    "own_risk": "Their risk scores added up",
    "own_mean": "Your base average: cost / risk",
    "state_episodes_before_outliers": "The state's base episodes before outliers",
    "state_outliers_excluded": "The state's outliers, left out",
    "state_outliers_truncated": "The state's outliers, counted up to the line",
    "state_episodes": "The state's base episodes",
    "state_cost": "Their cost in the state",
    "state_risk": "Their risk scores added up in the state",
    "state_mean": "The state's base average: cost / risk",
    "state_mean_risk": "The state's average risk score",
    "weight_own": "Weight of your own average",
    "weight_state": "Weight of the state's average",
    "blended_mean": "Blend: weight × your average + weight × the state's average",
    "base_midpoint": "Middle day of the base period",
    "priced_midpoint": "Middle day of the priced period",
    "trend_days": "Days between them",
    "trend_years": "Years of trend",
    "trend_annual": "Trend in a year",
    "trend_factor": "Trend factor: (1 + trend) to the power of the years",
    "acceptable_unrounded": "Your base average × trend factor, before rounding",
    "minimum_savings_amount": "Dollars below the acceptable line",
    "minimum_savings_applied": "Taken off before or after trend",
    "effective_from": "Valid from",
    "effective_to": "Valid up to, not including",
    "trend_months": "Whole months between them",
    "own_completion": "Completion: for base claims that had not arrived yet",
    "state_completion": "Completion of the state's base claims",
    # prices in two parts
    "price_basis": "What the price is made of",
    "own_in_scope_history": "Of that cost: the part that case rates now stand for",
    "own_rest": "The rest of that cost, paid for each service",
    "own_rest_trended": "The rest for an episode, with completion, trend and changes",
    "own_in_scope_months": "Case-rate months of your base episodes",
    "own_in_scope_priced": "Those months at the case rates",
    "own_in_scope_difference": "Case rates less the history they stand for",
    "own_priced": "Your base at this year's prices: rest + case rates, for an episode",
    "state_in_scope_history": "Of the state's cost: the part that case rates now stand for",
    "state_rest": "The rest of the state's cost",
    "state_rest_trended": "The state's rest for an episode, with completion, trend and changes",
    "state_in_scope_months": "Case-rate months of the state's base episodes",
    "state_in_scope_priced": "Those months of the state at the case rates",
    "state_in_scope_difference": "The state's case rates less the history they stand for",
    "state_priced": "The state's base at this year's prices: rest + case rates, for an episode",
    "blended_priced": "Blend: weight × yours + weight × the state's",
    # case rates
    "own_pregnancies": "Your base pregnancies with months that a case rate would have paid",
    "own_months": "Those months",
    "own_in_scope": "What their services in scope cost",
    "own_winsorized": "Taken off very costly pregnancies",
    "own_in_scope_counted": "What is counted: cost less what was taken off",
    "base_rate": "Base rate: counted cost / months",
    "completion_factor": "Completion: for base claims that had not arrived yet",
    "program_changes": "Changes of fees or of the program since then",
    "risk_base_average": "Average risk of your base pregnancies",
    "own_rate": "Your own rate: base rate × completion × trend × changes / risk",
    "credibility": "Weight by how much the base tells",
    "credibility_pregnancies": "Base pregnancies that the weight rests on",
    "credibility_full_at": "Pregnancies at which your own base counts in full",
    "variance_within": "Spread within practices (cents squared, one month)",
    "variance_between": "Spread between practices (cents squared)",
    "credibility_k": "Months at which own and state count the same",
    "state_rate": "The state's rate, to blend with",
    "blended_rate": "Blend: weight × your own rate + weight × the state's",
    "risk_factor": "Times the average risk of your pregnancies",
    "rate_before_add_ons": "Rate before add-ons",
    "add_ons": "Add-ons for newly covered services",
    "case_rate": "Case rate for one month",
    # what the base rate would have paid
    "base_rate_rounded": "Base rate, to a cent",
    "replay_unrounded": "Base rate before rounding × months",
    "replay_dollars": "Base rate, to a cent, × months: what the case rate would have paid",
    "replay_residual": "What rounding leaves: paid less counted cost",
    "loss_months": "Months on pregnancies that ended in a loss",
    "loss_in_scope": "What their services in scope cost",
    "loss_residual": "Base rate × those months, less that cost",
}
_PREFIXES = (
    ("gate_", "Gate"),
    ("multiplier_", "Multiplier of gate"),
    ("program_change.", "Change of fees or of the program"),
    ("add_on.", "Added for a newly covered service"),
)
_TEXTS = {
    "case_rate_and_ffs": "Case rates for their part, the base's cost for the rest",
    "ffs_history": "The base's cost for all of it",
    "limited_fluctuation": "By the number of pregnancies",
    "buhlmann_straub": "By how much practices differ (Bühlmann-Straub)",
    "none": "None",
}
_OPERATORS = {"lt": "is below", "le": "is at most", "eq": "equals", "ne": "differs from", "ge": "is at least", "gt": "is above"}
_SHORT = {
    "actual": "actual cost",
    "acceptable_total": "the acceptable total",
    "commendable_total": "the commendable total",
    "gross_savings": "savings",
    "minimum_savings": "the smallest savings that count",
}
_TEST = re.compile(r"(\w+) (lt|le|eq|ne|ge|gt) (\w+): (yes|no)")


def name(code: str, own: Mapping[str, str] | None = None) -> str:
    """A step in plain words. `gate_quality` and `multiplier_quality` name the gate of the rule; `own` are words of a kind of program."""
    known = (own or {}).get(code) or STEPS.get(code) or kinds.STEPS.get(code)
    if known:
        return known
    for prefix, words in (*_PREFIXES, *kinds.PREFIXES):
        if code.startswith(prefix):
            return f"{words}: {inline(humanize(code.removeprefix(prefix)))}"
    for suffix, words in kinds.SUFFIXES:
        if code.endswith(suffix):
            return f"{humanize(code.removesuffix(suffix))}: {words}"
    return humanize(code)


def text(value: str) -> str:
    """A text amount in plain words: `actual lt commendable_total: yes` -> `Actual cost is below the commendable total: yes`."""
    match = _TEST.fullmatch(value)
    if match is None:
        return _TEXTS.get(value) or kinds.TEXTS.get(value) or result(value)
    left, right = (_SHORT.get(word) or inline(humanize(word)) for word in (match[1], match[3]))
    return f"{left[:1].upper()}{left[1:]} {_OPERATORS[match[2]]} {right}: {match[4]}"
