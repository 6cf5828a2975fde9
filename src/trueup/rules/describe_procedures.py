"""A procedure program as prose: what an episode is, what it costs, who is accountable, what is compared and paid."""

from __future__ import annotations

from trueup.rules.describe_episodes import clock_lines, code_lines, cohort_lines, exclusion_lines, outlier_lines
from trueup.rules.describe_money import price_lines, settlement_lines
from trueup.rules.describe_payment import dispute_lines
from trueup.rules.prose import Words, operator, plain

FLAGS = {
    "death_in_window": "the member died within the episode",
    "replaced_by_later": "another anchor procedure follows inside its window and opens an episode of its own",
    "cost_above_high_line": "the total cost is above the high-cost line",
    "cost_below_low_line": "the total cost is below the low-cost line",
}
COUNTS = {
    "dual_days": "days in the episode on which the member is also covered by Medicare",
    "tpl_lines": "claim lines with money from another payer",
    "professional_procedure_lines": "professional lines of the anchor procedure",
    "longest_gap_days": "days of the longest gap in coverage",
    "held_lines": "claim lines that are held in quarantine",
    "age_at_procedure": "years of age on the day of the procedure",
    "coded_claims": "claims in the episode with a code of the list",
}
_SECOND = {
    "part_of_first": "Another anchor procedure inside the window belongs to the first episode",
    "replaces_first": "Another anchor procedure inside the window opens an episode of its own, and the first one is set aside",
}


def sections(words: Words) -> list[tuple[str, list[str]]]:
    """The parts of the page between the calendar and what is not known, each with its title."""
    return [
        ("What an episode is", _episode(words)),
        ("What counts as cost", _cost(words)),
        ("Who is accountable", _accountable(words)),
        ("Groups compared apart", cohort_lines(words)),
        ("Which episodes are left out", exclusion_lines(words, FLAGS, COUNTS)),
        ("Prices", price_lines(words)),
        ("Settlement", settlement_lines(words)),
        ("Clocks", clock_lines(words)),
        ("Disputes", dispute_lines(words)),
        ("Codes", code_lines(words, "episode.codes", "exclusions.", "dual_status")),
    ]


def _episode(words: Words) -> list[str]:
    around = words.is_("episode.anchor", "anchor_stay")
    start, end = ("the first day of the anchor stay", "its last day") if around else ("the day of the procedure", "it")
    before, after, second = words.say("episode.days_before"), words.say("episode.days_after"), "episode.second_anchor"
    wanted = (
        "one institutional claim" if words.is_("episode.anchor_claim", "institutional") else "one claim, professional or institutional,"
    )
    return [
        words.sentence(
            f"An episode is one anchor procedure: {words.codes('episode.codes.anchor')}. It begins {before} days before {start} and ends "
            f"{after} days after {end}.",
            *("episode.anchor", "episode.days_before", "episode.days_after"),
        ),
        words.rule(f"It opens in these settings: {words.say('episode.settings')}.", "In which settings it opens", "episode.settings"),
        words.rule(f"It needs {wanted} with an anchor code.", "Which claims open it", "episode.anchor_claim"),
        words.rule(
            f"The period of an episode is the one that holds its {words.say('episode.assign_by')}.",
            "Which date of an episode puts it into a period",
            "episode.assign_by",
        ),
        words.rule(
            f"Claims of one procedure are joined while they lie no more than {words.say('episode.merge_days')} days apart.",
            "How far apart claims of one procedure may lie",
            "episode.merge_days",
        ),
        words.rule(f"{words.say(second, lambda v: _SECOND[str(v)])}.", "What another anchor procedure inside the window means", second),
    ]


def _cost(words: Words) -> list[str]:
    relevance, pharmacy = "services.relevance", "services.pharmacy"
    which = "whatever they are for" if words.is_(relevance, "all") else "only if they are on the list"
    drugs = {"all": "all count", "listed": "they count if their drug code is on the list", "none": "none counts"}
    lines = [
        words.rule(f"Cost is the {words.say('cost.basis')} amount of each claim line.", "Whether cost is paid or allowed", "cost.basis"),
        words.rule(f"Services in the episode count {which}{words.mark(relevance)}.", "Which services in the episode count", relevance),
        words.rule(f"Pharmacy claims: {words.say(pharmacy, lambda v: drugs[str(v)])}.", "Which pharmacy claims count", pharmacy),
    ]
    if words.program.has("services.include"):
        lines.append(words.sentence(f"The list: {words.codes('services.include')}.", "services.include"))
    for item in words.program.ids("services.carve_outs"):
        path = f"services.carve_outs.{item}"
        lines.append(words.sentence(f"Never counted, `{item}`: {words.codes(path)}.", path))
    categories = ", ".join(plain(i) for i in words.program.ids("cost.categories"))
    return [*lines, f"- Each line falls into the first that fits of: {categories}, other.", *outlier_lines(words)]


def _accountable(words: Words) -> list[str]:
    base, rule = "attribution.accountable", "attribution.episode.rule"
    number, out, only = f"{base}.min_procedures", f"{base}.excluded_provider_types", f"{base}.provider_type_allowlist"
    who = {"operating_entity": "whoever bills the operation", "anchor_facility": "the facility that bills the anchor stay"}
    needed = f"It is accountable with a number of procedures {words.say(f'{base}.operator', operator)} {words.say(number)}."
    if words.is_(number, None):
        needed = f"No minimum number of procedures is needed{words.mark(number)}."
    never = "No type is shut out." if words.is_(out, []) else f"Never accountable: {words.say(out)}."
    allowed = "Every other type can be." if words.is_(only, None) else f"Only these types can be accountable: {words.say(only)}."
    required = words.is_("participation.required", True)
    choice = "an entity takes part by joining" if required else "every accountable entity takes part"
    return [
        words.sentence(f"The contract partner is the {words.say('attribution.level')}.", "attribution.level"),
        words.rule(
            f"An episode belongs to {words.say(rule, lambda v: who[str(v)])}; of several to the highest paid, then the earliest.",
            "Whom an episode belongs to",
            rule,
        ),
        words.rule(needed, "How many procedures make it accountable", number),
        words.rule(never, "Which types are never accountable", out),
        words.rule(allowed, "Which types can be accountable", only),
        words.rule(f"Participation: {choice}.", "Whether an entity must join", "participation.required"),
    ]
