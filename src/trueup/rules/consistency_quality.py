"""What a scorecard must agree with beyond its form: how many slots it holds, weights that make a whole, domains, cut points, its gate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from trueup.errors import Place, RuleError
from trueup.rules.codes import rule_error
from trueup.rules.measure_model import Measure
from trueup.rules.program import Param
from trueup.rules.reader import is_list, sequence
from trueup.rules.schema_base import RuleFile
from trueup.rules.schema_quality import CutPoint, Quality, Rung, Slot, Terms
from trueup.rules.tree import Flat

HVBP_POINTS = Decimal(10)
_NEEDS = {
    "interpolation": ("threshold", "benchmark"),
    "hvbp": ("threshold", "benchmark"),
    "attained": ("threshold",),
    "ladder": ("cut_points",),
    "deciles": ("cut_points",),
    "standard_deviation_bands": ("cut_points",),
}


def check_quality(model: RuleFile, flat: Flat, measures: Mapping[str, Measure]) -> list[RuleError]:
    """The faults of the section `quality`; none without one. What is unknown cannot be wrong yet. `measures` are those the rules name."""
    quality = model.quality
    if quality is None:
        return []
    return [
        *_form(quality, flat),
        *_holds(quality, flat),
        *_weights(quality, flat),
        *_domains(quality, flat),
        *_terms(quality, flat),
        *_directions(quality, flat, measures),
        *_ladder(quality, flat),
        *_gate(model, quality, flat),
    ]


def _fault(flat: Flat, path: str, code: str, message: str, step: str = "") -> RuleError:
    entry = flat.params.get(path)
    place = entry.place if entry is not None else _below(flat, path)
    return rule_error(code, message, place.source, place.line, step)


def _below(flat: Flat, path: str) -> Place:
    """The place of the first value under a path."""
    return next((p.place for key, p in flat.params.items() if key.startswith(path + ".")), Place(flat.doc.source))


def _value(flat: Flat, path: str) -> object:
    entry = flat.params.get(path)
    return entry.value if isinstance(entry, Param) else None


def _form(quality: Quality, flat: Flat) -> Iterator[RuleError]:
    """A scorecard has slots, or sets whose measures weigh the same; both together would have no common weight."""
    if bool(quality.slots) == bool(quality.sets):
        message = "a scorecard has either `slots` or `sets`."
        yield _fault(flat, "quality", "TRU-Q020", message, "Slots have weights of their own; the measures of sets weigh the same.")
    names = {s.id for s in quality.slots}
    for item in quality.sets:
        if item.id in names:
            yield _fault(flat, f"quality.sets.{item.id}", "TRU-Q020", f"`{item.id}` is a slot and a set.", "Rename one.")


def _holds(quality: Quality, flat: Flat) -> Iterator[RuleError]:
    """A scorecard that says how many measures of a kind it holds holds exactly that many."""
    if quality.holds is None:
        return
    for use in ("reporting", "performance"):
        due = _value(flat, f"quality.holds.{use}")
        found = sum(1 for slot in quality.slots if slot.use == use)
        if isinstance(due, int) and due != found:
            message = f"the scorecard holds {found} slots of {use}, but says it holds {due}."
            yield _fault(flat, f"quality.holds.{use}", "TRU-Q021", message, "Add or remove slots, or correct `quality.holds`.")


def _weights(quality: Quality, flat: Flat) -> Iterator[RuleError]:
    """Known weights add up to one: those of the domains, and within each domain those of the slots of a program year."""
    domains = [_value(flat, f"quality.domains.{d.id}.weight") for d in quality.domains]
    yield from _whole(flat, "quality.domains", "the weights of the domains", domains)
    years = sorted({y for s in quality.slots for y in _edges(flat, s)}) or [1]
    for domain in sorted({s.domain or "" for s in quality.slots}):
        said: set[str] = set()
        for year in years:
            counted = [s for s in quality.slots if (s.domain or "") == domain and s.use != "tracked" and _active(flat, s, year)]
            weights = [_value(flat, f"quality.slots.{s.id}.weight") for s in counted]
            where = f"the weights of the slots{f' of domain {domain}' if domain else ''}"
            for fault in _whole(flat, f"quality.slots.{counted[0].id}.weight" if counted else "quality.slots", where, weights):
                if str(fault) not in said:
                    said.add(str(fault))
                    yield fault


def _whole(flat: Flat, path: str, what: str, weights: list[object]) -> Iterator[RuleError]:
    known = [w for w in weights if isinstance(w, Decimal)]
    total = sum(known, Decimal(0))
    if weights and (total > 1 or (len(known) == len(weights) and total != 1)):
        message = f"{what} are {' + '.join(str(w) for w in known)} = {total}; they must add up to 1."
        yield _fault(flat, path, "TRU-Q022", message, "Correct the weights.")


def _edges(flat: Flat, slot: Slot) -> list[int]:
    """The program years in which a slot begins, and those after it ends."""
    found = [1]
    for key, step in (("from_program_year", 0), ("to_program_year", 1)):
        value = _value(flat, f"quality.slots.{slot.id}.{key}")
        if isinstance(value, int):
            found.append(value + step)
    return found


def _active(flat: Flat, slot: Slot, year: int) -> bool:
    first, last = (_value(flat, f"quality.slots.{slot.id}.{key}") for key in ("from_program_year", "to_program_year"))
    return (not isinstance(first, int) or first <= year) and (not isinstance(last, int) or year <= last)


def _domains(quality: Quality, flat: Flat) -> Iterator[RuleError]:
    """Slots and domains name each other: no slot outside them, no domain without a slot."""
    declared = {d.id for d in quality.domains}
    for kind, items in (("slots", quality.slots), ("sets", quality.sets)):
        for item in items:
            if item.use != "tracked" and (item.domain or "") not in (declared or {""}):
                said = f"domain `{item.domain}`, which the scorecard does not have" if item.domain else "no domain"
                step = f"Domains: {', '.join(sorted(declared)) or 'none'}."
                yield _fault(flat, f"quality.{kind}.{item.id}", "TRU-Q023", f"`{item.id}` has {said}.", step)
    used = {t.domain for t in (*quality.slots, *quality.sets)}
    for domain in sorted(declared - {d for d in used if d}):
        yield _fault(flat, f"quality.domains.{domain}", "TRU-Q023", f"domain `{domain}` has no slot.", "Remove it, or give it a slot.")


def _terms(quality: Quality, flat: Flat) -> Iterator[RuleError]:
    """Each method has what it needs, and the numbers of the rules lie in the order they are read in."""
    method = _value(flat, "quality.scoring.method")
    maximum = _value(flat, "quality.scoring.maximum_points")
    if method == "hvbp" and isinstance(maximum, Decimal) and maximum != HVBP_POINTS:
        message = f"the hospital formulas give up to 10 points, but `maximum_points` is {maximum}."
        yield _fault(flat, "quality.scoring.maximum_points", "TRU-Q024", message, 'Write "10".')
    for base, items in (("quality.slots", quality.slots), ("quality.sets", quality.sets)):
        for item in items:
            if item.use == "performance":
                yield from _needed(quality, flat, f"{base}.{item.id}", item, method)
    yield from _points_within(flat, "quality.scoring.cut_points", quality.scoring.cut_points, maximum)
    yield from _points_within(flat, "quality.scoring.improvement_points", quality.scoring.improvement_points, maximum)
    missing = _value(flat, "quality.small_numbers.missing")
    for word, key in (("pool_years", "pool_periods"), ("shrink_to_peer", "shrink_k")):
        if missing == word and getattr(quality.small_numbers, key) is None:
            message = f"`missing: {word}` needs `{key}`."
            yield _fault(flat, "quality.small_numbers.missing", "TRU-Q024", message, f"Add `quality.small_numbers.{key}`.")


def _needed(quality: Quality, flat: Flat, path: str, item: Terms, method: object) -> Iterator[RuleError]:
    for key in _NEEDS.get(str(method), ()):
        if key == "cut_points":
            if not item.cut_points and not quality.scoring.cut_points:
                yield _fault(
                    flat, path, "TRU-Q011", f"`{item.id}`: method {method} needs `cut_points`.", "Add them to the slot or to scoring."
                )
            elif method == "deciles" and len(item.cut_points or quality.scoring.cut_points) != 9:
                yield _fault(flat, path, "TRU-Q012", f"`{item.id}`: deciles have nine edges.", "State nine, the worst first.")
        elif getattr(item, key) is None:
            yield _fault(flat, path, "TRU-Q011", f"`{item.id}`: method {method} needs `{key}`.", "Add it, or choose another method.")


def _directions(quality: Quality, flat: Flat, measures: Mapping[str, Measure]) -> Iterator[RuleError]:
    """Every measure of performance has a direction, its own or the library's, and its benchmark is better than its threshold."""
    for base, items in (("quality.slots", quality.slots), ("quality.sets", quality.sets)):
        for item in (i for i in items if i.use == "performance"):
            path = f"{base}.{item.id}"
            named = _value(flat, f"{path}.{'measure' if base.endswith('slots') else 'measures'}")
            for name in [str(n) for n in sequence(named)] if is_list(named) else [str(named)] if named else []:
                own = _value(flat, f"{path}.direction")
                direction = str(own) if own else measures[name].direction if name in measures else ""
                if not direction:
                    message = f"`{name}` of `{item.id}` has no direction: neither the slot nor a library says which way is better."
                    yield _fault(flat, path, "TRU-Q010", message, "Add `direction: higher` or `direction: lower`.")
                elif getattr(item, "figure", "rate") == "rate":
                    yield from _apart(flat, path, item.id, direction)


def _apart(flat: Flat, path: str, name: str, direction: str) -> Iterator[RuleError]:
    low, high = (_value(flat, f"{path}.{key}") for key in ("threshold", "benchmark"))
    if isinstance(low, Decimal) and isinstance(high, Decimal) and (high <= low if direction == "higher" else high >= low):
        message = f"`{name}`: the benchmark {high} is not better than the threshold {low}; {direction} is better."
        yield _fault(flat, f"{path}.benchmark", "TRU-Q013", message, "Correct them, or the direction.")


def _points_within(flat: Flat, base: str, cuts: Iterable[CutPoint], maximum: object) -> Iterator[RuleError]:
    for cut in cuts:
        points = _value(flat, f"{base}.{cut.id}.points")
        if isinstance(points, Decimal) and isinstance(maximum, Decimal) and not 0 <= points <= maximum:
            message = f"a cut point earns {points} points; a measure can earn from 0 to {maximum}."
            yield _fault(flat, f"{base}.{cut.id}.points", "TRU-Q025", message)


def _ladder(quality: Quality, flat: Flat) -> Iterator[RuleError]:
    """A ladder says one thing at each height, and a higher rung never pays less."""
    if quality.gate is None:
        return
    base, gate = "quality.gate.ladder", quality.gate
    if gate.multiplier.value == "ladder" and not gate.ladder:
        yield _fault(flat, "quality.gate.multiplier", "TRU-Q026", "`multiplier: ladder` needs `ladder`.", "Add its steps.")
    known: list[tuple[Decimal, Decimal, Rung]] = []
    for rung in gate.ladder:
        at, pays = (_value(flat, f"{base}.{rung.id}.{key}") for key in ("at", "multiplier"))
        if isinstance(at, Decimal) and isinstance(pays, Decimal):
            known.append((at, pays, rung))
    known.sort(key=lambda step: step[0])
    for (low, less, _), (high, more, rung) in pairwise(known):
        if low == high or more < less:
            message = f"step {high} of the ladder pays {more}, step {low} pays {less}."
            yield _fault(flat, f"{base}.{rung.id}.at", "TRU-Q026", message, "Each height once, and more for more.")


def _gate(model: RuleFile, quality: Quality, flat: Flat) -> Iterator[RuleError]:
    """The gate that the score decides is a gate of the settlement, where the program has gates there."""
    if quality.gate is None or not any(path.startswith("settlement.gates.") for path in flat.params):
        return
    names = {path.split(".")[2] for path in flat.params if path.startswith("settlement.gates.")}
    if quality.gate.id not in names:
        message = f"the score decides gate `{quality.gate.id}`, which the settlement of {model.program} does not have."
        yield _fault(flat, "quality.gate.id", "TRU-Q027", message, f"Gates: {', '.join(sorted(names))}.")
