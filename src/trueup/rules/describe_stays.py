"""A program of inpatient stays as prose: what a stay is, which hospitals can be in a tier, how a tier is found, and what is paid."""

from __future__ import annotations

from typing import cast

from trueup.rules.program import Param
from trueup.rules.prose import Words, day, operator, percent, plain
from trueup.rules.schema_stays import StayCodes

Row = dict[str, str | None]


def sections(words: Words) -> list[tuple[str, list[str]]]:
    """The parts of the page between the calendar and what is not known, each with its title."""
    return [
        ("What a stay is", _stay(words)),
        ("Which stays are left out", _exclusions(words)),
        ("Which hospitals can be in a tier", _hospitals(words)),
        ("How a tier is found", [*_metrics(words), *_small_numbers(words), *_cuts(words)]),
        ("Tiers and what they pay", [*_tiers(words), *_addons(words)]),
        ("Reports through the year", _reports(words)),
        ("Clocks", _clocks(words)),
        (
            "Codes",
            [f"- {name.replace('_', ' ')}: {words.codes(f'stays.codes.{name}')}." for name in StayCodes.model_fields if name != "cite"],
        ),
    ]


def _stay(words: Words) -> list[str]:
    base = "stays."
    return [
        "- Inpatient claims of one member and one hospital are one stay while the next begins by the latest end, or on the day after an "
        "interim bill.",
        words.rule(
            f"A return to any psychiatric hospital within {words.say(base + 'interrupted_days')} consecutive days continues the stay; the "
            "day of discharge is the first of them.",
            "Whether a return continues a stay",
            base + "interrupted_days",
        ),
        words.rule(
            f"An admission elsewhere within {words.say(base + 'transfer_days')} days of discharge is a direct transfer and continues "
            "the stay.",
            "How soon an admission elsewhere is a direct transfer",
            base + "transfer_days",
        ),
        words.rule(
            f"The length of a stay in several hospitals belongs to the {words.say(base + 'los_owner')} of them; what comes "
            "after it, to the last.",
            "To whom the length of a stay in several hospitals belongs",
            base + "los_owner",
        ),
        words.rule(
            f"Days between the parts of an interrupted stay count in its length: {words.say(base + 'interruption_in_length')}.",
            "Whether days away count in the length of a stay",
            base + "interruption_in_length",
        ),
        words.sentence(f"A stay belongs to the period of its {words.say(base + 'assign_by')}.", base + "assign_by"),
        "- Observation is never an inpatient stay; one just before a stay is marked on it and moves no date.",
        words.sentence(
            f"Follow-up counts one discharge of a chain: the last one without another acute mental-health stay within "
            f"{words.say(base + 'chain_days')} days. Any other acute or non-acute admission in these days drops the chain.",
            base + "chain_days",
        ),
    ]


def _exclusions(words: Words) -> list[str]:
    lines: list[str] = []
    for item in words.program.ids("stays.exclusions"):
        path = f"stays.exclusions.{item}"
        entry = words.entry(f"{path}.value")
        if isinstance(entry, Param) and entry.value is None:
            lines.append(words.sentence(f"`{item}` leaves out nothing{words.mark(f'{path}.value')}.", f"{path}.value"))
            continue
        fact = plain(words.program.get(f"{path}.fact"))
        compared = f"{fact} {operator(words.program.get(f'{path}.operator'))} {words.say(f'{path}.value')}"
        lines.append(words.rule(f"`{item}`: {compared}.", f"Where `{item}` begins", f"{path}.value"))
    return lines


def _hospitals(words: Words) -> list[str]:
    return [
        words.sentence(
            f"Hospitals of these classes can enroll: {words.say('hospitals.eligible_classes')}. Every other class keeps the interim "
            "add-on.",
            "hospitals.eligible_classes",
        ),
        "- An eligible hospital that has not enrolled, or has declined, keeps the interim add-on. Election and class have dates.",
        words.rule(
            f"A hospital that enrolls later: {words.say('hospitals.late_entry')}.",
            "Which measured year a late entrant has",
            "hospitals.late_entry",
        ),
    ]


def _metrics(words: Words) -> list[str]:
    lines = [
        words.sentence(
            f"A payment year is measured {words.say('prices.measurement_lag_years')} years before it, in "
            f"{words.program.text('prices.baseline_period')}.",
            "prices.measurement_lag_years",
        )
    ]
    for metric in words.program.ids("prices.metrics"):
        path = f"prices.metrics.{metric}"
        lines.append(
            f"- {plain(metric).capitalize()}, {words.program.text(path + '.direction')} is better: measure {words.say(path + '.measure')}, "
            f"weight {words.say(path + '.weight', percent)}, points by {words.say(path + '.points')} from "
            f"{words.say(path + '.threshold')} to {words.say(path + '.benchmark')}."
        )
    gate = "prices.gate.metric"
    if words.is_(gate, None):
        lines.append(words.sentence(f"No metric is a gate for the others{words.mark(gate)}.", gate))
    else:
        lines.append(
            words.rule(
                f"If {words.say(gate)} is worse than its {words.say('prices.gate.against')} by more than "
                f"{words.say('prices.gate.tolerance')}, {words.say('prices.gate.blocks')} earns nothing.",
                "Whether one metric is a gate for others",
                gate,
            )
        )
    lines.append(words.rule(f"Case mix: {words.say('prices.case_mix')}.", "The case mix", "prices.case_mix"))
    return lines


def _small_numbers(words: Words) -> list[str]:
    base = "prices.small_numbers."
    return [
        words.rule(
            f"A metric needs {words.say(base + 'minimum_cases')} cases; a hospital short of them in "
            f"{words.say(base + 'insufficient_when')} has the tier {words.say(base + 'insufficient_tier')}.",
            "How many cases a tier needs",
            base + "minimum_cases",
        ),
        words.rule(
            f"Results are drawn to the peers' mean by: {words.say(base + 'shrinkage')}; years pooled: {words.say(base + 'pooled_years')}.",
            "What becomes of results of few cases",
            base + "shrinkage",
        ),
    ]


def _cuts(words: Words) -> list[str]:
    base = "prices.cuts."
    return [
        words.rule(
            f"Compared with the cut points is the {words.say(base + 'basis')}, rounded to {words.say(base + 'places')} places "
            f"{words.say(base + 'rounding')}; the lower bound of a tier is {words.say(base + 'lower_bound')}.",
            "What is compared with the cut points",
            base + "basis",
        ),
        words.rule(f"Equal results have the {words.say(base + 'ties')} rank.", "What becomes of equal results", base + "ties"),
        words.rule(
            f"What a tier never goes below: {words.say('prices.hold_harmless')}.",
            "Whether a tier can pay less than before",
            "prices.hold_harmless",
        ),
    ]


def _table(words: Words, path: str) -> list[Row] | None:
    entry = words.entry(path)
    return cast("list[Row]", entry.value) if isinstance(entry, Param) and entry.value is not None else None


def _tiers(words: Words) -> list[str]:
    tiers, rates = _table(words, "prices.tiers"), _table(words, "prices.rates")
    lines = [words.rule(f"There are {len(tiers or [])} tiers{words.mark('prices.tiers')}.", "How many tiers there are", "prices.tiers")]
    for tier in tiers or []:
        bounds = [f"from {tier['from']}" if tier["from"] else "", f"up to, not including, {tier['to']}" if tier["to"] else ""]
        lines.append(f"    - `{tier['id']}`: {' '.join(b for b in bounds if b) or 'every score'}.")
    lines.append(words.rule(f"Their rates{words.mark('prices.rates')}:", "What a tier pays", "prices.rates"))
    lines += [f"    - `{r['tier']}`, peer group {r['peer_group']}: {_rate(r)}." for r in rates or []]
    return lines


def _rate(row: Row) -> str:
    said = f"${row['amount']} a day" if row["unit"] == "per_diem" else f"{row['amount']}% of what the claims paid"
    return f"{said} from {row['effective_from']}" + (f" to {row['effective_to']}" if row["effective_to"] else "")


def _addons(words: Words) -> list[str]:
    lines = [
        words.sentence(
            f"Tiers pay from {words.say('addons.tiers_from', day)}; before that day every hospital has the interim add-on.",
            "addons.tiers_from",
        ),
        words.rule(
            f"The rate of a stay is decided by its {words.say('addons.addon_by')}.",
            "Which day of a stay decides its rate",
            "addons.addon_by",
        ),
        words.rule(f"The interim add-on{words.mark('addons.interim')}:", "The interim add-on", "addons.interim"),
    ]
    return [*lines, *(f"    - class {r['hospital_class']}: {_rate(r)}." for r in _table(words, "addons.interim") or [])]


def _reports(words: Words) -> list[str]:
    return [
        words.sentence(
            f"The first report is of {words.say('reports.first', day)}, and then every {words.say('reports.every_months')} months. "
            "A report of the year to date fixes no tier.",
            "reports.first",
            "reports.every_months",
        )
    ]


def _clocks(words: Words) -> list[str]:
    return [
        words.sentence(
            f"An outcome can still happen for {words.say('maturity.follow_up_days')} days after the measured year.",
            "maturity.follow_up_days",
        ),
        words.rule(
            f"Tiers are fixed no sooner than {words.say('maturity.runout_days')} days after that, when the claims are in.",
            "How long claims take to arrive",
            "maturity.runout_days",
        ),
    ]
