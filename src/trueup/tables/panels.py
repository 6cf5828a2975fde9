"""Tables about panels: members, months and costs of primary-care groups, the contracts that pay on them, and the pools they share."""

from __future__ import annotations

from trueup.tables.contract import BIG, DAY, FLAG, INT, TEXT, Table, cols

_RUN = {"program": TEXT, "rule_version": TEXT, "run_id": TEXT}
_RATE = "DECIMAL(18,6)"

PANELS: tuple[Table, ...] = (
    Table(
        "panel_members",
        "one covered member of one period, with the provider and group it is attributed to",
        ("period", "member_id"),
        {
            **_RUN,
            **cols(TEXT, "member_id", "period", "provider_npi", "entity_id"),
            **cols(BIG, "covered_months", "visits"),
            "latest_visit_date": DAY,
            "visit_cents": BIG,
            "candidates": BIG,
            "deciding_rule": TEXT,
        },
        {"deciding_rule": ("only_provider", "most_visits", "latest_visit", "dollars", "smallest_id", "no_visit")},
    ),
    Table(
        "panel_candidates",
        "one provider a member saw in one period's look-back, in the order of attribution",
        ("period", "member_id", "npi"),
        {
            **_RUN,
            **cols(TEXT, "period", "member_id", "npi"),
            "visits": BIG,
            "latest_visit_date": DAY,
            "visit_cents": BIG,
            "candidate_rank": BIG,
        },
    ),
    Table(
        "panel_provider_groups",
        "one group under which a provider saw members in one period's look-back, in the order of attribution",
        ("period", "npi", "entity_id"),
        {
            **_RUN,
            **cols(TEXT, "period", "npi", "entity_id"),
            "visits": BIG,
            "latest_visit_date": DAY,
            "visit_cents": BIG,
            "group_rank": BIG,
        },
    ),
    Table(
        "panel_months",
        "one covered month of one member: payer, group and contract",
        ("member_id", "month"),
        {
            **_RUN,
            **cols(TEXT, "member_id", "period", "month"),
            "month_number": INT,
            **cols(TEXT, "payer", "provider_npi", "entity_id", "contract_id", "terms_id"),
            "risk_micros": BIG,
            "has_default_score": INT,
        },
    ),
    Table(
        "panel_costs",
        "the cost of one member under one payer and contract in a period, before and after the cut",
        ("period", "member_id", "payer", "contract_id"),
        {
            **_RUN,
            **cols(TEXT, "member_id", "period", "payer", "entity_id", "contract_id", "terms_id"),
            **cols(BIG, "member_months", "risk_micros"),
            "has_default_score": INT,
            **cols(BIG, "claim_line_count", "cost_cents", "primary_care_cents", "truncated_cost_cents"),
            "is_truncated": INT,
        },
    ),
    Table(
        "truncation_lines",
        "where the cost of one member is cut in a period",
        ("period", "scope"),
        {**_RUN, "period": TEXT, "scope": TEXT, "members": BIG, "amount_cents": BIG},
    ),
    Table(
        "panel_groups",
        "one group, payer and contract in one period; the contract '' is no contract",
        ("entity_id", "payer", "period", "contract_id"),
        {
            **_RUN,
            **cols(TEXT, "entity_id", "payer", "period", "contract_id", "terms_id"),
            **cols(
                BIG,
                "members",
                "member_months",
                "risk_micros",
                "default_score_members",
                "cost_cents",
                "truncated_cost_cents",
                "truncated_members",
                "primary_care_cents",
                "held_cents",
            ),
        },
    ),
    Table(
        "panel_kept_out",
        "one purpose of one program's payments to an entity in a period, which are in no cost and no benchmark",
        ("entity_id", "period", "paid_program", "purpose"),
        {**_RUN, **cols(TEXT, "entity_id", "period", "paid_program", "purpose"), "amount_cents": BIG},
    ),
    Table(
        "panel_add_ons",
        "the monthly add-on of one contract: members times dollars, whatever their risk",
        ("contract_id", "month"),
        {
            **_RUN,
            **cols(TEXT, "entity_id", "payer", "contract_id", "terms_id", "month"),
            **cols(BIG, "members", "add_on_cents", "amount_cents"),
        },
    ),
    Table(
        "track_moves",
        "one step of a practice from one track to another with a payer, as the rows of contracts record it",
        ("entity_id", "payer", "moved_on"),
        {
            **_RUN,
            **cols(TEXT, "entity_id", "payer", "from_track", "to_track"),
            "moved_on": DAY,
            "decided_by": TEXT,
            "decided_on": DAY,
            "evidence": TEXT,
            "panel_size": BIG,
        },
        {"from_track": ("p4p", "ssp"), "to_track": ("p4p", "ssp")},
    ),
    Table(
        "settlement_pools",
        "one pool that contracts of the same terms share in a period",
        ("period", "pool_id"),
        {
            **_RUN,
            **cols(TEXT, "pool_id", "period", "kind", "terms_id"),
            **cols(BIG, "pool_cents", "individual_cents", "paid_cents", "undistributed_cents", "contracts", "waiting"),
            "status": TEXT,
        },
        {"kind": ("bonus", "challenge"), "status": ("paid", "undistributed", "waits", "empty")},
    ),
    Table(
        "pool_shares",
        "one contract's part in a pool",
        ("period", "pool_id", "contract_id"),
        {
            **_RUN,
            **cols(TEXT, "pool_id", "period", "contract_id", "entity_id", "weight"),
            **cols(BIG, "potential_cents", "individual_cents", "paid_cents"),
        },
    ),
    Table(
        "payer_alignment",
        "one measure of the common set or of a payer's terms, and how the payer treats it",
        ("period", "terms_id", "measure_id"),
        {
            **_RUN,
            **cols(TEXT, "period", "payer", "terms_id", "measure_id", "relation", "conflict"),
            **cols(
                TEXT, "common_direction", "payer_direction", "common_target", "payer_target", "common_specification", "payer_specification"
            ),
        },
        {"relation": ("shared", "left_out", "restated", "added")},
    ),
    Table(
        "payer_contracts",
        "one payer's terms in a period: how many contracts and dollars hang on the common scorecard",
        ("period", "terms_id"),
        {
            **_RUN,
            **cols(TEXT, "period", "payer", "terms_id"),
            **cols(BIG, "measures_shared", "measures_left_out", "measures_added", "measures_in_conflict", "contracts", "contracts_settled"),
            "common_weight": _RATE,
            **cols(BIG, "paid_cents", "owed_cents", "common_paid_cents"),
        },
    ),
    Table(
        "payment_ranks",
        "one contract's payment beside the rank of its quality among the contracts of the same terms",
        ("period", "contract_id"),
        {
            **_RUN,
            **cols(TEXT, "period", "terms_id", "contract_id", "entity_id"),
            "score": _RATE,
            "score_rank": BIG,
            "amount_cents": BIG,
            "member_months": BIG,
            "cents_per_member_month": _RATE,
            "payment_rank": BIG,
            "is_paid": FLAG,
        },
    ),
)
