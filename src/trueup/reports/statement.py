"""The statement of one practice: what it gets, why, which episodes, what to do. Reads tables; computes nothing but display sums."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.money import format_cents, parse_cents
from trueup.reports import privacy, sections, words
from trueup.reports import steps as ladder_words
from trueup.reports.charts import Line, Mark, bars, dots
from trueup.reports.figures import average, averages, chance_percent, percent
from trueup.reports.grid import Answer, Cell, Chart, Column, Grid, Link, Page, Rows, Section, Stated
from trueup.reports.monitoring_data import Monitoring
from trueup.reports.monitoring_sections import monitoring_section
from trueup.reports.practice import Practice, PracticePeriod, categories, why_unsettled
from trueup.reports.quality_data import Quality
from trueup.reports.quality_sections import TERMS, quality_sections, score_fact
from trueup.reports.settled import headline
from trueup.reports.source import Row

SIGNS = "Filled dot: you. Open diamond: what you are compared with."


@dataclass(frozen=True)
class Scored:
    """What is known of quality and of checks in the run; `detail` shows small groups of patients too."""

    quality: Quality
    monitoring: Monitoring
    detail: bool = False


def statement(practice: Practice, scored: Scored | None = None) -> Page:
    """The page of one practice, in the order in which managers ask: am I earning, why, which patients, what can I do."""
    run = practice.run
    scored = scored or Scored(Quality(run), Monitoring(run))
    body = [
        *[_year(practice, period) for period in practice.periods],
        *quality_sections(scored.quality, practice.entity_id, detail=scored.detail),
        *monitoring_section(scored.monitoring, practice.entity_id, groups_shown=practice.groups_shown),
        _prices(practice),
        *[_episodes(practice, period) for period in practice.periods],
        _why_mine(practice),
        _next_steps(practice),
    ]
    return Page(
        title=f"Statement for {practice.name}: {run.title}",
        heading=f"Statement for {practice.name}",
        subtitle=run.subtitle,
        answers=[_answer(practice, period, scored.quality) for period in practice.periods],
        sections=[
            *body,
            *sections.payments(run),
            *sections.sources(run.listed("sources"), [grid for section in body for grid in section.all_grids()]),
            sections.definitions([*sections.TERMS, *(TERMS if scored.quality.of(practice.entity_id) else ())]),
            sections.cliffs(run),
            sections.assumed(run),
            sections.versions(run),
        ],
        about=sections.version_facts(run),
    )


# --- the answer -------------------------------------------------------------------------------------------------------------------


def _answer(practice: Practice, period: PracticePeriod, quality: Quality) -> Answer:
    run = practice.run
    facts: list[tuple[str, str | Link]] = [
        ("Period", sections.period_words(run, period.period)),
        ("Status", _status(practice, period)),
        ("Data through", words.day(run.as_of)),
        ("Episodes that count", f"{len(period.counted):,} of {len(period.episodes):,}"),
    ]
    if period.counted:
        facts.append(("Your average cost per episode", _against(practice, period)))
        chance = chance_percent(e["total_cost_cents"] or 0 for e in period.counted)
        if chance is not None:
            facts.append(
                (
                    "Chance",
                    f"With {words.plural(len(period.counted), 'episode')}, chance alone moves your average by about ± {chance}%"
                    " (in nine years of ten).",
                )
            )
    facts += score_fact(quality, practice.entity_id, period.period)
    if period.settlements and period.unsettled_count:
        facts.append(("Not settled", f"Some of the episodes that count have no result yet. {_why_unsettled(practice, period)}"))
    facts.append(("Next step", _next_step(practice, period)))
    return Answer(headline(period), facts)


def _status(practice: Practice, period: PracticePeriod) -> str:
    if not period.settlements:
        return f"Not settled. {_why_unsettled(practice, period)}"
    why = "; ".join(dict.fromkeys(words.result(row["reason"]) for row in period.settlements if row["reason"] and row["status"] == "held"))
    later = " Later settlement (true-up): its claims had more time to arrive than those behind the prices." if _is_true_up(period) else ""
    return f"{practice.run.standing}{later}{f' On hold: {why}.' if why else ''}"


def _is_true_up(period: PracticePeriod) -> bool:
    return any(f.get("code") == "TRU-P018" and f.get("period") == period.period for f in period.run.listed("findings"))


def _why_unsettled(practice: Practice, period: PracticePeriod) -> str:
    if not practice.groups_shown and any(r["entity_id"] == period.entity_id and r["cohort"] for r in practice.run.refusals):
        return "Something is missing for some of the episodes. Your program office can tell you what."
    return sections.neutral(practice.run.cohorts)(why_unsettled(period))


def _against(practice: Practice, period: PracticePeriod) -> str:
    own = words.whole_dollars(average(period.cost_cents, len(period.counted)))
    expected = _expected(practice, period)
    if expected is None:
        return f"${own:,}."
    target = words.whole_dollars(average(expected, len(period.counted)))
    gap = abs(own - target)
    share = f"{percent(gap, target)}%"
    side = "below" if own < target else "above"
    return f"${own:,}. That is ${gap:,} ({share}) {side} your target of ${target:,}." if gap else f"${own:,}, the same as your target."


def _expected(practice: Practice, period: PracticePeriod) -> int | None:
    """What the episodes were expected to cost, where the program has one target for all of them."""
    if not period.settlements or len(practice.run.cohorts) > 1 or not any(p["price"] == "target_price" for p in practice.run.prices):
        return None
    amounts = [row["expected_amount_cents"] for row in period.settlements]
    return None if any(amount is None for amount in amounts) else sum(amounts)


def _due(practice: Practice, period: PracticePeriod) -> list[Row]:
    """Dated steps of the ladders of a period, each named day once."""
    found = [step for key, steps in practice.run.steps.items() if key[:2] == (period.entity_id, period.period) for step in steps]
    return list({(s["name"], s["amount"]): s for s in found if s["unit"] == "date" and "due" in s["name"]}.values())


def _next_step(practice: Practice, period: PracticePeriod) -> str:
    due = [f"{ladder_words.name(step['name'])}: {words.stated(step['amount'], 'date')}." for step in _due(practice, period)]
    if _is_true_up(period):
        due = []
    if not period.settlements:
        act = "See what is missing below; check your list of episodes meanwhile."
    elif period.is_held:
        act = "Nothing is paid or owed until the hold ends. Ask your program office what it needs."
    else:
        act = "Check your list of episodes. If one looks wrong, note its id and tell your program office."
    return " ".join([act, *due])


# --- one period: cost, ladder, categories -----------------------------------------------------------------------------------------


def _year(practice: Practice, period: PracticePeriod) -> Section:
    slug = sections.slug(period.period)
    return Section(
        anchor=f"period-{slug}",
        heading=f"How the result of {sections.period_name(period.period)} came about",
        parts=[_cost(practice, period, slug), _ladders(practice, period, slug), _categories(practice, period, slug)],
    )


def _cost(practice: Practice, period: PracticePeriod, slug: str) -> Section:
    if not period.counted:
        return Section(f"cost-{slug}", "Your cost against your target", ["No episode counts in this period, so there is no average."])
    charts: list[Chart] = []
    rows: Rows = []
    for label, lines in _comparisons(practice, period):
        finding = _finding(lines)
        summary = "; ".join(f"{line.label} {line.text}" for line in lines) + "."
        charts.append(dots(f"cost-{slug}-{len(charts)}", f"{label + ': ' if label else ''}{finding}", f"{summary} {SIGNS}", lines))
        rows += [[label or "All episodes", line.label, line.marks[0].value] for line in lines]
    columns = (Column("group", "Episodes"), Column("line", "What"), Column("amount", "Dollars per episode", "money"))
    grid = Grid(f"cost_against_target_{slug}", "Your average cost per episode and what it is compared with", columns, rows)
    notes = [] if practice.groups_shown else [privacy.TOO_FEW + " You see your episodes together."]
    chance = chance_percent(e["total_cost_cents"] or 0 for e in period.counted)
    if chance is not None:
        notes.append(f"The bar around your average shows what chance alone can do: about ± {chance}%.")
    return Section(f"cost-{slug}", "Your cost against your target", notes, charts, [grid])


def _comparisons(practice: Practice, period: PracticePeriod) -> list[tuple[str, list[Line]]]:
    """Pairs of group label and lines: own average first, then what it is held against."""
    run = practice.run
    parts, number = practice.peers.of(period.period)
    state = _line("State average", average(sum(parts.values()), number))
    if len(run.cohorts) > 1 and practice.groups_shown:
        groups = [cohort for cohort in run.cohorts if period.of_cohort(cohort)]
        return [(practice.label(cohort), [_own(period.of_cohort(cohort)), *_price_lines(practice, period, cohort)]) for cohort in groups]
    lines = [_own(period.counted)]
    expected = _expected(practice, period)
    if expected is not None:
        lines.append(_line("Your target", average(expected, len(period.counted)), guide=True))
    elif len(run.cohorts) < 2:
        lines += _price_lines(practice, period, run.cohorts[0] if run.cohorts else "")
    return [("", [*lines, state] if number else lines)]


def _own(episodes: list[Row]) -> Line:
    costs = [e["total_cost_cents"] or 0 for e in episodes]
    mean, chance = average(sum(costs), len(costs)), chance_percent(costs)
    around = (mean - mean * chance // 100, mean + mean * chance // 100) if chance else None
    return Line("Your average", words.money_whole(mean), [Mark(mean)], around)


def _line(label: str, cents: int, *, guide: bool = False) -> Line:
    return Line(label, words.money_whole(cents), [Mark(cents, "other")], guide=guide)


def _price_lines(practice: Practice, period: PracticePeriod, cohort: str) -> list[Line]:
    """The thresholds that the ladder used; without a ladder, the prices on file for the first day of the period."""
    run, key = practice.run, (period.entity_id, period.period, cohort)
    stated = [(s["name"], parse_cents(s["amount"])) for s in run.steps.get(key, []) if s["name"] in words.PRICES]
    if not stated:
        first = str(run.periods.get(period.period, {}).get("first_day") or "")
        mine = [p for p in run.prices if (p["entity_id"], p["cohort"]) == (period.entity_id, cohort) and p["price"] != "case_rate"]
        stated = [(p["price"], p["amount_cents"]) for p in mine if p["effective_from"].isoformat() <= first < p["effective_to"].isoformat()]
    return [_line(words.price(name), cents, guide=True) for name, cents in stated]


def _finding(lines: list[Line]) -> str:
    own = lines[0].marks[0].value
    others = [(line.label.lower(), line.marks[0].value) for line in lines[1:]]
    others = [(label if label.startswith("your ") else f"the {label}", value) for label, value in others]
    below = [label for label, value in others if own < value]
    above = [label for label, value in others if own > value]
    parts = [f"below {words.listed(below)}"] if below else []
    parts += [f"above {words.listed(above)}"] if above else []
    return "Your average is " + (", and ".join(parts) or "shown alone") if others else "Your average cost per episode"


def _ladders(practice: Practice, period: PracticePeriod, slug: str) -> Section:
    heading = "How the amount was worked out, step by step"
    if not period.settlements:
        return Section(f"ladder-{slug}", heading, [f"There is no settlement to work out. {_why_unsettled(practice, period)}"])
    if not practice.groups_shown:
        columns = (Column("what", "What"), Column("amount", "Amount", "stated"))
        rows: Rows = [
            ["Episodes that count", Stated(str(len(period.counted)), "count")],
            ["Result", "On hold" if period.is_held else Stated(format_cents(period.payable_cents), "dollars")],
        ]
        grid = Grid(f"result_{slug}", "The result of all your episodes together", columns, rows)
        note = f"{privacy.TOO_FEW} The program office holds the steps of each group and can go through them with you."
        return Section(f"ladder-{slug}", heading, [note], [], [grid])
    grids = [_ladder(practice, row, slug) for row in period.settlements]
    intro = ["You can redo each step on a calculator, from top to bottom."]
    for row in period.settlements:
        label = practice.label(row["cohort"])
        why = words.result(row["reason"] or "")
        intro.append(f"{label + ': ' if label else ''}{words.status(row['status'])}.{f' {why}.' if why else ''}")
    if len(grids) > 1:
        intro.append(f"Your result is the sum of the groups: {headline(period)}.")
    return Section(f"ladder-{slug}", heading, intro, [], grids)


def _ladder(practice: Practice, row: Row, slug: str) -> Grid:
    label = practice.label(row["cohort"])
    steps = practice.run.steps.get((row["entity_id"], row["period"], row["cohort"]), [])
    caption = f"Steps of the settlement{', ' + label if label else ''}"
    name = f"ladder_{slug}{'_' + sections.slug(label) if label else ''}"
    return sections.ladder(name, caption, steps, sections.neutral(practice.run.cohorts), note=sections.price_base(practice.run))


def _categories(practice: Practice, period: PracticePeriod, slug: str) -> Section:
    run, heading = practice.run, "Where the money went, against the state"
    if not period.counted:
        return Section(f"categories-{slug}", heading, ["No episode counts in this period."])
    own_parts = categories(run, period.counted)
    state_parts, number = practice.peers.of(period.period)
    names = sorted(
        own_parts.keys() | state_parts.keys(), key=lambda code: (code == privacy.OTHER_SERVICES, -state_parts.get(code, 0), code)
    )
    totals = [own_parts.get(name, 0) for name in names]
    own = averages(totals, len(period.counted))
    all_state = averages([state_parts.get(name, 0) for name in names], number)
    columns = (
        Column("category", "Kind of service"),
        Column("your_total", "Your total", "money", total=True),
        Column("your_average", "You, per episode", "money", total=True),
        Column("state_average", "State, per episode", "money", total=True),
        Column("difference", "Difference per episode", "money", total=True),
    )
    rows: Rows = [[words.category(n), t, a, s, a - s] for n, t, a, s in zip(names, totals, own, all_state, strict=True)]
    lines = [
        Line(words.category(n), f"{words.money_whole(a)}, state {words.money_whole(s)}", [Mark(a - s)])
        for n, a, s in zip(names, own, all_state, strict=True)
    ]
    most = max(range(len(names)), key=lambda i: abs(own[i] - all_state[i]))
    side = "more" if own[most] > all_state[most] else "less"
    gap = words.money_whole(abs(own[most] - all_state[most]))
    finding = f"The largest difference is in {words.inline(words.category(names[most]))}: {gap} {side} than the state for an episode"
    summary = "Each bar is you less the state for an episode: filled to the right is more, hollow to the left is less."
    chart = bars(f"categories-{slug}", finding, summary, lines)
    grid = Grid(f"categories_{slug}", "Cost by kind of service", columns, rows, note="The rows add up to the totals shown, to the cent.")
    return Section(f"categories-{slug}", heading, [f"The state average is over {words.plural(number, 'episode')}."], [chart], [grid])


# --- prices, episodes, attribution, dispute ---------------------------------------------------------------------------------------


def _prices(practice: Practice) -> Section:
    run, heading = practice.run, "How your price was built"
    mine = sorted(
        (p for p in run.prices if p["entity_id"] == practice.entity_id), key=lambda p: (p["price"], p["cohort"], p["effective_from"])
    )
    if not mine:
        return Section("prices", heading, ["No price is on file for this practice, so nothing can be settled with it."])
    if not practice.groups_shown:
        return Section("prices", heading, [privacy.TOO_FEW + " Prices differ by group, so they are left out of this page."])
    grids = [sections.price_grid(practice, mine)]
    for price, cohort in dict.fromkeys((p["price"], p["cohort"]) for p in mine):
        label = practice.label(cohort)
        title = f"Steps of the {words.inline(words.price(price))}{', ' + label if label else ''}"
        name = f"price_steps_{price}{'_' + sections.slug(label) if label else ''}"
        steps = run.price_steps.get((practice.entity_id, price, cohort), [])
        grids.append(sections.ladder(name, title, steps, sections.neutral(run.cohorts)))
    text = ["The price was fixed before the period and does not change with your results.", sections.price_base(run)]
    return Section("prices", heading, [line for line in text if line], [], grids)


def _episodes(practice: Practice, period: PracticePeriod) -> Section:
    one_price = len(practice.run.cohorts) < 2  # a target by group would tell the group
    slug = sections.slug(period.period)
    identity = (Column("episode", "Episode"), Column("delivery_date", "Delivery date", "date"), Column("member", "Member, last characters"))
    cost = Column("cost", "Total cost", "money", total=True)
    extra = (Column("risk_score", "Risk score", "rate"), Column("target", "Target", "money", total=True)) if one_price else ()
    counted: Rows = [
        [*_identity(e), e["total_cost_cents"], *((e["risk_score"], e["target_amount_cents"]) if one_price else ())] for e in period.counted
    ]
    left_out: Rows = [[*_identity(e), _why_out(e, practice.entity_id), e["total_cost_cents"]] for e in period.left_out]
    name = sections.period_name(period.period)
    return Section(
        f"episodes-{slug}",
        f"Your episodes of {name}",
        [
            f"{len(period.counted):,} of your {words.plural(len(period.episodes), 'episode')} count. Each other one has its reason.",
            "The first column is the episode's id: E and 16 letters and digits. Name it whenever you ask about an episode.",
        ],
        [],
        [
            Grid(
                f"episodes_counted_{slug}",
                "Episodes that count",
                (*identity, cost, *extra),
                counted,
                empty="No episode counts in this period.",
            ),
            Grid(
                f"episodes_left_out_{slug}",
                "Episodes that do not count, and why",
                (*identity, Column("why", "Why it does not count"), cost),
                left_out,
                empty="Every episode counts.",
            ),
        ],
    )


def _identity(episode: Row) -> list[Cell]:
    return [episode["episode_id"], episode["delivery_date"], privacy.mask(episode["member_id"])]


def _why_out(episode: Row, entity_id: str) -> str:
    if episode["exclusion_reasons"]:
        return words.reasons(privacy.open_reasons(episode["exclusion_reasons"]))
    if episode["accountable_entity_id"] and episode["accountable_entity_id"] != entity_id:
        return "Another practice is accountable for it"
    if episode["took_part"] is False:
        return "The practice was not in the program on that day"
    return "This practice is not an accountable provider in this period"


def _why_mine(practice: Practice) -> Section:
    rows: Rows = []
    for period in practice.periods:
        counts: dict[str, int] = {}
        for episode in period.episodes:
            if episode["attributed_entity_id"] == practice.entity_id:
                text = words.rule(episode["attribution_rule"])
                counts[text] = counts.get(text, 0) + 1
        name = sections.period_name(period.period)
        rows += [[name, text, count] for text, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    columns = (Column("period", "Period"), Column("rule", "Why the episode is yours"), Column("episodes", "Episodes", "count"))
    grids = [Grid("attribution", "Episodes by the rule that gave them to you", columns, rows)]
    gates: Rows = []
    for period in practice.periods:
        if gate := period.gate:
            answer = "Met: accountable" if gate["accountable"] else f"Not met: {words.inline(words.reason(gate['reason'] or ''))}"
            gates.append([sections.period_name(period.period), answer, gate["delivery_count"], gate["counted_in"]])
    columns = (
        Column("period", "Period"),
        Column("result", "Result"),
        Column("deliveries", "Deliveries", "count"),
        Column("counted_in", "Counted in"),
    )
    grids.append(Grid("accountable", "Whether you can be accountable", columns, gates, empty="No test was recorded."))
    return Section("attribution", "Why these episodes are yours", [], [], grids)


def _next_steps(practice: Practice) -> Section:
    dates: Rows = [
        [
            sections.period_name(period.period),
            ladder_words.name(step["name"]),
            Stated(step["amount"], "date"),
            words.source(step["cite"] or ""),
        ]
        for period in practice.periods
        for step in _due(practice, period)
    ]
    text = [
        "If you think an episode, a cost or a reason is wrong, write down its episode id (the first column of your lists of episodes) and"
        " what you expected. Tell your program office.",
        "A correction counts when its claim reaches the state; the next statement then shows the difference.",
    ]
    if not dates:
        text.append("The rules used here name no date for a dispute or a payment. Ask your program office for its dates.")
    columns = (Column("period", "Period"), Column("what", "What"), Column("day", "Day", "stated"), Column("cite", "Where it comes from"))
    grids = [Grid("dates", "Dates to keep", columns, dates)] if dates else []
    return Section("next", "What to do if you disagree, and by when", text, [], grids)
