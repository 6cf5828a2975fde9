"""Every command on the synthetic state: what it does, what it says, its exit code, and what it leaves alone."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from flow.harness import BY_DELIVERY, BY_MONTH, PROGRAMS, State, table, tree, trueup, well

from trueup import __version__
from trueup.claims.batch import Assembly
from trueup.money import format_cents
from trueup.rules.load import load_program
from trueup.tables import CANONICAL, OUTPUT

# --- workspaces and loading ---------------------------------------------------------------------------------------------------------


def test_init_twice_is_refused(state: State) -> None:
    before = tree(state.path)
    done = trueup("init", state.path)
    assert (done.code, done.out) == (2, "")
    assert f"TRU-U041 {state.path} is a workspace already. Use it, or name another folder." in done.text
    assert tree(state.path) == before


def test_a_folder_that_is_no_workspace(tmp_path: Path) -> None:
    done = trueup("run", BY_MONTH, "-w", tmp_path)
    assert done.code == 2
    assert "TRU-U043" in done.text
    assert "Make one with `trueup init`." in done.text


def test_what_was_loaded_is_counted(state: State) -> None:
    said = state.said["load"].out
    (batch,) = (state.path / "batches").iterdir()
    assert f"Batch {batch.name}" in said
    accounts = {a["source_file"]: a for a in json.loads((batch / "manifest.json").read_text())["accounting"]}
    assert set(accounts) == {path.name for path in state.claims.glob("*.csv")}
    for name, account in accounts.items():
        rows = sum(1 for _ in (state.claims / name).open()) - 1
        assert account["rows_read"] == rows == account["rows_canonical"] + account["rows_quarantined"]
        assert f"{name}: {account['table']}, {rows} rows" in said


def test_the_same_files_again_are_recognized(state: State, tmp_path: Path) -> None:
    ws = state.copy(tmp_path / "workspace")
    before = tree(ws)
    files = sorted(state.claims.glob("*.csv"))
    done = well(trueup("load", *files, "-w", ws))
    assert "Nothing new to load." in done.out
    assert re.findall(r"(\S+) is loaded already, in batch \w+ \(dup\.file\)", done.out) == [f.name for f in files]
    renamed = tmp_path / "another_name.csv"
    renamed.write_bytes(files[0].read_bytes())
    assert "another_name.csv is loaded already" in well(trueup("load", renamed, "-w", ws)).out
    assert tree(ws) == before


def test_a_known_name_with_new_content_is_refused(tmp_path: Path) -> None:
    file, ws = tmp_path / "participation.csv", tmp_path / "workspace"
    header = "program,entity_id,joined_on,received_date\n"
    well(trueup("init", ws))
    file.write_text(header + "p,ENT1,2025-01-01,2025-01-01\n")
    well(trueup("load", file, "-w", ws))
    before = tree(ws)
    file.write_text(header + "p,ENT1,2025-02-01,2025-01-01\n")
    done = trueup("load", file, "-w", ws)
    assert done.code == 1
    assert "TRU-I022 participation.csv (dup.name_new_content) This file was loaded in batch" in done.text
    assert "If it is a new delivery, give it a new name." in done.text
    assert tree(ws) == before
    well(trueup("load", file.rename(tmp_path / "participation_february.csv"), "-w", ws))
    assert len(list((ws / "batches").iterdir())) == 2


def test_loading_says_where_the_fault_in_the_command_is(tmp_path: Path) -> None:
    ws = tmp_path / "workspace"
    well(trueup("init", ws))
    absent = trueup("load", tmp_path / "absent.csv", "-w", ws)
    assert (absent.code, "absent.csv is not a file that can be read" in absent.text) == (2, True)
    no_day = trueup("load", tmp_path / "absent.csv", "-w", ws, "--received", "2025-13-01")
    assert (no_day.code, "TRU-U002 received: '2025-13-01' is not a date like 2025-12-31." in no_day.text) == (2, True)


# --- prices -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_prices_are_a_draft_until_made_final(state: State, program: str) -> None:
    said, price_set = state.said[f"price {program}"].out, state.price_sets[program]
    assert f"Price set {price_set} (draft), base BASE" in said
    where = f"--workspace {state.path}"
    assert f"Draft. Sheets for the practices: trueup price {program} --sheets {price_set} {where}\n" in said
    assert f"After review: trueup price {program} --final {price_set} {where}\n" in said
    shown = table(state.path / "prices" / price_set, "prices")
    assert len(shown) > 2
    for row in shown:
        cells = (
            row["entity_id"],
            row["price"],
            row["cohort"],
            row["effective_from"],
            row["effective_to"],
            format_cents(row["amount_cents"]),
        )
        assert " ".join(map(str, cells)) in " ".join(said.replace("│", " ").split())
    assert state.said[f"final {program}"].out == f"Price set {price_set} is final.\n"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_draft_cannot_be_settled(state: State, program: str) -> None:
    done = state.said[f"draft {program}"]
    assert (done.code, done.out) == (1, "")
    assert f"TRU-P012 price set {state.price_sets[program]} is draft, not final. Finalize it after review." in done.text
    assert "Nothing was settled and no run was written." in done.text


def test_a_price_set_is_made_final_under_its_own_program_only(state: State) -> None:
    done = trueup("price", BY_MONTH, "-w", state.path, "--final", state.price_sets[BY_DELIVERY])
    assert done.code == 2
    assert f"belongs to {BY_DELIVERY}, not to {BY_MONTH}" in done.text


def test_prices_need_the_unknown_values(state: State) -> None:
    before = tree(state.path)
    done = trueup("price", BY_MONTH, "-w", state.path)
    assert done.code == 1
    assert re.search(rf"TRU-R014 \S+{BY_MONTH}/2025\.yaml:\d+ `episode\.assign_by` is unknown: ", done.text)
    assert tree(state.path) == before


# --- settling -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_settling_prints_the_plan_and_posts_nothing(state: State, program: str) -> None:
    done, folder = state.said[f"settle {program}"], state.runs[program]
    text = " ".join(done.out.replace("│", " ").split())
    settled = table(folder, "settlements")
    assert len(settled) >= 2
    assert "(nothing is posted)" in text
    for row in settled:
        amounts = [format_cents(row[c]) for c in ("expected_amount_cents", "actual_amount_cents", "amount_cents")]
        assert " ".join([row["entity_id"], row["period"], row["cohort"], str(row["unit_count"]), *amounts, row["status"]]) in text
    for period in {row["period"] for row in settled}:
        total = sum(row["amount_cents"] for row in settled if row["period"] == period)
        assert f"{period}: sum of amounts {format_cents(total)}" in text
    # One practice reaches the volume gate only with a claim that came after its prices were made: it has none, and is told so.
    refused = table(folder, "refusals")
    assert [r["entity_id"] for r in refused if program == BY_MONTH] == ["ENT000012"] * (program == BY_MONTH)
    assert done.code == (1 if refused else 0)
    assert all(f"{r['code']} {r['entity_id']} {r['period']} {r['cohort']}: {r['message']}" in text for r in refused)
    assert text.endswith("Nothing is posted. To post it: the same command with --post.")
    there = ["batches", "cache", "index", "prices", "reports", "runs", "workspace.toml", "writer.lock"]
    assert sorted(p.name for p in state.path.iterdir()) == there


def test_unequal_maturity_is_refused(state: State) -> None:
    settle = (
        "settle",
        BY_DELIVERY,
        "-w",
        state.path,
        "--prices",
        state.price_sets[BY_DELIVERY],
        "--assume",
        "illustrative",
        "--period",
        "PY1",
    )
    before = tree(state.path)
    early, late = trueup(*settle, "--as-of", "2022-01-28"), trueup(*settle, "--as-of", "2022-01-30")
    assert (early.code, late.code) == (1, 1)
    assert "TRU-P016" in early.text
    assert "90 days of run-out are due; the base has 90, PY1 as of 2022-01-28 has 89. Wait, or" in early.text
    assert "TRU-P017" in late.text
    assert "the base has 90 days of run-out, PY1 as of 2022-01-30 has 91. Settle as of 2022-01-29, or" in late.text
    assert tree(state.path) == before


def test_settling_names_what_does_not_exist(state: State) -> None:
    settle = ("settle", BY_MONTH, "-w", state.path, "--prices", state.price_sets[BY_MONTH], "--assume", "illustrative")
    other = trueup("settle", BY_MONTH, "-w", state.path, "--prices", state.price_sets[BY_DELIVERY], "--assume", "illustrative")
    assert (other.code, f"belongs to {BY_DELIVERY}, not to {BY_MONTH}" in other.text) == (1, True)
    absent = trueup("settle", BY_MONTH, "-w", state.path, "--prices", "0123456789abcdef", "--assume", "illustrative")
    assert absent.code == 2
    assert f"This workspace has {', '.join(sorted(state.price_sets.values()))}." in absent.text
    period = trueup(*settle, "--period", "PY2")
    assert (period.code, f"{BY_MONTH} has no period PY2. Its performance periods are PY2025, PY2026." in period.text) == (2, True)


def test_settling_without_assumptions_stops_at_the_unknown(state: State) -> None:
    done = trueup("settle", BY_MONTH, "-w", state.path, "--prices", state.price_sets[BY_MONTH])
    assert done.code == 1
    assert re.search(rf"TRU-R014 \S+{BY_MONTH}/2025\.yaml:\d+ `\S+` is unknown: ", done.text)


def test_the_same_settlement_again_is_the_same_run(state: State, tmp_path: Path) -> None:
    ws = state.copy(tmp_path / "workspace")
    run = ws / "runs" / state.runs[BY_MONTH].parent.name
    for _ in range(2):
        again = trueup("settle", BY_MONTH, "-w", ws, "--prices", state.price_sets[BY_MONTH], "--assume", "illustrative", "--true-up")
        assert again.code == state.said[f"settle {BY_MONTH}"].code
        assert list(run.parent.iterdir()) == [run]
        assert tree(run) == tree(state.runs[BY_MONTH].parent)


# --- running ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_run_without_assumptions_stops_and_says_why(state: State, tmp_path: Path, program: str) -> None:
    ws = state.copy(tmp_path / "workspace")
    done = trueup("run", program, "-w", ws, "--as-of", "2026-12-31")
    assert done.code == 1
    (manifest,) = [json.loads(p.read_text()) for p in ws.glob(f"runs/*/{program}/manifest.json")]
    stopped = [s for s in manifest["stages"] if s["status"] == "stopped"]
    assert [(s["stage"], s["status"]) for s in manifest["stages"]] == [("candidates", "done"), ("claims", "done"), ("units", "stopped")]
    first = re.match(r"(\S+) is unknown \(and \d+ more\)", stopped[0]["reason"])
    assert first
    assert f"Stopped before units: {stopped[0]['reason']}. Name an assumptions file with --assume to go on." in done.text
    reasons = {u["path"]: u["reason"] for u in manifest["unknown"]}
    assert f"{first[1]}: {reasons[first[1]]}" in done.text
    assert {"episodes", "settlements"} & {name for name, t in manifest["tables"].items() if t["rows"]} == set()


def test_a_date_left_out_is_today_and_said(state: State, tmp_path: Path) -> None:
    done = trueup("run", BY_MONTH, "-w", state.copy(tmp_path / "workspace"))
    assert re.search(r"as of: \d{4}-\d{2}-\d{2} \(today; name a date to be able to repeat this\)", done.text)


# --- rules --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_describe_names_every_unknown(programs: Path, program: str) -> None:
    said = well(trueup("describe", program)).out
    unknown = load_program(programs, program).unknowns()
    assert len(unknown) > 10
    assert [u.path for u in unknown if u.reason not in said] == []
    assumed = well(trueup("describe", program, "--assume", "illustrative")).out
    assert [p.path for p in load_program(programs, program, assumptions="illustrative").assumed() if p.reason not in assumed] == []


def test_describe_tables_names_every_column() -> None:
    said = well(trueup("describe", "--tables")).out
    columns = {f"{name}.{column}" for tables in (CANONICAL, OUTPUT) for name, t in tables.items() for column in t.columns}
    assert len(columns) > 150
    assert [c for c in sorted(columns) if c.split(".")[0] not in said or c.split(".")[1].removesuffix("_cents") not in said] == []


def test_check_accepts_the_programs(programs: Path) -> None:
    assert "0 errors" in well(trueup("check", programs, "--rules-only")).out


CASE = """
- name: one professional delivery
  program: co-maternity
  rule_version: "2020.1"
  assumptions: illustrative
  as_of: 2022-12-31
  given:
    medical_claim:
      - {claim_id: DEL, member_id: M1, claim_type: professional, claim_start_date: 2021-03-11, hcpcs_code: "59400", diagnosis_code_1: O80,
         diagnosis_code_2: Z370, billing_tin: "070000001", place_of_service_code: "12", paid_amount: "2000.00"}
  expect:
    episodes:
      - {delivery_date: 2021-03-11, mode: vaginal, total_cost: "2000.00"}
"""


def test_check_runs_anybodys_worked_examples(programs: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(CASE)
    assert "1 cases: 1 hold, 0 fail." in well(trueup("check", programs / BY_DELIVERY, "--cases", file)).out
    file.write_text(CASE.replace('total_cost: "2000.00"', 'total_cost: "2000.01"'))
    done = trueup("check", programs / BY_DELIVERY, "--cases", file)
    assert done.code == 1
    assert f"FAILS {file}:2 one professional delivery" in done.text
    assert 'differs: total_cost "2000.00" instead of "2000.01"' in done.text


def test_check_prints_the_defaults() -> None:
    assert "claim_line_number" in well(trueup("check", "--defaults")).out


# --- words on the command line ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("describe", "ct-huskymaternity"), "Did you mean `ct-husky-maternity`?"),
        (("describe", "nothing-like-it"), "Programs here: co-maternity, ct-husky-maternity, ct-obp4p,"),
        (("describe", BY_MONTH, "--version", "1999.1"), "has no rule version 1999.1. Versions: 2025.1."),
        (("describe", BY_MONTH, "--assume", "ilustrative"), "Did you mean illustrative?"),
        (("describe", BY_MONTH, "--asume", "illustrative"), "Did you mean --assume?"),
        (("setle", BY_MONTH), 'Did you mean "settle"?'),
        (("load",), "--files requires an argument"),
        (("settle", BY_MONTH), "TRU-S117"),
        (("settle", "ct-sim-p4p"), "TRU-U071"),
        (("settle", "ct-peds-psych"), "TRU-U070"),
        (("synth", "somewhere", "--programs", BY_MONTH, "--members", "10"), "at least 2,000 members, not 10"),
        (("synth", "somewhere", "--programs", BY_MONTH, "--members", "many"), "many"),
        (("demo", "--claims", "no_such_folder", "--out", "somewhere"), "no_such_folder is not a folder."),
        (("demo", "--out", "somewhere", "--received", "soon"), "received: 'soon' is not a date like 2025-12-31."),
    ],
)
def test_wrong_usage_is_2_and_says_what_may_have_been_meant(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = trueup(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.text
    assert list(tmp_path.iterdir()) == []


def test_version_and_help() -> None:
    assert well(trueup("--version")).out.strip() == __version__
    commands = ("synth", "init", "load", "check", "describe", "price", "run", "settle", "explain", "report", "demo")
    said = well(trueup("--help")).text
    assert [c for c in commands if c not in said] == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = trueup("init", tmp_path / "file" / "workspace")
    assert done.code == 1
    assert f"TRU-U009 {tmp_path / 'file' / 'workspace'}" in done.text


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("Query interrupted")], ids=["between steps", "in the engine"])
def test_a_stopped_command_leaves_nothing_half_written(
    stop: BaseException, claims: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key that stops a command reaches it between two steps, or as the engine's own word; here just after the tables were written."""
    ws = tmp_path / "workspace"
    well(trueup("init", ws))
    before, write = tree(ws), Assembly.write

    def stopped(work: Assembly) -> None:
        write(work)
        raise stop

    monkeypatch.setattr(Assembly, "write", stopped)
    done = trueup("load", *sorted(claims.glob("*.csv")), "-w", ws)
    assert (done.code, done.out) == (130, "")
    assert "Stopped. Nothing half-written is left; run the command again." in done.text
    assert tree(ws) == before


# --- privacy ------------------------------------------------------------------------------------------------------------------------


def test_no_member_is_named_in_logs_words_or_pages(state: State) -> None:
    (batch,) = (state.path / "batches").iterdir()
    members = {r["member_id"] for r in table(batch, "eligibility", "member_id")} | {
        r["member_id"] for r in table(batch, "claim_lines", "member_id")
    }
    assert len(members) > 2000
    member = re.compile(r"\b[MN]\d{7}\b")
    assert [m for m in members if not member.match(m)] == []
    assert len(state.logs.splitlines()) > 100
    assert member.findall(state.logs) == []
    assert [name for name, done in state.said.items() if member.search(done.out + done.err)] == []
    written = [p for p in state.path.rglob("*") if p.suffix in {".json", ".toml", ".html", ".csv"}]
    assert len(written) > 50
    assert [str(p) for p in written if member.search(p.read_text(encoding="utf-8"))] == []
    books = sorted(state.reports.rglob("*.xlsx"))
    assert len(books) > 10
    for book in books:
        with zipfile.ZipFile(book) as parts:
            assert [n for n in parts.namelist() if member.search(parts.read(n).decode("utf-8"))] == []
