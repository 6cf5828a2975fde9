"""Load one program: rule file, value sets, assumptions and settings, all strictly, with every error of all files at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from trueup.errors import Place, RuleError, RuleErrors
from trueup.rules import assumptions as assume
from trueup.rules import value_sets
from trueup.rules.assumptions import Override
from trueup.rules.codes import rule_error
from trueup.rules.consistency import check_consistency
from trueup.rules.consistency_quality import check_quality
from trueup.rules.kinds import KINDS
from trueup.rules.measure_model import Measure
from trueup.rules.measures import load_measures
from trueup.rules.messages import validate
from trueup.rules.program import Finding, Param, Period, Program, Unknown, ValueSet
from trueup.rules.reader import Document, Loc, is_list, is_mapping, mapping, read_yaml, sequence, shown
from trueup.rules.schema import AssumptionsFile
from trueup.rules.schema_base import RuleFile
from trueup.rules.suggest import did_you_mean
from trueup.rules.tree import Flat, digest, flatten


@dataclass
class _Layers:
    """What lies over the rule file: the overrides by path, and the data they are hashed from."""

    overrides: dict[str, Override]
    file: AssumptionsFile | None = None
    file_data: object = None
    settings: Mapping[str, object] | None = None


def load_program(
    programs_dir: Path,
    program_id: str,
    *,
    version: str | None = None,
    assumptions: str | Path | None = None,
    settings: Mapping[str, object] | None = None,
    settings_place: Place | None = None,
) -> Program:
    """One version of a program's rules, ready to ask for values by path.

    Args:
        programs_dir: The folder that holds every program's folder and `common/`.
        program_id: The program's folder.
        version: Its `rule_version`; may be left out where the program has one version only.
        assumptions: Name or path of one assumptions file.
        settings: Rule paths and the values that replace them, known or not; the program is then a scenario.
        settings_place: Where the settings stand, for messages.

    Raises:
        RuleErrors: Every fault of every file involved.
    """
    errors: list[RuleError] = []
    doc = _rule_document(programs_dir, program_id, version)
    _join_scorecard(doc, programs_dir, programs_dir / program_id, errors)
    model = _validated(doc, doc.data, None, errors)
    layers = _Layers({})
    home = programs_dir / program_id
    base = flatten(model, doc, {}) if model else None
    if assumptions is not None:
        layers.file_data = _add_assumptions(layers, assume.find_assumptions(home, assumptions), program_id, base, errors)
    if settings and base:
        layers.settings = settings
        found, faults = assume.from_settings(settings, [*base.params, *sorted(base.optional)], settings_place or Place("settings"))
        layers.overrides.update(found)
        errors += faults
    if base is None or model is None:
        raise RuleErrors(in_order(errors))
    final_model, flat = model, base
    if layers.overrides:
        data, places = assume.patch(doc.data, layers.overrides)
        patched = _validated(doc, data, places, errors)
        if patched is None:
            raise RuleErrors(in_order(errors))
        final_model, flat = patched, flatten(patched, doc, layers.overrides)
    sets = _load_sets(programs_dir, program_id, [base, flat], errors)
    measures = _load_measures(programs_dir, program_id, flat, sets, errors)
    faults, warnings = check_consistency(final_model, flat, sets, home)
    errors += [*flat.errors, *faults, *check_quality(final_model, flat, measures)]
    if errors:
        raise RuleErrors(in_order(errors))
    return _program(final_model, doc, base, flat, sets, measures, layers, warnings)


def rule_files(home: Path) -> list[Path]:
    """The rule files of a program's folder: their names begin with a year."""
    return sorted(home.glob("[0-9]*.yaml"))


def versions(programs_dir: Path, program_id: str) -> list[str]:
    """The rule versions of a program, in order of their files."""
    return [_version_of(read_yaml(path)) for path in rule_files(programs_dir / program_id)]


def program_ids(programs_dir: Path) -> list[str]:
    """The programs of a folder: every folder with a rule file."""
    return sorted({path.parent.name for path in programs_dir.glob("*/[0-9]*.yaml")})


def _version_of(doc: Document) -> str:
    return str(mapping(doc.data).get("rule_version", ""))


def _rule_document(programs_dir: Path, program_id: str, version: str | None) -> Document:
    """The rule file of that version. Raises `RuleErrors` with everything wrong in its YAML."""
    paths = rule_files(programs_dir / program_id)
    if not paths:
        known = program_ids(programs_dir)
        step = did_you_mean(program_id, known, f"Programs here: {', '.join(known) or 'none'}.")
        raise RuleErrors([rule_error("TRU-R011", f"holds no program `{program_id}`.", shown(programs_dir), None, step)])
    docs = [read_yaml(path) for path in paths]
    matching = [d for d in docs if version is None or _version_of(d) == version]
    if len(matching) != 1:
        broken = [e for d in docs for e in d.errors]
        listed = ", ".join(_version_of(d) for d in docs)
        message = f"has no rule version {version}." if version else "has several rule versions, and none was named."
        if len(matching) > 1 and version:
            message = f"has rule version {version} in several files: {', '.join(d.source for d in matching)}."
        raise RuleErrors([*broken, rule_error("TRU-R011", message, shown(programs_dir / program_id), None, f"Versions: {listed}.")])
    if matching[0].errors:
        raise RuleErrors(matching[0].errors)
    doc = matching[0]
    declared = mapping(doc.data).get("program")
    if isinstance(declared, str) and declared != program_id:
        message = f"`program` is {declared}, but the folder is {program_id}."
        doc.errors.append(rule_error("TRU-R012", message, doc.source, doc.line(("program",)), "Make them the same."))
    return doc


def _validated(doc: Document, data: object, places: Mapping[Loc, Place] | None, errors: list[RuleError]) -> RuleFile | None:
    """The model of the file's kind; errors in overridden places are reported where the override stands."""

    def locate(loc: Loc) -> tuple[str, int | None]:
        for i in range(len(loc), 0, -1):
            if places and loc[:i] in places:
                return places[loc[:i]].source, places[loc[:i]].line
        return doc.where(loc)

    kind = mapping(data).get("kind")
    if is_mapping(data) and (not isinstance(kind, str) or kind not in KINDS):
        source, line = locate(("kind",))
        step = did_you_mean(str(kind), list(KINDS), f"Kinds: {', '.join(KINDS)}.")
        errors += doc.errors if places is None else []
        errors.append(rule_error("TRU-R150", f"`kind` is {kind}, which is no kind of program.", source, line, step))
        return None
    model, faults = validate(KINDS[str(kind)].model if is_mapping(data) else RuleFile, data, doc, locate)
    if places is None:
        errors += doc.errors
    errors += faults
    return model


def _add_assumptions(layers: _Layers, path: Path, program_id: str, base: Flat | None, errors: list[RuleError]) -> object:
    doc, file, faults = assume.read_assumptions(path, program_id)
    errors += faults
    if file and base:
        layers.file = file
        layers.overrides, faults = assume.from_file(file, doc, base.params)
        errors += faults
    return doc.data


def _load_sets(programs_dir: Path, program_id: str, flats: Iterable[Flat], errors: list[RuleError]) -> dict[str, ValueSet]:
    """Every value set that the rules, assumptions or settings name."""
    sets: dict[str, ValueSet] = {}
    missing: set[str] = set()
    for flat in flats:
        for param in set_params(flat.params):
            name = cast(str, param.value)
            if name in sets or name in missing:
                continue
            found = value_sets.find(programs_dir, program_id, name)
            if found is None:
                missing.add(name)
                listed = value_sets.names(programs_dir, program_id)
                step = did_you_mean(name, listed, f"Add {name}.csv to the program's value_sets folder.")
                message = f"value set `{name}` of `{param.path}` does not exist."
                errors.append(rule_error("TRU-R040", message, param.place.source, param.place.line, step))
                continue
            sets[name], faults = value_sets.read_value_set(found[1], found[0])
            errors += faults
    return sets


def _join_scorecard(doc: Document, programs_dir: Path, home: Path, errors: list[RuleError]) -> None:
    """Read the scorecard that `quality: {file: NAME}` names, of the program or shared by several, and put it in its place.

    Its sources join the program's; a name that both use must say the same in both.
    """
    section = mapping(mapping(doc.data).get("quality"))
    if "file" not in section:
        return
    name, at = section["file"], ("quality", "file")
    found = [folder / str(name) for folder in (home, programs_dir / "common" / "scorecards") if (folder / str(name)).is_file()]
    if len(section) > 1 or not isinstance(name, str) or "/" in name or not found:
        message = f"`quality.file` is {name}, which is no file of this folder or of common/scorecards."
        errors.append(doc.error("TRU-R151", at, message, "Name one file, and nothing beside it."))
        del mapping(doc.data)["quality"]
        return
    card = read_yaml(found[0])
    errors += card.errors
    content = dict(mapping(card.data))
    sources, own = mapping(content.pop("sources", None)), mapping(mapping(doc.data).get("sources"))
    for key, source in sources.items():
        if own.setdefault(key, source) != source:
            errors.append(card.error("TRU-R152", ("sources", key), f"source `{key}` says something else in {doc.source}.", "Rename one."))
    mapping(doc.data)["quality"] = content
    doc.parts[("quality",)] = card
    doc.flow_comma |= {("quality", *loc) for loc in card.flow_comma}


def _is_submitted(flat: Flat, path: str) -> bool:
    """Whether the measure of a slot is what practices report: no library counts it."""
    source = flat.params.get(f"{path.rpartition('.')[0]}.source")
    return isinstance(source, Param) and source.value == "submission"


def _load_measures(
    programs_dir: Path, program_id: str, flat: Flat, sets: dict[str, ValueSet], errors: list[RuleError]
) -> dict[str, Measure]:
    """The measures that the rules name, from the measure libraries, and their value sets."""
    named: dict[str, Place] = {}
    for path, param in flat.params.items():
        if isinstance(param, Param) and path.rpartition(".")[2] in ("measure", "measures") and not _is_submitted(flat, path):
            ids = sequence(param.value) if is_list(param.value) else [param.value]
            named.update({str(name): param.place for name in ids if name})
    if not named:
        return {}
    measures, more, faults = load_measures(programs_dir, program_id, named)
    sets.update({name: found for name, found in more.items() if name not in sets})
    errors += faults
    return measures


def set_params(params: Mapping[str, Param | Unknown]) -> list[Param]:
    """The values that name a value set."""
    named = [p for path, p in params.items() if path.rpartition(".")[2] == "value_set"]
    return [p for p in named if isinstance(p, Param) and isinstance(p.value, str)]


def _program(
    model: RuleFile, doc: Document, base: Flat, flat: Flat, sets: dict[str, ValueSet], measures: dict[str, Measure], layers: _Layers,
    warnings: list[Finding],
) -> Program:  # fmt: skip
    def used(origin: str, of: Flat) -> list[ValueSet]:
        return [sets[name] for name in sorted({cast(str, p.value) for p in set_params(of.params) if p.origin == origin})]

    library = {name: measure.digest for name, measure in sorted(measures.items())}

    return Program(
        id=model.program,
        title=model.title,
        kind=model.kind,
        rule_version=model.rule_version,
        status=model.status,
        place=Place(doc.source),
        raw=flat.raw,
        params=flat.params,
        cites=flat.cites,
        sources=cast("Mapping[str, Mapping[str, object]]", flat.raw["sources"]),
        value_sets=sets,
        periods=periods_of(model, flat),
        measures=measures,
        rules_hash=digest([doc.data, library] if library else doc.data, used("rule", base)),
        assumptions_name=layers.file.name if layers.file else None,
        assumptions_hash=digest(layers.file_data, used("assumption", flat)) if layers.file else None,
        settings_hash=digest(dict(layers.settings), used("setting", flat)) if layers.settings else None,
        warnings=tuple(warnings),
    )


def periods_of(model: RuleFile, flat: Flat) -> tuple[Period, ...]:
    """The periods in file order."""
    entries = [(p, flat.params[f"periods.{p.id}.first_day"], flat.params[f"periods.{p.id}.last_day"]) for p in model.periods]
    return tuple(Period(p.id, p.role, p.program_year, first, last, p.cite or "") for p, first, last in entries)


def in_order(errors: list[RuleError]) -> list[RuleError]:
    """In order of file and line, each once."""
    unique = {str(e): e for e in errors}
    return sorted(unique.values(), key=lambda e: (e.place.source, e.place.line or 0) if e.place else ("", 0))
