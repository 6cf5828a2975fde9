"""Measure libraries are read strictly: every fault has a code, the file and the line, and says what was probably meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trueup.errors import Place, RuleError
from trueup.rules.compile_measures import code_table, measure_tables
from trueup.rules.measure_model import Measure
from trueup.rules.measures import library_files, load_measures, read_library
from trueup.rules.program import ValueSet
from trueup.rules.reader import mapping, read_yaml
from trueup.rules.unit_facts import UNIT_FACTS

HEAD = """schema: 1
title: Test measures
sources:
  ICD: {title: "Codes", published: 2026, trust: primary}
measures:
"""
GOOD = """  - id: visits
    title: Visits
    unit: episode
    statistic: proportion
    direction: higher
    cannot_see: what is not billed
    versions:
      - from_year: 2024
        cite: ICD Z39
        population:
          - {id: live, fact: is_live_birth, operator: eq, value: 1}
        numerator:
          - {id: visit, value_set: visit, from: anchor, first_day: 7, last_day: 84}
"""
EXCLUSION = "        exclusions:\n          - {id: x, group: g, fact: adequacy, operator: known}\n"
CSV = "code,code_system,effective_from,effective_to,value,cite,label\nZ392,icd-10-cm,,,,ICD,follow-up\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "common" / "measures").mkdir(parents=True)
    (tmp_path / "common" / "value_sets").mkdir()
    (tmp_path / "common" / "value_sets" / "visit.csv").write_text(CSV)
    return tmp_path


def write(folder: Path, body: str, name: str = "a", program: str = "common") -> Path:
    path = folder / program / "measures" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + body)
    return path


def load(folder: Path, *names: str) -> tuple[dict[str, Measure], dict[str, ValueSet], list[RuleError]]:
    return load_measures(folder, "p", dict.fromkeys(names or ("visits",), Place("p/2025.yaml", 12)))


def faults(folder: Path, body: str) -> list[tuple[str, int | None]]:
    write(folder, body)
    return [(e.code, e.place.line if e.place else None) for e in load(folder)[2]]


def test_a_good_library_gives_typed_measures_and_their_value_sets(folder: Path) -> None:
    write(folder, GOOD)
    measures, sets, errors = load(folder)
    assert errors == []
    measure = measures["visits"]
    assert (measure.unit, measure.statistic, measure.direction, measure.cannot_see) == (
        "episode", "proportion", "higher", "what is not billed",
    )  # fmt: skip
    (version,) = measure.versions
    assert (version.from_year, version.to_year, version.cite) == (2024, None, "ICD Z39")
    visit = version.numerator[0]
    assert (visit.group, visit.value_set, visit.from_date, visit.to_date, visit.first_day, visit.last_day, visit.at_least) == (
        "visit", "visit", "anchor", "anchor", 7, 84, 1,
    )  # fmt: skip
    assert list(sets) == ["visit"]
    assert measure.version(2023) is None
    assert measure.version(2024) is version


def test_the_digest_follows_the_definition_and_the_codes_and_nothing_else(folder: Path) -> None:
    write(folder, GOOD)
    first = load(folder)[0]["visits"].digest
    write(folder, "  # a comment\n" + GOOD.replace("title: Visits", "title: Other words"))
    assert load(folder)[0]["visits"].digest == first
    write(folder, GOOD.replace("last_day: 84", "last_day: 85"))
    assert load(folder)[0]["visits"].digest != first
    write(folder, GOOD)
    (folder / "common" / "value_sets" / "visit.csv").write_text(CSV + "Z391,icd-10-cm,,,,ICD,x\n")
    assert load(folder)[0]["visits"].digest != first


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("        cite: ICD Z39\n", "", "TRU-R100", 13),
        ("cite: ICD Z39", "cite: IDC Z39", "TRU-R009", 14),
        ("from_year: 2024", "from_year: 2024\n        to_year: 2023", "TRU-R101", 13),
        ("fact: is_live_birth", "fact: is_live_brith", "TRU-R105", 16),
        ("value_set: visit", "value_set: vist", "TRU-R040", 6),
        ("operator: eq, value: 1", "operator: eq", "TRU-R007", 16),
        ("operator: eq, value: 1", "operator: between, value: 1", "TRU-R007", 16),
        ("operator: eq, value: 1", "operator: between, value: 2, value_to: 1", "TRU-R007", 16),
        ("operator: eq, value: 1", "operator: known, value: 1", "TRU-R007", 16),
        ("operator: eq, value: 1", "operator: equals, value: 1", "TRU-R007", 16),
        ("operator: eq, value: 1", "operator: eq, value: 1, from: anchor", "TRU-R007", 16),
        ("from: anchor, ", "", "TRU-R007", 18),
        ("from: anchor", "from: birth", "TRU-R007", 18),
        (", first_day: 7, last_day: 84", "", "TRU-R007", 18),
        ("first_day: 7", "first_day: 85", "TRU-R007", 18),
        ("last_day: 84", "last_day: 84, value: 1", "TRU-R007", 18),
        ("last_day: 84", "last_day: 84, at_leats: 2", "TRU-R004", 18),
        ("last_day: 84", "last_day: 84, at_least: 0", "TRU-R007", 18),
        ("value_set: visit, ", "value_set: visit, fact: adequacy, ", "TRU-R007", 18),
        ("    cannot_see: what is not billed\n", "", "TRU-R006", 6),
        ("statistic: proportion", "statistic: mean", "TRU-R102", 6),
        ("statistic: proportion", "statistic: proportion\n    fact: adequacy", "TRU-R102", 6),
        ("direction: higher", "direction: up", "TRU-R007", 10),
        ("        population:", EXCLUSION + "        population:", "TRU-R102", 16),
    ],
)  # fmt: skip
def test_a_fault_is_found_with_its_line(folder: Path, old: str, new: str, code: str, line: int) -> None:
    assert old in GOOD
    assert (code, line) in faults(folder, GOOD.replace(old, new, 1))


def test_ids_occur_once_in_a_part_and_in_all_libraries(folder: Path) -> None:
    twice = GOOD + "          - {id: visit, fact: adequacy, operator: known}\n"
    assert faults(folder, twice) == [("TRU-R010", 19)]
    group = GOOD + "          - {id: x, group: visit, fact: adequacy, operator: known}\n"
    assert faults(folder, group) == [("TRU-R010", 18)]
    write(folder, GOOD)
    write(folder, GOOD, "b")
    (error,) = load(folder)[2]
    assert (error.code, error.place and error.place.line) == ("TRU-R104", 6)
    assert "a.yaml:6" in error.message


def test_two_versions_of_one_year_are_an_error_and_touching_years_are_not(folder: Path) -> None:
    second = GOOD.split("    versions:\n")[1]
    closed = GOOD.replace("from_year: 2024", "from_year: 2024\n        to_year: 2025")
    write(folder, closed + second.replace("2024", "2026"))
    measures, _, errors = load(folder)
    assert errors == []
    assert [measures["visits"].version(y).from_year for y in (2024, 2025, 2026, 2030)] == [2024, 2024, 2026, 2026]  # type: ignore[union-attr]
    assert [code for code, _ in faults(folder, closed + second.replace("2024", "2025"))] == ["TRU-R101"]


def test_an_unknown_measure_is_named_where_the_rule_names_it(folder: Path) -> None:
    write(folder, GOOD)
    _, _, errors = load(folder, "vists")
    assert [str(e) for e in errors] == ["TRU-R103 p/2025.yaml:12 measure `vists` is in no measure library. Did you mean `visits`?"]


def test_a_programs_own_library_and_value_sets_come_first(folder: Path) -> None:
    write(folder, GOOD)
    write(folder, GOOD.replace("id: visits", "id: own_visits"), program="p")
    (folder / "p" / "value_sets").mkdir()
    (folder / "p" / "value_sets" / "visit.csv").write_text(CSV.replace("Z392", "Z391"))
    measures, sets, errors = load(folder, "visits", "own_visits")
    assert errors == []
    assert sorted(measures) == ["own_visits", "visits"]
    assert [c.code for c in sets["visit"].codes] == ["Z391"]
    assert [p.parent.parent.name for p in library_files(folder, "p")] == ["p", "common"]


def test_a_mean_takes_a_fact_and_needs_it_known(folder: Path) -> None:
    body = GOOD.split("        numerator:")[0].replace(
        "statistic: proportion", "statistic: trimmed_mean\n    fact: stay_days\n    trim_percent: 5"
    )
    write(folder, body)
    measures, sets, errors = load(folder)
    assert errors == []
    heads, criteria = measure_tables(measures.values())
    assert [(r["statistic"], r["fact"], r["trim_percent"], r["population_groups"], r["numerator_groups"]) for r in heads.rows] == [
        ("trimmed_mean", "stay_days", 5, 2, 0)
    ]
    assert [(r["criterion"], r["operator"]) for r in criteria.rows] == [("stay_days_known", "known"), ("live", "eq")]
    assert code_table(measures.values(), sets).rows == []


def test_the_tables_carry_versions_years_and_roles(folder: Path) -> None:
    write(folder, GOOD.replace("last_day: 84", "last_day: 84, with: visit, without: visit, claim_type: professional, principal: true"))
    measures, sets, _ = load(folder)
    heads, criteria = measure_tables(measures.values())
    assert [(r["version"], r["first_year"], r["last_year"]) for r in heads.rows] == [("2024", 2024, 9999)]
    row = criteria.rows[1]
    assert (row["code_role"], row["with_role"], row["without_role"], row["is_principal"]) == (
        "measure_visit", "measure_visit", "measure_visit", 1,
    )  # fmt: skip
    assert [
        (r["code_role"], r["code"], str(r["effective_from"]), str(r["effective_to"])) for r in code_table(measures.values(), sets).rows
    ] == [("measure_visit", "Z392", "1900-01-01", "9999-12-31")]


def test_a_code_system_that_no_event_carries_is_an_error(folder: Path) -> None:
    write(folder, GOOD)
    (folder / "common" / "value_sets" / "visit.csv").write_text(CSV + "11,place-of-service,,,,ICD,office\n")
    assert [(e.code, e.place.line if e.place else None) for e in load(folder)[2]] == [("TRU-R106", 6)]


def test_a_library_that_is_not_yaml_says_so(folder: Path) -> None:
    path = write(folder, "  - [")
    assert [e.code for e in read_library(path)[1]] == ["TRU-R001"]
    assert [e.code for e in read_library(folder / "absent.yaml")[1]] == ["TRU-R001"]


def test_the_shipped_libraries_hold(programs: Path) -> None:
    """Every library under programs/ reads without a fault, and every value set it names exists and cites a source of the library."""
    paths = sorted(programs.glob("*/measures/*.yaml"))
    assert paths
    for path in paths:
        measures, errors = read_library(path)
        assert errors == (), path
        home = path.parent.parent.name
        _, sets, more = load_measures(
            programs, "ct-husky-maternity" if home == "common" else home, {m.id: Place(path.name) for m in measures}
        )
        assert more == []
        sources = mapping(mapping(read_yaml(path).data)["sources"])
        cites = {(v.name, part.strip().split(" ")[0]) for v in sets.values() for c in v.codes for part in c.cite.split(";")}
        assert [pair for pair in sorted(cites) if pair[1] not in sources] == []
        assert all(len(m.cannot_see) > 10 for m in measures)
        assert sets or all(not m.sets for m in measures)


FACT_STEPS = {
    "episode": (
        "quality/episodes/sql/76_count_covered_days",
        "quality/episodes/sql/82_gather_unit_facts",
        "quality/procedures/sql/82_gather_unit_facts",
    ),
    "stay": ("units/stays/sql/82_list_unit_facts",),
    "member": ("units/panels/sql/82_state_unit_facts",),
}


@pytest.mark.parametrize("kind", list(FACT_STEPS))
def test_the_facts_of_each_kind_are_those_that_its_steps_write(root: Path, kind: str) -> None:
    texts = [(root / "src" / "trueup" / f"{name}.sql").read_text(encoding="utf-8") for name in FACT_STEPS[kind]]
    written = {fact for text in texts for fact in re.findall(r"'([a-z_0-9]+)' AS fact\b", text)}
    assert set(UNIT_FACTS[kind]) == written
    assert len(UNIT_FACTS[kind]) == len(written)


def test_every_reading_that_a_measure_cites_is_written_down(programs: Path) -> None:
    library, readings = (programs / "common" / name for name in ("measures/maternity.yaml", "READING.md"))
    cited = set(re.findall(r"READING\.md (CB-M\d+)", library.read_text(encoding="utf-8")))
    assert len(cited) == 10
    assert cited == set(re.findall(r"\*\*(CB-M\d+)\.", readings.read_text(encoding="utf-8")))


def test_the_page_lists_the_library_of_childbirth(root: Path) -> None:
    page = (root / "docs" / "reference" / "measures.md").read_text(encoding="utf-8")
    measures, _ = read_library(root / "programs" / "common" / "measures" / "maternity.yaml")
    listed = re.findall(r"^\| `(\w+)` \| (.+?) \| (higher|lower) \|$", page, re.MULTILINE)
    assert listed == [(m.id, m.title, m.direction) for m in measures]
