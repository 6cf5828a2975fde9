"""A program of entity results in sentences."""

from __future__ import annotations

from trueup.rules.prose import Words, day, percent
from trueup.rules.reader import sequence

_STANDARD = (
    "the sharing rate is the maximum where the quality standard is met, the maximum times the score where only the alternative standard "
    "is, else nothing"
)
_BASE, _MINIMUM, _LOW = "settlement", "settlement.minimum_savings", "settlement.low_revenue"


def sections(words: Words) -> list[tuple[str, list[str]]]:
    """What the kind adds to the page."""
    return [
        ("What is settled", _settled(words)),
        ("Minimum savings rate", _minimum(words)),
        ("Tracks", [line for track in words.program.ids(f"{_BASE}.tracks") for line in _track(words, track)]),
        ("Years", [line for year in words.program.ids(f"{_BASE}.years") for line in _year(words, year)]),
        ("What changes a result", _changes(words)),
    ]


def _settled(words: Words) -> list[str]:
    rounding = f"{_BASE}.rounding.places"
    return [
        words.sentence(
            "Savings are an entity's benchmark less its expenditure, both given; the savings rate is their ratio to the benchmark, and is "
            "never rounded before it is compared.",
            f"{_BASE}.mechanism",
        ),
        words.sentence(
            "Earned: savings times the sharing rate, less sequestration, and after that at most the cap. Owed: losses times the loss rate, "
            "at most the loss limits, less the adjustment for disasters, and never below zero.",
            f"{_BASE}.mechanism",
        ),
        words.sentence(f"Amounts are rounded once, to {words.say(rounding)} decimals, halves away from zero.", rounding),
    ]


def _minimum(words: Words) -> list[str]:
    lines: list[str] = []
    for item in words.program.ids(f"{_MINIMUM}.brackets"):
        first, last, high, low = (f"{_MINIMUM}.brackets.{item}.{key}" for key in ("from_members", "to_members", "rate_from", "rate_to"))
        if words.is_(last, None):
            text = f"{words.say(first)} members and more: {words.say(high, percent)}."
        else:
            text = f"{words.say(first)} to {words.say(last)} members: {words.say(high, percent)} falling to {words.say(low, percent)}."
        lines.append(words.rule(text, f"The rate of bracket `{item}`", first, last, high, low))
    below, choices = f"{_MINIMUM}.below_table", f"{_MINIMUM}.choices"
    counts = "the rate that the result itself states" if words.is_(below, "stated") else "nothing: the entity is not settled"
    return [
        *lines,
        words.rule(f"Where the table does not reach, this counts: {counts}.", "What counts where the table does not reach", below),
        words.rule(
            f"Where an entity chooses, it chooses the table's rate or one of these: {words.say(choices, _shares)}; for losses the same.",
            "Which rates an entity may choose",
            choices,
        ),
    ]


def _track(words: Words, track: str) -> list[str]:
    base = f"{_BASE}.tracks.{track}"
    share, cap, chosen, down = (f"{base}.{key}" for key in ("sharing_rate", "cap_rate", "minimum_savings", "downside"))
    first, last = f"{base}.from_year", f"{base}.to_year"
    span = f"from {words.say(first)} on" if words.is_(last, None) else f"{words.say(first)} to {words.say(last)}"
    minimum = "the table's minimum savings rate" if words.is_(chosen, "table") else "a minimum savings rate of its choice"
    names = ", ".join(str(name) for name in words.program.get(f"{base}.names"))
    lines = [
        words.rule(
            f"`{track}` ({names}), {span}: at most {words.say(share, percent)} of savings, up to {words.say(cap, percent)} of the "
            f"benchmark; {minimum}.",
            f"What `{track}` shares",
            *(share, cap, chosen, first, last),
        )
    ]
    if words.is_(down, False):
        return [*lines, words.sentence(f"`{track}` owes no losses.", down)]
    return [*lines, _losses(words, track, base), *_limits(words, track, base)]


def _losses(words: Words, track: str, base: str) -> str:
    rate, fixed, floor, ceiling = (f"{base}.losses.{key}" for key in ("rate", "fixed_rate", "floor", "ceiling"))
    if words.is_(rate, "fixed"):
        return words.rule(f"`{track}` bears {words.say(fixed, percent)} of losses.", f"The share of losses of `{track}`", fixed)
    text = (
        f"`{track}` bears one less the sharing rate that its quality earns, from {words.say(floor, percent)} to "
        f"{words.say(ceiling, percent)}; the most where quality failed."
    )
    return words.rule(text, f"The share of losses of `{track}`", ceiling, floor)


def _limits(words: Words, track: str, base: str) -> list[str]:
    lines: list[str] = []
    for item in words.program.ids(f"{base}.loss_limits.benchmark"):
        year, rate = (f"{base}.loss_limits.benchmark.{item}.{key}" for key in ("agreement_year", "rate"))
        when = "" if words.is_(year, 0) else f", from year {words.say(year)} of the agreement on"
        text = f"`{track}` owes at most {words.say(rate, percent)} of the benchmark{when}."
        lines.append(words.rule(text, f"The loss limit of `{track}`", rate, year))
    revenue, without = f"{base}.loss_limits.revenue_rate", f"{base}.loss_limits.without_revenue"
    if words.program.has(revenue):
        held = "the entity is held" if words.is_(without, "hold") else "the limit by benchmark stands alone"
        text = f"`{track}` owes at most {words.say(revenue, percent)} of its participants' revenue; where that is not given, {held}."
        lines.append(words.rule(text, f"The loss limit of `{track}` by revenue", revenue, without))
    return lines


def _year(words: Words, year: str) -> list[str]:
    base = f"{_BASE}.years.{year}"
    cut, quality, disaster = (f"{base}.{key}" for key in ("sequestration_rate", "quality", "disaster"))
    one, several = f"{base}.quality_standard", f"{base}.quality_standard_scores"
    how = "the sharing rate is the maximum times the quality score" if words.is_(quality, "proportional") else _STANDARD
    if words.program.has(one):
        how += f"; the standard is {words.say(one, percent)}"
    if words.program.has(several):
        how += f"; the standard is the mean of {words.say(several, _shares)}"
    lines = [
        words.rule(
            f"{year}: {words.say(cut, percent)} is held back as sequestration.", f"{year}: the share held back as sequestration", cut
        ),
        words.sentence(f"{year}: {how}.", quality, *(p for p in (one, several) if words.program.has(p))),
    ]
    if words.is_(disaster, "covers"):
        lines.append(words.sentence(f"{year}: the adjustment for disasters covers the whole loss.", disaster))
    return lines


def _changes(words: Words) -> list[str]:
    share, members, start = (f"{_LOW}.{key}" for key in ("share", "minimum_members", "agreements_from"))
    return [
        words.rule(
            f"A low-revenue entity with at least {words.say(members)} members, under an agreement of {words.say(start, day)} or later, "
            f"shares savings below the minimum at {words.say(share, percent)} of its rate, on tracks that say so.",
            "Which low-revenue entities share savings below the minimum",
            *(share, members, start),
        ),
        words.sentence("Where the guardrail applies, no savings are paid.", f"{_BASE}.guardrail.stops"),
    ]


def _shares(value: object) -> str:
    """A list of shares of one as percentages."""
    return ", ".join(percent(share) for share in sequence(value))
