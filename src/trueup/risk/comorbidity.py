"""The published expanded obstetric comorbidity score: weights per condition, two columns. A stratifier, never a price factor.

The weights are facts of a publication and stand in a file with their source; conditions are found by value sets. Definition:
docs/reference/risk.md.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trueup.errors import Place, RuleError

COLUMNS = ("factor", "source", "value_set", "band_from", "band_to", "weight_smm", "weight_nontransfusion", "cite")
RULE_COLUMNS = {
    "factor": "VARCHAR",
    "source": "VARCHAR",
    "code_role": "VARCHAR",
    "band_from": "INTEGER",
    "band_to": "INTEGER",
    "weight_smm": "INTEGER",
    "weight_nontransfusion": "INTEGER",
}
Outcome = Literal["smm", "nontransfusion_smm"]


@dataclass(frozen=True, slots=True)
class Weight:
    """One condition: how it is found (codes of a value set, or a band of age in years, both ends included) and its two weights."""

    factor: str
    source: Literal["code", "age"]
    value_set: str | None
    band_from: int | None
    band_to: int | None
    smm: int
    nontransfusion: int
    cite: str


def read_weights(path: Path) -> tuple[Weight, ...]:
    """Read a weights file.

    Raises:
        RuleError: TRU-K035 with the line, for a header, number or name that is not as declared, or a condition that comes twice.
    """
    found: list[Weight] = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        header = next(rows, list[str]())
        if tuple(header) != COLUMNS:
            raise _wrong(path, 1, f"has the header {','.join(header) or '(none)'}", f"The header is {','.join(COLUMNS)}.")
        for row in rows:
            found.append(_weight(path, rows.line_num, row))
            if len({w.factor for w in found}) < len(found):
                raise _wrong(path, rows.line_num, f"`{found[-1].factor}` comes twice", "Keep one.")
    if not found:
        raise _wrong(path, 1, "holds no weight", "Fill it.")
    return tuple(found)


def _weight(path: Path, line: int, row: list[str]) -> Weight:
    if len(row) != len(COLUMNS):
        raise _wrong(path, line, f"has {len(row)} fields, {len(COLUMNS)} are due", "Quote a text that holds a comma.")
    fields = dict(zip(COLUMNS, row, strict=True))
    numbers = {name: fields[name] for name in COLUMNS if name.startswith(("band_", "weight_"))}
    bad = [name for name, text in numbers.items() if not re.fullmatch(r"\d{0,4}" if name.startswith("band_") else r"\d{1,4}", text)]
    if bad:
        raise _wrong(path, line, f"{bad[0]} is `{numbers[bad[0]]}`, not a whole number", "Write digits only.")
    source = fields["source"]
    if source not in ("code", "age") or (source == "code") != bool(fields["value_set"]) or not fields["cite"] or not fields["factor"]:
        message = f"`{fields['factor']}` has source `{source}`, value set `{fields['value_set']}` and cite `{fields['cite']}`"
        raise _wrong(path, line, message, "Source is code, with a value set, or age, without; factor and cite are due.")
    low, high = (int(numbers[name]) if numbers[name] else None for name in ("band_from", "band_to"))
    return Weight(
        fields["factor"],
        source,
        fields["value_set"] or None,
        low,
        high,
        int(fields["weight_smm"]),
        int(fields["weight_nontransfusion"]),
        fields["cite"],
    )


def _wrong(path: Path, line: int, message: str, step: str) -> RuleError:
    return RuleError("TRU-K035", message + ".", place=Place(path.name, line), next_step=step)


def score(present: Iterable[str], weights: Sequence[Weight], outcome: Outcome) -> int:
    """The sum of the weights of the conditions present; each counts once. Conditions are ids of the weights file."""
    have = set(present)
    return sum(w.smm if outcome == "smm" else w.nontransfusion for w in weights if w.factor in have)


def rule_rows(weights: Sequence[Weight]) -> list[dict[str, object]]:
    """Rows of `rule_comorbidity`; the codes of a condition have the role `comorbidity_<factor>`."""
    return [
        {
            "factor": w.factor,
            "source": w.source,
            "code_role": f"comorbidity_{w.factor}" if w.source == "code" else None,
            "band_from": w.band_from,
            "band_to": w.band_to,
            "weight_smm": w.smm,
            "weight_nontransfusion": w.nontransfusion,
        }
        for w in weights
    ]
