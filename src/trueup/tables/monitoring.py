"""Tables of monitoring: what each check found, the flags it raised, what became of them, and what settlement learns of it."""

from __future__ import annotations

from trueup.tables.contract import BIG, DAY, FLAG, TEXT, Table, cols

_RUN = {"program": TEXT, "rule_version": TEXT, "run_id": TEXT}
_NUMBER = "DECIMAL(18,6)"

MONITORING: tuple[Table, ...] = (
    Table(
        "monitor_results",
        "what one check found of one entity in one period; statistics are rounded to six decimals before anything is compared with them",
        ("check_id", "entity_id", "period"),
        {
            **_RUN,
            "check_id": TEXT,
            "kind": TEXT,
            "entity_id": TEXT,
            "period": TEXT,
            "measure_id": TEXT,
            **cols(BIG, "units", "events", "base_units", "base_events"),
            **cols(_NUMBER, "observed", "expected", "statistic", "p_value", "adjusted_p_value", "dispersion"),
            **cols(BIG, "low_limit_95", "high_limit_95", "low_limit_998", "high_limit_998"),
            "flagged": FLAG,
            "status": TEXT,
            "reason": TEXT,
        },
        {
            "kind": (
                "funnel", "change", "cusum", "selection", "switching", "exclusion_rate", "completeness", "migration", "gaming",
            ),
            "status": ("within", "flagged", "too_few", "waits_for_reports", "not_measured"),
        },
    ),
    Table(
        "reported_lines",
        "paid case-rate months old enough for their claims to be in, and the covered lines that came for them",
        ("check_id", "entity_id", "period"),
        {**_RUN, "check_id": TEXT, "entity_id": TEXT, "period": TEXT, **cols(BIG, "months", "lines")},
    ),
    Table(
        "selected_counts",
        "attributed episodes of an entity, those a check counts as high-risk, and sums of risk scores in millionths and of their squares",
        ("check_id", "entity_id", "period"),
        {**_RUN, "check_id": TEXT, "entity_id": TEXT, "period": TEXT, **cols(BIG, "units", "events", "risk_micros", "risk_squares")},
    ),
    Table(
        "switch_counts",
        "high-risk episodes an entity held when the risk was known, and those another entity held at the end",
        ("check_id", "entity_id", "period"),
        {**_RUN, "check_id": TEXT, "entity_id": TEXT, "period": TEXT, **cols(BIG, "units", "events")},
    ),
    Table(
        "monitor_flags",
        "one flag of an entity and period, and where its review stands",
        ("flag_id", "entity_id", "period"),
        {
            **_RUN,
            "flag_id": TEXT,
            "entity_id": TEXT,
            "period": TEXT,
            "check_id": TEXT,
            "raised_by": TEXT,
            "effect": TEXT,
            "status": TEXT,
            "reviewer": TEXT,
            "decided_on": DAY,
            "evidence": TEXT,
            "reason": TEXT,
        },
        {"raised_by": ("statistic", "reviewer"), "effect": ("review", "hold", "deny"), "status": ("open", "complied", "failed")},
    ),
    Table(
        "computed_gates",
        "what monitoring says of a settlement gate for an entity and period; a missing gate holds payment, only a failed one forfeits it",
        ("entity_id", "period", "gate"),
        {**_RUN, "entity_id": TEXT, "period": TEXT, "gate": TEXT, "state": TEXT, "reason": TEXT},
        {"state": ("passed", "failed", "missing")},
    ),
    Table(
        "migration_watch",
        "an entity's mix of cohorts beside its base, and what its settlement would be at the base's mix; information, never a payment",
        ("entity_id", "period", "cohort"),
        {
            **_RUN,
            "entity_id": TEXT,
            "period": TEXT,
            "cohort": TEXT,
            **cols(BIG, "units", "all_units", "base_units", "all_base_units"),
            **cols(_NUMBER, "share", "base_share"),
            **cols(BIG, "payable_cents", "migration_neutral_cents", "difference_cents"),
        },
    ),
)  # fmt: skip
