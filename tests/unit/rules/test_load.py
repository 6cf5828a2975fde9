"""Loading a program: the forms of a leaf, every kind of mistake with its place, and what the program then answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from trueup.errors import Refused, RuleError, RuleErrors
from trueup.rules.load import load_program
from trueup.rules.program import Param, Unknown

Build = Callable[..., Path]
Faults = Callable[..., list[tuple[str, int | None, str]]]
LineOf = Callable[[str], int]


def test_values_are_plain_python_with_their_cites(build: Build) -> None:
    program = load_program(build(), "sample")
    assert (program.id, program.rule_version, program.kind, program.status) == ("sample", "2026.1", "maternity_episode", "draft")
    assert program.get("episode.days_before") == 280
    assert program.get("prices.trend_annual") == Decimal("0.03")
    assert program.get("outliers.low_percentile") == "off"
    assert program.get("participation.required") is True
    assert program.get("periods.PY1.last_day") == date(2026, 12, 31)
    assert program.get("attribution.accountable.excluded_provider_types") == []
    assert program.get("attribution.accountable.provider_type_allowlist") is None
    assert program.get("exclusions.died.value") == 1
    assert program.cite("episode.days_before") == "A Episode"
    assert program.cite("episode.outcomes") == "A Outcomes"
    assert program.param("attribution.accountable.min_deliveries") == Param(
        "attribution.accountable.min_deliveries", 30, "A Volume", place=program.param("attribution.accountable.min_deliveries").place
    )


def test_lists_are_addressed_by_id_and_absent_keys_have_no_path(build: Build) -> None:
    program = load_program(build(), "sample")
    assert program.ids("exclusions") == ["died", "triplets"]
    assert program.ids("cohorts.flags") == []
    assert [c.code for c in program.codes("cost.categories.visits")] == ["59425", "59425"]
    assert not program.has("cost.categories.pharmacy.value_set")
    assert program.has("attribution.monthly")
    assert program.get("attribution.monthly") is None
    assert not program.has("attribution.monthly.rule")
    with pytest.raises(RuleError, match=r"TRU-R013.*Did you mean `episode.days_after`"):
        program.get("episode.days_aftr")


def test_an_unknown_is_refused_with_its_place_and_reason(build: Build, line_of: LineOf) -> None:
    program = load_program(build(), "sample")
    assert not program.known("prices.weight_own")
    with pytest.raises(Refused) as caught:
        program.get("prices.weight_own")
    assert caught.value.code == "TRU-R014"
    assert caught.value.place is not None
    assert caught.value.place.line == line_of("weight_own")
    assert "`prices.weight_own` is unknown: the manual gives no weight." in str(caught.value)
    with pytest.raises(Refused, match="weight_own"):
        program.get("prices")
    assert [u.path for u in program.unknowns()] == [
        "episode.minimum_interval_days",
        "services.include.value_set",
        "attribution.accountable.when_lookback_empty",
        "exclusions.triplets.value",
        "prices.weight_own",
        "settlement.minimum_savings_rate",
    ]
    assert isinstance(program.raw["prices"]["weight_own"], Unknown)


def test_a_period_with_unknown_days_is_refused_only_when_asked(build: Build) -> None:
    program = load_program(build(("first_day: 2024-01-01", "first_day: {unknown: not printed}")), "sample")
    base = program.period("BASE")
    assert (base.role, base.known, base.last_day) == ("baseline", False, date(2024, 12, 31))
    with pytest.raises(Refused, match="not printed"):
        base.contains(date(2024, 5, 1))
    assert [p.id for p in program.performance_periods()] == ["PY1", "PY2"]
    with pytest.raises(RuleError, match=r"Did you mean `periods\.PY1`"):
        program.period("PY11")


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("merge_days: 3", "merge_dais: 3", "TRU-R004", "Did you mean `merge_days`?"),
        ("runout_days: 90", "runout_days: 90\n  share_rate: \"0.5\"", "TRU-R005", "It belongs under `settlement`."),
        ("merge_days: 3", "merge_days: 3\n  merge_days: 4", "TRU-R002", "occurs twice here"),
        ("merge_days: 3", "merge_days: 0.5", "TRU-R003", 'Write "0.5".'),
        ("merge_days: 3", "merge_days: 03", "TRU-R003", "leading zero"),
        ("merge_days: 3", 'merge_days: "3"', "TRU-R007", 'is "3"; expected a whole number without quotes.'),
        ("merge_days: 3", "merge_days: -1", "TRU-R007", "greater than or equal to 0"),
        ("merge_days: 3", "merge_days: true", "TRU-R007", "expected a whole number"),
        ("basis: paid", "basis: payd", "TRU-R007", "Did you mean paid?"),
        ('share_rate: "0.5"', "share_rate: 1", "TRU-R007", "expected a share of one in quotes"),
        ('share_rate: "0.5"', 'share_rate: "50"', "TRU-R007", 'from "0" to "1"'),
        ('limit: "0.00"', 'limit: "0.001"', "TRU-R007", "at most two decimals"),
        ("last_day: 2024-12-31", 'last_day: "2024-12-31"', "TRU-R007", "expected a day"),
        ("last_day: 2024-12-31", "last_day: 2024-13-31", "TRU-R007", "not a day of the calendar"),
        ("last_day: 2024-12-31", "last_day: 2024-12-31T10:00:00", "TRU-R003", "a time stamp"),
        ('rule_version: "2026.1"', "rule_version: 2026.1", "TRU-R003", 'Write "2026.1".'),
        ("relevance: all", "relevance: {value: all, unknown: perhaps}", "TRU-R007", "not both"),
        ("relevance: all", "relevance: {cite: A}", "TRU-R007", "expected a value"),
        ("relevance: all", "relevance: {unknown: null}", "TRU-R007", "states the reason in words"),
        ("relevance: all", "relevance: {read_as: all}", "TRU-R007", "belong together"),
        ("relevance: all", "relevance: {unknown: the list, which is not public}", "TRU-R004", "quote the text before it"),
        ("method: exclude", "method: {value: exclude, cite: Z page 3}", "TRU-R009", "cite `Z page 3` does not begin with a source."),
        ("cite: A Clocks", "cite: A Clocks; Z", "TRU-R009", "cite `Z`"),
        ("by: A}", "by: Z}", "TRU-R009", "Sources: A, B."),
        ("baseline_period: BASE", "baseline_period: BASIS", "TRU-R015", "no period of this file"),
        ("baseline_period: BASE", "baseline_period: PY1", "TRU-R015", "not a baseline period"),
        ("program: sample", "program: example", "TRU-R012", "but the folder is sample"),
        ("mechanism: pooled_target", "mechanism: pooled_targets", "TRU-R007", "Did you mean pooled_target?"),
        ("id: triplets", "id: died", "TRU-R010", "`died` occurs twice"),
        ("id: triplets", "id: three.or.more", "TRU-R007", "expected an id"),
        ("value_set: newborn,", "value_set: newborns,", "TRU-R040", "Did you mean `newborn`?"),
        ("last_day: 2024-12-31", "last_day: 2023-12-31", "TRU-R022", "before it begins"),
        ("first_day: 2027-01-01", "first_day: 2026-12-31", "TRU-R020", "must not overlap"),
        ("first_day: 2027-01-01", "first_day: 2027-01-03", "TRU-R021", "2027-01-01 to 2027-01-02 lies between PY1 and PY2"),
    ],
)  # fmt: skip
def test_each_mistake_has_a_code_and_a_place(faults: Faults, line_of: LineOf, old: str, new: str, code: str, says: str) -> None:
    found = faults((old, new))
    line = line_of(old) + new.count("\n")
    assert [(c, n) for c, n, text in found if says in text] == [(code, line)], found


def test_text_that_is_not_yaml_is_one_error_with_its_line(faults: Faults, line_of: LineOf) -> None:
    [(code, line, text)] = faults(("merge_days: 3", "merge_days: [3"))
    assert (code, line) == ("TRU-R001", line_of("merge_days") + 1)
    assert "is not YAML" in text


def test_a_missing_key_is_named_at_the_part_that_lacks_it(faults: Faults, line_of: LineOf) -> None:
    [(code, line, text)] = faults(("  merge_days: 3\n", ""))
    assert (code, line) == ("TRU-R006", line_of("episode:"))
    assert "`merge_days` is missing under `episode`. Add it, or `{unknown: reason}`" in text


def test_a_misplaced_key_is_both_out_of_place_and_missing(faults: Faults) -> None:
    found = faults(("  merge_days: 3\n", ""), ("  basis: paid\n", "  basis: paid\n  merge_days: 3\n"))
    assert [code for code, _, _ in found] == ["TRU-R006", "TRU-R005"]
    assert "It belongs under `episode`." in found[1][2]


def test_a_number_without_a_cite_is_an_error_and_words_need_none(faults: Faults, line_of: LineOf) -> None:
    found = faults(("  cite: A Clocks\n", ""))
    assert [(c, n) for c, n, _ in found] == [("TRU-R008", line_of(key) - 1) for key in ("runout_days", "settlement_due", "held_dollars")]
    assert "`maturity.runout_days` is 90 without a cite." in found[0][2]


def test_every_error_of_every_file_is_collected(build: Build, line_of: LineOf) -> None:
    folder = build(
        ("merge_days: 3", "merge_days: x"),
        ("basis: paid", "basis: x"),
        assumptions=("basis: default, reason: a quarter", "reason: a quarter"),
    )
    with pytest.raises(RuleErrors) as caught:
        load_program(folder, "sample", assumptions="trial")
    places = [(e.place.source.rsplit("/", 1)[-1], e.place.line) for e in caught.value.errors if e.place]
    assert places == [("2026.yaml", line_of("merge_days")), ("2026.yaml", line_of("basis: paid")), ("trial.yaml", 5)]


def test_a_printed_gap_is_a_warning_when_each_side_acknowledges_it(build: Build) -> None:
    read = [
        ("last_day: 2026-12-31", "last_day: {as_published: 12/30/2026, read_as: 2026-12-31}"),
        ("first_day: 2027-01-01", "first_day: {as_published: 1/1/2027, read_as: 2027-01-01}"),
    ]
    tiled = load_program(build(*read), "sample")
    assert [(w.code, w.message) for w in tiled.warnings] == [
        ("cfg.period_gap", "2026-12-31 lies between PY1 and PY2 as published; read as the last of PY1.")
    ]
    assert tiled.period("PY1").last_day_as_published == "12/30/2026"
    kept = load_program(build((read[0][0], read[0][1].replace("2026-12-31", "2026-12-30")), read[1]), "sample")
    assert [w.code for w in kept.warnings] == ["cfg.period_gap"]
    assert "such episodes have no period" in kept.warnings[0].message


def test_a_gap_acknowledged_on_one_side_only_is_an_error(faults: Faults) -> None:
    found = faults(("last_day: 2026-12-31", "last_day: {as_published: 12/30/2026, read_as: 2026-12-30}"))
    assert [code for code, _, _ in found] == ["TRU-R021"]


def test_versions_are_named_where_there_are_several(build: Build) -> None:
    folder = build()
    second = (folder / "sample" / "2026.yaml").read_text(encoding="utf-8").replace('"2026.1"', '"2027.1"')
    (folder / "sample" / "2027.yaml").write_text(second, encoding="utf-8")
    assert load_program(folder, "sample", version="2027.1").rule_version == "2027.1"
    with pytest.raises(RuleErrors, match=r"TRU-R011.*several rule versions.*2026.1, 2027.1"):
        load_program(folder, "sample")
    with pytest.raises(RuleErrors, match=r"no rule version 2028.1"):
        load_program(folder, "sample", version="2028.1")
    with pytest.raises(RuleErrors, match=r"no program `smaple`. Did you mean `sample`"):
        load_program(folder, "smaple")


def test_a_file_that_is_not_text_or_not_a_mapping_is_named(build: Build) -> None:
    folder = build()
    file = folder / "sample" / "2026.yaml"
    for content, says in ((b"\xff\xfe\x00", "not UTF-8"), (b"", "is empty"), (b"- 1\n", "expected a mapping of keys")):
        file.write_bytes(content)
        with pytest.raises(RuleErrors, match=says):
            load_program(folder, "sample")


def test_aliases_are_the_same_as_copies_and_endless_ones_are_refused(build: Build, faults: Faults) -> None:
    plain = load_program(build(), "sample")
    aliased = load_program(
        build(
            ("    any_date: {value_set: visits}", "    any_date: &v {value_set: visits}"),
            ("    visit: {value_set: visits}", "    visit: *v"),
        ),
        "sample",
    )
    assert aliased.rules_hash == plain.rules_hash
    assert "TRU-R001" in [code for code, _, _ in faults(("excluded_provider_types: []", "excluded_provider_types: &x [*x]"))]
