"""The review sheet: one row of text per studied code, its proposal, and two columns that people fill in.

The sheet's identity is a hash over its heading and the columns nobody edits. Numbers are hashed by value, so that a spreadsheet may write
`1,234.50` for `1234.50`; codes and days by their exact text, so that a code that lost its leading zero is noticed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from trueup.definition.drop_rule import DropRule, Proposal, propose
from trueup.definition.stage import CodeUse, Settings, Study
from trueup.manifest import run_id_of
from trueup.money import format_cents, to_places

SMALLEST = 11  # fewer members than this are not shown on a published sheet
HIDDEN = f"<{SMALLEST}"
NUMBERS = (
    "lines", "claims", "members", "member_share", "pregnancy_lines", "spend", "spend_share", "counted_lines", "counted_spend",
)  # fmt: skip
GIVEN = ("code", "code_system", *NUMBERS, "first_day", "last_day", "settings", "sud_set", "newborn", "proposal", "reason")
EDITED = ("decision", "reviewer_note")
COLUMNS = GIVEN + EDITED
SETTING_COLUMNS = ("code", "code_system", "setting", "lines", "claims", "members", "spend")
TIE_COLUMNS = (
    "code_system", "codes", "coded_lines", "coded_spend", "uncoded_lines", "uncoded_spend", "listed_lines", "listed_spend",
)  # fmt: skip

Row = dict[str, str]
_RUNNABLE = re.compile(r"\s*[=+\-@]")
_NUMBER = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Heading:
    """What a sheet was made from, and by whom. `days` are the period's first and last."""

    program: str
    title: str
    rule_version: str
    rules_hash: str
    assumptions_name: str
    assumptions_hash: str
    days: tuple[date, date]
    as_of: date
    settings: Settings
    sud_sets: tuple[str, ...]
    batches: tuple[str, ...]
    prepared_by: str

    def record(self) -> dict[str, Any]:
        """As plain data for a manifest."""
        found = asdict(self)
        return {
            **found,
            "days": [d.isoformat() for d in self.days],
            "as_of": self.as_of.isoformat(),
            "sud_sets": [*self.sud_sets],
            "batches": [*self.batches],
        }


@dataclass(frozen=True)
class Sheet:
    """A finished sheet: its heading, its rows by spend, and the tables beside it. Published sheets show no small groups and no totals."""

    heading: Heading
    rule: DropRule
    study: Study
    rows: tuple[Row, ...]
    setting_rows: tuple[Row, ...]
    tie_rows: tuple[Row, ...]
    is_published: bool

    def manifest(self) -> dict[str, Any]:
        """What the approval checks the sheet against: heading, drop rule, a hash of each row, and the sheet's id over all of it."""
        body: dict[str, Any] = {
            "kind": "definition_review",
            "heading": self.heading.record(),
            "drop_rule": self.rule.record(),
            "is_published": self.is_published,
            "rows": {key_of(row): row_hash(row) for row in self.rows},
        }
        return {**body, "sheet_id": sheet_id(body)}


def sheet_id(body: Mapping[str, Any]) -> str:
    """The id of a sheet: the first 16 hex digits of the hash of its manifest without the id."""
    return run_id_of({k: v for k, v in body.items() if k != "sheet_id"})


def key_of(row: Mapping[str, str]) -> str:
    """How a row is named in the manifest and in messages, e.g. `hcpcs 59400`."""
    return f"{row['code_system']} {row['code']}"


def row_hash(row: Mapping[str, str]) -> str:
    """Hash of the columns nobody edits; numbers by value, everything else by its text without surrounding blanks."""
    text = "\x1f".join(_by_value(name, row[name].strip()) for name in GIVEN)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _by_value(name: str, text: str) -> str:
    if name not in NUMBERS or not _NUMBER.fullmatch(text):
        return text
    value = Decimal(text.replace(",", ""))
    return "0" if value == 0 else f"{value.normalize():f}"


def make_sheet(heading: Heading, rule: DropRule, study: Study, *, publish: bool = False) -> Sheet:
    """The sheet of a study. With `publish`, codes of fewer than 11 members show no figures and no days, and there are no totals."""
    rows: list[Row] = []
    setting_rows: list[Row] = []
    for use in study.codes:
        hide = publish and use.members < SMALLEST
        rows.append(_row(use, propose(use, rule, study.members), study, hide=hide, publish=publish))
        for part in use.settings:
            few = publish and part.members < SMALLEST
            setting_rows.append(
                {
                    "code": inert(part.code),
                    "code_system": inert(part.code_system),
                    "setting": part.setting,
                    "lines": "" if few else str(part.lines),
                    "claims": "" if few else str(part.claims),
                    "members": HIDDEN if few else str(part.members),
                    "spend": "" if few else format_cents(part.spend_cents),
                }
            )
    return Sheet(heading, rule, study, tuple(rows), tuple(setting_rows), () if publish else _ties(study), publish)


def _row(use: CodeUse, proposal: Proposal, study: Study, *, hide: bool, publish: bool) -> Row:
    figures = {
        "lines": str(use.lines),
        "claims": str(use.claims),
        "members": str(use.members),
        "member_share": share(use.members, study.members),
        "pregnancy_lines": str(use.pregnancy_lines),
        "spend": format_cents(use.spend_cents),
        "spend_share": share(use.counted_spend_cents, study.listed_spend_cents),
        "counted_lines": str(use.counted_lines),
        "counted_spend": format_cents(use.counted_spend_cents),
        "first_day": use.first_day.isoformat(),
        "last_day": use.last_day.isoformat(),
    }
    if hide:
        figures = {**dict.fromkeys(figures, ""), "members": HIDDEN}
    ordered = sorted(use.settings, key=lambda s: (-s.lines, s.setting))
    places = sorted(s.setting for s in use.settings) if publish else [f"{s.setting} {s.lines}" for s in ordered]
    return {
        "code": inert(use.code),
        "code_system": inert(use.code_system),
        **figures,
        "settings": "; ".join(places),
        "sud_set": "yes" if use.is_sud else "",
        "newborn": "yes" if use.is_newborn else "",
        "proposal": proposal.proposal,
        "reason": proposal.reason,
        **dict.fromkeys(EDITED, ""),
    }


def _ties(study: Study) -> tuple[Row, ...]:
    return tuple(
        {
            "code_system": inert(t.code_system),
            "codes": str(t.codes),
            "coded_lines": str(t.coded_lines),
            "coded_spend": format_cents(t.coded_cents),
            "uncoded_lines": str(t.uncoded_lines),
            "uncoded_spend": format_cents(t.uncoded_cents),
            "listed_lines": str(t.listed_lines),
            "listed_spend": format_cents(t.listed_cents),
        }
        for t in study.ties
    )


def share(part: int, whole: int) -> str:
    """A share of one with six decimals, half away from zero; empty where there is nothing to be a share of."""
    return f"{to_places(Fraction(part, whole), 6):f}" if whole > 0 else ""


def inert(text: str) -> str:
    """A code as a spreadsheet must take it: one that it would run as a formula gets an apostrophe, and with it fits no value set."""
    return f"'{text}" if _RUNNABLE.match(text) else text


def csv_text(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as CSV with a header, LF line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row[c] for c in columns] for row in rows)
    return out.getvalue()
