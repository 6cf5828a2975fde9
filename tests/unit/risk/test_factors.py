"""Which factors an episode has, and since when: edges of each span, bands, what does not count."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from trueup.engine import DuckEngine
from trueup.engine.dialect import lint, to_spark
from trueup.risk import stage

from .tables import EPISODE, Row, claim, engine_with, factor

START, BIRTH = date(2025, 1, 5), date(2025, 10, 12)
DAY = timedelta(days=1)


def found(engine: DuckEngine) -> dict[str, date | None]:
    stage.run(engine, None)
    return {r["factor"]: r["first_date"] for r in engine.rows("episode_factors", order_by=("episode_id", "factor"))}


def test_the_steps_keep_to_the_dialect() -> None:
    steps = [*stage.STEPS, *stage.FIT_STEPS]
    assert [problem for step in steps for problem in lint(step)] == []
    assert all(to_spark(step.sql) for step in steps)
    assert {step.path for step in steps} == set(Path(stage.__file__).parent.glob("*sql/*.sql"))


@pytest.mark.parametrize(
    ("span", "tag", "first", "last"),
    [
        ("before_pregnancy", "pre_existing", START - 365 * DAY, START - DAY),
        ("early_pregnancy", "pre_existing", START - 365 * DAY, START + 139 * DAY),
        ("delivery", "pre_existing", START - 365 * DAY, BIRTH),
        ("episode", "emergent", START, date(2026, 1, 10)),
    ],
)
def test_each_span_ends_where_it_says(span: str, tag: str, first: date, last: date) -> None:
    rules = {"rule_risk_factors": [factor(1, "heart", span=span, tag=tag)]}
    for day, expected in ((first - DAY, {}), (first, {"heart": first}), (last, {"heart": last}), (last + DAY, {})):
        assert found(engine_with(rules, claim("V1", day, "risk_heart"))) == expected, day


def test_early_pregnancy_ends_with_a_delivery_before_it() -> None:
    early = EPISODE | {"delivery_date": START + 130 * DAY}
    rules = {"rule_risk_factors": [factor(1, "heart", span="early_pregnancy")], "episode_units": [early]}
    assert found(engine_with(rules, claim("V1", START + 130 * DAY, "risk_heart"))) == {"heart": START + 130 * DAY}
    assert found(engine_with(rules, claim("V1", START + 131 * DAY, "risk_heart"))) == {}


def test_the_first_day_of_several_claims_counts() -> None:
    rules = {"rule_risk_factors": [factor(1, "heart"), factor(2, "renal")]}
    parts = [claim("V1", date(2025, 3, 3), "risk_heart", "risk_renal"), claim("V2", date(2025, 2, 2), "other", "risk_heart")]
    assert found(engine_with(rules, *parts)) == {"heart": date(2025, 2, 2), "renal": date(2025, 3, 3)}


def test_a_procedure_counts_on_its_own_date() -> None:
    rules = {"rule_risk_factors": [factor(1, "dialysis")]}
    part = claim("V1", date(2025, 2, 1), "risk_dialysis", source="procedure", procedure_date=date(2025, 2, 4))
    assert found(engine_with(rules, part)) == {"dialysis": date(2025, 2, 4)}


def test_codes_of_the_newborn_and_of_others_do_not_count() -> None:
    rules = {"rule_risk_factors": [factor(1, "heart")]}
    assert found(engine_with(rules, claim("V1", BIRTH, "risk_heart", newborn=1))) == {}
    other = claim("V1", BIRTH, "risk_heart")
    other["member_claims"][0]["member_id"] = "M2"
    assert found(engine_with(rules, other)) == {}


@pytest.mark.parametrize(("mark", "counts"), [("N", False), ("U", False), ("Y", True), ("W", True), ("1", True), (None, True)])
def test_what_arose_after_admission_is_not_pre_existing(mark: str | None, counts: bool) -> None:
    """The mark is of one position; an emergent factor does not ask for it."""
    marks: list[Row] = [{"version_id": "V1", "position": 2, "code": "I509", "present_on_admission": mark}]
    rules = [factor(1, "heart"), factor(2, "bleeding", tag="emergent", span="episode"), factor(3, "renal")]
    engine = engine_with(
        {"rule_risk_factors": rules, "candidate_diagnoses": marks}, claim("V1", BIRTH, "risk_renal", "risk_heart"),
        {"claim_roles": [{"version_id": "V1", "code_role": "risk_bleeding", "source": "diagnosis", "position": 2}]},
    )  # fmt: skip
    assert set(found(engine)) == {"renal", "bleeding"} | ({"heart"} if counts else set())


# --- measured factors --------------------------------------------------------------------------------------------------------------------


def person(**more: object) -> Row:
    row: Row = {"member_id": "M1", "birth_date": date(1990, 10, 12), "zip_code": "06101", "enrollment_start_date": date(2024, 1, 1)}
    return row | {"enrollment_end_date": None} | more


@pytest.mark.parametrize(("birth", "expected"), [(date(1990, 10, 12), True), (date(1990, 10, 13), False)])
def test_age_is_in_completed_years_at_delivery(birth: date, expected: bool) -> None:
    rules = {"rule_risk_factors": [factor(1, "older", source="age", band_from=35)], "candidate_eligibility": [person(birth_date=birth)]}
    assert ("older" in found(engine_with(rules))) is expected


def test_bands_include_both_ends() -> None:
    bands = [
        factor(1, "a", source="age", band_to=34), factor(2, "b", source="age", band_from=35, band_to=35),
        factor(3, "c", source="age", band_from=36), factor(4, "twins", source="fetus_count", band_from=2),
    ]  # fmt: skip
    rules = {"rule_risk_factors": bands, "candidate_eligibility": [person()]}
    assert found(engine_with(rules)) == {"b": None}
    assert found(engine_with(rules, {"episode_units": [EPISODE | {"fetus_count": 2}]})) == {"b": None, "twins": None}


def test_without_a_birth_date_there_is_no_age() -> None:
    rules = {"rule_risk_factors": [factor(1, "any_age", source="age")], "candidate_eligibility": [person(birth_date=None)]}
    assert found(engine_with(rules)) == {}


def history(*spans: tuple[date, date | None]) -> list[Row]:
    return [person(enrollment_start_date=a, enrollment_end_date=b) for a, b in spans]


@pytest.mark.parametrize(
    ("spans", "days"),
    [
        ([(date(2020, 1, 1), None)], 365),
        ([(date(2024, 12, 1), date(2025, 12, 31))], 35),
        ([(START, None)], 0),
        ([(START - DAY, None)], 1),
        ([(date(2024, 3, 1), date(2024, 3, 10)), (date(2024, 3, 5), date(2024, 3, 20)), (date(2024, 3, 6), date(2024, 3, 7))], 20),
        ([(date(2024, 3, 1), date(2024, 3, 10)), (date(2024, 3, 11), date(2024, 3, 20)), (date(2024, 5, 1), date(2024, 5, 1))], 21),
        ([(date(2023, 1, 1), date(2024, 1, 6))], 1),
    ],
)
def test_covered_days_of_the_look_back_count_once(spans: list[tuple[date, date | None]], days: int) -> None:
    """The look-back is 2024-01-06 to 2025-01-04."""
    rules = {
        "rule_risk_factors": [
            factor(1, "fewer", source="history_days", band_to=days - 1), factor(2, "exact", source="history_days", band_from=days,
            band_to=days),
        ],
        "candidate_eligibility": history(*spans),
    }  # fmt: skip
    assert found(engine_with(rules)) == {"exact": None}


def test_without_any_eligibility_history_is_not_known() -> None:
    rules = {"rule_risk_factors": [factor(1, "none", source="history_days", band_to=0)]}
    assert found(engine_with(rules)) == {}
    stranger = person(member_id="M2")
    assert found(engine_with(rules, {"candidate_eligibility": [stranger]})) == {"none": None}


def index(zip_code: str, start: date, end: date | None, band: int) -> Row:
    return {"zip_code": zip_code, "effective_from": start, "effective_to": end, "band": band}


def test_the_area_is_that_of_the_home_and_the_index_on_the_day_of_birth() -> None:
    rules = {"rule_risk_factors": [factor(1, "area_high", source="area_band", band_from=9, domain="social")]}
    homes = [
        person(zip_code="06101", enrollment_start_date=date(2024, 1, 1), enrollment_end_date=date(2025, 10, 11)),
        person(zip_code="06511-1234", enrollment_start_date=date(2025, 10, 12)),
    ]
    before, on, after = (index("06511", date(2020, 1, 1), BIRTH, 9), index("06511", BIRTH, None, 9), index("06101", BIRTH, None, 9))
    assert found(engine_with(rules, {"candidate_eligibility": homes, "visible_area_index": [before]})) == {}
    assert found(engine_with(rules, {"candidate_eligibility": homes, "visible_area_index": [on]})) == {"area_high": None}
    assert found(engine_with(rules, {"candidate_eligibility": homes, "visible_area_index": [after]})) == {}
    assert found(engine_with(rules, {"candidate_eligibility": homes})) == {}
    low = index("06511", BIRTH, None, 8)
    assert found(engine_with(rules, {"candidate_eligibility": homes, "visible_area_index": [low]})) == {}


# --- patterns ----------------------------------------------------------------------------------------------------------------------------


def test_a_pattern_holds_the_factors_that_set_prices_only() -> None:
    rules = [
        factor(1, "older", source="age", band_from=35),
        factor(2, "heart"),
        factor(3, "placenta", tag="emergent", span="episode", used=0),
    ]
    second = EPISODE | {"episode_id": "E2", "member_id": "M2"}
    engine = engine_with(
        {"rule_risk_factors": rules, "candidate_eligibility": [person()], "episode_units": [EPISODE, second]},
        claim("V1", BIRTH, "risk_heart", "risk_placenta"),
    )
    stage.run(engine, None)
    assert engine.rows("episode_patterns", order_by=("episode_id",)) == [
        {"episode_id": "E1", "pattern": 3},
        {"episode_id": "E2", "pattern": 0},
    ]
    assert engine.rows("risk_patterns", order_by=("pattern",)) == [{"pattern": 0, "episodes": 1}, {"pattern": 3, "episodes": 1}]
    used = {r["factor"]: r["used"] for r in engine.rows("episode_factors")}
    assert used == {"older": True, "heart": True, "placenta": False}
    assert engine.rows("episode_scores") == []


def test_sixty_factors_fit_into_a_pattern() -> None:
    rules = [factor(n, f"f{n}") for n in range(1, 61)]
    engine = engine_with({"rule_risk_factors": rules}, claim("V1", BIRTH, *(f"risk_f{n}" for n in range(1, 61))))
    stage.run(engine, None)
    assert engine.rows("episode_patterns") == [{"episode_id": "E1", "pattern": 2**60 - 1}]


def test_a_program_without_risk_rules_has_no_factors() -> None:
    engine = engine_with({"candidate_eligibility": [person()]}, claim("V1", BIRTH, "risk_heart"))
    engine.register_rows("rule_risk", [], {"lookback_days": "INTEGER", "early_days": "INTEGER"})
    stage.run(engine, None)
    assert [engine.count(t) for t in ("risk_measures", "episode_factors", "episode_scores")] == [0, 0, 0]
    assert engine.rows("episode_patterns") == [{"episode_id": "E1", "pattern": 0}]
