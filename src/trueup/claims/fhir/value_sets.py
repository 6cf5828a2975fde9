"""Value sets that the user supplies, as rows of a CSV file. None is shipped: most hold codes under a license.

Columns: `oid` (or `value_set`), `name`, `vs_version` (or `version`), `code_system` (or `system`), `code`; `name` and version may be absent.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from trueup.claims.fhir.codings import code_word, system_word
from trueup.errors import IntakeError, Place

_NAMES = {"value_set": ("oid", "value_set"), "code_system": ("code_system", "system"), "code": ("code",)}
_OPTIONAL = {"name": ("name",), "version": ("vs_version", "version")}


def read_value_sets(path: Path) -> list[dict[str, object]]:
    """Rows of `value_set_codes`, each code of a value set once; codes and code systems in the house's words.

    Raises IntakeError (TRU-I102) for a missing column, an empty code, or a file without rows.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        header = rows.fieldnames or []
        used = {want: next((n for n in names if n in header), None) for want, names in {**_NAMES, **_OPTIONAL}.items()}
        missing = [" or ".join(_NAMES[want]) for want in _NAMES if used[want] is None]
        if missing:
            raise IntakeError("TRU-I102", f"lacks the column {', '.join(missing)}.", place=Place(path.name, 1), next_step=_NEXT)
        found: dict[tuple[str, str, str], dict[str, object]] = {}
        for line, row in enumerate(rows, start=2):
            values = {want: (row.get(name) or "").strip() for want, name in used.items() if name is not None}
            empty = [want for want in _NAMES if not values[want]]
            if empty:
                raise IntakeError("TRU-I102", f"has no {empty[0]}.", place=Place(path.name, line), next_step=_NEXT)
            system = system_word(values["code_system"])
            values |= {"code_system": system, "code": code_word(system, values["code"])}
            found.setdefault((values["value_set"], values["code_system"], values["code"]), {**values})
    if not found:
        raise IntakeError("TRU-I102", "holds no value set.", place=Place(path.name), next_step=_NEXT)
    return _sorted(found.values())


def _sorted(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda row: (str(row["value_set"]), str(row["code_system"]), str(row["code"])))


_NEXT = "Give a CSV with oid, name, vs_version, code_system and code."
