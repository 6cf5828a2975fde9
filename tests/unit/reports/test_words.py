"""Plain words, number forms and what is hidden."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from trueup.reports import privacy, steps, words
from trueup.reports.grid import Link, Stated, plain, safe, shown


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "$0.00"), (5, "$0.05"), (123_456_789, "$1,234,567.89"), (-5_000, "minus $50.00")],
)
def test_money_never_has_a_bare_minus(cents: int, text: str) -> None:
    assert words.money(cents) == text


def test_whole_dollars_round_half_away_from_zero() -> None:
    assert [words.money_whole(c) for c in (1_142_049, 1_142_050, -50)] == ["$11,420", "$11,421", "minus $1"]


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        ("1234.50", "dollars", "$1,234.50"),
        ("-0.05", "dollars", "minus $0.05"),
        ("9876.543210", "dollars", "$9,876.543210"),
        ("0.780000", "rate", "0.78"),
        ("0.50", "rate", "0.50"),
        ("12000", "count", "12,000"),
        ("-12", "count", "minus 12"),
        ("2026-12-31", "date", "December 31, 2026"),
        ("passed", "text", "passed"),
        ("208.333333333333", "dollars", "$208.333333…"),
        ("n/a", "dollars", "n/a"),
    ],
)
def test_a_step_is_shown_by_its_unit(amount: str, unit: str, text: str) -> None:
    assert words.stated(amount, unit) == text


def test_reasons_are_sentences_and_unknown_ones_are_shown_as_written() -> None:
    assert words.reasons("third_party_liability;new_rule") == "Another insurer paid part of the care; New rule"
    assert words.reasons("") == ""
    assert words.reason("carve_out.larc") == "Paid outside the bundle: LARC"


def test_labels_use_plain_words_and_acronyms_stay_acronyms() -> None:
    assert words.provider_type("fqhc") == "Federally qualified health center (FQHC)"
    assert words.provider_type("fqhc;some_clinic") == "Federally qualified health center (FQHC); Some clinic"
    assert words.provider_type(None) == ""
    assert words.humanize("sud_services") == "SUD services"
    assert words.inline("SUD services") == "SUD services"
    assert words.inline("A copy of a row") == "a copy of a row"
    assert words.fact("longest_gap_days") == "Longest gap in coverage, in days"


def test_months_are_read_as_words() -> None:
    assert [words.month(text) for text in ("2025-04", "2025-13", "PY1")] == ["April 2025", "2025-13", "PY1"]
    assert (shown("2025-04", "month"), plain("2025-04", "month")) == ("April 2025", "2025-04")
    assert shown("not known", "count") == "not known"


def test_settlement_reasons_name_their_gate() -> None:
    assert words.result("gate_missing.quality") == "The result is missing for quality"
    assert words.result("gate_failed.under_service") == "Not passed: under service"


def test_tests_of_a_ladder_read_as_sentences() -> None:
    assert steps.text("actual lt commendable_total: yes") == "Actual cost is below the commendable total: yes"
    assert steps.name("gate_under_service") == "Gate: under service"
    assert steps.name("something_new") == "Something new"
    assert steps.name("add_on.doula_care") == "Added for a newly covered service: doula care"
    assert steps.name("program_change.fees_2025") == "Change of fees or of the program: fees 2025"


def test_what_is_assumed_says_so() -> None:
    assert words.source("assumption (illustrative; default)") == "Assumed, not the state's value (illustrative; default)"
    assert words.source("S0 Target") == "S0 Target"


def test_cells_for_people_and_for_files() -> None:
    assert (shown(-1250, "money"), plain(-1250, "money")) == ("minus $12.50", "-12.50")
    assert (shown(date(2025, 3, 1), "date"), plain(date(2025, 3, 1), "date")) == ("March 1, 2025", "2025-03-01")
    assert (shown(Decimal("1.250000"), "rate"), plain(Decimal("1.250000"), "rate")) == ("1.25", "1.250000")
    assert (shown(None, "money"), plain(None, "money")) == ("", "")
    assert shown(Stated("3.00", "dollars"), "stated") == "$3.00"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_a_text_that_a_spreadsheet_would_run_is_made_inert(text: str) -> None:
    assert safe(text, "text") == "'" + text
    assert safe(Link(text, "x"), "text") == "'" + text


def test_numbers_keep_their_sign_in_files() -> None:
    assert safe(-1250, "money") == "-12.50"
    assert safe(Stated("-12.50", "dollars"), "stated") == "-12.50"
    assert safe(Stated("-x", "text"), "stated") == "'-x"


def test_group_names_are_neutral() -> None:
    assert privacy.labels({"b", "a"}) == {"a": "Cohort A", "b": "Cohort B"}
    assert privacy.labels({"all"}) == {"all": ""}


@pytest.mark.parametrize(
    ("counts", "shown_apart"),
    [({"a": 11, "b": 11}, True), ({"a": 10, "b": 200}, False), ({"b": 200}, False), ({"a": 200, "b": 10}, False)],
)
def test_groups_are_shown_apart_only_if_each_has_eleven(counts: dict[str, int], shown_apart: bool) -> None:
    assert privacy.may_show_groups({"a", "b"}, {"PY1": counts}) is shown_apart
    assert privacy.may_show_groups({"a", "b"}, {"PY1": {"a": 11, "b": 11}, "PY2": counts}) is shown_apart
    assert privacy.may_show_groups({"all"}, {"PY1": {"all": 1}}) is True


def test_members_are_masked() -> None:
    assert [privacy.mask(m) for m in ("MEMBER-00123", "12345678", "1234", None)] == ["…0123", "…78", "…", "…"]


def test_sensitive_services_and_reasons_lose_their_names() -> None:
    assert privacy.open_category("sud_services") == "all_other_services"
    assert privacy.open_category("laboratory") == "laboratory"
    assert privacy.open_reasons("third_party_liability;carve_out.sud;carve_out.behavioral_health") == "third_party_liability;other_reason"
