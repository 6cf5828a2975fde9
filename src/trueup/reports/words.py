"""Plain words and number forms of the reports. Nothing here depends on a program: unknown words are shown as they are written."""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from trueup.money import round_half_up
from trueup.reports import steps_kinds as kinds

REASONS = {
    "other_reason": "Service outside this bundle",
    "dual_eligible": "The member also had Medicare",
    "third_party_liability": "Another insurer paid part of the care",
    "no_prenatal_by_pap": "The accountable practice billed no prenatal care",
    "member_died": "The member died during the episode",
    "no_professional_delivery_claim": "No claim from a clinician for the delivery",
    "interval_too_short": "Too close to an earlier birth to be sure of the episode",
    "high_cost_outlier": "Cost above the high-cost line",
    "low_cost_outlier": "Cost below the low-cost line",
    "stillbirth": "Stillbirth",
    "multiple_gestation": "Too many babies to compare",
    "eligibility_gap": "A gap in coverage",
    "held_lines": "A claim in the episode is on hold",
    "newborn": "Care of the newborn, paid apart",
    "not_relevant": "Not on the list of services of this bundle",
    "earlier_pregnancy": "Belongs to an earlier pregnancy",
    "outside_window": "Outside the days of the episode",
    "outside_periods": "Outside every period of the program",
    "no_unit": "Member without an episode",
    "no_candidate": "No practice could be found for the episode",
    "excluded_provider_type": "This type of provider cannot be accountable",
    "provider_type_not_allowed": "This type of provider cannot be accountable",
    "below_volume": "Too few deliveries to be accountable",
    "in_episode": "Counted in an episode",
    "outside_episode": "Not in an episode's days, or not its care",
    "no_episode": "Member without an episode",
    "adj.denied": "Denied claim",
    "adj.reversed": "Reversed claim",
    "adj.pended": "Claim not yet decided",
    "adj.void": "A void: it takes back another claim",
    "adj.voided": "Taken back by a void",
    "adj.replaced": "Replaced by a later version",
    "adj.cycle": "Claims that replace each other in a circle",
    "adj.fork": "Two versions replace the same claim",
    "adj.double_void": "The claim was voided already",
    "pending_original": "A void of a claim that is not there",
    "dup.row": "A copy of a row",
    "dup.conflict": "Two rows with the same key and different content",
    "family.held": "On hold with a claim that could not be trusted",
    "non_claim": "A credit or debit, not a claim",
    "unattributed": "No practice could be found for the episode",
    "not_accountable": "The practice is not an accountable provider in this period",
    "not_participating": "The practice had not joined the program",
}
CATEGORIES = {
    "case_rate_payments": "Case rate payments",
    "claim_corrections": "Corrections of claims a case rate covers",
    "above_the_outlier_line": "Cost above the high-cost line, not counted",
    "all_other_services": "All other services",
    "newborn_and_nicu": "Newborn and intensive care",
    "hospital_inpatient": "Hospital stay",
    "emergency_department": "Emergency department",
    "hospital_outpatient": "Hospital outpatient",
    "professional_delivery": "Delivery by a clinician",
    "imaging_and_testing": "Imaging and testing",
    "doula_and_lactation": "Doula and lactation",
    "prenatal_and_postpartum_visits": "Visits before and after birth",
}
RULES = {
    "months": "It provided care in the most months",
    "most_months": "It provided care in the most months",
    "delivered": "Equal months; it delivered the baby",
    "highest_paid_delivery": "It was paid the most for the delivery",
    "earliest": "Equal so far; its care began first",
    "no_candidate": "No practice could be found",
    "most_trigger_months": "It provided care in the most months",
    "delivery_line": "Equal months; it delivered the baby",
    "professional_delivery_line": "Equal months; it delivered the baby",
    "first_trigger": "Equal so far; its care began first",
    "earliest_first_trigger": "Equal so far; its care began first",
    "smallest_entity_id": "Equal in every respect; the smaller id was taken",
    "delivering_entity": "It delivered the baby",
    "only_candidate": "It was the only practice in question",
    "highest_paid": "It was paid the most for the delivery",
}
MONTH_RULES = {
    "trigger": "It began the prenatal care, or gave care again",
    "carried_forward": "Nobody else took over",
    "moved_transfer": "The member was reported as moved to it",
    "moved_delivery": "Care moved: it gave prenatal care and the delivery in that month",
    "moved_quiet": "Care moved: the earlier practice gave no more care",
    "handover_month": "Month of the change, with care by the earlier practice",
}
STATUSES = {
    "payable": "To be paid to the practice",
    "owed": "Owed by the practice",
    "netted": "Netted across groups of episodes",
    "zero": "No payment either way",
    "held": "On hold",
}
RESULTS = {
    "held_dollars": "Claims on hold are above what is allowed",
    "netted_with_held_cohort": "Another group of episodes is on hold",
    "savings_shared": "Savings are shared",
    "losses_shared": "Losses are shared",
    "rounds_to_zero": "The amount rounds to zero",
    "no_savings": "No savings: cost is not below the target",
    "below_minimum_savings": "The savings are smaller than the smallest that count",
    "between_thresholds": "Cost is between the two thresholds",
    "no_downside": "Losses are not shared in this program",
    "before_downside": "Losses are not shared yet in this year of the program",
}
PRICES = {
    "case_rate": "Case rate",
    "target_price": "Target price",
    "acceptable_threshold": "Acceptable threshold",
    "commendable_threshold": "Commendable threshold",
    "benchmark_pmpm": "Benchmark per member and month",
}
DATE_SOURCES = {
    "procedure": "date of the delivery procedure",
    "professional_line": "date of the clinician's delivery claim",
    "day_before_discharge": "day before discharge",
    "claim_date": "first date of the claim",
}
DISPOSITIONS = {
    "used": "Used",
    "excluded": "Left out, with a reason",
    "superseded": "Replaced or voided",
    "quarantined": "Could not be trusted",
}
PROVIDER_TYPES = {
    "fqhc": "Federally qualified health center (FQHC)",
    "obstetrics": "Obstetrics",
    "midwife": "Midwifery",
    "maternal_fetal_medicine": "Maternal-fetal medicine",
    "family_medicine": "Family medicine",
    "birth_center": "Birth center",
    "hospital": "Hospital",
}
FACTS = {
    "dual_days": "Days with Medicare too",
    "tpl_lines": "Lines that another insurer paid a part of",
    "prenatal_lines_by_accountable": "Prenatal lines billed by the practice",
    "death_in_window": "The member died in the episode's days (1 is yes)",
    "professional_delivery_lines": "A clinician's lines for the delivery",
    "longest_gap_days": "Longest gap in coverage, in days",
    "fetus_count": "Babies",
    "is_stillbirth": "Stillbirth (1 is yes)",
    "held_lines": "Lines on hold",
    "held_cents": "Cents on hold",
    "age_at_delivery": "Age at delivery",
    "is_male": "Recorded as male (1 is yes)",
    "interval_too_short": "Too close to an earlier birth (1 is yes)",
    "cost_above_high_line": "Cost above the high-cost line (1 is yes)",
    "cost_below_low_line": "Cost below the low-cost line (1 is yes)",
}
PURPOSES = {
    "case_rate": "Case rate",
    "ffs_adjustment": "Correction of a claim",
    "shared_savings": "Shared savings",
    "shared_losses": "Shared losses",
    "bonus": "Bonus",
    "quality_bonus": "Quality bonus",
    "challenge_pool": "Challenge pool",
    "member_fee": "Monthly fee per member",
    "tier_add_on": "Add-on of a tier",
    "tier_addon": "Add-on of a tier",
    "interim_add_on": "Interim add-on",
    "interim_addon": "Interim add-on",
}
BASES = {"derived": "Derived from public facts", "background": "Taken from comparable programs", "default": "Our working choice"}
_ACRONYMS = frozenset({"drg", "ffs", "fqhc", "hcpcs", "hiv", "larc", "npi", "ob", "pmpm", "sud", "tin", "tpl"})
_NO_END = 9999  # the year in which rows without an end stop
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]


def humanize(code: str) -> str:
    """`high_cost_outlier` -> `High cost outlier`, `fqhc` -> `FQHC`; text that already has spaces is kept."""
    if " " in code or not code:
        return code
    parts = [part.upper() if part.strip(":") in _ACRONYMS else part for part in code.replace("_", " ").replace(".", ": ").split(" ")]
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def inline(text: str) -> str:
    """A label inside a sentence: its first letter in lower case, unless it begins with letters that stand for words."""
    first = re.split(r"\W", text, maxsplit=1)[0]
    return text if len(first) > 1 and first.isupper() else text[:1].lower() + text[1:]


def provider_type(code: str | None) -> str:
    """A provider type, or several joined by `;`, in words."""
    return "; ".join(PROVIDER_TYPES.get(part) or humanize(part) for part in (code or "").split(";") if part)


def fact(code: str) -> str:
    return FACTS.get(code) or humanize(code)


def reason(code: str) -> str:
    """One exclusion or line reason in words."""
    if code.startswith("carve_out."):
        return f"Paid outside the bundle: {inline(humanize(code.removeprefix('carve_out.')))}"
    return REASONS.get(code) or humanize(code)


def reasons(codes: str | None) -> str:
    """Reasons joined by `;` in words, in their order."""
    return "; ".join(reason(code) for code in (codes or "").split(";") if code)


def category(code: str) -> str:
    return CATEGORIES.get(code) or humanize(code)


def status(code: str) -> str:
    return STATUSES.get(code) or humanize(code)


def result(code: str) -> str:
    """Why a settlement has its amount. `gate_missing.quality` names a gate of the rule."""
    for prefix, text in (("gate_missing.", "The result is missing for"), ("gate_failed.", "Not passed:")):
        if code.startswith(prefix):
            return f"{text} {inline(humanize(code.removeprefix(prefix)))}"
    return RESULTS.get(code) or kinds.TEXTS.get(code) or humanize(code)


def month_rule(code: str | None) -> str:
    """Why a month is an entity's."""
    return MONTH_RULES.get(code or "") or humanize(code or "") or "No rule recorded"


def price(code: str) -> str:
    return PRICES.get(code) or humanize(code)


def rule(code: str | None) -> str:
    return RULES.get(code or "") or humanize(code or "") or "No rule recorded"


def month(text: str) -> str:
    """`2025-04` -> `April 2025`; anything else as it is written."""
    match = re.fullmatch(r"(\d{4})-(\d{2})", text)
    return f"{_MONTHS[int(match[2]) - 1]} {match[1]}" if match and 1 <= int(match[2]) <= 12 else text


def money(cents: int) -> str:
    """`$1,234.56`; negative amounts say `minus`, never a bare sign."""
    sign = "minus " if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def whole_dollars(cents: int) -> int:
    """Dollars nearest to `cents`."""
    return round_half_up(Decimal(cents) / 100)


def money_whole(cents: int) -> str:
    """`$1,235` for sentences and charts."""
    dollars = whole_dollars(cents)
    return f"{'minus ' if dollars < 0 else ''}${abs(dollars):,}"


def day(value: date) -> str:
    return f"{_MONTHS[value.month - 1]} {value.day}, {value.year}"


def plain_decimal(value: Decimal) -> str:
    """A decimal without an exponent and without trailing zeros beyond two places."""
    text = f"{value:f}"
    if "." not in text:
        return text
    whole, places = text.split(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def stated(amount: str, unit: str) -> str:
    """The text of a step, by its unit. Text that does not fit its unit is shown as written."""
    if unit == "dollars":
        return _dollars_in_full(amount)
    if unit == "count" and amount.lstrip("-").isdigit():
        return f"{'minus ' if amount.startswith('-') else ''}{abs(int(amount)):,}"
    if unit == "share":
        return f"{_short_decimal(Decimal(amount) * 100)}%"
    if unit == "number":
        return _short_decimal(Decimal(amount))
    if unit == "rate" and re.fullmatch(r"-?\d+\.\d{3,}", amount):
        return plain_decimal(Decimal(amount))
    if unit == "date":
        try:
            found = date.fromisoformat(amount)
            return "No end is set" if found.year == _NO_END else day(found)
        except ValueError:
            return amount
    return amount


def _short_decimal(value: Decimal) -> str:
    """At most two decimals, half away from zero, without zeros at the end."""
    text = f"{value.quantize(Decimal('0.01'), ROUND_HALF_UP):,f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "minus ")


def _dollars_in_full(amount: str) -> str:
    """Dollars with the decimals that the step states: a ladder may carry fractions of a cent until it rounds. Pages show at most six."""
    match = re.fullmatch(r"(-?)(\d+)\.(\d{2,6})(\d*)", amount)
    return f"{'minus ' if match[1] else ''}${int(match[2]):,}.{match[3]}{'…' if match[4].strip('0') else ''}" if match else amount


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else ""


_CITES = {
    "months the engine would have paid": "Months in which a case rate would have been paid",
    "prices of this set": "The case rates on this page",
    "completion is off": "Base claims count as they are",
    "none": "None in the rules",
    "price set": "The price, as published",
}


def source(cite: str) -> str:
    """Where a step comes from; what is assumed says so first."""
    if cite in _CITES:
        return _CITES[cite]
    return f"Assumed, not the state's value{cite.removeprefix('assumption')}" if cite.startswith("assumption") else cite


def span(first: object, last: object) -> str:
    """Two days as read, or the parts that are known."""
    known = [day(value) if isinstance(value, date) else str(value) for value in (first, last) if value]
    return " to ".join(known)
