"""Tables about measures: the units that are measured, what was found for each, and counts."""

from __future__ import annotations

from trueup.tables.contract import BIG, DAY, FLAG, TEXT, Table, cols

_RUN = {"program": TEXT, "rule_version": TEXT, "run_id": TEXT}

MEASURES: tuple[Table, ...] = (
    Table(
        "measure_units",
        "one unit that measures may count: an episode, a stay, or a member in a period",
        ("unit_id",),
        {
            **_RUN,
            **cols(TEXT, "unit_id", "unit_kind", "member_id", "entity_id", "period"),
            **cols(DAY, "start_date", "anchor_date", "end_date", "stay_start_date", "stay_end_date"),
        },
        {"unit_kind": ("episode", "stay", "member")},
    ),
    Table(
        "unit_facts",
        "one fact of a unit that a measure may compare",
        ("unit_id", "fact"),
        {**_RUN, "unit_id": TEXT, "fact": TEXT, "fact_value": BIG},
    ),
    Table(
        "unit_strata",
        "one group that a unit belongs to, by stratum",
        ("unit_id", "stratum"),
        {**_RUN, "unit_id": TEXT, "stratum": TEXT, "stratum_value": TEXT},
    ),
    Table(
        "measure_results",
        "one unit in the population of one measure, with its status",
        ("measure_id", "unit_id"),
        {**_RUN, **cols(TEXT, "measure_id", "version", "entity_id", "period", "unit_id", "status")},
        {"status": ("numerator", "denominator", "excluded", "excepted")},
    ),
    Table(
        "measure_evidence",
        "what was found for one criterion of a unit in a population, met or not",
        ("measure_id", "unit_id", "part", "criterion"),
        {
            **_RUN,
            **cols(TEXT, "measure_id", "unit_id", "part", "criterion"),
            "is_met": FLAG,
            "event_count": BIG,
            "first_date": DAY,
            "claim_id": TEXT,
            "fact_value": BIG,
        },
        {"part": ("population", "exclusions", "exceptions", "numerator")},
    ),
    Table(
        "measure_counts",
        "the counts of one measure for an entity, period and group; the group `all` of the stratum `all` is everybody",
        ("measure_id", "entity_id", "period", "stratum", "stratum_value"),
        {
            **_RUN,
            **cols(TEXT, "measure_id", "entity_id", "period", "stratum", "stratum_value"),
            **cols(BIG, "denominator", "numerator", "excluded", "excepted"),
        },
    ),
    Table(
        "measure_values",
        "how many units of an entity and period have one value of a measure that is a mean",
        ("measure_id", "entity_id", "period", "fact_value"),
        {**_RUN, **cols(TEXT, "measure_id", "entity_id", "period"), "fact_value": BIG, "units": BIG},
    ),
)
