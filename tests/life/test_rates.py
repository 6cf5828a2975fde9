"""What a rate is made of: calendar months, the replay of the base, and risk that counts once. Amounts are worked by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from life.timelines import KNOWN, Row, birth, claim, transfer, visit
from life.world import BY_MONTH, World, cents, read, variant

from trueup import runs
from trueup.money import round_half_up
from trueup.pricing.price_set import finalize, read_price_set

A, B = "100000001", "100000002"
EARLY = "2023-01-01"


def make(programs: Path, tmp_path: Path, values: dict[str, object], claims: Iterable[Row], **tables: list[Row]) -> World:
    """A world with practices A and B, in which everybody is covered throughout and every claim is known on its day."""
    folder = variant(programs, tmp_path / "programs", BY_MONTH, {"attribution.accountable.min_deliveries": 1}, values)
    world = World.make(tmp_path, folder)
    provider = [{"npi": f"1{tin}", "tin": tin, "entity_id": tin, "provider_type": "obstetrics", "received_date": EARLY} for tin in (A, B)]
    rows = [{**row, "received_date": row["claim_start_date"]} for row in claims]
    spans = {"enrollment_start_date": "2020-01-01", "enrollment_end_date": "", "received_date": EARLY}
    eligibility = [{"row_id": f"R{m}", "member_id": m, **spans} for m in sorted({row["member_id"] for row in rows})]
    world.learn(provider=provider, medical_claim=rows, eligibility=eligibility, **tables)
    return world


def test_w10_a_rate_divides_by_the_months_that_are_paid(programs: Path, tmp_path: Path) -> None:
    """Triggers at 14 weeks, births at 40 weeks on every day of 2025 to 2028, 2,000 dollars in scope. Days / 30.4375 overpay by 11%."""
    births = [date(2025, 1, 1) + timedelta(days=n) for n in range(1461)]
    claims: list[Row] = []
    for n, born in enumerate(births):
        about = {"member_id": f"M{n:04d}"}
        day = (born - timedelta(days=182)).isoformat()
        claims.append(visit(f"T{n}", A, day, KNOWN, dx="Z3A14", **about))
        claims.append(birth(A, born.isoformat(), KNOWN, claim_id=f"B{n}", diagnosis_code_2="Z3A40", **about))
    world = make(programs, tmp_path, {}, claims)
    months = read(world.run(date(2029, 12, 31)).folder, "attribution_months")
    world.close()
    mean = Fraction(len(months), 1461)
    assert len({(m["member_id"], m["month"]) for m in months}) == len(months)
    assert round(mean, 3) == Fraction("9.936")
    assert round_half_up(200_000 / mean) == cents("201.28")
    for days_in_month, rate, paid, over in (("30.4375", "223.81", "2,223.85", "11.2"), ("30.4", "223.53", "2,221.07", "11.1")):
        by_days = round_half_up(200_000 * Fraction(days_in_month) / 272)
        assert by_days == cents(rate)
        assert round_half_up(by_days * mean) == cents(paid)
        assert round(by_days * mean / 2000 - 100, 1) == Fraction(over)


def test_w11_the_base_is_replayed_whoever_stayed(programs: Path, tmp_path: Path) -> None:
    """E1 10 months and 2,100; E2 came late, 5 and 900; E3 left for B after 3, 750; a loss, 2 and 420. 3,750 / 18 = 208.33."""
    claims = [
        visit("E1a", A, "2023-04-15", EARLY, dx="Z3A14", paid="1000.00", member_id="E1"),
        visit("E1b", A, "2023-06-20", EARLY, paid="1100.00", member_id="E1"),
        birth(A, "2023-10-06", EARLY, member_id="E1", claim_id="E1d"),
        visit("E2a", A, "2023-09-10", EARLY, dx="Z3A36", paid="900.00", member_id="E2"),
        birth(A, "2023-10-06", EARLY, member_id="E2", claim_id="E2d"),
        visit("E3a", A, "2023-04-15", EARLY, dx="Z3A14", paid="750.00", member_id="E3"),
        visit("E3b", B, "2023-07-10", EARLY, paid="300.00", member_id="E3"),
        birth(B, "2023-10-06", EARLY, member_id="E3", claim_id="E3d"),
        visit("La", A, "2023-04-15", EARLY, dx="Z3A14", paid="420.00", member_id="L"),
        claim("Lb", A, "2023-05-20", "59812", "210.00", EARLY, "O0337", member_id="L"),
    ]
    world = make(programs, tmp_path, {}, claims, member_transfers=[transfer(BY_MONTH, B, "2023-07-01", EARLY, "E3")])
    found = read_price_set(runs.price(world.ws, world.program, "PY2025", runs.maturity_date(world.program, "BASE")))
    world.close()
    (rate,) = [p for p in found.content.prices if p.price == "case_rate" and p.entity_id == A]
    assert rate.amount_cents == cents("208.33")
    steps = {s.name: s.amount for s in found.content.price_steps if s.price == "case_rate" and s.entity_id == A}
    assert (steps["own_months"], steps["own_in_scope_counted"]) == ("18", "3750.00")
    assert steps["replay_dollars"] == "3749.94"
    assert steps["loss_residual"] == "-3.34"


@pytest.mark.parametrize(("risk", "target"), [("1.20", "12,000.00"), ("1.10", "11,000.00")])
def test_w12_risk_counts_once(programs: Path, tmp_path: Path, risk: str, target: str) -> None:
    """Own 12,000 at base risk 1.20, state 10,000 at 1.00, weight one half: (5,000 + 5,000) x the year's risk."""

    def pregnancy(member: str, who: str, year: int, paid: str) -> list[Row]:
        return [
            visit(f"{member}a", who, f"{year}-04-15", EARLY, dx="Z3A14", allowed="0.00", member_id=member),
            birth(who, f"{year}-10-06", EARLY, paid=paid, member_id=member, claim_id=f"{member}b"),
        ]

    claims = [*pregnancy("M1", A, 2023, "12000.00"), *pregnancy("M2", B, 2023, "10000.00"), *pregnancy("M3", A, 2025, "9000.00")]
    days = {"M1": ("2023-10-06", "1.20"), "M2": ("2023-10-06", "1.00"), "M3": ("2025-10-06", risk)}
    scores = [
        {"program": BY_MONTH, "member_id": m, "delivery_date": day, "risk_score": score, "received_date": EARLY}
        for m, (day, score) in days.items()
    ]
    world = make(programs, tmp_path, {"prices.price_basis": "ffs_history"}, claims, risk_scores=scores)
    folder = runs.price(world.ws, world.program, "PY2025", runs.maturity_date(world.program, "BASE"))
    world.sets.append(finalize(folder))
    episodes = read(world.run(date(2026, 9, 27)).folder, "episodes")
    world.close()
    (price,) = [p for p in world.sets[0].content.prices if p.price == "target_price" and p.entity_id == A]
    assert price.amount_cents == cents("10,000.00")
    (episode,) = [e for e in episodes if e["member_id"] == "M3"]
    assert (episode["risk_score"], episode["target_amount_cents"]) == (Decimal(risk), cents(target))
