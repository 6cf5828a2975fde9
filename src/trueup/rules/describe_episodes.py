"""What every kind of episode says alike, in sentences: outliers, groups, exclusions, clocks, code lists."""

from __future__ import annotations

from collections.abc import Mapping

from trueup.rules.prose import Words, operator, ordinal, plain


def outlier_lines(words: Words) -> list[str]:
    """Where the outlier lines are and what they do; nothing where the rules have none."""
    if not words.program.has("outliers"):
        return []
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


def cohort_lines(words: Words) -> list[str]:
    """The groups that are compared apart."""
    flags = words.program.ids("cohorts.flags")
    otherwise = words.say("cohorts.otherwise")
    if not flags:
        return [f"- There is one group: {otherwise}."]
    lines = [words.sentence(f"`{f}`: episodes with a code of {words.codes(f'cohorts.flags.{f}')}.", f"cohorts.flags.{f}") for f in flags]
    return [*lines, f"- Every other episode: {otherwise}."]


def exclusion_lines(words: Words, flags: Mapping[str, str], counts: Mapping[str, str]) -> list[str]:
    """Which episodes are left out. `flags` are facts that are only true or false and read without a number, `counts` the others."""
    return [_exclusion(words, item, flags, counts) for item in words.program.ids("exclusions")]


def _exclusion(words: Words, item: str, flags: Mapping[str, str], counts: Mapping[str, str]) -> str:
    path = f"exclusions.{item}"
    name, value = words.program.text(f"{path}.fact"), f"{path}.value"
    if name in flags and words.program.get(f"{path}.operator") == "ge" and (words.is_(value, 1) or not words.program.known(value)):
        text = f"`{item}`: left out if {flags[name]}{words.mark(value)}."
        return words.rule(text, f"`{item}`: whether an episode is left out if {flags[name]}", value)
    noun, sign = counts.get(name, plain(name)), words.say(f"{path}.operator", operator)
    text = f"`{item}`: left out if the number of {noun} is {sign} {words.say(value)}."
    return words.rule(text, f"`{item}`: whether the number of {noun} leaves an episode out, and at which number,", value)


def clock_lines(words: Words) -> list[str]:
    """How long claims may arrive, when settlement is due, what holds it."""
    runout, due, held = (f"maturity.{key}" for key in ("runout_days", "settlement_due_days", "held_dollars_limit"))
    return [
        words.rule(f"Claims have {words.say(runout)} days after the period to arrive.", "How long claims may arrive", runout),
        words.rule(f"Settlement is due {words.say(due)} days after the period.", "When settlement is due", due),
        words.rule(f"Nothing settles while more than {words.say(held)} dollars are held.", "How many held dollars stop a settlement", held),
    ]


def code_lines(words: Words, *sections: str) -> list[str]:
    """The code lists below some sections of the rules."""
    roles = [p for p in words.program.params if p.endswith(".value_set") and p.startswith(sections)]
    return [words.sentence(f"{_role(path)}: {words.codes(path.removesuffix('.value_set'))}.", path) for path in roles]


def _role(path: str) -> str:
    return plain(path.removesuffix(".value_set").removeprefix("episode.codes.").replace(".", ", "))
