"""Worked examples: facts in, dollars out. Anyone can write a file of cases and hold the engine to their own numbers.

A file is a list of cases. `given` holds input tables, or output tables of a stage (that stage is then skipped); `expect` holds output
tables of the run, or `error` with the code the run must be refused with. A listed table must contain exactly the rows written, in any
order, compared only on the columns written; `{rows: [...], match: at_least}` allows more rows. Money is quoted dollars.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from trueup.case_tables import Expected, Row, complete_given, parse_expect
from trueup.case_tables import defaults_text as defaults_text
from trueup.errors import Place, RuleError, RuleErrors, TrueupError
from trueup.row_match import Mismatch, match_rows
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.rules.reader import Document, Loc, is_list, is_mapping, mapping, read_yaml, sequence
from trueup.rules.suggest import did_you_mean

Execute = Callable[["Case", Program], Mapping[str, Sequence[Mapping[str, object]]]]

_KEYS = ("name", "program", "rule_version", "assumptions", "settings", "as_of", "given", "expect", "cite")
_REQUIRED = ("name", "program", "rule_version", "as_of", "given", "expect")
DEFAULTS = defaults_text()


@dataclass(frozen=True)
class Case:
    """One worked example. `given` rows have the defaults filled in and `repeat` expanded; `error` is the code of an expected refusal."""

    name: str
    program: str
    rule_version: str
    assumptions: str | None
    settings: Mapping[str, object]
    as_of: date
    given: Mapping[str, list[Row]]
    expect: Mapping[str, Expected]
    error: str | None
    place: Place
    settings_place: Place
    cite: str = ""


@dataclass(frozen=True)
class CaseResult:
    """What became of one case: no mismatch and no failure means it holds."""

    case: Case
    mismatches: list[Mismatch] = field(default_factory=list[Mismatch])
    failure: str = ""

    @property
    def passed(self) -> bool:
        return not self.mismatches and not self.failure

    def __str__(self) -> str:
        if self.passed:
            return f"holds  {self.case.place} {self.case.name}"
        details = [self.failure] if self.failure else [str(m) for m in self.mismatches]
        return "\n".join([f"FAILS  {self.case.place} {self.case.name}", *("  " + line for d in details for line in d.splitlines())])


@dataclass(frozen=True)
class CaseReport:
    """All cases of all files, and what is wrong with the files themselves."""

    results: list[CaseResult]
    errors: list[RuleError]

    @property
    def ok(self) -> bool:
        return not self.errors and all(r.passed for r in self.results)

    @property
    def failed(self) -> list[CaseResult]:
        return [r for r in self.results if not r.passed]

    def __str__(self) -> str:
        count = f"{len(self.results)} cases: {len(self.results) - len(self.failed)} hold, {len(self.failed)} fail."
        return "\n".join([*map(str, self.errors), *map(str, self.failed), count])


def load_cases(path: Path) -> list[Case]:
    """The cases of one file. Raises `RuleErrors` with every fault of the file."""
    doc = read_yaml(path)
    errors = list(doc.errors)
    if not errors and not is_list(doc.data):
        errors.append(doc.error("TRU-R050", (), "is not a list of cases.", "Begin each case with `- name: …`."))
    cases: list[Case] = []
    seen: dict[str, int] = {}
    for i, item in enumerate(sequence(doc.data)):
        case = _case(doc, i, item, errors)
        if case is None:
            continue
        line = case.place.line or 0
        if case.name in seen:
            message = f'the name "{case.name}" is also on line {seen[case.name]}.'
            errors.append(doc.error("TRU-R054", (i,), message, "A name says what the case shows."))
        seen.setdefault(case.name, line)
        cases.append(case)
    if errors:
        raise RuleErrors(errors)
    return cases


def case_files(path: Path) -> list[Path]:
    """The case files at a path: itself, or every YAML file in a `cases` folder at or below it."""
    if path.is_file():
        return [path]
    found = sorted(p for p in path.rglob("*.yaml") if "cases" in p.relative_to(path).parts[:-1])
    return found or sorted(path.glob("*.yaml"))


def compare(expect: Mapping[str, Expected], actual: Mapping[str, Sequence[Mapping[str, object]]]) -> list[Mismatch]:
    """Every way in which a run's tables are not what was expected. `actual` has the columns of the table contracts (cents, dates)."""
    return [m for name, table in expect.items() for m in match_rows(name, table.rows, list(actual.get(name, [])), exact=table.exact)]


def run_cases(
    paths: Iterable[Path], programs_dir: Path, execute: Execute, *, each: Callable[[CaseResult], None] | None = None
) -> CaseReport:
    """Run the cases of files or folders.

    Args:
        paths: Case files, or folders whose `cases` folders are searched.
        programs_dir: Where the programs are.
        execute: Runs one case and gives the run's tables by name; raises a `TrueupError` where the run is refused.
        each: Called with every result, for progress.
    """
    results: list[CaseResult] = []
    errors: list[RuleError] = []
    programs: dict[str, Program] = {}
    for file in [f for path in paths for f in case_files(path)]:
        try:
            cases = load_cases(file)
        except RuleErrors as e:
            errors += e.errors
            continue
        for case in cases:
            results.append(_run(case, programs_dir, programs, execute))
            if each:
                each(results[-1])
    return CaseReport(results, errors)


def _run(case: Case, programs_dir: Path, programs: dict[str, Program], execute: Execute) -> CaseResult:
    try:
        actual = execute(case, _program(case, programs_dir, programs))
    except TrueupError as e:
        codes = [error.code for error in e.errors] if isinstance(e, RuleErrors) else [e.code]
        if case.error in codes:
            return CaseResult(case)
        expected = f"expected error {case.error}, but " if case.error else ""
        return CaseResult(case, failure=f"{expected}the run was refused: {e}")
    if case.error:
        return CaseResult(case, failure=f"expected error {case.error}, but the run was not refused.")
    return CaseResult(case, compare(case.expect, actual))


def _program(case: Case, programs_dir: Path, programs: dict[str, Program]) -> Program:
    key = json.dumps([case.program, case.rule_version, case.assumptions, case.settings], sort_keys=True, default=repr)
    if key not in programs:
        programs[key] = load_program(
            programs_dir,
            case.program,
            version=case.rule_version,
            assumptions=case.assumptions,
            settings=dict(case.settings) or None,
            settings_place=case.settings_place,
        )
    return programs[key]


def _case(doc: Document, index: int, item: object, errors: list[RuleError]) -> Case | None:
    """One item of the file as a case, or None with the reasons added to `errors`."""
    before, data, loc = len(errors), mapping(item), (index,)

    def fault(message: str, at: Loc, step: str = "") -> None:
        errors.append(doc.error("TRU-R050", at, message, step))

    if not is_mapping(item):
        fault("is not a case.", loc, "A case is a mapping that begins with `name`.")
        return None
    for key in data:
        if key not in _KEYS:
            errors.append(doc.error("TRU-R004", (*loc, key), f"`{key}` is not a key of a case.", did_you_mean(key, _KEYS)))
    for key in _REQUIRED:
        if data.get(key) is None:
            fault(f"the case has no `{key}`.", loc)
    for key in ("name", "program", "rule_version", "assumptions", "cite"):
        if data.get(key) is not None and not isinstance(data[key], str):
            fault(f"`{key}` is not text.", (*loc, key), "Quote it.")
    if data.get("as_of") is not None and not isinstance(data["as_of"], date):
        fault("`as_of` is not a day like 2026-12-31.", (*loc, "as_of"))
    for key in ("settings", "given", "expect"):
        if data.get(key) is not None and not is_mapping(data[key]):
            fault(f"`{key}` is not a mapping.", (*loc, key))
    given = complete_given(doc, (*loc, "given"), mapping(data.get("given")), errors)
    expect, error = parse_expect(doc, (*loc, "expect"), mapping(data.get("expect")), errors)
    as_of = data.get("as_of")
    if len(errors) > before or not isinstance(as_of, date):
        return None
    return Case(
        name=str(data["name"]),
        program=str(data["program"]),
        rule_version=str(data["rule_version"]),
        assumptions=str(data["assumptions"]) if data.get("assumptions") else None,
        settings=mapping(data.get("settings")),
        as_of=as_of,
        given=given,
        expect=expect,
        error=error,
        place=Place(doc.source, doc.line(loc)),
        settings_place=Place(doc.source, doc.line((*loc, "settings"))),
        cite=str(data.get("cite") or ""),
    )
