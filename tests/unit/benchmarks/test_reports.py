"""What benchmarks say and leave: sizes that are refused, tables with names and notes, a plot of everything, the files of a ratio."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import claims
import measure
import pytest
import report
import run
import testbed
from scenarios import SCENARIOS, Clock


def figure(scenario: str, lines: int = 250_000, wall: float = 1.0, *, is_cold: bool = False, **facts: Any) -> measure.Figure:
    parts = {"units": 0.5} if scenario.startswith("run") else {}
    return measure.Figure(scenario, lines, is_cold, wall, wall, 100.0 * wall, parts, facts, [{"wall": wall, "cooled_by": ""}])


def scan(lines: int = 250_000) -> measure.Figure:
    return figure("scan", lines, 0.1, claim_columns=["member_id"], diagnosis_columns=["code"])


def table(*figures: measure.Figure) -> str:
    return report.markdown({}, measure.Settings(), figures)


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg)


# --- what is asked for ------------------------------------------------------------------------------------------------------------------


def test_a_scenario_without_its_files_is_left_out_with_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bed = testbed.Testbed(tmp_path, claims.Shape(1_000))
    assert (run.applies("intake_csv", bed), run.applies("run", bed)) == (False, True)
    assert capsys.readouterr().out.startswith("intake_csv is left out: there are no CSV files of the claims")
    (tmp_path / "claims/csv").mkdir(parents=True)
    (tmp_path / "claims/csv/medical_claim.csv").touch()
    assert run.applies("intake_csv", bed)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("sizes", ["10k", "1e6", "1000,", "0", "-5", "1_000", ""])
def test_sizes_that_are_no_numbers_are_refused_with_a_word(sizes: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run.arguments([f"--lines={sizes}"])
    assert stopped.value.code == 2
    assert "sizes are whole numbers of lines, with commas between them" in capsys.readouterr().err


def test_sizes_come_in_order_and_once() -> None:
    assert run.arguments(["--lines", "500000, 250000,500000"]).lines == (250_000, 500_000)
    assert run.arguments([]).lines == run.DEFAULT_LINES


def test_a_ratio_of_too_few_lines_is_refused_at_once_with_the_least_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.arguments(["--ratio", "--lines", str(testbed.SETTLES_FROM)]).lines == (testbed.SETTLES_FROM,)
    with pytest.raises(SystemExit):
        run.arguments(["--ratio", "--lines", str(testbed.SETTLES_FROM - 1)])
    assert "449,999 lines are too few" in (said := capsys.readouterr().err)
    assert "Take --lines 450000 or more." in said


@pytest.mark.parametrize("options", ["--practices 1", "--large-practice 300", "--seed 2", "--claims elsewhere"])
def test_what_claims_of_another_shape_settle_is_seen_when_they_are_there(options: str) -> None:
    assert run.arguments(["--ratio", "--lines", "20000", *options.split()]).lines == (20_000,)


@pytest.mark.parametrize("options", ["--lines 500000,1000000", "--only run", "--cold 1", "--repeat 0"])
def test_a_ratio_takes_one_size_of_warm_runs(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.arguments(["--ratio", *options.split()])
    assert "--ratio takes one size" in capsys.readouterr().err


@pytest.mark.parametrize(("lines", "is_priced"), [(440_000, False), (testbed.SETTLES_FROM, True)])
def test_a_practice_is_priced_from_the_stated_size(lines: int, is_priced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Births and losses are the same without the claims of everybody else, which are left out here: 8,000 lines."""
    monkeypatch.setattr(claims, "LINES_A_CLAIM", 1e12)
    monkeypatch.setattr(testbed, "CSV_LIMIT", 0)
    bed = testbed.prepare(tmp_path, claims.Shape(lines), threads=2)
    assert bed.lines() < 10_000
    assert any(s.content.prices for s in bed.price_sets(bed.workspace())) == is_priced


# --- the table --------------------------------------------------------------------------------------------------------------------------


def test_every_row_begins_with_the_name_of_its_scenario() -> None:
    rows = [row for row in table(*(figure(name) for name in SCENARIOS if name != "scan"), scan()).splitlines() if row.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(SCENARIOS)


def test_a_table_says_where_nothing_was_settled() -> None:
    said = table(figure("run", settlements=0), figure("run_fresh", settlements=0), figure("run", 500_000, settlements=1), scan())
    (note,) = [x for x in said.splitlines() if "Nothing was settled" in x]
    assert note.startswith("**Nothing was settled at 250,000 lines** (`run`, `run_fresh`): ")
    assert note.endswith("settle from 450,000 lines.")
    assert "Nothing was settled" not in table(figure("run", settlements=1), scan())


def test_parts_are_shown_of_whatever_names_them() -> None:
    said = table(scan(), figure("run_fresh"))
    assert "## Parts of `run_fresh` at 250,000 lines" in said
    assert "## Parts of `scan`" not in said


# --- the plot ---------------------------------------------------------------------------------------------------------------------------


def test_a_plot_names_everything_measured_once() -> None:
    drawn = texts(report.svg([figure(name, n, 0.1 * (k + 1)) for k, name in enumerate(SCENARIOS) for n in (250_000, 997_946)]))
    assert [t for t in drawn if t in SCENARIOS] == list(SCENARIOS)
    assert drawn.count("250k") == drawn.count("998k") == 2


def test_cold_figures_are_drawn_where_there_are_no_warm_ones() -> None:
    drawn = report.svg([figure("scan", is_cold=True), figure("run", wall=2.0), figure("run", wall=900.0, is_cold=True)])
    assert [t for t in texts(drawn) if t in SCENARIOS] == ["scan", "run"]
    assert "900" not in texts(drawn)


def test_a_plot_of_one_size_has_room_around() -> None:
    at = re.findall(r'"line mark" d="M([\d.]+),([\d.]+)', report.svg([scan()]))
    assert at == [("210", "160"), ("210", "160")]  # the middle of both panels, 420 wide and 320 high


# --- runs and ratios --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_bed(tmp_path_factory: pytest.TempPathFactory) -> testbed.Testbed:
    """One practice large enough for a price, and next to nobody else."""
    return testbed.prepare(tmp_path_factory.mktemp("bed"), claims.Shape(5_000, large_practice=150), threads=2)


def test_a_ratio_leaves_its_results_and_ends_with_the_ratio(
    small_bed: testbed.Testbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    walls = {"scan": 0.5, "run": 3.0, "run_indexed": 2.0, "run_fresh": 1.0}

    def once(_: object, name: str, *__: object, **___: object) -> dict[str, Any]:
        columns = {"claim_columns": ["member_id"], "diagnosis_columns": ["code"]}
        facts = columns if name == "scan" else {"settlements": 1, "episodes": 30}
        return {"wall": walls[name], "cpu": 1.0, "peak_mib": 100.0, "cooled_by": "", "load": 0.1, "parts": {}, "facts": facts}

    monkeypatch.setattr(run, "once", once)
    monkeypatch.setattr(run.testbed, "prepare", lambda *_, **__: small_bed)
    monkeypatch.setattr("sys.argv", ["run.py", "--ratio", "--lines", "20000", "--large-practice", "300", "--out", str(tmp_path / "out")])
    run.main()
    assert capsys.readouterr().out.splitlines()[-1] == "ratio 2.00"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["ratio.jsonl", "ratio.md", "ratio.svg"]
    head, *figures = map(json.loads, (tmp_path / "out/ratio.jsonl").read_text().splitlines())
    assert list(head) == ["machine", "settings"]
    assert [(f["scenario"], len(f["runs"])) for f in figures] == [(name, 3) for name in walls]


def test_steps_are_counted_where_results_are_kept_and_only_there(small_bed: testbed.Testbed) -> None:
    fresh, kept = (SCENARIOS[name].work(small_bed, Clock(2, "1GB")) for name in ("run_fresh", "run_indexed"))
    assert fresh["settlements"] == kept["settlements"] == 1
    assert "steps_computed" not in fresh
    assert (kept["steps_computed"] > 100, kept["steps_reused"]) == (True, 0)
    other_weight = SCENARIOS["what_if_weight"].work(small_bed, Clock(2, "1GB"))
    assert (other_weight["settlements"], 0 < other_weight["steps_computed"] < kept["steps_computed"]) == (1, True)
    assert SCENARIOS["index"].work(small_bed, Clock(2, "1GB"))["files"] >= 1
