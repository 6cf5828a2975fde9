"""Prices and settlement in sentences, one function for each mechanism."""

from __future__ import annotations

from trueup.rules.describe_points import points_lines
from trueup.rules.prose import Words, day, operator, percent, years


def price_lines(words: Words) -> list[str]:
    """How prices are made from the base period; nothing where the program has none."""
    if not words.program.has("prices"):
        return []
    mechanism = words.program.get("prices.mechanism")
    lines = [words.sentence(f"Prices are made from the base period {words.say('prices.baseline_period', str)}.", "prices.baseline_period")]
    lines += {"blended_target": _blended, "own_history_thresholds": _thresholds}[mechanism](words)
    return [
        *lines,
        words.rule(
            f"Cost is trended by {words.say('prices.trend_annual', percent)} a year over {years(words, 'prices.trend_years')}.",
            "By how much a year, and over how many years, cost is trended",
            *("prices.trend_annual", "prices.trend_years"),
        ),
        *change_lines(words, "prices", "prices"),
    ]


def change_lines(words: Words, base: str, what: str) -> list[str]:
    """The changes of fees or of the program that a section of prices lists."""
    lines: list[str] = []
    for item in words.program.ids(f"{base}.program_changes") if words.program.has(f"{base}.program_changes") else []:
        factor, begins = (f"{base}.program_changes.{item}.{key}" for key in ("factor", "effective_from"))
        text = f"`{item}` changes {what}: times {words.say(factor)} from {words.say(begins, day)} on."
        lines.append(words.rule(text, f"By which factor `{item}` changes {what}", factor, begins))
    return lines


def _blended(words: Words) -> list[str]:
    return [
        words.sentence(
            "The target price blends a practice's own cost per episode with the statewide cost, both divided by risk. An episode's target "
            "is the price times its risk score.",
            "prices.mechanism",
        ),
        words.rule(
            f"Own cost has the weight {words.say('prices.weight_own', percent)}, statewide cost the rest.",
            "Which weight own cost has in the blend",
            "prices.weight_own",
        ),
    ]


def _thresholds(words: Words) -> list[str]:
    rate, amount = "prices.minimum_savings_rate", "prices.minimum_savings_amount"
    parts = [f"less {words.say(rate, percent)}"] if not words.is_(rate, "off") else []
    if not words.is_(amount, "off"):
        parts.append(f"less {words.say(amount)} dollars an episode")
    lower = " and ".join(parts) or "itself"
    return [
        words.sentence("The acceptable threshold is a practice's own mean cost per episode, trended, for each group.", "prices.mechanism"),
        words.rule(
            f"The commendable threshold is the acceptable one {lower}, taken off {words.say('prices.minimum_savings_applied')}.",
            "How far the commendable threshold lies below the acceptable one",
            *(rate, amount, "prices.minimum_savings_applied"),
        ),
        words.sentence(
            f"Both hold for {words.say('prices.valid_years')} years from the day the practice first joined.",
            "prices.valid_years",
        ),
    ]


def settlement_lines(words: Words) -> list[str]:
    """How a period is settled, as steps a person can redo."""
    mechanism = words.program.get("settlement.mechanism")
    if mechanism == "points_pool":
        return points_lines(words)
    lines = {"pooled_target": _pooled, "threshold_zones": _zones}[mechanism](words)
    lines += [_gate(words, gate) for gate in words.program.ids("settlement.gates")]
    rounding = "settlement.rounding"
    places = words.say(f"{rounding}.places")
    return [*lines, words.sentence(f"Amounts are rounded once, to {places} decimals, halves away from zero.", f"{rounding}.places")]


def _gate(words: Words, gate: str) -> str:
    path = f"settlement.gates.{gate}"
    year = f" from program year {words.say(f'{path}.from_program_year')}" if words.program.has(f"{path}.from_program_year") else ""
    gains_only = words.is_(f"{path}.blocks", "gains")
    failing = "failing it sets gains to zero and never reduces a loss" if gains_only else "failing it means that nothing is paid"
    scaled = "; its score scales the payment" if words.is_(f"{path}.multiplies", True) else ""
    return words.sentence(f"Gate `{gate}`{year}: {failing}{scaled}. Without a result, the settlement is held.", f"{path}.multiplies")


def _pooled(words: Words) -> list[str]:
    rate, sign, share = (f"settlement.{key}" for key in ("minimum_savings_rate", "minimum_savings_operator", "share_rate"))
    cap, on = "settlement.cap_rate", "settlement.cap_on"
    limit_paths = (cap, on)
    floor = f"Savings count only above zero and {words.say(sign, operator)} {words.say(rate, percent)} of expected."
    if words.is_(rate, "off"):
        floor = f"Savings count from the first dollar above zero; there is no minimum savings rate{words.mark(rate)}."
    limit = f"The {words.say(on)} is capped at {words.say(cap, percent)} of expected."
    if words.is_(cap, "off"):
        limit, limit_paths = f"There is no cap{words.mark(cap)}.", (cap,)
    return [
        "- Expected is the sum of the targets of a practice's episodes in the period, actual the sum of their cost.",
        "- Savings are expected less actual.",
        words.rule(floor, "Whether savings count from the first dollar or need a minimum rate", rate, sign),
        words.rule(f"The practice is paid {words.say(share, percent)} of the savings.", "Which share of savings is paid", share),
        words.rule(limit, "Whether the savings or the payment are capped", *limit_paths),
        words.sentence("A practice never owes money: cost above the target is not taken back.", "settlement.downside"),
    ]


def _zones(words: Words) -> list[str]:
    gain, loss, share, start, down, year, net = (
        f"settlement.{key}"
        for key in ("gain_operator", "loss_operator", "share_rate", "share_from", "downside", "downside_from_participation_year", "netting")
    )
    part = words.say(share, percent)
    owed = (
        f"Actual {words.say(loss, operator)} the acceptable total is a loss, measured from the acceptable threshold. The practice owes "
        f"{part} of it, from its participation year {words.say(year)} on."
    )
    downside = words.rule(owed, "When there is a loss", loss, share, down, year)
    if words.is_(down, False):
        downside = words.sentence("A practice never owes money.", down)
    netting = words.say(net, lambda v: "set off against each other" if v == "net" else "paid and owed separately")
    return [
        "- For each practice, period and group, the actual total is compared with the number of episodes times each threshold.",
        words.rule(
            f"Actual {words.say(gain, operator)} the commendable total is a gain. The practice is paid {part} of it.",
            "When there is a gain",
            *(gain, share),
        ),
        words.rule(f"A gain is measured from the {words.say(start)} threshold.", "From which threshold a gain is measured", start),
        "- Between the two thresholds nothing is paid or owed.",
        downside,
        words.rule(f"Gains and losses of a practice's groups are {netting}.", "Whether gains and losses of groups are set off", net),
    ]
