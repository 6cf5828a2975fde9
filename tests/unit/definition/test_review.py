"""From a sheet to a value set: what a reviewer may do with it, every way it can be wrong, and what is written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from unit.definition.world import World

from trueup.definition.approve import write_value_set
from trueup.definition.drop_rule import DropRule
from trueup.definition.review import Approval, read_review
from trueup.definition.sheet import COLUMNS, Heading, Sheet, csv_text, make_sheet
from trueup.definition.stage import Settings
from trueup.definition.workbook import write_workbook
from trueup.engine import DuckEngine
from trueup.errors import CheckFailed, RuleErrors, UsageError
from trueup.manifest import write_manifest
from trueup.rules import value_sets

DAY = date(2021, 6, 1)
ASKED = {"hcpcs 81001": "drop", "revenue 0170": "drop"}
Edit = Callable[[list[dict[str, str]]], None]


def heading(preparer: str = "Pat Prep") -> Heading:
    return Heading(
        "my-program", "My Program", "1.0", "abc", "", "", (date(2019, 1, 1), date(2020, 12, 31)), date(2021, 3, 31), Settings("BASE"),
        ("sud",), ("b1",), preparer,
    )  # fmt: skip


@pytest.fixture
def sheet(world: World, engine: DuckEngine) -> Sheet:
    """The small world with low use below 20 dollars: 81001 is proposed to drop, and the newborn code."""
    return make_sheet(heading(), DropRule.model_validate({"min_spend": "20.00"}), world.study(engine))


def write(sheet: Sheet, folder: Path, edit: Edit = lambda _: None) -> Path:
    """The sheet with every row decided as proposed, then edited."""
    rows = [{**row, "decision": row["proposal"]} for row in sheet.rows]
    edit(rows)
    (folder / "review.csv").write_text(csv_text(COLUMNS, rows), encoding="utf-8")
    write_manifest(folder, sheet.manifest())
    return folder / "review.csv"


def approve(path: Path, approver: str = "Alex Approver", on: date = DAY) -> Approval:
    return read_review(path, approver, on)


def change(key: str, **values: str) -> Edit:
    def edit(rows: list[dict[str, str]]) -> None:
        next(r for r in rows if f"{r['code_system']} {r['code']}" == key).update(values)

    return edit


def add(code: str, system: str, **values: str) -> Edit:
    def edit(rows: list[dict[str, str]]) -> None:
        rows.append({**dict.fromkeys(COLUMNS, ""), "code": code, "code_system": system, "decision": "add", **values})

    return edit


# --- the sheet -----------------------------------------------------------------------------------------------------------------------


def test_a_row_of_the_sheet(sheet: Sheet) -> None:
    row = next(r for r in sheet.rows if r["code"] == "0HQ9XZZ")
    assert list(row) == list(COLUMNS)
    assert list(row.values()) == [
        "0HQ9XZZ", "icd-10-pcs", "4", "2", "2", "1.000000", "4", "10200.00", "0.363783", "1", "4500.00", "2020-01-10", "2020-01-10",
        "inpatient 3; emergency 1", "", "", "keep", "Not low use by the stated rule.", "", "",
    ]  # fmt: skip
    assert {f"{r['code_system']} {r['code']}": r["proposal"] for r in sheet.rows if r["proposal"] == "drop"} == ASKED


def test_a_sheet_repeats_and_its_id_holds_everything(sheet: Sheet, world: World) -> None:
    again = DuckEngine(threads=2)
    try:
        study = world.study(again)
    finally:
        again.close()
    rule = DropRule.model_validate({"min_spend": "20.00"})
    first = sheet.manifest()
    assert make_sheet(heading(), rule, study).manifest() == first
    others = [
        make_sheet(heading("Somebody Else"), rule, study),
        make_sheet(heading(), DropRule.model_validate({"min_spend": "20.01"}), study),
    ]
    assert len({first["sheet_id"], *(s.manifest()["sheet_id"] for s in others)}) == 3


def test_no_member_is_named(sheet: Sheet, tmp_path: Path) -> None:
    write(sheet, tmp_path)
    write_workbook(sheet, tmp_path / "review.xlsx")
    book = load_workbook(tmp_path / "review.xlsx")
    cells = " ".join(str(c.value) for page in book for row in page.iter_rows() for c in row)
    texts = (tmp_path / "review.csv").read_text() + (tmp_path / "manifest.json").read_text() + cells
    assert [m for m in ("M1", "M2", "M3", "E1", "C1") if m in texts] == []


def test_a_published_sheet_shows_no_small_group_and_no_total(sheet: Sheet, tmp_path: Path) -> None:
    """Every code of the small world has one or two members."""
    open_sheet = make_sheet(heading(), sheet.rule, sheet.study, publish=True)
    row = next(r for r in open_sheet.rows if r["code"] == "807")
    figures = {name: text for name, text in row.items() if name not in ("code", "code_system", "proposal", "reason")}
    assert {name: text for name, text in figures.items() if text} == {"members": "<11", "settings": "emergency; inpatient"}
    assert {r["members"] for r in open_sheet.setting_rows} == {"<11"}
    assert {r["spend"] for r in open_sheet.setting_rows} == {""}
    assert open_sheet.tie_rows == ()
    with pytest.raises(RuleErrors, match=r"TRU-D009 manifest\.json belongs to a published sheet"):
        approve(write(open_sheet, tmp_path))


def test_a_code_that_would_run_in_a_spreadsheet_is_inert(world: World, engine: DuckEngine) -> None:
    world.claim("C10", "E1", "M1", [{"hcpcs_code": '=HYPERLINK("x")', "paid_cents": 1}])
    row = make_sheet(heading(), DropRule(), world.study(engine)).rows[-1]
    assert (row["code"], row["proposal"]) == ('\'=HYPERLINK("x")', "drop")


# --- the approval --------------------------------------------------------------------------------------------------------------------


def test_the_approved_set_loads_as_rules_load_it(sheet: Sheet, tmp_path: Path) -> None:
    home = tmp_path / "my-program" / "value_sets"
    home.mkdir(parents=True)
    approval = approve(write(sheet, tmp_path, add("F1120", "icd-10-cm", reviewer_note="marks mothers in treatment")))
    review = write_value_set(approval, home / "episode_services.csv", "DEF", date(2021, 7, 1))
    at = value_sets.find(tmp_path, "my-program", "episode_services")
    assert at == ("program", home / "episode_services.csv")
    found, errors = value_sets.read_value_set(at[1], at[0])
    assert errors == []
    assert [f"{c.code_system} {c.code}" for c in found.codes] == [
        "hcpcs 59400", "hcpcs 99284", "hcpcs H0020", "icd-10-cm F1120", "icd-10-pcs 0HQ9XZZ", "icd-10-pcs 10E0XZZ", "ms-drg 807",
        "revenue 0120", "revenue 0450",
    ]  # fmt: skip
    who = f"DEF approved by Alex Approver on 2021-06-01, prepared by Pat Prep, sheet {approval.sheet_id}"
    assert {(c.effective_from, c.effective_to, c.value, c.cite, c.label) for c in found.codes} == {(date(2021, 7, 1), None, None, who, "")}
    assert value_sets.names(tmp_path, "my-program") == ["episode_services"]  # the reasons beside it are taken for no value set
    reasons = list(csv.DictReader(io.StringIO(review.read_text(encoding="utf-8"))))
    assert len(reasons) == 11
    assert {tuple(r.values())[5:] for r in reasons} == {("Pat Prep", "Alex Approver", "2021-06-01", approval.sheet_id)}
    assert [list(r.values())[:5] for r in reasons if r["code"] in ("81001", "F1120", "H0020")] == [
        ["81001", "hcpcs", "drop", "drop", "Low use: spend below 20.00 dollars."],
        ["H0020", "hcpcs", "keep", "keep", "In the SUD set, which low use does not drop."],
        ["F1120", "icd-10-cm", "add", "", "marks mothers in treatment"],
    ]


def test_a_decision_against_the_proposal_carries_its_reason(sheet: Sheet, tmp_path: Path) -> None:
    path = write(sheet, tmp_path, change("hcpcs 81001", decision=" Keep ", reviewer_note="Part of\neach prenatal visit."))
    (lab,) = [d for d in approve(path).codes if d.code == "81001"]
    assert (lab.decision, lab.proposal, lab.reason) == ("keep", "drop", "Part of each prenatal visit.")


def drop_first(rows: list[dict[str, str]]) -> None:
    rows.pop(0)


def twice(rows: list[dict[str, str]]) -> None:
    rows.append(dict(rows[0]))


def none_kept(rows: list[dict[str, str]]) -> None:
    for row in rows:
        row.update(decision="drop", reviewer_note="not ours")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (drop_first, r"TRU-D013 review\.csv `icd-10-pcs 0HQ9XZZ` was in the sheet as made and is missing\."),
        (twice, r"TRU-D014 review\.csv:12 `icd-10-pcs 0HQ9XZZ` is also on line 2\."),
        (change("ms-drg 807", spend="9.00"), r"TRU-D015 review\.csv:4 `ms-drg 807` was changed in a column that nobody edits\."),
        (change("ms-drg 807", reason="Because."), r"TRU-D015 .*`ms-drg 807` was changed"),
        (change("hcpcs 81001", proposal="keep", decision="keep"), r"TRU-D015 .*`hcpcs 81001` was changed"),
        (change("ms-drg 807", decision=""), r"TRU-D016 .*`ms-drg 807` is not decided\."),
        (change("ms-drg 807", decision="maybe"), r"TRU-D017 .*`ms-drg 807` is decided `maybe`, .*Known: keep, drop, add\."),
        (change("ms-drg 807", decision="add", reviewer_note="x"), r"TRU-D017 .*is in the sheet already.*Decide keep\."),
        (change("hcpcs 81001", decision="keep"), r"TRU-D018 .*`hcpcs 81001` is decided keep against the proposal, without a reason"),
        (change("hcpcs H0020", decision="drop"), r"TRU-D018 .*`hcpcs H0020` is decided drop against the proposal"),
        (add("59425", "hcpcs"), r"TRU-D018 .*`hcpcs 59425` is added without a reason"),
        (add("59425", "hcpcs", decision="keep"), r"TRU-D013 .*`hcpcs 59425` was not in the sheet as made\..*decide add"),
        (add("59425", "hcpcs", reviewer_note="x", spend="5.00"), r"TRU-D015 .*its row has figures"),
        (add("O80.1", "icd-10-cm", reviewer_note="x"), r"TRU-D020 .*`icd-10-cm O80\.1` is no canonical icd-10-cm code"),
        (add("1", "local", reviewer_note="x"), r"TRU-D020 .*local is no code system"),
        (change("revenue 0120", code="120"), r"TRU-D013 .*`revenue 120` was not in the sheet as made.*\n.*`revenue 0120` .*is missing"),
        (none_kept, r"TRU-D019 .*no code is kept or added"),
    ],
)
def test_a_wrong_sheet_is_refused(sheet: Sheet, tmp_path: Path, edit: Edit, message: str) -> None:
    with pytest.raises(RuleErrors, match=message):
        approve(write(sheet, tmp_path, edit))


def test_every_fault_is_listed_at_once(sheet: Sheet, tmp_path: Path) -> None:
    def edit(rows: list[dict[str, str]]) -> None:
        for one in (change("ms-drg 807", decision=""), change("hcpcs 59400", lines="2"), add("59425", "hcpcs")):
            one(rows)

    with pytest.raises(RuleErrors) as caught:
        approve(write(sheet, tmp_path, edit), "pat  PREP", date(2021, 3, 30))
    assert [e.code for e in caught.value.errors] == ["TRU-D011", "TRU-D012", "TRU-D016", "TRU-D015", "TRU-D018"]


@pytest.mark.parametrize("approver", ["Pat Prep", " pat  prep ", "PAT PREP", " "])
def test_who_prepared_cannot_approve(sheet: Sheet, tmp_path: Path, approver: str) -> None:
    with pytest.raises(RuleErrors, match="TRU-D011"):
        approve(write(sheet, tmp_path), approver)


def test_the_manifest_must_be_there_and_as_made(sheet: Sheet, tmp_path: Path) -> None:
    path = write(sheet, tmp_path)
    manifest = tmp_path / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    for wrong in (text.replace("Pat Prep", "Someone"), text.replace('"20.00"', '"2.00"'), "[]", "{}", json.dumps({"kind": "run"})):
        manifest.write_text(wrong, encoding="utf-8")
        with pytest.raises(RuleErrors, match=r"TRU-D008 manifest\.json"):
            approve(path)
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(RuleErrors, match=r"TRU-D007 manifest\.json .*it is not JSON"):
        approve(path)
    manifest.unlink()
    with pytest.raises(RuleErrors, match=r"TRU-D007 manifest\.json .*No such file.*--manifest"):
        approve(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"TRU-D010 review\.csv:1 has the header \(none\)"),
        (b"code;code_system\n", r"TRU-D010 review\.csv:1 has the header code;code_system; expected code,"),
        (",".join(COLUMNS).encode() + b"\n1,2\n", r"TRU-D010 review\.csv:2 has 2 fields; 20 are due"),
        (",".join(COLUMNS).encode() + b'\n"1,2\n', r"TRU-D010 review\.csv cannot be read: unexpected end of data"),
        (b"\xff\xfe", r"TRU-D010 review\.csv cannot be read: it is not UTF-8 text"),
    ],
)
def test_what_is_no_sheet_is_refused(sheet: Sheet, tmp_path: Path, content: bytes, message: str) -> None:
    write(sheet, tmp_path).write_bytes(content)
    with pytest.raises(RuleErrors, match=message):
        approve(tmp_path / "review.csv")


def test_a_value_set_is_not_overwritten_and_has_a_name_rules_can_use(sheet: Sheet, tmp_path: Path) -> None:
    approval = approve(write(sheet, tmp_path))
    for name in ("Episode.csv", "episode services.csv", "episode", "episode.review.csv"):
        with pytest.raises(UsageError, match="TRU-D021"):
            write_value_set(approval, tmp_path / name, "DEF")
    with pytest.raises(UsageError, match="TRU-D023"):
        write_value_set(approval, tmp_path / "one.csv", "DEF 2021")
    write_value_set(approval, tmp_path / "one.csv", "DEF")
    before = (tmp_path / "one.csv").read_bytes()
    with pytest.raises(UsageError, match="TRU-D022"):
        write_value_set(approval, tmp_path / "one.csv", "DEF")
    assert (tmp_path / "one.csv").read_bytes() == before
    write_value_set(approval, tmp_path / "two.csv", "DEF")
    assert (tmp_path / "two.csv").read_bytes() == before
    assert (tmp_path / "reviews" / "two.csv").read_bytes() == (tmp_path / "reviews" / "one.csv").read_bytes()


def test_a_set_that_would_load_otherwise_is_taken_back(sheet: Sheet, tmp_path: Path) -> None:
    approval = approve(write(sheet, tmp_path))
    doubled = (*approval.decisions, *(d for d in approval.decisions if d.code == "59400"))
    broken = replace(approval, decisions=doubled)
    with pytest.raises(CheckFailed, match=r"TRU-D024 one\.csv"):
        write_value_set(broken, tmp_path / "one.csv", "DEF")
    assert not (tmp_path / "one.csv").exists()
    assert not (tmp_path / "reviews" / "one.csv").exists()


# --- by way of a spreadsheet ---------------------------------------------------------------------------------------------------------


def as_saved(book: Path, decide: str = "proposal") -> str:
    """The sheet Review as a spreadsheet saves it: figures as they show, decisions filled in, CRLF."""
    page = load_workbook(book)["Review"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for number, cells in enumerate(page.iter_rows()):
        texts = []
        for cell in cells:
            shown = {"#,##0.00": ",.2f", "#,##0": ",.0f", "0.000000": ".6f"}.get(cell.number_format, "")
            texts.append(format(cell.value, shown) if isinstance(cell.value, int | float) else str(cell.value or ""))
        if number:
            texts[COLUMNS.index("decision")] = texts[COLUMNS.index(decide)]
        writer.writerow(texts)
    writer.writerow([""] * len(COLUMNS))
    return out.getvalue()


def test_a_sheet_comes_back_from_a_spreadsheet_unchanged(sheet: Sheet, tmp_path: Path) -> None:
    write_manifest(tmp_path, sheet.manifest())
    write_workbook(sheet, tmp_path / "review.xlsx")
    text = as_saved(tmp_path / "review.xlsx")
    assert '"10,200.00"' in text
    (tmp_path / "saved.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    approval = approve(tmp_path / "saved.csv")
    assert [d.code for d in approval.codes] == ["59400", "99284", "H0020", "0HQ9XZZ", "10E0XZZ", "807", "0120", "0450"]


def test_the_workbook_repeats_and_says_what_it_is(sheet: Sheet, tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(sheet, tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    book = load_workbook(tmp_path / "one.xlsx")
    assert book.sheetnames == ["About", "Review", "By setting", "Ties"]
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert about["Episodes"] == "2 of 2 members: births that a delivery DRG shows"
    assert about["Drop rule"] == "A code is dropped for low use if it has spend below 20.00 dollars. Codes of the SUD set are kept."
    (choice,) = book["Review"].data_validations.dataValidation
    assert (choice.formula1, str(choice.sqref)) == ('"keep,drop,add"', "S2:S511")
    assert [c.value for c in book["Ties"][2]] == ["hcpcs", 4, 6, 2470, 3, 9900, 9, 12370]
