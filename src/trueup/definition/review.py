"""A reviewed sheet read back: every fault of it at once, or the decisions of every code.

What is checked catches mistakes, not forgery: who can write the sheet can also write its manifest.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from re import ASCII, fullmatch
from typing import Any, cast

from trueup.definition.sheet import COLUMNS, GIVEN, Row, key_of, row_hash, sheet_id
from trueup.errors import Place, RuleError, RuleErrors
from trueup.rules.value_sets import FORMS

DECISIONS = ("keep", "drop", "add")
MANIFEST = "manifest.json"
_EDIT = "Take the column as it was made; edit the .xlsx and save its sheet Review as CSV, so that a spreadsheet changes no code."


@dataclass(frozen=True)
class Decision:
    """What was decided on a code. `reason` is the reviewer's, else the proposal's; an added code has no proposal."""

    code: str
    code_system: str
    decision: str
    proposal: str
    reason: str

    @property
    def is_in(self) -> bool:
        return self.decision in ("keep", "add")


@dataclass(frozen=True)
class Approval:
    """A sheet whose every code was decided, with who prepared and who approved it, and when."""

    sheet_id: str
    heading: Mapping[str, Any]
    drop_rule: Mapping[str, str]
    prepared_by: str
    approver: str
    approved_on: date
    decisions: tuple[Decision, ...]

    @property
    def codes(self) -> tuple[Decision, ...]:
        """The codes that are in, by code system and code."""
        return tuple(sorted((d for d in self.decisions if d.is_in), key=lambda d: (d.code_system, d.code)))


def read_review(path: Path, approver: str, approved_on: date, manifest_at: Path | None = None) -> Approval:
    """Read a reviewed sheet and check it against the manifest it was made with (beside it, unless named).

    Raises:
        RuleErrors: every fault of the sheet, TRU-D007 to TRU-D019.
    """
    manifest = _manifest(manifest_at or path.parent / MANIFEST)
    heading = cast("dict[str, Any]", manifest["heading"])
    prepared_by = str(heading["prepared_by"])
    rows = _rows(path)
    errors = _persons(path, prepared_by, approver, approved_on, heading)
    hashes = cast("dict[str, str]", manifest["rows"])
    decisions: list[Decision] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        before = len(errors)
        key = key_of({name: row[name].strip() for name in ("code_system", "code")})
        if key in seen:
            errors.append(_error("TRU-D014", f"`{key}` is also on line {seen[key]}.", path, line, "Keep one row of each code."))
            continue
        seen[key] = line
        _check(row, key, hashes.get(key), path, line, errors)
        if len(errors) == before:
            decisions.append(_decision(row))
    errors += [
        _error("TRU-D013", f"`{key}` was in the sheet as made and is missing.", path, None, "Put its row back, and decide drop.")
        for key in hashes
        if key not in seen
    ]
    if not errors and not any(d.is_in for d in decisions):
        errors.append(_error("TRU-D019", "no code is kept or added.", path, None, "A value set holds at least one code."))
    if errors:
        raise RuleErrors(errors)
    return Approval(
        str(manifest["sheet_id"]), heading, cast("dict[str, str]", manifest["drop_rule"]), prepared_by, _one_line(approver), approved_on,
        tuple(decisions),
    )  # fmt: skip


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest of a sheet. Raises RuleErrors where it is absent, of another kind, edited, or of a published sheet."""
    try:
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) else "it is not JSON"
        step = "Keep the sheet in the folder it was made in, or name the manifest with --manifest."
        raise RuleErrors([_error("TRU-D007", f"the sheet's manifest cannot be read: {reason}.", path, None, step)]) from None
    manifest = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if manifest.get("kind") != "definition_review" or manifest.get("sheet_id") != sheet_id(manifest):
        step = "Take the manifest as it was made, or make the sheet again."
        raise RuleErrors([_error("TRU-D008", "is not the manifest of a review sheet, or was changed after it was made.", path, None, step)])
    if manifest["is_published"]:
        step = "Approve the sheet made without --publish."
        raise RuleErrors([_error("TRU-D009", "belongs to a published sheet, which shows no small groups.", path, None, step)])
    return manifest


def _rows(path: Path) -> list[tuple[int, Row]]:
    """The rows of the sheet with their lines; empty rows are left out. Raises RuleErrors where it is no sheet."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(io.StringIO(file.read()), strict=True)
            header = next(lines, list[str]())
            read = [(lines.line_num, fields) for fields in lines if any(f.strip() for f in fields)]
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        step = "Save it as CSV (UTF-8), fields separated by commas."
        reason = e.strerror if isinstance(e, OSError) else "it is not UTF-8 text" if isinstance(e, UnicodeDecodeError) else str(e)
        raise RuleErrors([_error("TRU-D010", f"cannot be read: {reason}.", path, None, step)]) from None
    if tuple(h.strip() for h in header) != COLUMNS:
        message = f"has the header {','.join(header) or '(none)'}; expected {','.join(COLUMNS)}."
        raise RuleErrors([_error("TRU-D010", message, path, 1, "Keep the columns as they were made, separated by commas.")])
    short = [(n, fields) for n, fields in read if len(fields) != len(COLUMNS)]
    if short:
        step = "Quote a note that holds a comma."
        raise RuleErrors([_error("TRU-D010", f"has {len(fields)} fields; {len(COLUMNS)} are due.", path, n, step) for n, fields in short])
    return [(n, dict(zip(COLUMNS, fields, strict=True))) for n, fields in read]


def _persons(path: Path, prepared_by: str, approver: str, approved_on: date, heading: Mapping[str, Any]) -> list[RuleError]:
    errors: list[RuleError] = []
    if not approver.strip():
        errors.append(_error("TRU-D011", "the approver has no name.", path, None, "Name the person who approves."))
    elif _same_person(prepared_by, approver):
        message = f"{_one_line(approver)} prepared this sheet and cannot approve it."
        errors.append(_error("TRU-D011", message, path, None, "A second person approves."))
    if approved_on.isoformat() < str(heading["as_of"]):
        message = f"approved on {approved_on}, before the claims it shows were known ({heading['as_of']})."
        errors.append(_error("TRU-D012", message, path, None, "Give the day of the approval with --date."))
    return errors


def _check(row: Row, key: str, known: str | None, path: Path, line: int, errors: list[RuleError]) -> None:
    """Add what is wrong with one row."""
    decision, note = row["decision"].strip().lower(), row["reviewer_note"].strip()

    def fault(code: str, message: str, step: str) -> None:
        errors.append(_error(code, message, path, line, step))

    if known is not None and row_hash(row) != known:
        fault("TRU-D015", f"`{key}` was changed in a column that nobody edits.", _EDIT)
    if not decision:
        fault("TRU-D016", f"`{key}` is not decided.", "Write keep or drop in the column decision.")
    elif decision not in DECISIONS:
        fault("TRU-D017", f"`{key}` is decided `{row['decision'].strip()}`, which is no decision.", f"Known: {', '.join(DECISIONS)}.")
    elif known is None and decision != "add":
        step = f"If a spreadsheet changed its code, mend it. {_EDIT} If you mean a new code, decide add."
        fault("TRU-D013", f"`{key}` was not in the sheet as made.", step)
    elif known is None and any(row[name].strip() for name in GIVEN if name not in ("code", "code_system")):
        fault("TRU-D015", f"`{key}` is added, but its row has figures or a proposal.", "Leave the other columns of an added row empty.")
    elif known is not None and decision == "add":
        fault("TRU-D017", f"`{key}` is in the sheet already, so it cannot be added.", "Decide keep.")
    if decision == "add" and not note:
        fault("TRU-D018", f"`{key}` is added without a reason.", "Say why in the column reviewer_note.")
    if known is not None and decision in ("keep", "drop") and decision != row["proposal"].strip() and not note:
        fault("TRU-D018", f"`{key}` is decided {decision} against the proposal, without a reason.", "Say why in the column reviewer_note.")
    if decision == "add" or (decision == "keep" and known is not None):
        _canonical(row, key, fault)


def _canonical(row: Row, key: str, fault: Any) -> None:
    """A code that goes into the value set must be one a value set can hold."""
    system, code = row["code_system"].strip(), row["code"].strip()
    if system not in FORMS:
        fault("TRU-D020", f"`{key}`: {system or 'nothing'} is no code system of value sets.", f"Known: {', '.join(FORMS)}.")
    elif not fullmatch(FORMS[system], code, ASCII):
        fault("TRU-D020", f"`{key}` is no canonical {system} code.", "Upper case, no dots, all leading zeros; or decide drop.")


def _decision(row: Row) -> Decision:
    note = _one_line(row["reviewer_note"])
    return Decision(
        row["code"].strip(), row["code_system"].strip(), row["decision"].strip().lower(), row["proposal"].strip(), note or row["reason"]
    )


def _same_person(one: str, other: str) -> bool:
    return _one_line(one).casefold() == _one_line(other).casefold()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _error(code: str, message: str, path: Path, line: int | None, step: str) -> RuleError:
    return RuleError(code, message, place=Place(path.name, line), next_step=step)
