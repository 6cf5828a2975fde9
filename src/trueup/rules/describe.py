"""A program as prose that policy staff can read and sign, from the same values the engine computes with."""

from __future__ import annotations

from trueup.rules.describe_money import price_lines, settlement_lines
from trueup.rules.describe_payment import case_rate_lines, case_rate_price_lines, dispute_lines, risk_lines
from trueup.rules.program import Param, Period, Program
from trueup.rules.prose import Words, day, exact, operator, ordinal, plain
from trueup.tables import CANONICAL, OUTPUT, Table, display_name

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


def describe(program: Program) -> str:
    """The program as Markdown: what it pays for, to whom, when, and what nobody has published yet."""
    words = Words(program)
    parts = [
        _head(program),
        _section("Calendar", _calendar(words)),
        _section("What an episode is", _episode(words)),
        _section("What counts as cost", _cost(words)),
        _section("Who is accountable", _accountable(words)),
        _section("Groups compared apart", _cohorts(words)),
        _section("Which episodes are left out", _exclusions(words)),
        _section("Monthly payment", case_rate_lines(words)),
        _section("Risk", risk_lines(words)),
        _section("Prices", [*price_lines(words), *case_rate_price_lines(words)]),
        _section("Settlement", settlement_lines(words)),
        _section("Clocks", _maturity(words)),
        _section("Reporting", _reporting(words)),
        _section("Disputes", dispute_lines(words)),
        _section("Codes", _codes(words)),
        _section("Not known", _unknowns(program)),
        _section("Assumed", _assumed(program)),
        _section("Set by this scenario", [f"- `{p.path}` is {exact(p.value)}." for p in program.settings()]),
        _section("Sources", _sources(program)),
        _section("Facts that were replaced", _superseded(program)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def describe_tables() -> str:
    """Every input-side and output table: one row of it, its key, its columns and the words its columns allow."""
    parts = ["# Tables", "Money is stored as whole cents and shown as dollars under the name without `_cents`."]
    for title, tables in (("Facts, as loaded", CANONICAL), ("Results of a run", OUTPUT)):
        parts += [f"## {title}", *(_table(table) for table in tables.values())]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    lines = [f"### {table.name}", "", f"One row is {table.grain}. Key: {', '.join(table.key)}.", "", "| column | type | shown as | words |"]
    lines.append("|---|---|---|---|")
    for column, kind in table.columns.items():
        shown = display_name(column) if display_name(column) != column else ""
        lines.append(f"| {column} | {kind} | {shown} | {', '.join(table.enums.get(column, ()))} |")
    return "\n".join(lines)


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([f"## {title}", "", *lines]) if lines else ""


def _head(program: Program) -> str:
    until = program.get("effective.to")
    span = f"from {day(program.get('effective.from'))}" + (f" until before {day(until)}" if until else "")
    filled = f" Values marked *assumed* come from the assumptions file `{program.assumptions_name}`." if program.assumptions_name else ""
    return (
        f"# {program.title}\n\nProgram `{program.id}`, rule version {program.rule_version} ({program.status}), in force {span}.\n\n"
        f"This page is printed from the rule file itself. Sources stand in brackets. What no public source says is marked **unknown**, and "
        f"nothing is priced, settled or paid on it.{filled}"
    )


def _calendar(words: Words) -> list[str]:
    return [_period(words, period) for period in words.program.periods]


def _period(words: Words, period: Period) -> str:
    base = f"periods.{period.id}"
    year = f", program year {period.program_year}" if period.program_year else ""
    text = f"{period.id} ({period.role}{year}) runs from {words.say(f'{base}.first_day', day)} to {words.say(f'{base}.last_day', day)}"
    printed = {"first": period.first_day_as_published, "last": period.last_day_as_published}
    read = [f"the {end} day is printed as {shown}" for end, shown in printed.items() if shown is not None]
    where = "".join(f"; {part}" for part in read)
    return words.sentence(f"{text}{where}.", f"{base}.first_day", f"{base}.last_day")


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
    return [*lines, *_outliers(words)]


def _outliers(words: Words) -> list[str]:
    lines: list[str] = []
    for tail, far in (("high", "above"), ("low", "below")):
        path = f"outliers.{tail}_percentile"
        place = words.say(path, ordinal)
        line = f"The {tail}-cost line is the {place} of base cost."
        if words.is_(path, "off"):
            line = f"There is no {tail}-cost line{words.mark(path)}."
        lines.append(words.rule(line, f"Whether there is a {tail}-cost line, and at which percentile of base cost,", path))
        if words.program.known(path) and not words.is_(path, "off"):
            done = words.say("outliers.method", lambda v: "are excluded" if v == "exclude" else "count at the line")
            # The source of the treatment speaks of high cost; it vouches for the low tail only where a source sets that line too.
            cited = ["outliers.method"] if words.cites(path) else []
            lines.append(
                words.sentence(f"Episodes {far} the {tail}-cost line {done}.", *(["outliers.method"] if tail == "high" else cited))
            )
    scope, method = words.say("outliers.scope"), "outliers.percentile_method"
    lines.append(words.rule(f"The lines are taken over {scope}.", "Over which episodes the lines are taken", "outliers.scope"))
    if words.program.has(method):
        text = f"The percentile is taken by the method {words.say(method)}."
        lines.append(words.rule(text, "By which method the percentile is taken", method))
    return lines


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


def _cohorts(words: Words) -> list[str]:
    flags = words.program.ids("cohorts.flags")
    otherwise = words.say("cohorts.otherwise")
    if not flags:
        return [f"- There is one group: {otherwise}."]
    lines = [words.sentence(f"`{f}`: episodes with a code of {words.codes(f'cohorts.flags.{f}')}.", f"cohorts.flags.{f}") for f in flags]
    return [*lines, f"- Every other episode: {otherwise}."]


def _exclusions(words: Words) -> list[str]:
    return [_exclusion(words, item) for item in words.program.ids("exclusions")]


def _exclusion(words: Words, item: str) -> str:
    path = f"exclusions.{item}"
    name, value = words.program.text(f"{path}.fact"), f"{path}.value"
    if name in FLAGS and words.program.get(f"{path}.operator") == "ge" and (words.is_(value, 1) or not words.program.known(value)):
        text = f"`{item}`: left out if {FLAGS[name]}{words.mark(value)}."
        return words.rule(text, f"`{item}`: whether an episode is left out if {FLAGS[name]}", value)
    noun, sign = COUNTS.get(name, plain(name)), words.say(f"{path}.operator", operator)
    text = f"`{item}`: left out if the number of {noun} is {sign} {words.say(value)}."
    return words.rule(text, f"`{item}`: whether the number of {noun} leaves an episode out, and at which number,", value)


def _maturity(words: Words) -> list[str]:
    runout, due, held = (f"maturity.{key}" for key in ("runout_days", "settlement_due_days", "held_dollars_limit"))
    return [
        words.rule(f"Claims have {words.say(runout)} days after the period to arrive.", "How long claims may arrive", runout),
        words.rule(f"Settlement is due {words.say(due)} days after the period.", "When settlement is due", due),
        words.rule(f"Nothing settles while more than {words.say(held)} dollars are held.", "How many held dollars stop a settlement", held),
    ]


def _reporting(words: Words) -> list[str]:
    path = "value_based_payment_model_type"
    if not words.program.has(path):
        return []
    text = f"Payment-model category reported to the federal files: {words.say(path)}."
    return [words.rule(text, "Which payment-model category is reported to the federal files", path)]


def _codes(words: Words) -> list[str]:
    roles = [
        p
        for p in words.program.params
        if p.endswith(".value_set") and p.startswith(("episode.codes", "attribution.", "dual_status", "case_rate.codes"))
    ]
    return [words.sentence(f"{_role(path)}: {words.codes(path.removesuffix('.value_set'))}.", path) for path in roles]


def _role(path: str) -> str:
    return plain(path.removesuffix(".value_set").removeprefix("episode.codes.").replace(".", ", "))


def _unknowns(program: Program) -> list[str]:
    return [f"- `{u.path}`: {u.reason}." for u in program.unknowns()] or ["- Nothing."]


def _assumed(program: Program) -> list[str]:
    return [f"- `{p.path}` is {exact(p.value)} ({p.basis}): {p.reason}." for p in program.assumed()]


def _sources(program: Program) -> list[str]:
    def line(key: str) -> str:
        source = program.sources[key]
        by = f", {source['publisher']}" if source.get("publisher") else ""
        return f"- {key}: {source['title']}{by}, {source['published']} ({source['trust']})."

    return [line(key) for key in program.sources]


def _superseded(program: Program) -> list[str]:
    facts = program.raw.get("superseded_facts", [])
    return [f"- {f['fact']}: was {f['was']} [{f['cite']}], now {f['now']} [{f['by']}]." for f in facts]
