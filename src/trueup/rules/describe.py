"""A program as prose that policy staff can read and sign, from the same values the engine computes with."""

from __future__ import annotations

from trueup.rules import describe_monitoring, describe_quality
from trueup.rules.kinds import KINDS
from trueup.rules.program import Period, Program
from trueup.rules.prose import Words, day, exact, plain
from trueup.tables import CANONICAL, CLINICAL, CLINICAL_RESULTS, OUTPUT, Table, display_name


def describe(program: Program) -> str:
    """The program as Markdown: what it pays for, to whom, when, and what nobody has published yet."""
    words = Words(program)
    parts = [
        _head(program),
        _section("Calendar", _calendar(words)),
        *(_section(title, lines) for title, lines in KINDS[program.kind].describe(words)),
        *(_section(title, lines) for title, lines in describe_quality.sections(words)),
        *(_section(title, lines) for title, lines in describe_monitoring.sections(words)),
        _section("Arrangement", _arrangement(words)),
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
    clinical = CLINICAL | {table.name: table for table in CLINICAL_RESULTS}
    for title, tables in (("Facts, as loaded", CANONICAL), ("Results of a run", OUTPUT), ("Clinical records and their measures", clinical)):
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


def _arrangement(words: Words) -> list[str]:
    found: list[str] = []
    for purpose in words.program.ids("arrangement"):
        category, stream = (f"arrangement.{purpose}.{key}" for key in ("lan_category", "payment_stream"))
        text = f"`{purpose}` is paid as {words.say(stream, plain)}; category of the payment-model framework: {words.say(category)}."
        found.append(words.rule(text, f"`{purpose}`: which category of the payment-model framework it is", category, stream))
    return found


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
