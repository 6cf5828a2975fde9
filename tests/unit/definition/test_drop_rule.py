"""The drop rule: at, below and above each threshold, what is never dropped for low use, and rules that are not stated right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.definition.drop_rule import DropRule, is_dropped, propose, state_rule
from trueup.definition.stage import CodeUse
from trueup.errors import RuleErrors, UsageError

Make = Callable[..., CodeUse]
DAY = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("rule", "figures", "proposal"),
    [
        ({"min_lines": 20}, {"lines": 19}, "drop"),
        ({"min_lines": 20}, {"lines": 20}, "keep"),
        ({"min_lines": 20, "operator": "le"}, {"lines": 20}, "drop"),
        ({"min_lines": 20, "operator": "le"}, {"lines": 21}, "keep"),
        ({"min_claims": 5}, {"claims": 4}, "drop"),
        ({"min_claims": 5}, {"claims": 5}, "keep"),
        ({"min_members": 11}, {"members": 10}, "drop"),
        ({"min_members": 11}, {"members": 11}, "keep"),
        ({"min_spend": "1000.00"}, {"spend_cents": 99_999}, "drop"),
        ({"min_spend": "1000.00"}, {"spend_cents": 100_000}, "keep"),
        # 1 of 3 members is 0.333..., which no decimal threshold equals
        ({"min_member_share": "0.333333"}, {"members": 1}, "keep"),
        ({"min_member_share": "0.333334"}, {"members": 1}, "drop"),
        ({"min_member_share": "1"}, {"members": 3}, "keep"),
        ({"min_lines": 20, "min_spend": "1000.00", "combine": "any"}, {"lines": 19, "spend_cents": 100_000}, "drop"),
        ({"min_lines": 20, "min_spend": "1000.00", "combine": "all"}, {"lines": 19, "spend_cents": 100_000}, "keep"),
        ({"min_lines": 20, "min_spend": "1000.00", "combine": "all"}, {"lines": 19, "spend_cents": 99_999}, "drop"),
        ({}, {"lines": 1, "spend_cents": 1}, "keep"),
    ],
)
def test_thresholds(use: Make, rule: dict[str, object], figures: dict[str, int], proposal: str) -> None:
    stated = state_rule(None, rule)  # pyright: ignore[reportArgumentType]
    assert propose(use(**figures), stated, 3).proposal == proposal


def test_reasons_are_words_without_figures(use: Make) -> None:
    rule = state_rule(None, {"min_lines": 20, "min_spend": "1000.00", "combine": "all"})
    assert propose(use(lines=7, spend_cents=123), rule, 9).reason == "Low use: lines below 20; spend below 1000.00 dollars."
    assert propose(use(lines=7), rule, 9).reason == "Not low use by the stated rule, which drops only codes that miss all: lines below 20."
    assert propose(use(), rule, 9).reason == "Not low use by the stated rule."
    assert propose(use(), DropRule(), 9).reason == "Billed in the episodes; no drop rule was stated."


def test_the_rule_reads_as_a_sentence() -> None:
    rule = state_rule(None, {"min_lines": 20, "min_member_share": "0.01", "combine": "any", "operator": "le"})
    low = "lines at or below 20 or a share of members at or below 0.01"
    assert rule.words() == f"A code is dropped for low use if it has {low}. Codes of the SUD set are kept."
    assert DropRule().words() == "No drop rule was stated: low use drops no code."


def test_a_code_of_the_sud_set_is_never_dropped_for_low_use(use: Make) -> None:
    rule = state_rule(None, {"min_lines": 20})
    low = propose(use("H0020", is_sud=True, lines=1), rule, 9)
    assert (low.proposal, low.reason) == ("keep", "In the SUD set, which low use does not drop. Its use is low: lines below 20.")
    assert propose(use("H0020", is_sud=True, lines=99), rule, 9).reason == "In the SUD set, which low use does not drop."


def test_newborn_codes_and_codes_no_value_set_can_hold_are_proposed_to_drop(use: Make) -> None:
    assert propose(use("0170", "revenue", is_newborn=True), DropRule(), 9).proposal == "drop"
    odd = propose(use("5902", "hcpcs"), DropRule(), 9)
    assert (odd.proposal, odd.reason) == ("drop", "Not a canonical hcpcs code: no value set can hold it.")
    assert propose(use("123", "local"), DropRule(), 9).reason == "Value sets know no code system local."


@given(lines=st.integers(0, 60), low=st.integers(0, 60), more=st.integers(0, 60), spend=st.integers(-1000, 10_000), both=st.booleans())
def test_a_higher_threshold_never_keeps_a_code_that_a_lower_one_dropped(lines: int, low: int, more: int, spend: int, both: bool) -> None:
    combine = "all" if both else "any"

    def dropped(threshold: int) -> bool:
        rule = DropRule(min_lines=threshold, min_spend=Decimal("50.00"), combine=combine)
        return is_dropped(CodeUse("hcpcs", "59025", lines, 1, 1, 1, spend, 1, 1, DAY, DAY, False, False), rule, 3)

    assert not dropped(low) or dropped(low + more)
    assert dropped(low) == ((lines < low and spend < 5_000) if both else (lines < low or spend < 5_000))


# --- how it is stated ----------------------------------------------------------------------------------------------------------------


def test_a_rule_file_says_the_same_as_flags(tmp_path: Path) -> None:
    file = tmp_path / "drop.yaml"
    file.write_text('schema: 1\ncombine: any\nmin_lines: 20\nmin_spend: "1000.00"\ncite: memo of March 3\n', encoding="utf-8")
    rule = state_rule(file, {})
    assert rule.record() == {
        "operator": "lt", "combine": "any", "cite": "memo of March 3", "name": "", "lines": "20", "spend": "1000.00",
    }  # fmt: skip
    flags = state_rule(None, {"combine": "any", "min_lines": 20, "min_spend": "1000.00"})
    assert {**rule.record(), "cite": ""} == flags.record()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("min_lines: 20\nmin_line: 3\n", "TRU-R004"),
        ("min_spend: 1000\n", "TRU-R007"),
        ('min_member_share: "1.5"\n', "TRU-R007"),
        ("min_lines: -1\n", "TRU-R007"),
        ("operator: ge\n", "TRU-R007"),
        ("- 1\n", "TRU-R007"),
    ],
)
def test_a_wrong_rule_file_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "drop.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RuleErrors, match=rf"{words} .*drop\.yaml"):
        state_rule(file, {})


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ({"min_lines": 5, "min_claims": 5}, "TRU-D006"),
        ({"min_spend": "1,000"}, "TRU-D005"),
        ({"min_spend": "10.123"}, "TRU-D005"),
        ({"min_spend": "-1"}, "TRU-D005"),
        ({"min_member_share": "2"}, "TRU-D005"),
        ({"min_member_share": "1%"}, "TRU-D005"),
        ({"min_lines": -1}, "TRU-D005"),
    ],
)
def test_wrong_flags_are_refused(flags: dict[str, str | int | None], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        state_rule(None, flags)


def test_a_rule_is_stated_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"TRU-D004 the drop rule is stated twice: .* by --min-lines"):
        state_rule(tmp_path / "drop.yaml", {"min_lines": 5})
