"""Value sets: code lists in CSV files with effective dates, read strictly.

A set is looked up in the program's folder, in its assumptions folder (sample lists, never the state's), then among the shared facts of
code systems. Its name is the file's stem.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Literal

from trueup.errors import Place, RuleError
from trueup.rules.codes import rule_error
from trueup.rules.program import Code, ValueSet
from trueup.rules.reader import shown

COLUMNS = ("code", "code_system", "effective_from", "effective_to", "value", "cite", "label")

# The canonical form of a code: upper case, no dots, padded as intake pads.
FORMS: dict[str, str] = {
    "icd-10-cm": r"[A-Z]\d[0-9A-Z]{1,5}",
    "icd-10-cm-category": r"[A-Z]\d[0-9A-Z]",
    "icd-10-pcs": r"[0-9A-HJ-NP-Z]{7}",
    "hcpcs": r"[0-9A-Z]\d{3}[0-9A-Z]",
    "ms-drg": r"\d{3}",
    "apr-drg": r"\d{3}(-\d)?",
    "revenue": r"\d{4}",
    "place-of-service": r"\d{2}",
    "ndc": r"\d{11}",
    "dual-status": r"\d{2}",
    "bill-type": r"\d{2}[0-9A-Z]?",
    "discharge-status": r"\d{2}",
}
Folder = tuple[Literal["program", "assumptions", "common"], Path]


def folders(programs_dir: Path, program_id: str) -> list[Folder]:
    """Where a program's value sets are looked up, in order."""
    home = programs_dir / program_id
    return [
        ("program", home / "value_sets"),
        ("assumptions", home / "assumptions" / "value_sets"),
        ("common", programs_dir / "common" / "value_sets"),
    ]


def find(programs_dir: Path, program_id: str, name: str) -> tuple[Literal["program", "assumptions", "common"], Path] | None:
    """The file of a set, and which folder it is in."""
    for origin, folder in folders(programs_dir, program_id):
        if (folder / f"{name}.csv").is_file():
            return origin, folder / f"{name}.csv"
    return None


def names(programs_dir: Path, program_id: str) -> list[str]:
    """Every set a program could name."""
    return sorted({p.stem for _, folder in folders(programs_dir, program_id) for p in folder.glob("*.csv")})


def read_value_set(path: Path, origin: Literal["program", "assumptions", "common"]) -> tuple[ValueSet, list[RuleError]]:
    """Read one file. Every fault of it is in the list; rows with faults are left out of the set."""
    source, errors, codes = shown(path), list[RuleError](), list[tuple[int, Code]]()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            header = next(rows, list[str]())
            if tuple(header) != COLUMNS:
                step = f"The header is {','.join(COLUMNS)}."
                errors.append(rule_error("TRU-R041", f"has the header {','.join(header) or '(none)'}.", source, 1, step))
                return ValueSet(path.stem, origin, (), Place(source)), errors
            for row in rows:
                code = _code(row, source, rows.line_num, errors)
                if code:
                    codes.append((rows.line_num, code))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        errors.append(rule_error("TRU-R001", f"cannot be read: {e}.", source))
    if not codes and not errors:
        errors.append(rule_error("TRU-R043", "holds no code.", source, 1, "Fill it, or remove it and the rules that name it."))
    errors += _duplicates(codes, source)
    return ValueSet(path.stem, origin, tuple(code for _, code in codes), Place(source)), errors


def _code(row: list[str], source: str, line: int, errors: list[RuleError]) -> Code | None:
    """One row as a code, or None with the reasons added to `errors`."""
    before = len(errors)

    def fault(code: str, message: str, step: str = "") -> None:
        errors.append(rule_error(code, message, source, line, step))

    if len(row) != len(COLUMNS):
        fault("TRU-R041", f"has {len(row)} fields; {len(COLUMNS)} are due.", "Quote a text that holds a comma.")
        return None
    fields = dict(zip(COLUMNS, row, strict=True))
    code, system = fields["code"], fields["code_system"]
    if system not in FORMS:
        fault("TRU-R044", f"`{system}` is not a code system.", f"Known: {', '.join(FORMS)}.")
    elif not re.fullmatch(FORMS[system], code, re.ASCII):
        meant = code.strip().upper().replace(".", "")
        fits = meant != code and re.fullmatch(FORMS[system], meant, re.ASCII)
        step = f"Write `{meant}`." if fits else "Upper case, no dots, no wildcards."
        fault("TRU-R045", f"`{code}` is not a canonical {system} code.", step)
    if not fields["cite"].strip():
        fault("TRU-R047", f"`{code}` has no cite.")
    starts, ends = (_day(fields[name], fault) for name in ("effective_from", "effective_to"))
    if starts and ends and ends <= starts:
        step = "Spans are half-open: the end is the first day it is out."
        fault("TRU-R046", f"`{code}` ends on {ends}, not after it begins on {starts}.", step)
    value = fields["value"]
    if value and not re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
        fault("TRU-R046", f"the value of `{code}` is `{value}`, not a whole number.")
    if len(errors) > before:
        return None
    return Code(system, code, starts, ends, int(value) if value else None, fields["cite"], fields["label"])


def _day(text: str, fault: object) -> date | None:
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    if callable(fault):
        fault("TRU-R046", f"`{text}` is not a day like 2025-01-31.")
    return None


def _duplicates(codes: list[tuple[int, Code]], source: str) -> list[RuleError]:
    """A code may come back in another span of days, never twice on one day."""
    errors: list[RuleError] = []
    spans: dict[tuple[str, str], list[tuple[int, Code]]] = {}
    for line, code in codes:
        seen = spans.setdefault((code.code_system, code.code), [])
        clash = next((first for first, other in seen if _overlap(code, other)), None)
        if clash is not None:
            errors.append(rule_error("TRU-R042", f"`{code.code}` ({code.code_system}) is also on line {clash}.", source, line, "Keep one."))
        seen.append((line, code))
    return errors


def _overlap(a: Code, b: Code) -> bool:
    low, high = date.min, date.max
    return (a.effective_from or low) < (b.effective_to or high) and (b.effective_from or low) < (a.effective_to or high)
