"""Tables of a pool that points share."""

from __future__ import annotations

from trueup.tables.contract import BIG, DAY, FLAG, TEXT, Table, cols

_RUN = {"program": TEXT, "rule_version": TEXT, "run_id": TEXT}
_POINTS = "DECIMAL(18,6)"

POINTS: tuple[Table, ...] = (
    Table(
        "case_points",
        "one measure of one case, or one submitted measure of an entity (without a case), with the points it earns",
        ("period", "entity_id", "episode_id", "slot"),
        {
            **_RUN,
            **cols(TEXT, "period", "entity_id", "episode_id", "slot", "member_id"),
            "case_date": DAY,
            **cols(TEXT, "measure_id", "source", "status"),
            "met": BIG,
            "points_each": _POINTS,
            "points": _POINTS,
            "counted": FLAG,
            "reason": TEXT,
            "claim_id": TEXT,
            "evidence_date": DAY,
        },
        {
            "source": ("claims", "submission"),
            "status": ("numerator", "denominator", "excluded", "excepted", "not_in_population", "reported"),
            "reason": (
                "", "excluded", "unattributed", "not_accountable", "in_bundle", "not_participating", "case_cap", "more_than_cases",
            ),
        },
    ),
    Table(
        "point_pools",
        "the pool of one period: what was paid of it, and what nobody earned",
        ("period",),
        {
            **_RUN,
            "period": TEXT,
            "pool_amount_cents": BIG,
            "entities": BIG,
            "entities_paid": BIG,
            "points": _POINTS,
            "distributed_amount_cents": BIG,
            "undistributed_amount_cents": BIG,
            "status": TEXT,
            "reason": TEXT,
        },
        {"status": ("distributed", "partly_distributed", "undistributed", "held")},
    ),
)  # fmt: skip
