"""Statements, state summaries and the index as written files."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from trueup.errors import CheckFailed, UsageError
from trueup.reports import write_reports

Fabricated = Any
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """The parts of a page that the tests ask about; fails on tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def text_of(html: str) -> str:
    body = re.sub(r"(?s)<style>.*?</style>", "", html)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.fixture
def written(two_practices: Fabricated, tmp_path: Path) -> Path:
    return write_reports([two_practices.run], {"test-program": two_practices.prices}, tmp_path / "out").parent


def statement(out: Path, entity: str = "P1") -> str:
    return (out / "test-program" / "practices" / entity / "statement.html").read_text(encoding="utf-8")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_answer_comes_first_and_can_be_recomputed(written: Path) -> None:
    text = text_of(statement(written))
    # expected 3 × 12,500.00 = 37,500.00; actual 10,000.00 + 11,000.01 + 9,300.00 = 30,300.01; half of 7,199.99
    assert text.index("You receive $3,599.99") < text.index("How the result of PY1 came about")
    assert "$10,100. That is $2,400 (19.2%) below your target of $12,500." in text
    assert "Data through December 31, 2026" in text
    assert "Settlement due: December 31, 2026." in text
    assert "Illustration, not a payment" in text
    assert "assumed, not the state&#39;s value" in text or "assumed, not the state's value" in text
    assert "With 3 episodes, chance alone moves your average by about ± 8%" in text


def test_the_ladder_is_in_order_with_cents_and_sources(written: Path) -> None:
    ladder = rows_of(written / "test-program/practices/P1/csv/ladder_py1.csv")
    assert [(r["step"], r["amount"], r["unit"]) for r in ladder[:4]] == [
        ("1", "3", "count"),
        ("2", "37500.00", "dollars"),
        ("3", "30300.01", "dollars"),
        ("4", "7199.99", "dollars"),
    ]
    assert ladder[1]["cite"] == "R1 Target"
    assert ladder[5]["cite"] == "Assumed, not the state's value settlement.share_rate: default"
    assert ladder[7] == {"step": "8", "what": "Result", "amount": "3599.99", "unit": "dollars", "cite": ""}


def test_categories_add_up_to_the_cost_and_hide_sensitive_services(written: Path) -> None:
    html = statement(written)
    rows = rows_of(written / "test-program/practices/P1/csv/categories_py1.csv")
    assert [r["category"] for r in rows] == ["Hospital stay", "Laboratory", "Case rate payments", "All other services"]
    cents = [int(r["your_total"].replace(".", "")) for r in rows]
    assert sum(cents) == 3_030_001
    assert sum(int(r["your_average"].replace(".", "")) for r in rows) == 1_010_000
    assert "$30,300.01" in text_of(html)
    assert "sud" not in html.lower().replace("sudden", "")


def test_every_episode_is_listed_with_its_reason_and_no_full_member_id(written: Path) -> None:
    html = statement(written)
    folder = written / "test-program/practices/P1/csv"
    assert [r["episode"] for r in rows_of(folder / "episodes_counted_py1.csv")] == [f"E{n:016x}" for n in (1, 2, 3)]
    out = rows_of(folder / "episodes_left_out_py1.csv")
    assert [(r["episode"], r["member"], r["why"], r["cost"]) for r in out] == [
        ("E0000000000000004", "…0004", "Another insurer paid part of the care; Service outside this bundle", "5000.00")
    ]
    assert "MEMBER-" not in html
    assert "Episodes that count 3 of 4" in text_of(html)


def test_pages_stand_alone_and_are_accessible(written: Path) -> None:
    for path in written.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        page = Page(html)
        assert page.all("html") == [{"lang": "en-US"}]
        assert page.headings.count(1) == 1
        assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False)), path
        assert page.all("script") == []
        assert page.all("link") == []
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
        assert "url(http" not in html
        assert page.all("a")[0] == {"class": "skip", "href": "#main"}
        assert all(attrs.get("scope") in {"col", "row"} for attrs in page.all("th"))
        assert len(page.all("caption")) == len(page.all("table"))
        ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
        assert len(ids) == len(set(ids)), path
        for svg in page.all("svg"):
            assert svg["role"] == "img"
            assert set(str(svg["aria-labelledby"]).split()) <= set(ids)


def test_charts_name_their_font_and_carry_a_title_and_a_summary(written: Path) -> None:
    html = statement(written)
    fonts = set(re.findall(r'font-family="([^"]+)"', html))
    assert fonts == {"DejaVu Sans, Verdana, sans-serif"}
    titles = re.findall(r"<title id=\"[^\"]+\">([^<]+)</title><desc id=\"[^\"]+\">([^<]+)</desc>", html)
    assert titles[0][0] == "Your average is below your target and the state average"
    assert titles[0][1].startswith("Your average $10,100; Your target $12,500; State average $11,460.")


def test_links_lead_to_files_that_exist(written: Path) -> None:
    for path in written.rglob("*.html"):
        for attrs in Page(path.read_text(encoding="utf-8")).all("a"):
            href = str(attrs["href"])
            if not href.startswith("#"):
                assert (path.parent / href).is_file(), f"{path.name}: {href}"


def test_the_workbook_holds_the_same_numbers_and_nothing_that_runs(written: Path) -> None:
    path = written / "test-program/practices/P1/statement_test-program_P1.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.properties.created.isoformat() == "2026-12-31T00:00:00"
    sheet = book["episodes_counted_py1"]
    assert sheet["A1"].value == "Episodes that count. Statement for P1: Test Bundle Program."
    assert str(sheet["A2"].value).startswith("Program: Test Bundle Program (test-program); Rule version: 1.0; Run: 0123456789abcdef")
    assert [cell.value for cell in sheet[3]] == [
        "Episode",
        "Delivery date",
        "Member, last characters",
        "Total cost",
        "Risk score",
        "Target",
    ]
    assert [row[3].value for row in sheet.iter_rows(min_row=4, max_row=6)] == [10_000, 11_000.01, 9_300]
    assert sheet["D7"].value == "=SUBTOTAL(109,[Total cost])"
    for each in book.worksheets:
        assert each.sheet_state == "visible"
        assert each.merged_cells.ranges == set() or not each.merged_cells.ranges
        assert len(each.tables) == 1
        formulas = [c.value for row in each.iter_rows() for c in row if c.data_type == "f"]
        assert all(str(f).startswith("=SUBTOTAL(109,") for f in formulas)


def test_a_formula_in_an_input_stays_text(two_practices: Fabricated, tmp_path: Path) -> None:
    names = {"P1": '=HYPERLINK("http://x","pay")'}
    out = write_reports([two_practices.run], {}, tmp_path / "out", names=names).parent
    sheet = openpyxl.load_workbook(out / "test-program/state_test-program.xlsx")["results_py1"]
    assert (sheet["A4"].value, sheet["A4"].data_type) == ('=HYPERLINK("http://x","pay") (P1)', "s")
    assert rows_of(out / "test-program/state_csv/results_py1.csv")[0]["practice"] == '\'=HYPERLINK("http://x","pay") (P1)'
    assert "&lt;" not in statement(out).split("<h1>")[1][:80]


def test_markup_in_a_name_is_escaped(two_practices: Fabricated, tmp_path: Path) -> None:
    out = write_reports([two_practices.run], {}, tmp_path / "out", names={"P1": "<script>alert(1)</script>"}).parent
    html = statement(out)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; (P1)" in html


def test_the_state_summary_ties_to_the_tables(written: Path) -> None:
    folder = written / "test-program/state_csv"
    text = text_of((written / "test-program/state.html").read_text(encoding="utf-8"))
    assert "The program pays $3,599.99 and recovers $0.00" in text
    results = rows_of(folder / "results_py1.csv")
    assert [(r["practice"], r["counted"], r["cost"], r["result"]) for r in results] == [
        ("P1", "3", "30300.01", "3599.99"),
        ("P2", "2", "27000.00", "0.00"),
    ]
    read = rows_of(folder / "conservation_rows.csv")[0]
    assert int(read["used"]) + int(read["excluded"]) + int(read["superseded"]) + int(read["quarantined"]) == int(read["read"]) == 38
    assert [r["left"] for r in rows_of(folder / "attrition_py1.csv")] == ["6", "5"]
    assert [r["episodes"] for r in rows_of(folder / "episodes_left_py1.csv")] == ["5", "0", "0", "0"]
    assert rows_of(folder / "findings.csv") == [{"code": "id.tin_missing", "rows": "12", "message": "The billing NPI was used."}]


def test_the_state_compares_settled_episodes_only_by_group(fab: Any, two_cohorts: Callable[[int, int], Fabricated], tmp_path: Path) -> None:
    made = two_cohorts(2, 3)
    settled = pq.read_table(made.run / "settlements.parquet").to_pylist()
    fab.write_table(made.run, "settlements", [row for row in settled if row["cohort"] == "non_secret"])
    out = write_reports([made.run], {"test-program": made.prices}, tmp_path / "out").parent
    rows = rows_of(out / "test-program/state_csv/results_py1.csv")
    assert [(r["group"], r["found"], r["counted"], r["settled"], r["average"], r["cost"], r["expected"]) for r in rows] == [
        ("Non secret", "3", "3", "3", "10000.04", "30000.12", "37500.00"),
        ("Secret", "2", "2", "0", "", "", ""),
    ]
    left = {r["what"]: (r["episodes"], r["dollars"]) for r in rows_of(out / "test-program/state_csv/episodes_left_py1.csv")}
    assert left["Of an accountable practice, not settled"] == ("2", "20000.03")


def test_a_statement_spells_out_its_sources_and_says_where_ids_stand(fab: Any, two_practices: Fabricated, tmp_path: Path) -> None:
    sources = [
        {"id": "R1", "title": "The rule of the bundle", "publisher": "Agency", "published": "2024", "trust": "primary"},
        {"id": "R2", "title": "Not cited here", "publisher": "Agency", "published": "2020", "trust": "background"},
    ]
    made = fab.fabricate(tmp_path / "x", two_practices.episodes, manifest={"sources": sources})
    terms = {"base_period": "BASE", "base_first_day": "2023-01-01", "base_last_day": "2023-12-31", "base_as_of": "2024-06-30"}
    (made.prices / "manifest.json").write_text(json.dumps({"status": "final", "terms": terms}))
    out = write_reports([made.run], {"test-program": made.prices}, tmp_path / "out").parent
    assert rows_of(out / "test-program/practices/P1/csv/sources.csv") == [
        {"id": "R1", "title": "The rule of the bundle", "printed": "Agency, 2024", "trust": "The state's own text"}
    ]
    text = text_of(statement(out))
    assert "The first column is the episode&#39;s id" in text or "The first column is the episode's id" in text
    assert text.count("with the claims known by June 30, 2024.") == 2  # under the settlement's steps, and where the price is explained
    assert "Prices rest on claims known by June 30, 2024" in text
    assert "come out the same" in text
    assert "byte" not in text


def test_the_index_leads_to_every_statement(written: Path) -> None:
    links = [str(a["href"]) for a in Page((written / "index.html").read_text(encoding="utf-8")).all("a")]
    for href in ("test-program/state.html", "test-program/practices/P1/statement.html", "test-program/practices/P2/statement.html"):
        assert href in links


def test_two_writes_give_the_same_bytes(two_practices: Fabricated, tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        write_reports([two_practices.run], {"test-program": two_practices.prices}, folder)
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}

    first = digests(tmp_path / "a")
    assert first == digests(tmp_path / "b")
    assert first == digests(tmp_path / "a")
    assert len(first) > 30


def test_a_run_without_settlement_says_what_is_missing(fab: Any, two_practices: Fabricated, tmp_path: Path) -> None:
    stopped = {
        "stages": [{"stage": "settlement", "status": "stopped", "reason": "settlement.share_rate is unknown"}],
        "unknown": [{"path": "settlement.share_rate", "reason": "the source says a portion"}],
        "refusals": [{"entity_id": None, "period": None, "code": "TRU-R014", "message": "No price set is named."}],
    }
    made = fab.fabricate(tmp_path / "x", [fab.episode(1, "P1", 1_000_000), fab.episode(2, "P1", 900_000)], settled=False, manifest=stopped)
    out = write_reports([made.run], {}, tmp_path / "out").parent
    text = text_of(statement(out))
    assert "No settlement yet" in text
    assert "Not settled. No price set is named." in text
    state = text_of((out / "test-program/state.html").read_text(encoding="utf-8"))
    assert "Nothing is settled in this run" in state
    assert "settlement.share_rate the source says a portion" in state


@pytest.mark.parametrize(("secret", "others", "apart"), [(11, 11, True), (10, 12, False), (0, 20, False)])
def test_groups_are_shown_apart_only_if_large_enough(
    fab: Any, two_cohorts: Callable[[int, int], Fabricated], tmp_path: Path, secret: int, others: int, apart: bool
) -> None:
    made = two_cohorts(secret, others)
    if secret == 0:  # the program still has two groups: another practice has the other one
        rows = [*made.episodes, fab.episode(99, "P2", 1_000_000, cohort="secret")]
        made = fab.fabricate(tmp_path / "zero", rows)
    out = write_reports([made.run], {"test-program": made.prices}, tmp_path / "out").parent
    html = statement(out)
    assert "secret" not in html
    assert ("Cohort A" in html) is apart
    assert ("Too few episodes in one group" in html) is not apart
    names = sorted(p.stem for p in (out / "test-program/practices/P1/csv").iterdir())
    assert ("ladder_py1_cohort_a" in names) is apart
    assert ("result_py1" in names) is not apart
    assert "target" not in rows_of(out / "test-program/practices/P1/csv/episodes_counted_py1.csv")[0]


def test_readers_who_may_see_groups_see_them_whatever_their_size(two_cohorts: Callable[[int, int], Fabricated], tmp_path: Path) -> None:
    made = two_cohorts(3, 20)
    out = write_reports([made.run], {"test-program": made.prices}, tmp_path / "out", cohort_detail=True).parent
    assert "Cohort A" in statement(out)


def test_a_cost_that_does_not_tie_stops_the_report(fab: Any, two_practices: Fabricated, tmp_path: Path) -> None:
    rows = pq.read_table(two_practices.run / "settlements.parquet").to_pylist()
    rows[0]["actual_amount_cents"] += 1
    fab.write_table(two_practices.run, "settlements", rows)
    with pytest.raises(CheckFailed, match=r"TRU-C041 .*cost of settled episodes: the rows add up to 3030001, the table says 3030002"):
        write_reports([two_practices.run], {}, tmp_path / "out")


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TRU-U061"):
        write_reports([tmp_path], {}, tmp_path / "out")


def test_progress_counts_every_page(two_practices: Fabricated, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_reports([two_practices.run], {}, tmp_path / "out", progress=lambda _, done, of: seen.append((done, of)))
    assert seen == [(n, 5) for n in range(1, 6)]  # two statements, the state, prices and case rates, the index


def test_episodes_outside_the_stay_in_the_program_are_listed_and_not_counted(fab: Any, tmp_path: Path) -> None:
    rows = [fab.episode(n, "P1", 1_000_000) | {"took_part": n > 1} for n in (1, 2, 3)]
    made = fab.fabricate(tmp_path / "x", rows)
    settled = pq.read_table(made.run / "settlements.parquet").to_pylist()
    settled[0] |= {"unit_count": 2, "actual_amount_cents": 2_000_000}
    fab.write_table(made.run, "settlements", settled)
    out = write_reports([made.run], {"test-program": made.prices}, tmp_path / "out").parent
    left_out = rows_of(out / "test-program/practices/P1/csv/episodes_left_out_py1.csv")
    assert [(r["episode"], r["why"]) for r in left_out] == [("E0000000000000001", "The practice was not in the program on that day")]


def test_a_settlement_on_hold_is_said_first(fab: Any, two_practices: Fabricated, tmp_path: Path) -> None:
    settled = pq.read_table(two_practices.run / "settlements.parquet").to_pylist()
    settled[0] |= {"amount_cents": 0, "status": "held", "reason": "gate_missing.quality"}
    fab.write_table(two_practices.run, "settlements", settled)
    out = write_reports([two_practices.run], {"test-program": two_practices.prices}, tmp_path / "out").parent
    text = text_of(statement(out))
    assert "On hold Period PY1" in text
    assert "On hold: The result is missing for quality." in text
    assert "Nothing is paid or owed until the hold ends." in text


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_and_chart_colors_have_enough_contrast(written: Path) -> None:
    html = statement(written)
    colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", html))
    for ground in ("paper", "tint"):
        assert min(contrast(colors[name], colors[ground]) for name in ("ink", "soft", "own")) >= 4.5
    drawn = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', html)) - {"#ffffff"}
    assert drawn
    assert min(contrast(color, "#ffffff") for color in drawn) >= 3
