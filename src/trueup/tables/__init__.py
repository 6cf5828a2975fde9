"""Table contracts: what each table is, one row of it, its key and its columns.

Money columns end `_cents` (BIGINT). In case files and CSV exports they appear as dollars, under the name with `_cents` replaced by
nothing (`total_cost_cents` -> `total_cost`); `display_name` gives that name.
Column types are DuckDB types; only VARCHAR, INTEGER, BIGINT, DATE, BOOLEAN and DECIMAL(p,s) are allowed, never DOUBLE or HUGEINT.
"""

from trueup.tables.canonical import CANONICAL, CLAIM_STATUSES, CLAIM_TYPES, DISPOSITIONS, MARKED_LINES, OUTCOMES, RECORD_TYPES
from trueup.tables.clinical import CLINICAL, CLINICAL_RESULTS
from trueup.tables.contract import BIG, DAY, FLAG, INT, TEXT, Table, display_name
from trueup.tables.episodes import EPISODES
from trueup.tables.measures import MEASURES
from trueup.tables.money import MONEY
from trueup.tables.monitoring import MONITORING
from trueup.tables.panels import PANELS
from trueup.tables.points import POINTS
from trueup.tables.quality import QUALITY
from trueup.tables.stays import STAYS

OUTPUT: dict[str, Table] = {table.name: table for table in (*EPISODES, *MONEY, *MEASURES, *QUALITY, *MONITORING, *POINTS, *PANELS, *STAYS)}

__all__ = [
    "BIG", "CANONICAL", "CLAIM_STATUSES", "CLAIM_TYPES", "CLINICAL", "CLINICAL_RESULTS", "DAY", "DISPOSITIONS", "FLAG", "INT",
    "MARKED_LINES", "OUTCOMES", "OUTPUT", "RECORD_TYPES", "TEXT", "Table", "display_name",
]  # fmt: skip
