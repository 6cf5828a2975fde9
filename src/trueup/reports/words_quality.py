"""Plain words of scorecards, reports of measures, checks and reviews. Unknown words are shown as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from trueup.money import to_places
from trueup.reports import privacy
from trueup.reports.grid import Stated
from trueup.reports.source import RunData
from trueup.reports.words import humanize, inline, stated

USES = {
    "reporting": "Points for reporting it",
    "performance": "Points for the result",
    "tracked": "Shown only, no points",
}
SLOTS = {
    "scored": "Scored",
    "credited": "Reported: full points",
    "not_reported": "Not reported: no points",
    "tracked": "Shown only",
    "too_few": "Too few to score",
    "no_result": "No result",
    "no_benchmark": "Nothing to compare with",
}
SLOT_REASONS = {
    "pooled_periods": "few cases, so earlier years are counted with it",
    "shrunk_to_peers": "few cases, so it is drawn toward the peers",
    "below_minimum_denominator": "fewer cases than the rules ask for; its weight goes to the others",
    "no_accepted_submission": "no report of yours was accepted",
    "no_units": "nobody to count",
    "too_few_entities": "too few peers stand behind the figure",
    "no_own_baseline": "no result of your own to improve on",
    "threshold_equals_benchmark": "the threshold is the benchmark",
    "not_scored": "fewer cases than the rules ask for, so there is no score at all",
}
SCORES = {
    "scored": "Scored",
    "too_few_to_score": "Too few to score",
    "no_results": "No results",
    "plan_due": "On hold until an improvement plan is accepted",
}
SCORE_REASONS = {
    "no_results": "nothing is known of it: not a case, not a report",
    "too_few_measures": "fewer measures with a result than the rules ask for",
    "measure_not_scored": "a measure that must count has too few cases",
    "below_minimum_score": "the score is below the lowest that passes",
    "improvement_plan_due": "the score is low, and no improvement plan is accepted yet",
}
GATES = {"passed": "Passed ✔", "failed": "Not passed ✘", "missing": "Awaited: nothing is paid before it is known"}
SUBMISSIONS = {"accepted": "Accepted", "superseded": "Replaced", "rejected": "Not accepted"}
SUBMISSION_REASONS = {
    "replaced_by_later": "a later report in time replaced it",
    "unknown_period": "the period is not one of the program",
    "unknown_measure": "the measure is not one of the scorecard",
    "measured_from_claims": "this measure is counted from claims",
    "missing_received_date": "no day of receipt",
    "duplicate": "the same report came before",
    "conflict": "two reports of one day say different things",
    "late": "it came after the deadline",
    "first_counts": "the first report counts",
    "missing_counts": "counts are missing",
    "negative_count": "a count is below zero",
    "denominator_zero": "nobody to count",
    "numerator_above_denominator": "more counted than there are",
    "value_disagrees": "the rate is not the counts divided",
    "missing_expected_denominator": "how many were expected is not stated",
    "incomplete": "too few of those expected are in it",
    "withdrawn": "it was taken back",
    "withdrawal": "it takes an earlier report back",
    "value_out_of_range": "the value is not in the unit of the measure",
}
GAPS = {
    "compared": "Compared",
    "reference": "The others are compared with it",
    "too_few": "Too few to compare",
    "no_reference": "Nothing to compare with",
    "ratio_undefined": "Compared; the reference is zero, so there is no ratio",
}
CHECKS = {
    "funnel": "A rate against the peers, with limits of chance",
    "change": "A result against the own base",
    "cusum": "A run of bad results",
    "selection": "High-risk patients against what is expected",
    "switching": "High-risk patients who moved away",
    "exclusion_rate": "Episodes left out against the peers",
    "completeness": "Claim lines that should have come",
    "migration": "The share of one group against the own base",
    "gaming": "A pattern worth a question; it proves nothing",
}
CHECKED = {
    "within": "Within the limits ✔",
    "flagged": "Flagged: a person looks at it ✘",
    "too_few": "Too few to judge",
    "waits_for_reports": "Not judged until missing reports are in",
    "not_measured": "Not measured",
}
CHECK_REASONS = {
    "within_limits": "",
    "explained_by_many_tests": "unusual alone, but not among so many checks",
    "low": "lower than chance explains",
    "high": "higher than chance explains",
    "fell": "lower than before by more than chance",
    "rose": "higher than before by more than chance",
    "under_reporting": "too few claim lines came",
    "reported": "enough claim lines came",
    "below_minimum_units": "fewer than the rules ask for",
    "no_peers": "no peers to compare with",
    "no_base": "no base to compare with",
    "no_rows": "nothing was counted",
    "opened_by_reviewer": "a person asked for it",
    "review_without_reviewer_day_or_evidence": "a review without its reviewer, day or evidence is still open",
    "low_predicted_cost": "patients of lower predicted cost than chance explains",
    "at_the_volume_gate": "the count sits at the volume that the rules ask for",
    "away_from_the_gate": "",
}
EFFECTS = {
    "review": "A question only; payment goes on",
    "hold": "Payment waits until a person has decided",
    "deny": "Nothing is paid unless a person decides otherwise",
}
FLAGS = {
    "open": "Open: nobody has decided",
    "complied": "Ended: care was as it should be ✔",
    "failed": "Ended: care was not as it should be ✘",
}
STREAMS = {
    "fee_for_service_adjustment": "Correction of a fee-for-service claim",
    "fee_for_service_add_on": "Add-on to fee for service",
    "prospective_case_rate": "Case rate paid as care goes on",
    "per_member_month": "Fixed amount for each member and month",
    "bonus": "Bonus",
    "settlement": "Settlement after the period",
}
# The federal framework of payment models; in words of our own.
LAN = {
    "1": "1: fee for service without a link to quality",
    "2A": "2A: fee for service, with payments for infrastructure",
    "2B": "2B: fee for service, with payments for reporting",
    "2C": "2C: fee for service, with payments for results",
    "3A": "3A: shared savings",
    "3B": "3B: shared savings and losses",
    "3N": "3N: as 3A or 3B, without a link to quality",
    "4A": "4A: a population payment for a condition",
    "4B": "4B: a population payment for all care",
    "4C": "4C: an integrated system of payer and provider",
    "4N": "4N: a population payment without a link to quality",
}


def slot_status(status: str, reason: str | None) -> str:
    return _with(SLOTS.get(status) or humanize(status), SLOT_REASONS.get(reason or "", inline(humanize(reason or ""))))


def score_status(status: str, reason: str | None) -> str:
    return _with(SCORES.get(status) or humanize(status), SCORE_REASONS.get(reason or "", inline(humanize(reason or ""))))


def submission_status(status: str, reason: str | None) -> str:
    return _with(SUBMISSIONS.get(status) or humanize(status), SUBMISSION_REASONS.get(reason or "", inline(humanize(reason or ""))))


def check_status(status: str, reason: str | None) -> str:
    return _with(CHECKED.get(status) or humanize(status), CHECK_REASONS.get(reason or "", inline(humanize(reason or ""))))


def check_reason(code: str | None) -> str:
    return CHECK_REASONS.get(code or "", inline(humanize(code or "")))


def gate_reason(code: str | None) -> str:
    """Why a computed gate has its state: `open_review.postpartum_visit` names the flag."""
    text = code or ""
    head, _, rest = text.partition(".")
    heads = {
        "open_review": "a review is open",
        "under_reporting": "missing reports come first",
        "not_measured": "a check could not be measured",
        "failed": "a review ended against the practice",
        "complied": "a review ended for the practice",
        "review_open": "a question is open, and payment goes on",
        "too_few_to_judge": "too few to judge",
        "no_flag": "no flag",
    }
    named = heads.get(head) or inline(humanize(text))
    return f"{named} ({inline(humanize(rest))})" if rest and head in heads else named


def check_name(run: RunData, check_id: str) -> str:
    """A check by its id in words; one whose id names a sensitive service is called by what it does."""
    if privacy.is_sensitive(check_id):
        return "Shift between groups of episodes"
    return humanize(check_id)


def _with(text: str, more: str) -> str:
    return f"{text}: {more}" if more else text


def named(known: Mapping[str, str], code: object) -> str:
    """A code by its word in `known`, else as it is written."""
    text = str(code or "")
    return known.get(text) or humanize(text)


def ratio(numerator: int, denominator: int) -> Stated | None:
    """A share of counts; none of nobody."""
    return Stated(f"{to_places(Fraction(numerator, denominator), 6):f}", "share") if denominator else None


def percent_text(rate: Decimal) -> str:
    """A share in a sentence: `82.5%`."""
    return stated(f"{rate:f}", "share")


def share(rate: Decimal | None, statistic: str = "proportion") -> Stated | None:
    """A result as pages show it: a share in percent, `exact` with all its decimals, `cents` as dollars, else a number with two decimals."""
    if statistic == "cents":
        return None if rate is None else Stated(f"{rate / 100:.2f}", "dollars")
    unit = {"proportion": "share", "exact": "rate"}.get(statistic, "number")
    return None if rate is None else Stated(f"{rate:f}", unit)
