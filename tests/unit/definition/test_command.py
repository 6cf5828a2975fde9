"""`define` on a synthetic state: from claims to a sheet, from the reviewed sheet to a value set that the program then uses."""

from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from flow.harness import Done, tree, trueup, well

from trueup import pipeline, runs
from trueup.commands import define as command
from trueup.engine import DuckEngine
from trueup.inputs import register_batches
from trueup.rules import value_sets
from trueup.rules.load import load_program
from trueup.workspace import Workspace

PROGRAM, PERIOD = "co-maternity", "BASE"
DRGS = {"765", "766", "767", "768", "774", "775", "783", "784", "785", "786", "787", "788", "796", "797", "798", "805", "806", "807"}


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the claims of 2,000 members."""
    assert callable(command.define)
    folder = tmp_path_factory.mktemp("define")
    well(trueup("synth", folder / "claims", "--programs", PROGRAM, "--members", 2000, "--seed", 1, "--format", "csv"))
    well(trueup("init", folder / "ws", "--key", "test"))
    well(trueup("load", *sorted((folder / "claims").glob("*.csv")), "-w", folder / "ws"))
    return folder / "ws"


def define(ws: Path, out: Path, *words: object) -> Done:
    said = ("define", PROGRAM, "--period", PERIOD, "--preparer", "Pat Prep", "-w", ws, "--out", out)
    return trueup(*said, *(words or ("--assume", "illustrative", "--min-lines", 20)))


@pytest.fixture(scope="module")
def made(ws: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("sheet") / "sheet"
    return folder, well(define(ws, folder))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decide(sheet: Path, to: Path) -> Path:
    """A copy of the sheet, decided as proposed."""
    shutil.copytree(sheet, to)
    found = rows(to / "review.csv")
    with (to / "review.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "decision": row["proposal"]} for row in found)
    return to / "review.csv"


def test_the_sheet_is_that_of_a_loop_over_final_lines(ws: Path, made: tuple[Path, Done], programs: Path) -> None:
    """Spend by code, computed again in Python from the final lines and the episodes' windows."""
    program = load_program(programs, PROGRAM, assumptions="illustrative")
    pregnancy = {c.code for c in program.codes("episode.codes.pregnancy")}
    sud = {c.code for c in program.codes("cohorts.flags.sud")}
    engine = DuckEngine()
    try:
        register_batches(engine, [b.path for b in Workspace.open(ws).batches()])
        pipeline.register_rules(engine, program, as_of=runs.maturity_date(program, PERIOD), workspace_key="test")
        for step in pipeline.steps(program.kind):
            engine.run(step)
            if step.writes == "episode_units":
                break
        episodes = [e for e in engine.rows("episode_units") if e["period"] == PERIOD and not e["is_too_soon"]]
        lines = engine.rows("final_lines", order_by=("version_id", "claim_line_number"))
        diagnoses, procedures = engine.rows("claim_diagnoses"), engine.rows("claim_procedures", order_by=("version_id", "position"))
    finally:
        engine.close()
    pregnant = {d["version_id"] for d in diagnoses if d["code"] in pregnancy or d["code"][:3] in pregnancy}
    by_member = defaultdict(list)
    for line in lines:
        by_member[line["member_id"]].append(line)
    spend: dict[tuple[str, str], int] = defaultdict(int)
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    studied: set[str] = set()
    for episode in episodes:
        own = by_member[episode["member_id"]]
        stay = [x for x in own if x["drg_code"] in DRGS and x["admission_date"] and x["admission_date"] <= episode["stay_end_date"]]
        if not any(x["discharge_date"] >= episode["stay_start_date"] for x in stay):
            continue
        studied.add(episode["member_id"])
        for line in own:
            if not episode["episode_start_date"] <= line["line_start_date"] <= episode["episode_end_date"]:
                continue
            carried = [("hcpcs", line["hcpcs_code"]), ("revenue", line["revenue_center_code"]), ("ms-drg", line["drg_code"])]
            carried += [(p["code_system"], p["code"]) for p in procedures if p["version_id"] == line["version_id"]]
            for system, code in dict.fromkeys(carried):
                if code and (line["version_id"] in pregnant or code in sud):
                    spend[system, code] += line["paid_cents"] or 0
                    members[system, code].add(line["member_id"])
    sheet = rows(made[0] / "review.csv")
    assert len(sheet) > 60
    assert {(r["code_system"], r["code"]): r["spend"] for r in sheet} == {k: f"{v / 100:.2f}" for k, v in spend.items()}
    assert {(r["code_system"], r["code"]): int(r["members"]) for r in sheet} == {k: len(v) for k, v in members.items()}
    shares = {f"{int(r['members']) / len(studied):.6f}" == r["member_share"] for r in sheet}
    assert shares == {True}


def test_the_sheet_ties_and_says_so(made: tuple[Path, Done]) -> None:
    folder, done = made
    sheet = rows(folder / "review.csv")
    for tie in rows(folder / "ties.csv"):
        of_system = [r for r in sheet if r["code_system"] == tie["code_system"]]
        cents = sum(round(float(r["counted_spend"]) * 100) for r in of_system)
        assert cents == round(float(tie["coded_spend"]) * 100)
        assert cents + round(float(tie["uncoded_spend"]) * 100) == round(float(tie["listed_spend"]) * 100)
        assert sum(int(r["counted_lines"]) for r in of_system) + int(tie["uncoded_lines"]) == int(tie["listed_lines"])
    assert "A code is dropped for low use if it has lines below 20. Codes of the SUD set are kept." in done.text
    assert {r["proposal"] for r in sheet if int(r["lines"]) < 20 and r["sud_set"] != "yes"} == {"drop"}
    assert {r["proposal"] for r in sheet if r["sud_set"] == "yes"} == {"keep"}
    assert [r["code"] for r in sheet if r["newborn"] == "yes"] != []


def test_the_same_claims_give_the_same_bytes(ws: Path, made: tuple[Path, Done], tmp_path: Path) -> None:
    well(define(ws, tmp_path / "sheet"))
    assert tree(tmp_path / "sheet") == tree(made[0])


def test_no_code_list_is_needed_to_make_one(ws: Path, tmp_path: Path, made: tuple[Path, Done], programs: Path) -> None:
    """Assumptions that say how births are found, and nothing of services, cohorts, cost or prices."""
    home = tmp_path / "programs"
    shutil.copytree(programs, home)
    file = home / PROGRAM / "assumptions" / "illustrative.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [x for x in lines if not x.startswith("  ") or x.strip().startswith(("periods.BASE", "episode.", "maturity.runout"))]
    (home / PROGRAM / "assumptions" / "births.yaml").write_text("\n".join(kept).replace("illustrative", "births") + "\n", encoding="utf-8")
    said = ("--assume", "births", "--programs", home, "--min-lines", 20)
    done = well(define(ws, tmp_path / "bare", *said))
    assert "No SUD set is known" in done.text
    well(define(ws, tmp_path / "named", *said, "--sud-set", "sud_flag"))
    assert (tmp_path / "named" / "review.csv").read_bytes() == (made[0] / "review.csv").read_bytes()
    births = home / PROGRAM / "assumptions" / "births.yaml"
    births.write_text("\n".join(x for x in births.read_text(encoding="utf-8").splitlines() if "runout" not in x) + "\n", encoding="utf-8")
    late = define(ws, tmp_path / "late", *said)
    assert (late.code, "TRU-D026" in late.text) == (2, True)
    well(define(ws, tmp_path / "dated", *said, "--as-of", "2020-10-29", "--sud-set", "sud_flag"))
    assert (tmp_path / "dated" / "review.csv").read_bytes() == (made[0] / "review.csv").read_bytes()


def test_an_unknown_rule_is_refused_by_its_path(ws: Path, tmp_path: Path) -> None:
    done = define(ws, tmp_path / "sheet", "--as-of", "2021-01-01")
    assert done.code == 1
    assert "TRU-R014" in done.text
    assert "`episode.assign_by` is unknown" in done.text
    assert not (tmp_path / "sheet").exists()


def test_a_sheet_becomes_a_value_set_that_the_program_runs_with(ws: Path, made: tuple[Path, Done], tmp_path: Path, programs: Path) -> None:
    home = tmp_path / "programs"
    shutil.copytree(programs, home)
    to = home / PROGRAM / "assumptions" / "value_sets" / "approved_services.csv"
    sheet = decide(made[0], tmp_path / "reviewed")
    words = ("define", PROGRAM, "--approve", sheet, "--approver", "Alex Approver", "--date", "2021-02-01", "--out", to)
    done = well(trueup(*words))
    kept = [r for r in rows(sheet) if r["decision"] == "keep"]
    assert f"{len(kept):,} codes ({len(kept):,} kept, 0 added)" in done.text
    found, errors = value_sets.read_value_set(to, "assumptions")
    assert errors == []
    assert {(c.code_system, c.code) for c in found.codes} == {(r["code_system"], r["code"]) for r in kept}
    file = home / PROGRAM / "assumptions" / "illustrative.yaml"
    text = file.read_text(encoding="utf-8")
    assert "value_set: episode_services," in text
    file.write_text(text.replace("value_set: episode_services,", "value_set: approved_services,"), encoding="utf-8")
    program = load_program(home, PROGRAM, assumptions="illustrative")
    assert len(program.codes("services.include")) == len(kept)
    well(trueup("check", home / PROGRAM, "--rules-only", "--programs", home))
    again = trueup(*words)
    assert (again.code, "TRU-D022" in again.text) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("--period", PERIOD), "TRU-D025", 2),
        (("--preparer", "Pat"), "TRU-D025", 2),
        (("--period", "PY9", "--preparer", "Pat", "--assume", "illustrative"), "TRU-R013", 1),
        (("--period", PERIOD, "--preparer", "Pat", "--assume", "illustrative", "--sud-set", "sud_flags"), "TRU-D027", 2),
        (("--period", PERIOD, "--preparer", "Pat", "--min-spend", "ten"), "TRU-D005", 2),
        (("--approve", "sheet.csv", "--approver", "Alex"), "TRU-D029", 2),
    ],
)
def test_a_wrong_command_is_refused(ws: Path, words: tuple[str, ...], code: str, exit_code: int) -> None:
    done = trueup("define", PROGRAM, "-w", ws, *words)
    assert (done.code, code in done.text) == (exit_code, True), done.text


def test_a_folder_with_decisions_is_left_alone(ws: Path, made: tuple[Path, Done], tmp_path: Path) -> None:
    sheet = decide(made[0], tmp_path / "reviewed")
    before = sheet.read_bytes()
    done = define(ws, tmp_path / "reviewed")
    assert (done.code, "TRU-D028" in done.text) == (2, True)
    assert sheet.read_bytes() == before


def test_a_sheet_of_another_program_is_refused(made: tuple[Path, Done], tmp_path: Path) -> None:
    sheet = decide(made[0], tmp_path / "reviewed")
    done = trueup("define", "other", "--approve", sheet, "--approver", "Alex", "--date", "2021-02-01", "--out", tmp_path / "one.csv")
    assert (done.code, "TRU-D030" in done.text) == (2, True)
    assert not (tmp_path / "one.csv").exists()


def test_a_published_sheet_hides_small_groups(ws: Path, tmp_path: Path) -> None:
    well(define(ws, tmp_path / "open", "--assume", "illustrative", "--min-lines", 20, "--publish"))
    found = rows(tmp_path / "open" / "review.csv")
    small = [r for r in found if r["members"] == "<11"]
    assert len(small) > 10
    assert {r["spend"] + r["lines"] + r["claims"] + r["member_share"] + r["first_day"] for r in small} == {""}
    assert min(int(r["members"]) for r in found if r not in small) >= 11
    assert not (tmp_path / "open" / "ties.csv").exists()
