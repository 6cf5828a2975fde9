"""The published comorbidity score, as the step reads it: conditions and weights are in a rule file (docs/reference/risk.md, section 7)."""

from __future__ import annotations

# one row is one condition, found by the codes of a role or by a band of age in years, both ends included; with its two weights
RULE_COLUMNS = {
    "factor": "VARCHAR",
    "source": "VARCHAR",
    "code_role": "VARCHAR",
    "band_from": "INTEGER",
    "band_to": "INTEGER",
    "weight_smm": "INTEGER",
    "weight_nontransfusion": "INTEGER",
}
