"""Contracts: rows that contradict each other, evidence, moves; and how a contract reads a scorecard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from trueup.errors import CheckFailed, Refused
from trueup.rules.load import load_program
from trueup.settlement.contract_terms import (
    Contract,
    MeasureOfPayer,
    Scorecard,
    SlotScore,
    Terms,
    moves_of,
    read_score,
    require_apart,
    terms_of,
)

ONE = Contract("a", "C-1", "Payer", "E", "p4p", "t", date(2025, 1, 1), date(2025, 7, 1), "payer", date(2024, 11, 1), "review", 100)
TWO = replace(ONE, program="b", contract_id="C-2", track="ssp", effective_from=date(2025, 7, 1), effective_to=None, evidence="scale shown")


def test_contracts_that_touch_are_apart() -> None:
    require_apart([TWO, ONE])


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (replace(TWO, effective_from=date(2025, 6, 30)), "TRU-S120"),
        (replace(TWO, program="a", contract_id="C-1", entity_id="F"), "TRU-S121"),
        (replace(TWO, effective_to=date(2025, 7, 1)), "TRU-S122"),
    ],
)
def test_contracts_that_contradict_each_other_stop(other: Contract, code: str) -> None:
    with pytest.raises(CheckFailed, match=code):
        require_apart([ONE, other])


def test_one_id_may_serve_two_programs_and_one_practice_two_payers() -> None:
    require_apart([ONE, replace(TWO, contract_id="C-1")])
    require_apart([ONE, replace(TWO, payer="Other", effective_from=date(2025, 1, 1))])


def test_a_move_is_what_the_rows_say() -> None:
    (move,) = moves_of([TWO, ONE])
    assert (move.from_track, move.to_track, move.moved_on, move.evidence) == ("p4p", "ssp", date(2025, 7, 1), "scale shown")
    assert moves_of([ONE, replace(TWO, track="p4p")]) == []
    assert moves_of([ONE, replace(TWO, payer="Other")]) == []


def test_evidence_has_four_parts() -> None:
    assert ONE.unproven() == ()
    assert replace(ONE, decided_by=None, evidence="").unproven() == ("decided_by", "evidence")
    assert replace(ONE, panel_size=0).unproven() == ()


# --- scores --------------------------------------------------------------------------------------------------------------------------


def slot(name: str, domain: str, score: str | None, weight: str = "1", rate: str | None = None) -> SlotScore:
    return SlotScore(
        name, name, domain, Decimal(weight), None if score is None else Decimal(score), None if rate is None else Decimal(rate)
    )


CARD = Scorecard("E", (slot("a", "quality", "0.9", "0.2"), slot("b", "quality", "0.5", "0.3"), slot("c", "care", "0.4", rate="0.41")))
TERMS = Terms("t", {"quality": Decimal("0.75"), "care": Decimal("0.25"), "cost": Decimal(0)}, False, 0, False, frozenset(), ())


def test_a_domain_is_weighed_as_the_scorecard_does() -> None:
    assert CARD.domain("quality") == Fraction(66, 100)
    assert CARD.domain("quality", frozenset({"a"})) == Fraction(1, 2)
    assert CARD.domain("cost") is None


def test_a_contract_weighs_domains() -> None:
    assert read_score(TERMS, CARD, {}).total == Fraction(75, 100) * Fraction(66, 100) + Fraction(25, 100) * Fraction(4, 10)


def test_a_missing_domain_is_said_or_reweighted() -> None:
    needs_cost = replace(TERMS, weights={"quality": Decimal("0.5"), "cost": Decimal("0.5")})
    score = read_score(needs_cost, CARD, {})
    assert (score.total, score.missing) == (None, ("cost",))
    assert read_score(replace(needs_cost, reweight=True), CARD, {}).total == Fraction(66, 100)
    assert read_score(replace(needs_cost, weights={"cost": Decimal(1)}, reweight=True), CARD, {}).total is None


def test_own_measures_are_attained_or_not() -> None:
    own = (
        MeasureOfPayer("c", "higher", Decimal("0.41"), "common", "restated"),
        MeasureOfPayer("d", "lower", Decimal("0.10"), "form of 2025", "added"),
        MeasureOfPayer("e", "higher", Decimal("0.10"), "form of 2025", "added"),
    )
    terms = replace(TERMS, weights={"quality": Decimal("0.5"), "own": Decimal("0.5")}, own=own)
    assert read_score(terms, CARD, {"d": Fraction(11, 100)}).domains["own"] == Fraction(1, 2)
    assert read_score(terms, CARD, {"d": Fraction(10, 100)}).domains["own"] == 1
    assert read_score(replace(terms, own=own[1:]), CARD, {}).domains["own"] is None


def test_a_restated_measure_is_not_read_as_common() -> None:
    own = (MeasureOfPayer("a", "higher", Decimal("0.5"), "own form", "restated"),)
    assert read_score(replace(TERMS, own=own), CARD, {}).domains["quality"] == Fraction(1, 2)


def test_terms_are_named_and_whole(programs: Path) -> None:
    program = load_program(programs, "ct-sim-p4p", assumptions="illustrative")
    assert terms_of(program, "summit").own[0] == MeasureOfPayer("colorectal_screening", "higher", Decimal("0.60"), "common", "restated")
    with pytest.raises(Refused, match="TRU-S123"):
        terms_of(program, "nobody")
    broken = load_program(
        programs, "ct-sim-p4p", assumptions="illustrative", settings={"contracts.terms.harbor.domains.quality.weight": "0.59"}
    )
    with pytest.raises(Refused, match=r"TRU-S124 the weights of `contracts.terms.harbor` sum to 0.99, not to 1"):
        terms_of(broken, "harbor")
