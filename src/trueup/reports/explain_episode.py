"""One episode, from its dates down to its claim lines and its target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

from trueup.errors import Place, UsageError
from trueup.money import multiply
from trueup.reports import privacy, sections, words
from trueup.reports.explanation import Explanation, Part, Sum, closed
from trueup.reports.grid import Cell, Column, Grid, Rows
from trueup.reports.source import Row, RunData

_FACTS = (Column("what", "What"), Column("value", "Value"))
NOT_KNOWN = "not known"
WHERE_IDS = "Episode ids stand in the first column of the lists of episodes on each statement, and in the run's table `episodes`."
# Facts that come from eligibility rows: without any, they are not known, whatever number stands in their place.
_FROM_ELIGIBILITY = frozenset({"dual_days", "longest_gap_days", "death_in_window", "is_male", "age_at_delivery"})


class Rules(Protocol):
    """The part of a loaded program that an explanation reads."""

    def ids(self, path: str) -> list[str]: ...
    def get(self, path: str) -> Any: ...
    def known(self, path: str) -> bool: ...
    def cite(self, path: str) -> str: ...


def explain_episode(run: RunData, episode_id: str, rules: Rules | None = None) -> Explanation:
    """Identity, window, attribution, exclusions, lines, cost and target of an episode.

    Raises UsageError if the run has no such episode, CheckFailed (TRU-C042) if lines or price do not add up to its amounts.
    """
    found = run.rows("episodes", episode_id=episode_id)
    if not found:
        raise UsageError(
            "TRU-U062",
            f"has no episode {episode_id}.",
            place=Place(str(run.folder)),
            next_step=f"{WHERE_IDS} A moved delivery date gives a new id: look for it under `replaces_episode_id`.",
        )
    episode = found[0]
    lines = run.rows("episode_lines", episode_id=episode_id)
    parts = [
        _identity(episode),
        _window(run, episode, rules),
        _attribution(run, episode, rules),
        _exclusions(run, episode, rules),
        _lines(episode, lines),
        _cost(run, episode, lines),
        *_target(run, episode),
    ]
    return Explanation("episode", episode_id, f"Episode {episode_id} in {run.title}, run {run.manifest['run_id']}", parts)


def _cite(rules: Rules | None, path: str) -> str:
    return f" (rule {path}: {words.source(rules.cite(path))})" if rules and rules.known(path) else ""


def _identity(e: Row) -> Part:
    source = words.DATE_SOURCES.get(e["delivery_date_source"] or "", e["delivery_date_source"] or "not recorded")
    weeks = f"{e['gestation_weeks']} weeks, as coded" if e["gestation_weeks"] else "not coded, 40 weeks assumed"
    rows: list[tuple[str, Cell]] = [
        ("Member", privacy.mask(e["member_id"])),
        ("Delivery date", e["delivery_date"]),
        ("Where that date comes from", source),
        ("Outcome", words.humanize(e["outcome"] or "")),
        ("Mode", words.humanize(e["mode"] or "")),
        ("Gestation", weeks),
        ("Pregnancy start", e["pregnancy_start_date"]),
        ("Fetuses", str(e["fetus_count"])),
        ("Hospital stay", words.span(e["stay_start_date"], e["stay_end_date"])),
        ("Period", e["period"]),
        ("Cohort", e["cohort"]),
        ("First day of the cohort's flag", e["cohort_flag_date"]),
        ("Earlier id of this episode", e["replaces_episode_id"]),
    ]
    return Part("What it is", [], Grid("identity", "", _FACTS, [row for row in rows if row[1] not in (None, "")]))


def _window(run: RunData, e: Row, rules: Rules | None) -> Part:
    text = [f"The rule gives {words.span(e['window_start_date'], e['window_end_date'])}{_cite(rules, 'episode.anchor')}."]
    if e["episode_start_date"] != e["window_start_date"]:
        text.append(f"An earlier birth or loss lies before it, so the episode begins on {words.day(e['episode_start_date'])}.")
    if e["episode_end_date"] != e["window_end_date"]:
        text.append(f"It ends on {words.day(e['episode_end_date'])}.")
    text.append(f"Facts known by {words.day(run.as_of)} are used, later ones are not.")
    return Part("Which days it covers", text)


def _attribution(run: RunData, e: Row, rules: Rules | None) -> Part:
    candidates = sorted(run.rows("attribution_candidates", episode_id=e["episode_id"]), key=lambda c: c["candidate_rank"])
    rows: Rows = [
        [c["candidate_rank"], run.name(c["entity_id"]), c["months"], c["delivery_amount_cents"], c["first_date"], "won" if c["won"] else ""]
        for c in candidates
    ]
    columns = (
        Column("rank", "Rank", "count"),
        Column("entity", "Entity"),
        Column("months", "Months", "count"),
        Column("delivery", "Paid for the delivery", "money"),
        Column("first_date", "First day", "date"),
        Column("won", "Result"),
    )
    if not candidates:
        return Part("Whose it is", ["No entity could be attributed: it stays with the state."])
    text = [f"What decided: {words.inline(words.rule(e['attribution_rule']))}{_cite(rules, 'attribution.episode.rule')}."]
    months = run.rows("attribution_months", episode_id=e["episode_id"])
    if months:
        held = Counter((m["entity_id"], m["rule"]) for m in months)
        for (holder, rule), count in sorted(held.items()):
            text.append(f"Months of {run.name(holder)}: {count}, {words.inline(words.month_rule(rule))}.")
    gate = run.gates.get((e["attributed_entity_id"], e["period"]))
    if e["accountable_entity_id"]:
        text.append(f"{run.name(e['accountable_entity_id'])} is accountable: it meets every test of an accountable provider.")
    else:
        why = words.inline(words.reason(gate["reason"] or "")) if gate else "no test is recorded"
        text.append(f"Nobody is accountable: {why}.")
    return Part("Whose it is", text, Grid("candidates", "", columns, rows))


def _exclusions(run: RunData, e: Row, rules: Rules | None) -> Part:
    facts = {f["fact"]: f["fact_value"] for f in run.rows("exclusion_facts", episode_id=e["episode_id"])}
    hits = [code for code in (e["exclusion_reasons"] or "").split(";") if code]
    answer = _whether_it_counts(run, e, hits)
    if rules is None:
        columns = (Column("fact", "Fact"), Column("value", "Value", "count"))
        rows: Rows = [[words.fact(name), _fact(run, name, facts)] for name in sorted(facts)]
        return Part("Whether it counts", [answer], Grid("facts", "", columns, rows))
    columns = (
        Column("rule", "Rule"),
        Column("fact", "Fact"),
        Column("value", "Value", "count"),
        Column("test", "Applies if the fact"),
        Column("applies", "Applies"),
        Column("cite", "Where it comes from"),
    )
    tested: Rows = [_rule(run, rules, rule, facts, hits) for rule in rules.ids("exclusions")]
    return Part("Whether it counts", [answer], Grid("rules", "", columns, tested))


def _fact(run: RunData, name: str, facts: dict[str, int]) -> Cell:
    """The value of a fact, or that nobody knows it: a run without eligibility rows compares 0, which is no finding."""
    return facts.get(name, NOT_KNOWN) if run.knows_eligibility or name not in _FROM_ELIGIBILITY else NOT_KNOWN


def _whether_it_counts(run: RunData, e: Row, hits: Sequence[str]) -> str:
    """The answer that the statement gives: an episode counts without an exclusion, with an accountable entity that takes part."""
    if hits:
        return f"It does not count: {'; '.join(words.inline(words.reason(code)) for code in hits)}."
    kept = "No exclusion rule applies"
    if not e["accountable_entity_id"]:
        return f"{kept}, but it counts for nobody: no practice is accountable for it."
    name = run.name(e["accountable_entity_id"])
    if e.get("took_part") is False:
        return f"{kept}, but it does not count: {name} is accountable and was not in the program on that day."
    role = run.periods.get(e["period"] or "", {}).get("role")
    if role == "baseline":
        return f"{kept}, and {name} is accountable. It lies in the base period, so prices may rest on it and it is not settled itself."
    if not role and run.periods:
        return f"{kept}, and {name} is accountable, but it lies outside every period and is not settled."
    return f"{kept}, and {name} is accountable: it counts for {name} in {e['period']}."


_OPERATORS = {"ge": "is at least", "gt": "is above", "le": "is at most", "lt": "is below", "eq": "equals", "ne": "differs from"}


def _rule(run: RunData, rules: Rules, rule: str, facts: dict[str, int], hits: Sequence[str]) -> list[Cell]:
    path = f"exclusions.{rule}"
    fact = str(rules.get(f"{path}.fact"))
    known = rules.known(f"{path}.value")
    operator = str(rules.get(f"{path}.operator"))
    test = f"{_OPERATORS.get(operator, operator)} {rules.get(f'{path}.value')}" if known else "unknown value: not applied"
    return [
        words.reason(rule),
        words.fact(fact),
        _fact(run, fact, facts),
        test,
        "yes" if rule in hits else "no",
        words.source(rules.cite(f"{path}.value")),
    ]


def _lines(e: Row, lines: list[Row]) -> Part:
    ordered = sorted(
        lines, key=lambda x: (not x["included"], x["line_start_date"], x["claim_id"], x["version_seq"], x["claim_line_number"])
    )
    rows: Rows = [
        [
            x["claim_id"],
            x["claim_line_number"],
            x["line_start_date"],
            x["entity_id"],
            "in" if x["included"] else "out",
            words.reason(x["reason"]) if x["reason"] else "",
            words.category(x["category"] or "other"),
            x["cost_cents"],
        ]
        for x in ordered
    ]
    columns = (
        Column("claim", "Claim"),
        Column("line", "Line", "count"),
        Column("day", "Day", "date"),
        Column("entity", "Entity"),
        Column("place", "In or out"),
        Column("reason", "Why out"),
        Column("category", "Kind of service"),
        Column("cost", "Cost", "money"),
    )
    inside = [x["cost_cents"] or 0 for x in lines if x["included"]]
    source, corrected, ffs = f"episodes/{e['episode_id']}", e["adjustment_cost_cents"] or 0, e["ffs_cost_cents"]
    sums = [
        closed("Lines that are in", len(inside), e["claim_line_count"], source, kind="count"),
        closed(
            f"Cost of the lines that are in{', with corrections' if corrected else ''} (fee for service)",
            sum(inside) + corrected,
            ffs,
            source,
        ),
    ]
    text = [f"{words.plural(len(lines), 'line')} lie in its days, {len(inside)} are in."]
    if e["held_line_count"]:
        text.append(f"{e['held_line_count']} more are on hold and count nowhere until their claim is settled.")
    return Part("Every claim line in its days", text, Grid("lines", "", columns, rows), sums)


def _cost(run: RunData, e: Row, lines: list[Row]) -> Part:
    by_category: dict[str, int] = {}
    for line in lines:
        if line["included"]:
            code = line["category"] or "other"
            by_category[code] = by_category.get(code, 0) + (line["cost_cents"] or 0)
    rows: Rows = [[words.category(code), cents] for code, cents in sorted(by_category.items(), key=lambda item: (-item[1], item[0]))]
    if e["adjustment_cost_cents"]:
        rows.append(["Corrections of claims a case rate covers", e["adjustment_cost_cents"]])
    if e["case_rate_cost_cents"]:
        rows.append(["Case rate payments", e["case_rate_cost_cents"]])
    full = (e["ffs_cost_cents"] or 0) + (e["case_rate_cost_cents"] or 0)
    over = (e["total_cost_cents"] or 0) - full
    text = [f"Cost basis: {run.manifest.get('cost_basis') or 'not stated'}."]
    if over:
        rows.append(["Above the high-cost line, not counted", over])
        text.append(_truncation(run, e, full))
    if e["shadow_cost_cents"]:
        text.append(f"Lines paid at zero under a case rate would have cost {words.money(e['shadow_cost_cents'])}; this is not counted.")
    total = sum(int(str(row[1])) for row in rows)
    source = f"episodes/{e['episode_id']}"
    columns = (Column("category", "Kind of service"), Column("cost", "Cost", "money"))
    return Part("What it cost", text, Grid("cost", "", columns, rows), [closed("Total cost", total, e["total_cost_cents"], source)])


def _truncation(run: RunData, e: Row, full_cents: int) -> str:
    """The high line that cuts a full cost to the episode's total, in words. Raises CheckFailed if no line of the price set does."""
    if run.price_folder is None:
        return "The cost is counted up to the high-cost line. Name the folder of the price set to see that line."
    for line in run.price_rows("outlier_lines", tail="high"):
        for cents in (line["amount_cents"], line["base_cents"]):
            if multiply(cents, e["risk_score"]) == e["total_cost_cents"]:
                return (
                    f"The cost is counted up to the high-cost line of {words.money(cents)} × risk {words.plain_decimal(e['risk_score'])}."
                )
    closed("Fee for service and case rate", full_cents, e["total_cost_cents"], f"episodes/{e['episode_id']}")
    raise AssertionError("a difference closed")


def _target(run: RunData, e: Row) -> list[Part]:
    """Price × risk, with the steps of the price; nothing where the episode has no target."""
    entity, cents = e["attributed_entity_id"], e["target_amount_cents"]
    heading = "What it was expected to cost"
    if cents is None:
        prices = [p for p in run.prices if (p["entity_id"], p["cohort"]) == (entity, e["cohort"]) and p["price"] != "case_rate"]
        text = [f"{words.price(p['price'])} of its group: {words.money(p['amount_cents'])}{_validity(p)}." for p in prices]
        return [Part(heading, text or ["No price covers it."])]
    if run.price_folder is None:
        return [Part(heading, [f"Its target is {words.money(cents)}. Name the folder of the price set to see how it was built."])]
    source = f"episodes/{e['episode_id']}"
    risk: Decimal = e["risk_score"]
    prices = [p for p in run.prices if p["entity_id"] == entity and p["price"] == "target_price"]
    found = [p for p in prices if multiply(p["amount_cents"], risk) == cents]
    if not found:
        best = multiply(prices[0]["amount_cents"], risk) if prices else 0
        closed("Price × risk", best, cents, source)
    price = found[0]
    text = [f"{words.money(price['amount_cents'])} × risk {words.plain_decimal(risk)} = {words.money(cents)}, to a cent."]
    text += [base] if (base := sections.price_base(run)) else []
    steps = run.price_steps.get((price["entity_id"], "target_price", price["cohort"]), [])
    part = Part(heading, text, sections.ladder("price", "", steps), [Sum("Target", cents, cents)])
    return [part, _difference(e)]


def _validity(price: Row) -> str:
    return f", valid from {words.day(price['effective_from'])} up to, not including, {words.day(price['effective_to'])}"


def _difference(e: Row) -> Part:
    gap = e["target_amount_cents"] - e["total_cost_cents"]
    side = "below" if gap >= 0 else "above"
    return Part("Cost against target", [f"Its cost is {words.money(abs(gap))} {side} its target."])
