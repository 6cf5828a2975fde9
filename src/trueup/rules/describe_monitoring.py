"""Monitoring in sentences: what is watched, when it raises a flag, and what an open flag does to payment."""

from __future__ import annotations

from collections.abc import Callable

from trueup.rules.prose import Words, percent, plain

BASE = "monitoring"
EFFECTS = {
    "hold": "Payment waits while its review is open",
    "review": "Payment goes on while its review is open",
    "deny": "Nothing is paid until its review ends as complied",
}
SIDES = {"low": "below", "high": "above", "both": "on either side of"}
TOO_FEW = {
    "passes": "An entity with too few units for every check passes, and is listed as such.",
    "holds": "An entity with too few units for every check waits for a person.",
}
PATTERNS = {
    "outlier_edge": "episodes that end within {width} percent above the high outlier line, against {target}",
    "date_heaping": "deliveries in the first and last {width} days of the period, against their share of its days",
    "volume_edge": "a count of deliveries within {width} of the volume gate",
    "own_coding": "episodes in which the entity alone coded {factors}, against {target}",
}


def sections(words: Words) -> list[tuple[str, list[str]]]:
    """One section; none for a program that watches nothing."""
    if not words.program.has(BASE):
        return []
    lines = [_purpose(words), *(_check(words, item) for item in words.program.ids(f"{BASE}.checks")), *_common(words)]
    return [("Monitoring", lines)]


def _purpose(words: Words) -> str:
    ends = "A person ends a review as complied or as failed, with name, day and evidence; only `failed` forfeits."
    if not words.program.has(f"{BASE}.gate"):
        return f"- What follows is watched. It is the condition of no payment. {ends}"
    gate = words.say(f"{BASE}.gate", str)
    effect = _effect(words, f"{BASE}.when_flagged") if words.program.has(f"{BASE}.when_flagged") else EFFECTS["hold"] + "."
    return words.sentence(f"Checks stand behind the gate {gate}. A flag opens a review. {effect} {ends}", f"{BASE}.when_flagged")


def _common(words: Words) -> list[str]:
    rate, few, base = (f"{BASE}.{key}" for key in ("false_discovery_rate", "when_too_few", "base_period"))
    corrected = f"Of the flags of one check in a period, at most {words.say(rate, percent)} may be false (Benjamini and Hochberg)."
    lines = [
        words.rule(f"An entity's own base is the period {words.say(base)}.", "Which period is the base", base),
        words.rule(
            f"Flags are not corrected for many tests{words.mark(rate)}." if words.is_(rate, "off") else corrected,
            "How many flags may be false",
            rate,
        ),
        _choice(words, few, TOO_FEW, "What becomes of an entity with too few units"),
    ]
    if words.program.has(f"{BASE}.seed"):
        lines.append(words.sentence(f"Simulated thresholds begin at the seed {words.say(f'{BASE}.seed')}.", f"{BASE}.seed"))
    return lines


def _check(words: Words, item: str) -> str:
    base = f"{BASE}.checks.{item}"
    if not words.program.known(base):
        return words.sentence(f"`{item}`: what exactly is watched, and when it raises a flag, is **unknown**.", f"{base}.kind")
    text = f"`{item}`: {_WHAT[words.program.text(f'{base}.kind')](words, base)}, from {words.say(f'{base}.minimum_units')} units on."
    if words.program.has(f"{base}.when_flagged"):
        text += f" {_effect(words, f'{base}.when_flagged')}"
    paths = [path for path in words.program.params if path.startswith(f"{base}.")]
    return words.sentence(text, *paths)


def _effect(words: Words, path: str) -> str:
    entry = words.program.get(path) if words.program.known(path) else None
    return f"{EFFECTS[str(entry)]}{words.mark(path)}." if entry else "What an open flag does is **unknown**."


def _choice(words: Words, path: str, texts: dict[str, str], question: str) -> str:
    entry = words.program.get(path) if words.program.known(path) else None
    return words.rule(texts.get(str(entry), plain(entry))[:-1] + words.mark(path) + ".", question, path)


def _target(words: Words, base: str) -> str:
    path = f"{base}.target"
    if words.is_(path, "peers"):
        return f"everybody else in the period{words.mark(path)}"
    return words.say(path, percent)


def _chance(words: Words, base: str) -> str:
    return f"beyond what chance explains at {words.say(f'{base}.alpha', percent)}"


def _side(words: Words, base: str) -> str:
    return words.say(f"{base}.direction", lambda v: SIDES.get(str(v), plain(v)))


def _funnel(words: Words, base: str) -> str:
    text = f"the rate of {words.say(f'{base}.measure')} {_side(words, base)} {_target(words, base)} {_chance(words, base)}"
    drop, pulled = f"{base}.own_drop", f"{base}.winsorize"
    if words.program.has(drop) and not words.is_(drop, "off"):
        text += f", and moved by more than {words.say(drop, percent)} of its own base rate"
    if words.program.has(pulled) and not words.is_(pulled, "off"):
        text += f", limits widened for over-dispersion, {words.say(pulled, percent)} of the scores pulled in on each side"
    return text


def _change(words: Words, base: str) -> str:
    peers = {"own_base": "its own base", "peers": "its own base and the change of everybody else"}
    against = words.say(f"{base}.compare", lambda v: peers.get(str(v), plain(v)))
    return f"{words.say(f'{base}.measure')} moved {_side(words, base)} {against} {_chance(words, base)}"


def _cusum(words: Words, base: str) -> str:
    rates = f"{words.say(f'{base}.acceptable', percent)} to {words.say(f'{base}.unacceptable', percent)}"
    run = words.say(f"{base}.in_control_run")
    return f"the running sum of {words.say(f'{base}.measure')} for a fall from {rates}, with a false signal once in {run} units or more"


def _selection(words: Words, base: str) -> str:
    path = f"{base}.standardized_difference"
    text = f"fewer patients with {words.say(f'{base}.factors')} than {_target(words, base)} {_chance(words, base)}"
    if words.program.has(path) and not words.is_(path, "off"):
        text += f", or predicted cost lower by {words.say(path)} standard deviations"
    return text


def _switching(words: Words, base: str) -> str:
    return (
        f"patients who change practice after {words.say(f'{base}.factors')} became known, more than {_target(words, base)} "
        f"{_chance(words, base)}"
    )


def _exclusions(words: Words, base: str) -> str:
    return f"episodes taken out by an exclusion, more than {_target(words, base)} {_chance(words, base)}"


def _completeness(words: Words, base: str) -> str:
    least, lag = words.say(f"{base}.minimum_rate", percent), words.say(f"{base}.lag_days")
    return (
        f"covered lines received for paid months that ended at least {lag} days ago, under {least} of what the base leads one to expect; "
        "this is under-reporting, and nothing else is judged before it is settled"
    )


def _migration(words: Words, base: str) -> str:
    return f"the share of the cohort {words.say(f'{base}.cohort')} grew over its own base {_chance(words, base)}"


def _pattern(words: Words, base: str) -> str:
    path = f"{base}.pattern"
    parts = {
        "width": words.say(f"{base}.width"),
        "target": _target(words, base) if words.program.has(f"{base}.target") else "everybody else in the period",
        "factors": words.say(f"{base}.factors") if words.program.has(f"{base}.factors") else "risk factors",
    }
    text = PATTERNS[words.program.text(path)].format(**parts)
    return text + ("" if words.is_(path, "volume_edge") else f", {_chance(words, base)}")


_WHAT: dict[str, Callable[[Words, str], str]] = {
    "funnel": _funnel,
    "change": _change,
    "cusum": _cusum,
    "selection": _selection,
    "switching": _switching,
    "exclusion_rate": _exclusions,
    "completeness": _completeness,
    "migration": _migration,
    "gaming": _pattern,
}
