"""The core job as others would write it: one small program each in plain DuckDB SQL, Polars and pandas, on the same input file.

The job is simpler than a program of this repository, and the same for all of them:

1. **Final action.** Paid lines of versions that count, exact copies once. A void or a replacement takes out the earlier versions of its own
   claim and every version of the claim it names; a void never counts itself.
2. **Deliveries.** A final line with a delivery DRG, a delivery procedure code, or an outcome of delivery (Z37) in any of twelve diagnoses.
   Those of one member no more than 180 days after the one before are one delivery, on the day of the first.
3. **Windows.** From 280 days before to 90 days after the delivery, but not into the window of an earlier one.
4. **Interval join.** Every final line of the member in the window.
5. **Attribution.** To the billing tax id with most professional lines of visits or obstetrics (99202-99215, 59400-59622) in the window;
   then with most paid; then the lowest.
6. **Cost by category**, in cents: inpatient, outpatient, pharmacy, obstetrics, visits, laboratory, other.
7. **Means.** For each tax id the number of deliveries, cents by category, and the mean cost in whole cents, half up.

`core(path)` of each module returns the rows of the last table, ordered by tax id: `(tax id, deliveries, cents by category..., mean)`.
They are ordinary programs: each is written as the library's documentation suggests, without the others' tricks.
"""

from __future__ import annotations

import hashlib

DRGS = ["765", "766", "767", "768", "774", "775", "783", "784", "785", "786", "787", "788", "796", "797", "798", "805", "806", "807"]
CODES = ["59400", "59409", "59410", "59510", "59514", "59515", "59610", "59612", "59614", "59618", "59620", "59622"]
DIAGNOSES = [f"diagnosis_code_{n}" for n in range(1, 13)]
CATEGORIES = ["inpatient", "outpatient", "pharmacy", "obstetrics", "visits", "laboratory", "other"]
DAYS_BEFORE, DAYS_AFTER, SAME_DELIVERY_DAYS = 280, 90, 180
Row = tuple[str | int, ...]


def digest(rows: list[Row]) -> str:
    """One word for a whole table."""
    return hashlib.sha256("\n".join(",".join(map(str, row)) for row in rows).encode()).hexdigest()[:12]
