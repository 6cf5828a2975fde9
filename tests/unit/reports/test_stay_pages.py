"""Performance reports of hospitals, tiers of a price set, add-ons."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from unit.reports.kinds_samples import Row, new_run, rows_of, six, text_of, write_table

from trueup.errors import CheckFailed
from trueup.reports import write_reports

FROZEN = "The tiers of PY2027 were fixed once from this year, with what was known by April 30, 2026. This report fixes no tier."
PERIODS = [
    {"id": "MY2025", "role": "baseline", "first_day": "2025-01-01", "last_day": "2025-12-31"},
    {"id": "PY2027", "role": "performance", "first_day": "2027-01-01", "last_day": "2027-12-31"},
]
LENGTH = {"unit": "stay", "direction": "lower", "fact": "length_of_stay_days"}
MEASURES = [
    LENGTH | {"id": "mean", "title": "Mean stay", "statistic": "mean"},
    LENGTH | {"id": "net", "title": "Mean stay, net", "statistic": "mean", "fact": "net_length_of_stay_days"},
    LENGTH | {"id": "median", "title": "Median stay", "statistic": "median"},
    {"id": "back", "title": "Back within 30 days", "unit": "stay", "statistic": "proportion", "direction": "lower", "fact": None},
    {"id": "seen", "title": "Seen within 7 days", "unit": "stay", "statistic": "proportion", "direction": "higher", "fact": None},
]


def rate(measure: str, statistic: str, value: str, n: int | None, d: int, hospital: str = "H1") -> Row:
    row = {"entity_id": hospital, "period": "MY2025", "measure_id": measure, "source": "claims", "statistic": statistic}
    return row | {"numerator": n, "denominator": d, "rate": six(value), "trimmed_units": 0}


def stay(number: int, days: int, delay: int = 0, reasons: str = "") -> Row:
    row = {"stay_id": f"S{number:016x}", "member_id": f"MEMBER-{number:05d}", "facility_id": "H1", "period": "MY2025"}
    row |= {"admission_date": date(2025, 3, 1), "discharge_date": date(2025, 3, 1 + days), "exclusion_reasons": reasons}
    return row | {"length_of_stay_days": days, "net_length_of_stay_days": days - delay, "delay_days": delay}


def make(tmp_path: Path, *, as_of: str = "2026-12-31", tiered: bool = True) -> tuple[Path, Path | None]:
    """H1 with three stays, one left out; its tier of PY2027, and an add-on of 400.00 over four days."""
    run = new_run(tmp_path, "inpatient_stay", None, periods=PERIODS, measures=MEASURES, as_of=as_of)
    rates = [rate("mean", "mean", "8", None, 2), rate("net", "mean", "7.5", None, 2), rate("median", "median", "8", None, 2)]
    rates += [rate("back", "proportion", "0.5", 1, 2), rate("seen", "proportion", "0.25", 5, 20)]
    write_table(run, "measure_rates", rates)
    write_table(run, "stays", [stay(1, 6), stay(2, 10, 1), stay(3, 4, reasons="too_old")])
    write_table(run, "settlements", [])
    span = {"stay_id": "S1", "entity_id": "H1", "month": "2027-01", "purpose": "tier_add_on", "reason": "tier", "days": 4}
    span |= {
        "rate_cents": 10_000,
        "rate_unit": "per_diem",
        "amount_cents": 40_000,
        "first_day": date(2027, 1, 1),
        "last_day": date(2027, 1, 4),
    }
    write_table(run, "addon_spans", [span])
    paid = {"payment_id": "P1", "entity_id": "H1", "purpose": "tier_add_on", "amount_cents": 40_000, "reason": "tier"}
    write_table(run, "payments", [paid | {"period_start_date": date(2027, 1, 1)}])
    return run, _tiers(tmp_path / "prices" / "p1") if tiered else None


def _tiers(prices: Path) -> Path:
    tier = {
        "entity_id": "H1",
        "measurement_period": "MY2025",
        "payment_period": "PY2027",
        "peer_group": "general",
        "enrollment": "enrolled",
    }
    few = tier | {
        "entity_id": "H2",
        "tier": "tier_1",
        "decided_by": "insufficient_cases",
        "fallback_reason": "insufficient_cases",
        "reason": "",
    }
    scored = {"composite": six("5.6"), "score": six("5.6"), "tier": "tier_2", "decided_by": "score", "fallback_reason": ""}
    write_table(prices, "tiers", [tier | scored, few])
    metric = {"entity_id": "H1", "measurement_period": "MY2025", "metric": "length", "measure_id": "mean", "cases": 40, "rate": six("8")}
    metric |= {
        "scored_rate": six("8"),
        "threshold": six("12"),
        "benchmark": six("9"),
        "points": six("10"),
        "weight": six("0.4"),
        "status": "scored",
    }
    write_table(prices, "tier_metrics", [metric])
    span = {"effective_from": date(2027, 1, 1), "effective_to": date(2028, 1, 1), "status": "final", "cohort": "all", "price": "tier_rate"}
    write_table(prices, "prices", [span | {"entity_id": e, "amount_cents": c} for e, c in (("H1", 10_000), ("H2", 5_000))])
    step = {"entity_id": "H1", "price": "tier_rate", "cohort": "all", "step": 1, "name": "length_points", "amount": "10", "unit": "rate"}
    write_table(prices, "price_steps", [step | {"cite": "R1"}])
    terms = {"program": "test-program", "base_period": "MY2025", "base_as_of": "2026-04-30", "mechanism": "tier_rates"}
    (prices / "manifest.json").write_text(json.dumps({"price_set_id": "p1", "status": "final", "terms": terms}))
    return prices


def written(made: tuple[Path, Path | None], tmp_path: Path) -> Path:
    run, prices = made
    return write_reports([run], {"test-program": prices} if prices else {}, tmp_path / "out").parent


def test_a_report_shows_length_gross_and_net_returns_and_follow_up(tmp_path: Path) -> None:
    folder = written(make(tmp_path), tmp_path) / "test-program/hospitals/H1"
    text = text_of(folder / "report.html")
    assert "MY2025: your average stay was 8.00 days" in text
    assert "Stays that count 2 of 3" in text
    assert "Settlement None: the add-on is fixed beforehand by the tier, and nothing is settled afterwards." in text
    rows = rows_of(folder / "csv/length_my2025.csv")
    assert [(r["statistic"], r["length_of_stay_days"], r["net_length_of_stay_days"]) for r in rows] == [
        ("Average", "8.000000", "7.500000"),
        ("Middle stay (median)", "8.000000", ""),
    ]
    back = rows_of(folder / "csv/coming_back_my2025.csv")
    assert [(r["measure"], r["result"], r["note"]) for r in back] == [
        ("Back within 30 days", "0.500000", "fewer than 11 stays: chance alone moves this far")
    ]
    seen = rows_of(folder / "csv/connected_to_care_my2025.csv")
    assert [(r["measure"], r["numerator"], r["denominator"], r["note"]) for r in seen] == [("Seen within 7 days", "5", "20", "")]
    assert "MEMBER-" not in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("as_of", "tiered", "said"),
    [
        (
            "2026-12-31",
            True,
            "The tiers of PY2027 were fixed once from this year, with what was known by April 30, 2026. This report fixes no tier.",
        ),
        ("2026-12-31", False, "This report shows results and fixes no tier."),
        ("2025-09-30", False, "Year to date: claims and outcomes are not all in. This report fixes no tier."),
    ],
)
def test_a_report_says_that_it_fixes_no_tier(tmp_path: Path, as_of: str, tiered: bool, said: str) -> None:
    out = written(make(tmp_path, as_of=as_of, tiered=tiered), tmp_path)
    assert said in text_of(out / "test-program/hospitals/H1/report.html")
    assert said in text_of(out / "test-program/state.html")


def test_the_page_of_tiers_shows_points_fallback_and_rate(tmp_path: Path) -> None:
    out = written(make(tmp_path), tmp_path)
    rows = rows_of(out / "test-program/tiers_csv/tiers.csv")
    assert [(r["hospital"], r["composite"], r["tier"], r["fallback"], r["rate"], r["through"]) for r in rows] == [
        ("H1", "5.600000", "Tier 2", "", "100.00", "2027-12-31"),
        ("H2", "", "Tier 1", "too few cases", "50.00", "2027-12-31"),
    ]
    assert "2 hospitals have a tier: 1 in tier 1 and 1 in tier 2" in text_of(out / "test-program/tiers.html")
    assert not (out / "prices").exists()  # tiers stand on their own page
    index = (out / "index.html").read_text(encoding="utf-8")
    assert 'href="test-program/tiers.html"' in index
    assert 'href="test-program/hospitals/H1/report.html"' in index
    assert "Settlement None. The program fixes what it pays beforehand, by tiers" in text_of(out / "index.html")


def test_add_ons_are_their_days_at_their_rates(tmp_path: Path) -> None:
    made = make(tmp_path)
    rows = rows_of(written(made, tmp_path) / "test-program/hospitals/H1/csv/add_ons.csv")
    assert [(r["month"], r["stays"], r["amount"]) for r in rows] == [("2027-01", "1", "400.00")]
    paid = {"payment_id": "P1", "entity_id": "H1", "purpose": "tier_add_on", "amount_cents": 40_001, "reason": "tier"}
    write_table(made[0], "payments", [paid | {"period_start_date": date(2027, 1, 1)}])
    with pytest.raises(CheckFailed, match=r"TRU-C041 .*payments less days at their rates: the rows add up to 1, the table says 0"):
        written(made, tmp_path)
