"""A maternity program as prose: what an episode is, what it costs, who is accountable, what is paid and when."""

from __future__ import annotations

from trueup.rules.describe_episodes import clock_lines, code_lines, cohort_lines, exclusion_lines, outlier_lines
from trueup.rules.describe_money import price_lines, settlement_lines
from trueup.rules.describe_payment import case_rate_lines, case_rate_price_lines, dispute_lines, risk_lines
from trueup.rules.program import Param
from trueup.rules.prose import Words, operator, plain

# What an exclusion rule compares, in words. Facts that are only true or false read without a number.
FLAGS = {
    "death_in_window": "the member died within the episode",
    "is_stillbirth": "the outcome is a stillbirth",
    "is_male": "the member is recorded as male",
    "interval_too_short": "the delivery follows the previous one too closely to be a second pregnancy",
    "cost_above_high_line": "the total cost is above the high-cost line",
    "cost_below_low_line": "the total cost is below the low-cost line",
}
COUNTS = {
    "dual_days": "days in the episode on which the member is also covered by Medicare",
    "tpl_lines": "claim lines with money from another payer",
    "prenatal_lines_by_accountable": "prenatal services by the attributed entity",
    "professional_delivery_lines": "professional delivery lines",
    "longest_gap_days": "days of the longest gap in coverage",
    "fetus_count": "fetuses",
    "held_lines": "claim lines that are held in quarantine",
    "age_at_delivery": "years of age at delivery",
}


def sections(words: Words) -> list[tuple[str, list[str]]]:
    """The parts of the page between the calendar and what is not known, each with its title."""
    return [
        ("What an episode is", _episode(words)),
        ("What counts as cost", _cost(words)),
        ("Who is accountable", _accountable(words)),
        ("Groups compared apart", cohort_lines(words)),
        ("Which episodes are left out", exclusion_lines(words, FLAGS, COUNTS)),
        ("Monthly payment", case_rate_lines(words)),
        ("Risk", risk_lines(words)),
        ("Prices", [*price_lines(words), *case_rate_price_lines(words)]),
        ("Settlement", settlement_lines(words)),
        ("Clocks", clock_lines(words)),
        ("Disputes", dispute_lines(words)),
        ("Codes", code_lines(words, "episode.codes", "attribution.", "dual_status", "case_rate.codes")),
    ]


def _episode(words: Words) -> list[str]:
    anchored = words.is_("episode.anchor", "delivery_stay")
    start, end = ("the first day of the delivery stay", "its last day") if anchored else ("the delivery date", "it")
    before, after = words.say("episode.days_before"), words.say("episode.days_after")
    merge, interval = words.say("episode.merge_days"), words.say("episode.minimum_interval_days")
    return [
        words.sentence(
            f"An episode is one pregnancy that ends in a delivery. It begins {before} days before {start} and ends {after} days after "
            f"{end}.",
            *("episode.anchor", "episode.days_before", "episode.days_after"),
        ),
        words.rule(
            f"These outcomes open an episode: {words.say('episode.outcomes')}.",
            "Which outcomes (live birth, stillbirth) open an episode",
            "episode.outcomes",
        ),
        words.rule(
            f"A delivery without an outcome code counts as {words.say('episode.uncoded_outcome')}.",
            "What a delivery without an outcome code counts as",
            "episode.uncoded_outcome",
        ),
        words.rule(
            f"The period of an episode is the one that holds its {words.say('episode.assign_by')}.",
            "Which date of an episode puts it into a period",
            "episode.assign_by",
        ),
        words.rule(
            f"Claims of one birth are joined while they lie no more than {merge} days apart.",
            "How far apart claims of one birth may lie",
            "episode.merge_days",
        ),
        words.rule(
            f"A delivery fewer than {interval} days after the previous one is doubtful and kept apart.",
            "How soon after a delivery another one is doubtful",
            "episode.minimum_interval_days",
        ),
    ]


def _cost(words: Words) -> list[str]:
    listed = f"only if they are on the list {words.codes('services.include')}"
    which = "whatever they are for" if words.is_("services.relevance", "all") else listed
    pharmacy = "all count" if words.is_("services.pharmacy", "all") else "they count if their drug code is on the list"
    lines = [
        words.rule(
            f"Cost is the {words.say('cost.basis')} amount of each claim line.",
            "Whether cost is the paid or the allowed amount",
            "cost.basis",
        ),
        words.rule(
            f"The mother's services in the episode count {which}{words.mark('services.relevance')}.",
            "Which of the mother's services in the episode count",
            "services.relevance",
        ),
        words.rule(f"Pharmacy claims: {pharmacy}{words.mark('services.pharmacy')}.", "Which pharmacy claims count", "services.pharmacy"),
        words.sentence(f"The newborn's services never count: {words.codes('services.newborn')}.", "services.newborn"),
    ]
    for item in words.program.ids("services.carve_outs"):
        path = f"services.carve_outs.{item}"
        lines.append(words.sentence(f"Never counted, `{item}`: {words.codes(path)}.", path))
    categories = ", ".join(plain(i) for i in words.program.ids("cost.categories"))
    lines.append(f"- Each line falls into the first that fits of: {categories}, other.")
    return [*lines, *outlier_lines(words)]


def _accountable(words: Words) -> list[str]:
    base, months = "attribution.accountable", "attribution.monthly"
    lines = [
        words.sentence(f"The contract partner (a practice) is the {words.say('attribution.level')}.", "attribution.level"),
        words.rule(
            f"An episode belongs to {words.say('attribution.episode.rule')}.",
            "Which practice an episode belongs to at reconciliation",
            "attribution.episode.rule",
        ),
    ]
    if words.program.has(f"{months}.rule"):
        lines += _monthly(words, months)
    lines += _volume(words, base)
    out, only = f"{base}.excluded_provider_types", f"{base}.provider_type_allowlist"
    never = "No type of practice is shut out." if words.is_(out, []) else f"Never accountable: {words.say(out)}."
    allowed = "Every other type can be." if words.is_(only, None) else f"Only these types can be accountable: {words.say(only)}."
    lines += [
        words.rule(never, "Which types of practice are never accountable", out),
        words.rule(allowed, "Which types of practice can be accountable", only),
    ]
    choice = "a practice takes part by joining" if words.is_("participation.required", True) else "every accountable practice takes part"
    return [*lines, words.rule(f"Participation: {choice}.", "Whether a practice must join", "participation.required")]


def _monthly(words: Words, base: str) -> list[str]:
    claim, first, quiet = (words.say(f"{base}.{key}") for key in ("claim_type", "min_gestation_days", "quiet_months"))
    kinds = f"{base}.provider_types"
    whose = (
        "Claims of any type of practice can trigger."
        if words.is_(kinds, None)
        else f"Only claims of these types of practice trigger: {words.say(kinds)}."
    )
    return [
        words.sentence(
            f"Month by month, a member belongs to the practice of the latest {claim} trigger claim: {words.codes(f'{base}.trigger')}.",
            *(f"{base}.rule", f"{base}.claim_type"),
        ),
        words.rule(
            f"Triggers count from day {first} of the pregnancy.",
            "From which day of the pregnancy triggers count",
            f"{base}.min_gestation_days",
        ),
        words.rule(
            "A member moves to another practice by a notice of transfer, with the delivery, or once the earlier practice is quiet for "
            f"{quiet} months.",
            "After how many quiet months a member moves to another practice",
            f"{base}.quiet_months",
        ),
        words.rule(whose, "Claims of which types of practice trigger", kinds),
        words.rule(
            f"A trigger needs coverage on its day: {words.say(f'{base}.trigger_needs_coverage')}.",
            "Whether a trigger needs coverage on its day",
            f"{base}.trigger_needs_coverage",
        ),
    ]


def _volume(words: Words, base: str) -> list[str]:
    number, back, empty = f"{base}.min_deliveries", f"{base}.lookback", f"{base}.when_lookback_empty"
    if words.is_(number, None):
        return [words.sentence(f"No minimum number of deliveries is needed{words.mark(number)}.", number)]
    compared = f"{words.say(f'{base}.operator', operator)} {words.say(number)}"
    lines = [words.rule(f"It is accountable with a number of deliveries {compared}.", "How many deliveries make it accountable", number)]
    if isinstance(words.entry(number), Param):
        lines += [
            words.rule(f"The deliveries are counted in {words.say(back, str)}.", "In which period the deliveries are counted", back),
            words.rule(
                f"Where the claims hold no delivery of that period, they are counted in {words.say(empty)}.",
                "What happens where the claims do not reach back",
                empty,
            ),
        ]
    return lines
