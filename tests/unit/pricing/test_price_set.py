"""Price sets: identity, status, tampering, and every reason not to use one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from trueup.errors import CheckFailed, Refused
from trueup.pricing.build import price
from trueup.pricing.inputs import BackTest, BaseEpisode, CaseRateBasis, CompletionFactor
from trueup.pricing.price_set import Terms, content_id, finalize, read_price_set, write_price_set
from trueup.pricing.usable import as_if_final, differences, require_equal_maturity, require_usable, runout_days
from trueup.tables import OUTPUT

AS_OF = date(2024, 11, 25)  # 2024-02-29 + 90 days of episode + 180 of run-out


@pytest.fixture
def terms() -> Terms:
    days = {"base_first_day": date(2023, 3, 1), "base_last_day": date(2024, 2, 29), "base_as_of": AS_OF}
    return Terms(
        "P", "2025.1", "r" * 64, "illustrative", "a" * 64, "blended_target", "Y1", "BASE", runout_days=180, cost_basis="paid", **days
    )


@pytest.fixture
def content(blended):
    rules = blended(outliers__high_percentile=Decimal("0.99"), prices__trend_annual=Decimal("0.03"))
    base = [BaseEpisode(entity, "all", 100_00 + i, Decimal("1.1")) for i in range(50) for entity in ("A", "B")]
    return price(rules, base, ["A", "B", "NEW"], [], rules.period("Y1"))


@pytest.fixture
def folder(tmp_path, terms, content):
    return write_price_set(tmp_path, terms, content)


def test_what_is_written_is_read_and_a_draft_becomes_final(folder, terms, content):
    draft = read_price_set(folder)
    assert (draft.price_set_id, draft.status, draft.terms) == (folder.name, "draft", terms)
    assert (draft.content.prices, draft.content.findings) == (content.prices, content.findings)
    assert draft.content.outlier_lines == content.outlier_lines
    assert sorted(draft.content.price_steps, key=str) == sorted(content.price_steps, key=str)
    final = finalize(folder)
    assert final == read_price_set(folder) == finalize(folder)
    assert (final.status, {p.status for p in final.content.prices}) == ("final", {"final"})
    assert final.content.base_units() == {("A", "all"): 50, ("B", "all"): 50}


def test_the_id_is_the_content(folder, terms, content):
    assert folder.name == content_id(terms, content)
    assert len(folder.name) == 16
    changed = [
        replace(terms, rules_hash="x"),
        replace(terms, settings_hash="s" * 64),
        replace(terms, assumptions_hash=None),
        replace(terms, base_period="OTHER"),
        replace(terms, base_as_of=AS_OF + timedelta(days=1)),
        replace(terms, runout_days=181),
        replace(terms, cost_basis="allowed"),
    ]
    assert len({content_id(t, content) for t in changed} | {folder.name}) == 8
    first = replace(content.prices[0], amount_cents=content.prices[0].amount_cents + 1)
    assert content_id(terms, replace(content, prices=[first, *content.prices[1:]])) != folder.name
    assert content_id(terms, replace(content, prices=content.prices[::-1])) == folder.name


def test_writing_the_same_again_keeps_the_status_and_bytes(folder, terms, content, tmp_path):
    finalize(folder)
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    assert write_price_set(folder.parent, terms, content) == folder
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == before
    other = write_price_set(tmp_path / "other", terms, content)
    assert {n: (other / n).read_bytes() for n in before if n != "manifest.json"} == {
        n: b for n, b in before.items() if n != "manifest.json"
    }


def test_tables_follow_their_contract(folder):
    for name in ("prices", "price_steps", "outlier_lines"):
        assert pq.read_schema(folder / f"{name}.parquet").names == list(OUTPUT[name].columns)


def test_a_changed_row_a_changed_term_or_a_broken_file_is_found(folder):
    manifest = folder / "manifest.json"
    original = manifest.read_text()
    raw = json.loads(original)
    raw["terms"]["cost_basis"] = "allowed"
    manifest.write_text(json.dumps(raw))
    with pytest.raises(CheckFailed, match="TRU-P011"):
        read_price_set(folder)
    manifest.write_text(original)
    prices = folder / "prices.parquet"
    rows = pq.read_table(prices)
    pq.write_table(rows.set_column(5, rows.schema.field(5), [[1, 2]]), prices)
    with pytest.raises(CheckFailed, match="TRU-P011"):
        finalize(folder)
    prices.write_bytes(b"not parquet")
    with pytest.raises(CheckFailed, match="TRU-P011"):
        read_price_set(folder)


def test_a_status_made_up_by_hand_is_found(folder):
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"draft"', '"approved"'))
    with pytest.raises(CheckFailed, match="approved"):
        read_price_set(folder)


def test_a_renamed_set_is_found_and_an_absent_one_refused(folder, tmp_path):
    moved = folder.rename(tmp_path / "0123456789abcdef")
    with pytest.raises(CheckFailed, match="TRU-P011"):
        read_price_set(moved)
    with pytest.raises(Refused, match="TRU-P010"):
        read_price_set(folder)


def test_when_a_set_may_be_used(folder, blended):
    draft, rules = read_price_set(folder), blended()
    with pytest.raises(Refused, match="TRU-P012"):
        require_usable(draft, rules, "Y1")
    final = finalize(folder)
    require_usable(final, rules, "Y1")
    with pytest.raises(Refused, match="TRU-P014"):
        require_usable(final, rules, "Y2")
    with pytest.raises(Refused, match="TRU-P014"):
        require_usable(final, rules, "Y0")
    with pytest.raises(Refused, match="TRU-P015"):
        require_usable(final, blended(cost__basis="allowed"), "Y1")
    rules.id = "Q"
    with pytest.raises(Refused, match="TRU-P013"):
        require_usable(final, rules, "Y1")


def test_run_out_counts_from_the_last_day_an_episode_can_end(blended):
    assert runout_days(blended(), "BASE", AS_OF) == 180
    assert runout_days(blended(episode__assign_by="episode_end"), "BASE", AS_OF) == 270


@pytest.mark.parametrize(
    ("base", "settled", "true_up", "outcome"),
    [
        (180, 180, False, []),
        (200, 200, False, []),
        (179, 180, False, "TRU-P016"),
        (180, 179, False, "TRU-P016"),
        (180, 181, False, "TRU-P017"),
        (181, 180, False, "TRU-P017"),
        (181, 180, True, "TRU-P017"),
        (180, 365, True, ["TRU-P018"]),
    ],
)
def test_both_periods_need_the_same_time_to_mature(folder, blended, base, settled, true_up, outcome):
    found = read_price_set(folder)
    found = replace(found, terms=replace(found.terms, runout_days=base))
    as_of = date(2025, 12, 31) + timedelta(days=90 + settled)
    if isinstance(outcome, str):
        with pytest.raises(Refused, match=outcome):
            require_equal_maturity(found, blended(), "Y1", as_of, true_up=true_up)
    else:
        assert [f.code for f in require_equal_maturity(found, blended(), "Y1", as_of, true_up=true_up)] == outcome


def test_a_later_settlement_must_say_that_it_is_a_true_up_and_is_told_the_day(folder, blended):
    later = date(2026, 9, 27) + timedelta(days=5)
    with pytest.raises(Refused, match=r"Settle as of 2026-09-27, or price the base at 185 days\."):
        require_equal_maturity(read_price_set(folder), blended(), "Y1", later)
    (finding,) = require_equal_maturity(read_price_set(folder), blended(), "Y1", later, true_up=True)
    assert (finding.rows, "5 more days" in finding.message) == (1, True)


def test_other_rules_are_named_not_refused(folder, terms):
    found = read_price_set(folder)
    assert differences(found, terms.rule_version, terms.rules_hash, terms.assumptions_hash) == []
    assert [(f.code, f.rows) for f in differences(found, "2025.2", "other", None)] == [("TRU-P019", 1)] * 3
    (scenario,) = differences(found, terms.rule_version, terms.rules_hash, terms.assumptions_hash, "s" * 64)
    assert (scenario.code, scenario.message) == ("TRU-P019", "the price set was made without the settings of this scenario.")


def test_a_set_of_a_scenario_is_for_that_scenario_only(tmp_path, terms, content, blended):
    folder, rules = write_price_set(tmp_path, replace(terms, settings_hash="s" * 64), content), blended()
    for attempt in (lambda: finalize(folder), lambda: require_usable(as_if_final(read_price_set(folder)), rules, "Y1")):
        with pytest.raises(Refused, match="TRU-P051"):
            attempt()
    with pytest.raises(Refused, match="TRU-P052"):
        require_usable(as_if_final(read_price_set(folder)), rules, "Y1", "t" * 64)
    used = as_if_final(read_price_set(folder))
    require_usable(used, rules, "Y1", "s" * 64)
    assert {p.status for p in used.content.prices} == {"final"}
    assert read_price_set(folder).status == "draft"
    assert differences(used, terms.rule_version, terms.rules_hash, terms.assumptions_hash, "s" * 64) == []


def test_a_set_without_more_tables_has_the_id_it_always_had(folder, terms, content):
    """The hash written down anew: terms, the three tables and findings, and nothing about tables that are empty or a scenario."""
    plain = lambda value: f"{value:f}" if isinstance(value, Decimal) else value.isoformat()  # noqa: E731
    tables = {
        name: sorted((asdict(row) for row in getattr(content, name)), key=lambda row, name=name: [row[k] for k in OUTPUT[name].key])
        for name in ("prices", "price_steps", "outlier_lines")
    }
    said = {key: value for key, value in asdict(terms).items() if key != "settings_hash"}
    document = {"terms": said, "tables": tables, "findings": [asdict(f) for f in content.findings]}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), default=plain)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == folder.name
    assert sorted(f.name for f in folder.iterdir()) == ["manifest.json", "outlier_lines.parquet", "price_steps.parquet", "prices.parquet"]


def test_tables_of_the_base_and_of_completion_are_part_of_the_set(tmp_path, terms, content):
    more = replace(
        content,
        case_rate_basis=[CaseRateBasis("A", "live_birth", 2, 18, 36, 3600_00, 3500_00, Decimal("2.000000"))],
        completion_factors=[CompletionFactor("facility", 0, 3, Decimal("1.250000"), Decimal("0.800000"), Decimal("0.790000"), "estimated")],
        completion_backtests=[BackTest("facility", "2024-01", date(2024, 3, 31), 2, 950, 950, 1000)],
    )
    folder = write_price_set(tmp_path, terms, more)
    assert folder.name != content_id(terms, content)
    found = read_price_set(folder)
    assert (found.content.case_rate_basis, found.content.completion_factors) == (more.case_rate_basis, more.completion_factors)
    assert (found.content.completion_backtests, found.completed) == (more.completion_backtests, True)
    moved = replace(more, case_rate_basis=[replace(more.case_rate_basis[0], months=19)])
    assert content_id(terms, moved) != folder.name
