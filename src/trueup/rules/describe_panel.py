"""A panel program as prose: whose panel a member is on, what it costs, who is under contract, and what each contract pays."""

from __future__ import annotations

from trueup.rules.prose import Words, operator, ordinal, percent, plain
from trueup.rules.reader import is_list, sequence

_TIES = {"latest_visit": "the latest visit", "dollars": "the most dollars of visits", "smallest_id": "the smallest id"}


def sections(words: Words) -> list[tuple[str, list[str]]]:
    """The parts of the page between the calendar and what is not known, each with its title."""
    terms = [
        (f"Terms of {words.program.text(f'contracts.terms.{t}.title')}", _terms(words, t)) for t in words.program.ids("contracts.terms")
    ]
    return [
        ("Whose panel a member is on", _attribution(words)),
        ("What a panel costs", _cost(words)),
        ("Who is under contract", _contracts(words)),
        *terms,
        ("Benchmarks", _benchmarks(words)),
        ("Clocks", _clocks(words)),
        ("Codes", _codes(words)),
    ]


def _ties(value: object) -> str:
    return ", then ".join(_TIES[str(v)] for v in sequence(value)) if is_list(value) else plain(value)


def _attribution(words: Words) -> list[str]:
    base = "panel.attribution"
    months, ends, types = f"{base}.lookback_months", f"{base}.lookback_ends", f"{base}.provider_types"
    whose = "Visits to providers of every type count." if words.is_(types, None) else f"Only visits to these count: {words.say(types)}."
    return [
        words.sentence(
            "A member belongs to the provider with most of the member's primary-care visits, and a provider to the group under which most "
            "of the provider's visits were billed.",
            *(f"{base}.rule", f"{base}.steps"),
        ),
        words.rule(
            f"Visits count in the {words.say(months)} months up to the {words.say(ends)}.", "How far back visits count", months, ends
        ),
        words.rule(f"Equals are decided by {words.say(f'{base}.ties', _ties)}.", "What decides between equals", f"{base}.ties"),
        words.rule(whose, "Visits to which types of provider count", types),
        words.rule(
            f"A month counts for the payer that covers the member on its {words.say('panel.months.counted_day')}.",
            "On which day of a month coverage is looked at",
            "panel.months.counted_day",
        ),
        words.rule(
            f"Months with Medicare beside Medicaid are {words.say('panel.months.dual')}.",
            "Whether months with Medicare count",
            "panel.months.dual",
        ),
    ]


def _cost(words: Words) -> list[str]:
    base = "panel.cost"
    method, score = f"{base}.truncation.method", "panel.risk.default_score"
    return [
        words.rule(
            f"Cost is the {words.say(f'{base}.basis')} amount of each claim line.", "Whether cost is paid or allowed", f"{base}.basis"
        ),
        words.rule(f"Pharmacy claims are {words.say(f'{base}.pharmacy')}.", "Whether pharmacy claims count", f"{base}.pharmacy"),
        words.rule(_cut(words), "Whether and where the cost of one member is cut", method),
        words.rule(f"A member without a risk score has the score {words.say(score)}.", "Which score a member without one has", score),
        "- Bonuses, pool payments, add-ons and recoupments of any program are in no cost and no benchmark.",
    ]


def _cut(words: Words) -> str:
    base = "panel.cost.truncation"
    if words.is_(f"{base}.method", "fixed"):
        return f"The cost of one member in a period is cut at {words.say(f'{base}.amount')} dollars."
    if words.is_(f"{base}.method", "percentile"):
        scope, rank = words.say(f"{base}.scope"), words.say(f"{base}.rank_rule")
        place = words.say(f"{base}.percentile", ordinal)
        return f"The cost of one member in a period is cut at the {place} of {scope}, by the rank rule {rank}."
    return f"The cost of a member is not cut{words.mark(f'{base}.method')}."


def _contracts(words: Words) -> list[str]:
    return [
        f"- This program settles the track {words.say('contracts.track')}.",
        words.sentence(
            "Who is under which terms since when is recorded with who decided it, when, the panel and the capabilities shown; it is never "
            "inferred, and two contracts of a practice with one payer never overlap.",
            *("contracts.entry", "contracts.move"),
        ),
        "- Every contract reads the same scorecard; nothing about a contract changes it.",
    ]


def _terms(words: Words, terms_id: str) -> list[str]:
    base = f"contracts.terms.{terms_id}"
    lines = [
        words.rule(f"The payer is {words.say(f'{base}.payer', str)}.", "Who the payer is", f"{base}.payer"),
        *_domains(words, base),
        words.rule(_downside(words, base), "Whether the practice can owe money", f"{base}.downside"),
        words.rule(
            f"A panel of fewer than {words.say(f'{base}.minimum_members')} members is too few.",
            "How many members are too few",
            f"{base}.minimum_members",
        ),
    ]
    for key, text in (("left_out", "Left out of the common set"), ("restated", "Restated"), ("added", "Added, apart from the common set")):
        lines.append(words.rule(f"{text}: {words.say(f'{base}.{key}', _named)}.", f"{text}, what is", f"{base}.{key}"))
    lines += [_gate(words, f"{base}.gates.{gate}", gate) for gate in words.program.ids(f"{base}.gates")]
    lines += _bonus(words, f"{base}.bonus") if words.program.has(f"{base}.bonus") else []
    lines += _sharing(words, f"{base}.sharing", base) if words.program.has(f"{base}.sharing") else []
    lines += _challenge(words, f"{base}.challenge") if words.program.has(f"{base}.challenge") else []
    if words.program.has(f"{base}.care_coordination"):
        path = f"{base}.care_coordination"
        text = f"Each member-month brings {words.say(path)} dollars for care coordination, whatever the member's risk."
        text = f"There is no monthly add-on{words.mark(path)}." if words.is_(path, "off") else text
        lines.append(words.rule(text, "Whether each member-month brings an add-on", path))
    return lines


def _named(value: object) -> str:
    return "; ".join(str(v) for v in sequence(value)) or "nothing" if is_list(value) else plain(value)


def _domains(words: Words, base: str) -> list[str]:
    ids = words.program.ids(f"{base}.domains")
    parts = [f"{plain(d)} {words.say(f'{base}.domains.{d}.weight', percent)}" for d in ids]
    missing = f"{base}.missing_domain"
    gone = "makes the contract too few to score" if words.is_(missing, "not_scored") else "gives its weight to the others"
    return [
        words.sentence(f"The score weighs the domains: {', '.join(parts)}.", *(f"{base}.domains.{d}.weight" for d in ids)),
        words.rule(f"A domain without a score {gone}{words.mark(missing)}.", "What a domain without a score means", missing),
    ]


def _downside(words: Words, base: str) -> str:
    path = f"{base}.downside"
    return "The practice never owes money." if words.is_(path, False) else f"The practice can owe money{words.mark(path)}."


def _gate(words: Words, path: str, gate: str) -> str:
    what = "from elsewhere"
    if words.program.has(f"{path}.domain"):
        domain, least = plain(words.program.get(f"{path}.domain")), f"{path}.minimum_score"
        what = f"the domain {domain} {words.say(f'{path}.operator', operator)} {words.say(least)}"
        if words.is_(least, "off"):
            what = f"the domain {domain}, without a minimum{words.mark(least)}"
    return words.rule(f"Gate `{gate}` ({what}) blocks {words.say(f'{path}.blocks')}.", f"What the gate `{gate}` blocks", f"{path}.blocks")


def _bonus(words: Words, path: str) -> list[str]:
    method = f"{path}.method"
    amount, rate = words.say(f"{path}.amount"), words.say(f"{path}.rate", percent)
    size = {
        "per_member_month": f"{amount} dollars per member-month",
        "pool": f"a part of a pool of {amount} dollars that all practices under these terms share to the cent",
        "percent": f"{rate} of the {words.say(f'{path}.percent_of')}",
    }
    said = next((text for word, text in size.items() if words.is_(method, word)), "**unknown**")
    lines = [
        words.rule(f"The bonus is {said}{words.mark(method)}.", "How large the bonus is", method),
        words.rule(f"The score turns into money {words.say(f'{path}.payout')}.", "How the score turns into money", f"{path}.payout"),
    ]
    for rung in words.program.ids(f"{path}.ladder") if words.program.has(f"{path}.ladder") else []:
        at, share = f"{path}.ladder.{rung}.at_least", f"{path}.ladder.{rung}.share"
        lines.append(words.sentence(f"`{rung}`: from a score of {words.say(at)} on, {words.say(share, percent)} of it.", at, share))
    return lines


def _sharing(words: Words, path: str, base: str) -> list[str]:
    share, cap, least = f"{path}.share_rate", f"{path}.cap_rate", f"{path}.minimum_savings_rate"
    limit = f"The cap lies on {words.say(f'{path}.cap_on')}: {words.say(cap, percent)} of the benchmark."
    floor = f"Savings count {words.say(f'{path}.minimum_savings_operator', operator)} {words.say(least, percent)} of the benchmark."
    lines = [
        words.rule(f"The base is trended by the factor {words.say(f'{path}.trend_factor')}.", "The trend", f"{path}.trend_factor"),
        words.rule(
            f"Every dollar of savings counts{words.mark(least)}." if words.is_(least, "off") else floor,
            "From where on savings count",
            least,
        ),
        words.rule(f"The practice is paid {words.say(share, percent)} of the savings.", "Which share of savings is paid", share),
        words.rule(f"There is no cap{words.mark(cap)}." if words.is_(cap, "off") else limit, "Whether savings or payment are capped", cap),
        words.rule(
            f"The score scales the payment: {words.say(f'{path}.quality_scales')}.", "Whether the score scales", f"{path}.quality_scales"
        ),
    ]
    if words.is_(f"{base}.downside", True):
        loss, most = f"{path}.loss_share_rate", f"{path}.loss_limit_rate"
        text = f"The practice owes {words.say(loss, percent)} of losses, at most {words.say(most, percent)} of the benchmark."
        lines.append(words.rule(text, "Which share of losses is owed", loss))
    return lines


def _challenge(words: Words, path: str) -> list[str]:
    if not words.is_(f"{path}.pool", "on"):
        return [words.rule(f"There is no challenge pool{words.mark(f'{path}.pool')}.", "Whether there is a challenge pool", f"{path}.pool")]
    return [
        words.sentence(
            "What quality leaves unearned goes to a challenge pool, split by members times challenge measures passed; what nobody passes "
            "for is reported as undistributed.",
            f"{path}.pool",
        ),
        words.rule(
            f"Challenge measures: {words.say(f'{path}.measures', _named)}, passed from a score of {words.say(f'{path}.pass_score')} on.",
            "Which the challenge measures are",
            f"{path}.measures",
        ),
    ]


def _benchmarks(words: Words) -> list[str]:
    if not words.program.has("prices.mechanism"):
        return []
    base, least = "prices.baseline_period", "prices.minimum_member_months"
    return [
        words.sentence(
            f"A benchmark is the group's cost per member-month with the payer in {words.say(base, str)}, divided by risk and trended; "
            "times the risk-weighted months of the period it is what they should cost.",
            base,
        ),
        words.rule(f"It needs {words.say(least)} member-months of the base.", "How many member-months of the base it needs", least),
    ]


def _clocks(words: Words) -> list[str]:
    runout, due, held = (f"maturity.{key}" for key in ("runout_days", "settlement_due_days", "held_dollars_limit"))
    return [
        words.rule(f"Claims have {words.say(runout)} days after the period to arrive.", "How long claims may arrive", runout),
        words.rule(f"Settlement is due {words.say(due)} days after the period.", "When settlement is due", due),
        words.rule(f"Nothing settles while more than {words.say(held)} dollars are held.", "How many held dollars stop a settlement", held),
    ]


def _codes(words: Words) -> list[str]:
    paths = ("panel.attribution.visit", "panel.months.dual_status", "panel.codes.substance_use")
    return [words.sentence(f"{plain(p.rpartition('.')[2])}: {words.codes(p)}.", f"{p}.value_set") for p in paths]
