"""Tables about inpatient stays: the stays, the days an add-on is paid for, and the tiers of hospitals."""

from __future__ import annotations

from trueup.tables.contract import BIG, DAY, FLAG, INT, TEXT, Table, cols

_RUN = {"program": TEXT, "rule_version": TEXT, "run_id": TEXT}
RATE = "DECIMAL(18,6)"

STAYS: tuple[Table, ...] = (
    Table(
        "stays",
        "one psychiatric inpatient stay: claims of a facility joined, interruptions and direct transfers chained",
        ("stay_id",),
        {
            **_RUN,
            **cols(TEXT, "stay_id", "member_id", "facility_id", "first_facility_id"),
            **cols(DAY, "admission_date", "discharge_date", "last_day"),
            "is_open": FLAG,
            **cols(BIG, "length_of_stay_days", "net_length_of_stay_days", "delay_days", "covered_days", "interruption_days"),
            **cols(BIG, "interruption_count", "transfer_count", "age"),
            "period": TEXT,
            "exclusion_reasons": TEXT,
            "has_observation_before": FLAG,
            "observation_start_date": DAY,
            "is_returned_day_0_1": FLAG,
            "days_to_return": BIG,
            "return_stay_id": TEXT,
            "is_return_planned": FLAG,
            **cols(BIG, "days_to_psychiatric_readmission", "follow_up_day", "emergency_day", "claim_count", "paid_cents"),
        },
    ),
    Table(
        "addon_spans",
        "the days of one stay at one facility in one month at one rate, paid or not, and why",
        ("stay_id", "entity_id", "month", "purpose", "rate_version", "reason"),
        {
            **_RUN,
            **cols(TEXT, "stay_id", "entity_id", "member_id", "month", "purpose", "reason", "hospital_class", "peer_group"),
            **cols(DAY, "first_day", "last_day"),
            "days": BIG,
            "rate_cents": BIG,
            "rate_unit": TEXT,
            "rate_version": TEXT,
            **cols(BIG, "paid_cents", "amount_cents"),
        },
        {
            "purpose": ("tier_add_on", "interim_add_on"),
            "reason": ("tier", "before_start", "hospital_unknown", "not_eligible", "declined", "no_rate"),
            "rate_unit": ("per_diem", "percent"),
        },
    ),
    Table(
        "tiers",
        "the tier of a hospital for a payment period, from the results of a measured one",
        ("entity_id", "payment_period"),
        {
            **cols(TEXT, "entity_id", "measurement_period", "payment_period", "peer_group", "enrollment"),
            **cols(RATE, "composite", "score"),
            **cols(TEXT, "tier", "decided_by", "fallback_reason", "reason"),
        },
        {
            "enrollment": ("enrolled", "declined", "not_eligible"),
            "decided_by": ("score", "insufficient_cases", "hold_harmless", "appeal", "none"),
        },
    ),
    Table(
        "tier_metrics",
        "one metric of a hospital's tier, with everything its points rest on",
        ("entity_id", "measurement_period", "metric"),
        {
            **cols(TEXT, "entity_id", "measurement_period", "metric", "measure_id"),
            "cases": INT,
            **cols(RATE, "rate", "prior_rate", "peer_rate", "credibility", "scored_rate", "threshold", "benchmark", "points", "weight"),
            "status": TEXT,
        },
        {"status": ("scored", "too_few", "blocked_by_gate")},
    ),
)
