"""Load measures from the libraries: every file strictly, every fault with its line, and the value sets that the wanted measures name.

Libraries stand in the program's folder and among the facts that no program owns: `<program>/measures/*.yaml`, `common/measures/*.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from trueup.errors import Place, RuleError
from trueup.rules import value_sets
from trueup.rules.codes import rule_error
from trueup.rules.measure_model import Criterion, Measure, MeasureVersion
from trueup.rules.messages import validate
from trueup.rules.program import ValueSet
from trueup.rules.reader import Document, Loc, read_yaml
from trueup.rules.schema_measures import CriterionRule, MeasureLibrary, MeasureRule, MeasureVersionRule
from trueup.rules.suggest import did_you_mean, nearest
from trueup.rules.tree import digest
from trueup.rules.unit_facts import UNIT_FACTS

__all__ = ["Criterion", "Measure", "MeasureVersion", "library_files", "load_measures", "read_library"]

_PART_NAMES = ("population", "exclusions", "exceptions", "numerator")
# The code systems that the steps find on claims; a code of another system would never be found.
EVENT_SYSTEMS = ("icd-10-cm", "icd-10-cm-category", "icd-10-pcs", "hcpcs", "revenue", "ndc", "ms-drg", "apr-drg")
_Fault = Callable[..., None]


def library_files(programs_dir: Path, program_id: str) -> list[Path]:
    """The measure libraries a program can use: its own, then the shared ones."""
    return [
        *sorted((programs_dir / program_id / "measures").glob("*.yaml")),
        *sorted((programs_dir / "common" / "measures").glob("*.yaml")),
    ]


def load_measures(
    programs_dir: Path, program_id: str, names: Mapping[str, Place]
) -> tuple[dict[str, Measure], dict[str, ValueSet], list[RuleError]]:
    """The named measures with the value sets they count.

    Args:
        programs_dir: The folder of every program and of `common/`.
        program_id: The program's folder; its own libraries and value sets come first.
        names: The measure ids that are wanted, and where each is named.

    Returns:
        The measures by id, their value sets by name, and every fault of every library file and value set involved.
    """
    found: dict[str, Measure] = {}
    faults: list[RuleError] = []
    for path in library_files(programs_dir, program_id):
        measures, errors = read_library(path)
        faults += errors
        for measure in measures:
            first = found.get(measure.id)
            if first is not None:
                message = f"measure `{measure.id}` is also in {first.place}."
                faults.append(rule_error("TRU-R104", message, measure.place.source, measure.place.line, "Rename one."))
                continue
            found[measure.id] = measure
    for name, place in names.items():
        if name not in found and not faults:
            step = did_you_mean(name, found, "Add it to a file of programs/common/measures.")
            faults.append(rule_error("TRU-R103", f"measure `{name}` is in no measure library.", place.source, place.line, step))
    wanted = {name: found[name] for name in names if name in found}
    sets = _load_sets(programs_dir, program_id, wanted.values(), faults)
    return {name: _with_digest(measure, sets) for name, measure in wanted.items()}, sets, faults


def read_library(path: Path) -> tuple[tuple[Measure, ...], tuple[RuleError, ...]]:
    """One library file, strictly. A file is parsed once as long as it does not change."""
    try:
        stat = path.stat()
    except OSError:
        return _read_library(path, 0, 0)
    return _read_library(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _read_library(path: Path, _changed: int, _size: int) -> tuple[tuple[Measure, ...], tuple[RuleError, ...]]:
    doc = read_yaml(path)
    if doc.errors:
        return (), tuple(doc.errors)
    library, errors = validate(MeasureLibrary, doc.data, doc)
    if library is None:
        return (), tuple(errors)
    measures = [_measure(rule, doc, ("measures", i), library, errors) for i, rule in enumerate(library.measures)]
    return tuple(measures), tuple(errors)


def _measure(rule: MeasureRule, doc: Document, loc: Loc, library: MeasureLibrary, errors: list[RuleError]) -> Measure:
    """One measure, its faults beyond the form added to `errors`."""

    def fault(code: str, where: Loc, message: str, step: str = "") -> None:
        errors.append(doc.error(code, (*loc, *where), f"measure `{rule.id}`: {message}", step))

    if rule.statistic == "proportion":
        if rule.fact is not None or rule.trim_percent is not None:
            fault("TRU-R102", (), "a proportion has no `fact` and no `trim_percent`.", "Remove them, or choose another statistic.")
    elif rule.fact is None:
        fault("TRU-R102", (), f"a {rule.statistic} needs `fact`, the number it is taken of.", "Add `fact`.")
    if rule.statistic not in ("proportion", "trimmed_mean") and rule.trim_percent is not None:
        fault("TRU-R102", (), "`trim_percent` belongs to a trimmed mean.", "Remove it, or choose `trimmed_mean`.")
    if rule.fact is not None and UNIT_FACTS[rule.unit] and rule.fact not in UNIT_FACTS[rule.unit]:
        fault("TRU-R105", ("fact",), f"`{rule.fact}` is no fact of a {rule.unit}.", did_you_mean(rule.fact, UNIT_FACTS[rule.unit]))
    versions: list[MeasureVersion] = []
    for i, item in enumerate(rule.versions):
        _check_version(rule, item, ("versions", i), fault)
        _check_cites(item, library, rule, ("versions", i), fault)
        for other in versions:
            if item.from_year <= (other.to_year or item.from_year) and other.from_year <= (item.to_year or other.from_year):
                message = f"the years from {item.from_year} and from {other.from_year} overlap."
                fault("TRU-R101", ("versions", i), message, "End one version before the next begins.")
        versions.append(_version(item, rule))
    return Measure(
        rule.id, rule.title, rule.unit, rule.statistic, rule.direction, rule.fact, rule.trim_percent, rule.cannot_see,
        tuple(sorted(versions, key=lambda v: v.from_year)), place=Place(doc.source, doc.line(loc)),
    )  # fmt: skip


def _check_version(rule: MeasureRule, item: MeasureVersionRule, loc: Loc, fault: _Fault) -> None:
    if item.to_year is not None and item.to_year < item.from_year:
        fault("TRU-R101", loc, f"a version ends in {item.to_year}, before it begins in {item.from_year}.")
    if (rule.statistic == "proportion") != bool(item.numerator):
        words = "needs a numerator" if rule.statistic == "proportion" else "has no numerator"
        fault("TRU-R102", loc, f"a {rule.statistic} {words}.", "Correct `numerator` or `statistic`.")
    if rule.statistic != "proportion" and item.exceptions:
        fault("TRU-R102", (*loc, "exceptions"), f"a {rule.statistic} has no exceptions.", "Make them exclusions.")
    facts = UNIT_FACTS[rule.unit]
    for part in _PART_NAMES:
        criteria: list[CriterionRule] = getattr(item, part)
        seen: dict[str, int] = {}
        for n, criterion in enumerate(criteria):
            place: Loc = (*loc, part, n)
            if criterion.id in seen:
                fault("TRU-R010", place, f"`{criterion.id}` occurs twice under `{part}`.", "Rename one.")
            seen[criterion.id] = n
            if criterion.fact is not None and facts and criterion.fact not in facts:
                message = f"`{criterion.fact}` is no fact of a {rule.unit}."
                fault("TRU-R105", place, message, did_you_mean(criterion.fact, facts))
            if criterion.group is not None and part in ("exclusions", "exceptions"):
                fault("TRU-R102", place, f"`{criterion.id}` has a group, but any one of the {part} suffices.", "Remove `group`.")
        for n, criterion in enumerate(criteria):
            if criterion.group is None and criterion.id in {c.group for c in criteria}:
                fault("TRU-R010", (*loc, part, n), f"`{criterion.id}` is a criterion and also a group.", "Rename one.")


def _check_cites(item: MeasureVersionRule, library: MeasureLibrary, rule: MeasureRule, loc: Loc, fault: _Fault) -> None:
    """Every version has a cite, its own or the measure's; the first word of each part names a source of the file."""
    if item.cite is None and rule.cite is None:
        fault("TRU-R100", loc, "a version has no `cite`.", "Say where its codes and days come from.")
    pairs: list[tuple[Loc, str | None]] = [((), rule.cite), (loc, item.cite)]
    for part in _PART_NAMES:
        criteria: list[CriterionRule] = getattr(item, part)
        pairs += [((*loc, part, n), c.cite) for n, c in enumerate(criteria)]
    for where, cite in pairs:
        for i, piece in enumerate(p.strip() for p in (cite or "").split(";") if cite):
            if piece.split(" ", 1)[0] in library.sources or (i and piece.startswith("READING.md")):
                continue
            near = nearest(piece.split(" ", 1)[0], library.sources)
            step = f"Did you mean `{near}`?" if near else f"Sources: {', '.join(library.sources)}."
            fault("TRU-R009", (*where, "cite"), f"cite `{piece}` does not begin with a source.", step)


def _version(item: MeasureVersionRule, rule: MeasureRule) -> MeasureVersion:
    def criteria(rules: Iterable[CriterionRule]) -> tuple[Criterion, ...]:
        return tuple(_criterion(c) for c in rules)

    return MeasureVersion(
        item.from_year, item.to_year, item.cite or rule.cite or "",
        criteria(item.population), criteria(item.exclusions), criteria(item.exceptions), criteria(item.numerator),
    )  # fmt: skip


def _criterion(rule: CriterionRule) -> Criterion:
    return Criterion(
        id=rule.id,
        group=rule.group or rule.id,
        fact=rule.fact,
        operator=rule.operator,
        value=rule.value,
        value_to=rule.value_to,
        value_set=rule.value_set,
        from_date=rule.from_,
        to_date=rule.to or rule.from_,
        first_day=rule.first_day,
        last_day=rule.last_day,
        at_least=rule.at_least,
        distinct_days=rule.distinct_days,
        claim_type=rule.claim_type,
        setting=rule.setting,
        principal=rule.principal,
        with_set=rule.with_,
        without_set=rule.without,
    )


def _load_sets(programs_dir: Path, program_id: str, wanted: Iterable[Measure], faults: list[RuleError]) -> dict[str, ValueSet]:
    sets: dict[str, ValueSet] = {}
    missing: set[str] = set()
    for measure in wanted:
        for name in measure.sets:
            if name in sets or name in missing:
                continue
            found = value_sets.find(programs_dir, program_id, name)
            if found is None:
                missing.add(name)
                step = did_you_mean(name, value_sets.names(programs_dir, program_id), f"Add {name}.csv to programs/common/value_sets.")
                message = f"measure `{measure.id}`: value set `{name}` does not exist."
                faults.append(rule_error("TRU-R040", message, measure.place.source, measure.place.line, step))
                continue
            origin, path = found
            stat = path.stat()
            sets[name], errors = _read_set(path, origin, stat.st_mtime_ns, stat.st_size)
            faults += errors
            odd = next((c for c in sets[name].codes if c.code_system not in EVENT_SYSTEMS), None)
            if odd is not None:
                message = f"measure `{measure.id}`: `{name}` holds codes of the system {odd.code_system}, first {odd.code}."
                step = f"Events have codes of: {', '.join(EVENT_SYSTEMS)}."
                faults.append(rule_error("TRU-R106", message, measure.place.source, measure.place.line, step))
    return sets


@lru_cache(maxsize=512)
def _read_set(
    path: Path, origin: Literal["program", "assumptions", "common"], _changed: int, _size: int
) -> tuple[ValueSet, tuple[RuleError, ...]]:
    found, errors = value_sets.read_value_set(path, origin)
    return found, tuple(errors)


def _with_digest(measure: Measure, sets: Mapping[str, ValueSet]) -> Measure:
    data = {key: value for key, value in asdict(measure).items() if key not in ("digest", "place", "title", "cannot_see")}
    return replace(measure, digest=digest(data, [sets[name] for name in measure.sets if name in sets]))
