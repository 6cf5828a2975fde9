"""The scorecard of a program as prose: its slots, how measures earn points, and what the score decides."""

from __future__ import annotations

from trueup.rules.program import Param
from trueup.rules.prose import Words, operator, percent, plain
from trueup.rules.reader import is_list, sequence

USES = {
    "reporting": "reporting (a valid result earns full credit)",
    "performance": "performance",
    "tracked": "tracked only, without weight",
}
FIGURES = {
    "own_baseline": "the practice's own baseline",
    "mean": "mean",
    "median": "median",
    "worst": "worst result",
    "best": "best result",
    "top_decile_mean": "mean of the best tenth",
}
METHODS = {
    "interpolation": "on a straight line from the threshold to the benchmark",
    "hvbp": "by the hospital value-based purchasing formulas",
    "ladder": "by the highest cut point reached",
    "deciles": "by decile, with partial points between edges",
    "standard_deviation_bands": "by bands of standard deviations from the peers' mean",
    "attained": "all or nothing at the threshold",
}
TAKES = {
    "achievement": "achievement alone",
    "improvement": "improvement alone",
    "better": "the better of achievement and improvement",
    "sum": "achievement and improvement together, up to the most",
}
MISSING = {
    "drop_and_reweight": "is left out, and its weight goes to the others",
    "pool_years": "is pooled with the periods before it; if that is still too few, it is left out and its weight goes to the others",
    "shrink_to_peer": "is drawn toward the peers' mean",
    "not_scored": "leaves the whole scorecard without a score",
}
ROUND_POINTS = {
    "before_weighting": "Points of a measure are rounded to {places} decimals before they are weighted",
    "after_weighting": "Weighted points of a measure are rounded to {places} decimals",
    "off": "Points are not rounded",
}
RESUBMITTED = {
    "until_deadline": "a second report replaces the first until the deadline",
    "any_time": "a second report replaces the first at any time, if the first came by the deadline",
    "never": "a second report is never taken",
}
REFERENCES = {"best": "the best group", "largest": "the largest group", "rest": "everybody else together"}


def sections(words: Words) -> list[tuple[str, list[str]]]:
    """The part of the page about quality; none for a program without a scorecard."""
    if not words.program.has("quality"):
        return []
    return [
        ("Scorecard", [*_holds(words), *_slots(words), *_domains(words)]),
        ("How measures earn points", [*_scoring(words), *_small_numbers(words)]),
        ("What the score decides", [*_gate(words), *_pool(words)]),
        ("Reports of measures", [*_submission(words), *_equity(words)]),
    ]


def anchor(value: object) -> str:
    """A number, or a figure of the peers in words: `baseline_p25` is the 25th percentile of the baseline."""
    if not isinstance(value, str):
        return plain(value)
    if value == "own_baseline":
        return FIGURES[value]
    when, _, name = value.partition("_")
    of = "of all entities in the baseline" if when == "baseline" else "of all entities in the same period"
    figure = FIGURES.get(name) or f"{name.removeprefix('p')}th percentile"
    return f"{figure} {of}"


def _holds(words: Words) -> list[str]:
    base = "quality.holds"
    if not words.program.has(base):
        return []
    reporting, performance = (f"{base}.{key}" for key in ("reporting", "performance"))
    text = f"The scorecard holds {words.say(reporting)} measures of reporting and {words.say(performance)} of performance."
    return [words.sentence(text, reporting, performance)]


def _slots(words: Words) -> list[str]:
    lines: list[str] = []
    for kind, key in (("slots", "measure"), ("sets", "measures")):
        base = f"quality.{kind}"
        for item in words.program.ids(base) if words.program.has(base) else []:
            lines.append(_slot(words, item, f"{base}.{item}", key))
    return lines


def _slot(words: Words, item: str, path: str, key: str) -> str:
    use = USES[words.program.text(f"{path}.use")]
    parts = [f"`{item}`, {use}: {words.say(f'{path}.{key}', _ids)}, from {words.say(f'{path}.source')}"]
    for name, say in (("weight", percent), ("threshold", anchor), ("benchmark", anchor), ("minimum_denominator", plain)):
        if words.program.has(f"{path}.{name}"):
            parts.append(f"{name.replace('_', ' ')} {words.say(f'{path}.{name}', say)}")
    years = [f"{word} program year {words.say(f'{path}.{name}')}" for word, name in _YEARS if words.program.has(f"{path}.{name}")]
    if years:
        parts.append(" ".join(years))
    cited = [
        f"{path}.{name}" for name in (key, "use", "weight", "from_program_year", "to_program_year") if words.program.has(f"{path}.{name}")
    ]
    return words.sentence("; ".join(parts) + ".", *cited)


_YEARS = (("from", "from_program_year"), ("to", "to_program_year"))


def _ids(value: object) -> str:
    """Measure ids as they are written in rules."""
    return ", ".join(f"`{item}`" for item in sequence(value)) if is_list(value) else f"`{value}`"


def _listed(value: object) -> str:
    """The items of a list in words."""
    return ", ".join(plain(item) for item in sequence(value)) if is_list(value) else plain(value)


def _domains(words: Words) -> list[str]:
    base = "quality.domains"
    items = words.program.ids(base) if words.program.has(base) else []
    return [words.sentence(f"Domain `{d}` weighs {words.say(f'{base}.{d}.weight', percent)}.", f"{base}.{d}.weight") for d in items]


def _scoring(words: Words) -> list[str]:
    base = "quality.scoring"
    method, take, most = (f"{base}.{key}" for key in ("method", "take", "maximum_points"))
    baseline = {
        "baseline_period": "Baselines are the results of the baseline period.",
        "previous_period": "Baselines are the results of the performance period before.",
        "none": "There are no baselines.",
    }
    lines = [
        words.rule(
            f"A measure of performance earns up to {words.say(most)} points, {_in_words(words, method, METHODS)}; what counts is "
            f"{_in_words(words, take, TAKES)}.",
            "How measures of performance earn points",
            *(method, take, most),
        ),
        _choice(words, "quality.baseline", baseline, "Which period baselines come from"),
        words.rule(
            f"A result at the threshold itself is {words.say(f'{base}.threshold_bound', _bound)}.",
            "Whether a result at the threshold earns points",
            f"{base}.threshold_bound",
        ),
        *_cuts(words, f"{base}.cut_points", "A measure earns {points} points from {at} on ({bound})."),
        *_cuts(words, f"{base}.improvement_points", "A change of {at} on the better side earns {points} points ({bound})."),
        _rounding(words),
    ]
    if words.program.has(f"{base}.topped_out"):
        at, cap = f"{base}.topped_out.median_at", f"{base}.topped_out.maximum_points"
        text = f"Where the peers' median is at {words.say(at, percent)} or better, a measure earns at most {words.say(cap)} points."
        lines.append(words.rule(text, "From which median on a measure counts as met by nearly everybody", at, cap))
    return lines


def _bound(value: object) -> str:
    return "enough" if value == "inclusive" else "not enough"


def _cuts(words: Words, base: str, text: str) -> list[str]:
    lines: list[str] = []
    for item in words.program.ids(base) if words.program.has(base) else []:
        path = f"{base}.{item}"
        said = text.format(
            points=words.say(f"{path}.points"), at=words.say(f"{path}.at", anchor), bound=words.say(f"{path}.bound", plain)
        )  # fmt: skip
        lines.append(words.sentence(said, f"{path}.at", f"{path}.points"))
    return lines


def _rounding(words: Words) -> str:
    base = "quality.scoring"
    points = words.entry(f"{base}.round_points")
    if not isinstance(points, Param):
        return "- Where results, points and scores are rounded is **unknown**."
    rates = "Results are compared unrounded"
    if words.is_(f"{base}.round_rates", "before_comparison"):
        rates = f"Results are rounded to {words.say(f'{base}.rate_places')} decimals before they are compared"
    said = ROUND_POINTS[str(points.value)].format(places=words.say(f"{base}.points_places"))
    text = f"{rates}. {said}. The score is rounded once, to {words.say(f'{base}.score_places')} decimals."
    return words.sentence(text, f"{base}.round_rates", f"{base}.round_points", f"{base}.score_places")


def _small_numbers(words: Words) -> list[str]:
    base = "quality.small_numbers"
    least, peers = f"{base}.minimum_measures", "quality.peers.minimum_entities"
    few = f"{base}.missing"
    return [
        words.rule(
            f"A measure below its minimum denominator {_in_words(words, few, MISSING)}.", "What becomes of a measure with few cases", few
        ),
        words.rule(
            f"Without {words.say(least)} scored measures of performance there is no score, where the scorecard has any.",
            "How many measures make a score",
            least,
        ),
        words.rule(
            f"A figure of the peers needs {words.say(peers)} entities; percentiles run from the worst result to the best "
            f"({words.say('quality.peers.percentile_method')}).",
            "How many entities a figure of the peers needs",
            peers,
        ),
    ]


def _gate(words: Words) -> list[str]:
    base = "quality.gate"
    if not words.program.has(base):
        return ["- The score decides no gate."]
    least, by, name = f"{base}.minimum_score", f"{base}.multiplier", words.program.text(f"{base}.id")
    passes = f"Gate `{name}` passes with a score {words.say(f'{base}.operator', operator)} {words.say(least)}."
    if words.is_(least, "off"):
        passes = f"Gate `{name}` passes with any score{words.mark(least)}."
    money = {
        "score": "What is earned is multiplied by the score.",
        "ladder": "What is earned is multiplied by the step of the ladder that is reached.",
        "none": "The score multiplies nothing.",
    }
    lines = [words.rule(passes, f"Which score passes gate `{name}`", least), _choice(words, by, money, "What the score multiplies")]
    lines += _ladder(words, f"{base}.ladder")
    remedy, below = "quality.low_score_remedy.remedy", "quality.low_score_remedy.below"
    if words.is_(remedy, "hold_until_plan"):
        text = (
            f"With a score below {words.say(below)} the settlement waits until an improvement plan is accepted, and is then paid at the "
            "score."
        )
        lines.append(words.rule(text, "Below which score an improvement plan is due", below, remedy))
    elif words.program.has(remedy) and not words.is_(remedy, "off"):
        lines.append("- Whether a low score can be remedied by an improvement plan is **unknown**.")
    return lines


def _ladder(words: Words, base: str) -> list[str]:
    of = "measures attained" if words.is_("quality.gate.ladder_on", "measures_attained") else "score"
    lines: list[str] = []
    for item in words.program.ids(base) if words.program.has(base) else []:
        path = f"{base}.{item}"
        step = f"From {words.say(f'{path}.at')} on ({of}, {words.say(f'{path}.bound')}): {words.say(f'{path}.multiplier', percent)}."
        lines.append(words.sentence(step, f"{path}.at", f"{path}.multiplier"))
    return lines


def _pool(words: Words) -> list[str]:
    base = "quality.pool.amount"
    if not words.program.has(base):
        return []
    if words.is_(base, "off"):
        return [words.sentence(f"There is no pool of quality alone{words.mark(base)}.", base)]
    text = f"A pool of {words.say(base)} dollars a period is shared by {words.say('quality.pool.share_by')} among those who pass the gate."
    return [words.rule(text, "The size of the pool of quality alone", base)]


def _submission(words: Words) -> list[str]:
    base = "quality.submission"
    days, least, again = (f"{base}.{key}" for key in ("deadline_days", "minimum_completeness", "resubmission"))
    complete = f"It must cover {words.say(least, percent)} of those expected"
    if words.is_(least, "off"):
        complete = f"No completeness is asked for{words.mark(least)}"
    return [
        words.rule(
            f"A practice's report is due {words.say(days)} days after the period; {_in_words(words, again, RESUBMITTED)}.",
            "Until when practices report",
            *(days, again),
        ),
        words.rule(f"{complete}.", "How complete a report must be", least),
    ]


def _equity(words: Words) -> list[str]:
    base = "quality.equity"
    if not words.program.has(base):
        return []
    strata, least, reference = (f"{base}.{key}" for key in ("strata", "minimum_count", "reference"))
    return [
        words.rule(
            f"Every measure is shown by {words.say(strata, _listed)}; a gap is a difference and a ratio to "
            f"{_in_words(words, reference, REFERENCES)}, with {words.say(least)} people or more on both sides. No group is a factor of a "
            "price.",
            "By which groups measures are shown",
            *(strata, least, reference),
        )
    ]


def _in_words(words: Words, path: str, of: dict[str, str]) -> str:
    return words.say(path, lambda value: of.get(str(value), plain(value)))


def _choice(words: Words, path: str, lines: dict[str, str], question: str) -> str:
    """A whole sentence by the word at a path."""
    entry = words.entry(path)
    said = lines.get(str(entry.value), "") if isinstance(entry, Param) else ""
    return words.rule(said.removesuffix(".") + f"{words.mark(path)}." if said else plain(question), question, path)
