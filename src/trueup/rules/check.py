"""Check program folders: rule files, assumptions, value sets and the registry, everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from trueup.errors import Place, RuleError, RuleErrors
from trueup.rules import value_sets
from trueup.rules.codes import rule_error
from trueup.rules.load import in_order, load_program, program_ids, rule_files, versions
from trueup.rules.measures import library_files, read_library
from trueup.rules.messages import validate
from trueup.rules.program import Finding, Program
from trueup.rules.reader import mapping, read_yaml, shown
from trueup.rules.schema import Registry


@dataclass(frozen=True)
class ProgramCheck:
    """One rule version with one assumptions file, or none: what is in it and what is still unknown."""

    id: str
    rule_version: str
    status: str
    source: str
    assumptions: str | None
    values: int
    unknown: int
    assumed: int
    value_sets: int

    def __str__(self) -> str:
        filled = f", {self.assumed} assumed by {self.assumptions}" if self.assumptions else ""
        return f"{self.source} {self.id} {self.rule_version} ({self.status}): {self.values} values{filled}, {self.unknown} unknown."


@dataclass
class CheckReport:
    """What a check found. `errors` stop a run; `warnings` want a person's look."""

    programs: list[ProgramCheck] = field(default_factory=list[ProgramCheck])
    errors: list[RuleError] = field(default_factory=list[RuleError])
    warnings: list[Finding] = field(default_factory=list[Finding])

    @property
    def ok(self) -> bool:
        return not self.errors

    def __str__(self) -> str:
        count = f"{len(self.programs)} checked, {len(self.errors)} errors, {len(self.warnings)} warnings."
        return "\n".join([*map(str, self.errors), *map(str, self.warnings), *map(str, self.programs), count])


@dataclass(frozen=True)
class _Target:
    """A program to check: all versions and assumptions, or only those of one file."""

    programs_dir: Path
    program_id: str
    rule_file: Path | None = None
    assumptions_file: Path | None = None


def check_paths(paths: Iterable[Path]) -> CheckReport:
    """Check what each path names: a folder of programs, one program's folder, one rule file, or one assumptions file.

    Every rule version is loaded alone and with every assumptions file of its program; every value-set file is read, used or not.
    """
    report = CheckReport()
    for path in paths:
        targets = _targets(path, report)
        used = {name for target in targets for name in _check(target, report)}
        if (path / "registry.yaml").is_file():
            report.errors += _check_registry(path)
        whole = [t for t in targets if t.rule_file is None and t.assumptions_file is None]
        _check_sets(path, whole, used, report)
    report.errors = in_order(report.errors)
    report.warnings = sorted(set(report.warnings), key=lambda w: (w.place.source, w.place.line or 0, w.message))
    return report


def _targets(path: Path, report: CheckReport) -> list[_Target]:
    home = path.resolve()
    if path.is_file() and home.parent.name == "assumptions":
        return [_Target(home.parents[2], home.parents[1].name, assumptions_file=path)]
    if path.is_file():
        return [_Target(home.parents[1], home.parent.name, rule_file=path)]
    if rule_files(path):
        return [_Target(home.parent, home.name)]
    found = [_Target(path, program) for program in program_ids(path)]
    if not found:
        step = "Name a folder of programs, one program's folder, a rule file or an assumptions file."
        report.errors.append(rule_error("TRU-R011", "holds no program." if path.exists() else "does not exist.", shown(path), None, step))
    return found


def _check(target: _Target, report: CheckReport) -> set[str]:
    """Load a program in every way; the names of the value sets it used, those of the measure libraries among them."""
    home = target.programs_dir / target.program_id
    if target.rule_file:
        listed = [str(mapping(read_yaml(target.rule_file).data).get("rule_version", ""))]
    else:
        listed = versions(target.programs_dir, target.program_id)
    files = [target.assumptions_file] if target.assumptions_file else sorted((home / "assumptions").glob("*.yaml"))
    used = {name for file in library_files(target.programs_dir, target.program_id) for m in read_library(file)[0] for name in m.sets}
    for version in listed:
        for assumptions in (None, *files):
            try:
                program = load_program(target.programs_dir, target.program_id, version=version or None, assumptions=assumptions)
            except RuleErrors as e:
                report.errors += e.errors
                continue
            used |= set(program.value_sets)
            report.programs.append(_summary(program))
            report.warnings += program.warnings
    return used


def _summary(program: Program) -> ProgramCheck:
    unknown = len(program.unknowns())
    return ProgramCheck(
        id=program.id,
        rule_version=program.rule_version,
        status=program.status,
        source=program.place.source,
        assumptions=program.assumptions_name,
        values=len(program.params) - unknown,
        unknown=unknown,
        assumed=len(program.assumed()),
        value_sets=len(program.value_sets),
    )


def _check_sets(path: Path, targets: list[_Target], used: set[str], report: CheckReport) -> None:
    """Read every value-set file, and name those that nothing uses. Shared sets count only where all programs are checked."""
    folders = [f for t in targets for f in value_sets.folders(t.programs_dir, t.program_id) if f[0] != "common"]
    if any(t.programs_dir == path for t in targets):
        folders.append(("common", path / "common" / "value_sets"))
    for origin, folder in folders:
        for file in sorted(folder.glob("*.csv")):
            report.errors += value_sets.read_value_set(file, origin)[1]
            if file.stem not in used and not report.errors:
                report.warnings.append(Finding("cfg.unused_value_set", "no rule or assumption uses this value set.", Place(shown(file))))


def _check_registry(programs_dir: Path) -> list[RuleError]:
    """The registry lists every folder, and says of it what its newest rule file says."""
    doc = read_yaml(programs_dir / "registry.yaml")
    if doc.errors:
        return doc.errors
    registry, errors = validate(Registry, doc.data, doc)
    if registry is None:
        return errors
    folders = program_ids(programs_dir)
    for i, entry in enumerate(registry.programs):
        if entry.id not in folders:
            errors.append(doc.error("TRU-R012", ("programs", i), f"lists {entry.id}, but there is no such folder with a rule file."))
            continue
        newest = mapping(read_yaml(rule_files(programs_dir / entry.id)[-1]).data)
        for key, value in (("title", entry.title), ("kind", entry.kind), ("status", entry.status)):
            if newest.get(key) != value:
                message = f"`{key}` of {entry.id} is {value}, but its newest rule file says {newest.get(key)}."
                errors.append(doc.error("TRU-R012", ("programs", i), message, "Make them the same."))
    listed = [entry.id for entry in registry.programs]
    missing = [folder for folder in folders if folder not in listed]
    errors += [doc.error("TRU-R012", ("programs",), f"does not list {folder}.", "Add a line.") for folder in missing]
    errors += [doc.error("TRU-R010", ("programs",), f"lists {i} twice.") for i in sorted({i for i in listed if listed.count(i) > 1})]
    return errors
