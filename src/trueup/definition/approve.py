"""The approved code list as files: a value set that rules load, and the reason for each code beside it.

The loader of value sets takes no column more than its own, and reads every CSV of its folder. So the reasons stand in `reviews/`, a folder
beside the value set, under the same name; the value set itself carries approver, day and sheet in the cite of each code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from re import ASCII, fullmatch

from trueup.definition.review import Approval, Decision
from trueup.definition.sheet import csv_text
from trueup.errors import CheckFailed, Place, UsageError
from trueup.rules.value_sets import COLUMNS, read_value_set
from trueup.workspace import write_atomically

REVIEW_COLUMNS = (
    "code", "code_system", "decision", "proposal", "reason", "prepared_by", "approver", "approved_on", "sheet_id",
)  # fmt: skip


def write_value_set(approval: Approval, path: Path, source: str, effective_from: date | None = None) -> Path:
    """Write the value set to `path` and the reasons of every code, in or out, to `reviews/` beside it. Returns the latter's path.

    Args:
        approval: What was decided, by whom, and on which day.
        path: `NAME.csv`; NAME is how rules will name the set. It must not exist: a correction is a new set.
        source: First word of the cite of each code: a key under `sources` of the rule file that will use the set.
        effective_from: First day on which the codes are in; None leaves the span open.

    Raises:
        UsageError: TRU-D021 for a name no rule can use, TRU-D022 where a file exists, TRU-D023 for a source that is not one word.
        CheckFailed: TRU-D024 where the written set would not load as it was approved.
    """
    review = path.parent / "reviews" / path.name
    require_free(path, source)
    who = f"approved by {approval.approver} on {approval.approved_on}, prepared by {approval.prepared_by}"
    cite = f"{source} {who}, sheet {approval.sheet_id}"
    starts = effective_from.isoformat() if effective_from else ""
    rows = [_code(d, cite, starts) for d in approval.codes]
    review.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(review, csv_text(REVIEW_COLUMNS, [_reason(d, approval) for d in _in_order(approval.decisions)]))
    write_atomically(path, csv_text(COLUMNS, rows))
    _require_loads(path, review, approval)
    return review


def require_free(path: Path, source: str) -> None:
    """Refuse a name that rules cannot use, a source that is not one word, and files that exist."""
    if path.suffix != ".csv" or not fullmatch(r"[a-z0-9_]+", path.stem, ASCII):
        raise UsageError(
            "TRU-D021", f"{path.name} is not the file of a value set.", next_step="Name it in lower case, digits and _, ending .csv."
        )
    for taken in (path, path.parent / "reviews" / path.name):
        if taken.exists():
            raise UsageError(
                "TRU-D022", f"{taken} exists.", next_step="An approved list is not overwritten: give the next version a name of its own."
            )
    if not fullmatch(r"[A-Za-z0-9_]+", source, ASCII):
        raise UsageError("TRU-D023", f"--cite {source} is not a source.", next_step="Name one key of `sources` of the rule file.")


def _code(decision: Decision, cite: str, starts: str) -> Mapping[str, str]:
    """One row of a value set. It has no label: descriptions of codes may belong to others."""
    return {
        "code": decision.code,
        "code_system": decision.code_system,
        "effective_from": starts,
        "effective_to": "",
        "value": "",
        "cite": cite,
        "label": "",
    }


def _reason(decision: Decision, approval: Approval) -> Mapping[str, str]:
    return {
        "code": decision.code,
        "code_system": decision.code_system,
        "decision": decision.decision,
        "proposal": decision.proposal,
        "reason": decision.reason,
        "prepared_by": approval.prepared_by,
        "approver": approval.approver,
        "approved_on": approval.approved_on.isoformat(),
        "sheet_id": approval.sheet_id,
    }


def _in_order(decisions: tuple[Decision, ...]) -> list[Decision]:
    return sorted(decisions, key=lambda d: (d.code_system, d.code))


def _require_loads(path: Path, review: Path, approval: Approval) -> None:
    """Read the set back as rules do; what was approved and what loads must be the same codes."""
    found, errors = read_value_set(path, "program")
    approved = {(d.code_system, d.code) for d in approval.codes}
    loaded = {(c.code_system, c.code) for c in found.codes}
    if errors or loaded != approved:
        path.unlink()
        review.unlink()
        first = f": {errors[0]}" if errors else ""
        raise CheckFailed(
            "TRU-D024",
            f"the value set would load {len(loaded)} codes of {len(approved)} approved{first}",
            place=Place(path.name),
            next_step="Nothing was written. Keep the sheet and report this: it is a defect.",
        )
