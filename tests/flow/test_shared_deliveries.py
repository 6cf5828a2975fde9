"""`trueup demo --claims` on 200 deliveries that nobody on this project wrote: no tax IDs, no dates of payment, no program's period."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flow.harness import BY_DELIVERY, BY_MONTH, PROGRAMS, Done, Row, only, plain, table, trueup, well

PAID_CENTS = 171_200_000
DELIVERY_DRGS = {
    "765",
    "766",
    "767",
    "768",
    "774",
    "775",
    "783",
    "784",
    "785",
    "786",
    "787",
    "788",
    "796",
    "797",
    "798",
    "805",
    "806",
    "807",
}


@dataclass(frozen=True)
class Demo:
    done: Done
    folder: Path
    batch: Path
    runs: dict[str, Path]
    lines: list[Row]

    def manifest(self, program: str) -> Any:
        return json.loads((self.runs[program] / "manifest.json").read_text(encoding="utf-8"))

    def report(self, program: str) -> Path:
        return self.folder / "reports" / program


@pytest.fixture(scope="module")
def deliveries(shared_data: Path) -> Path:
    folder = shared_data / "claims" / "tuva_layout_200_deliveries"
    if not folder.is_dir():
        pytest.skip("no folder claims/tuva_layout_200_deliveries in ../shared/data")
    return folder


@pytest.fixture(scope="module")
def demo(deliveries: Path, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("deliveries") / "demo"
    done = well(trueup("demo", "--claims", deliveries, "--out", folder))
    with (deliveries / "input_medical_claim.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    runs = {program: only((folder / "workspace" / "runs").glob(f"*/{program}")) for program in PROGRAMS}
    return Demo(done, folder, only((folder / "workspace" / "batches").iterdir()), runs, lines)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_delivery_is_found(demo: Demo, program: str) -> None:
    episodes = table(demo.runs[program], "episodes")
    assert Counter(e["mode"] for e in episodes) == {"vaginal": 136, "cesarean": 64}
    assert {e["outcome"] for e in episodes} == {"live_birth"}
    assert {e["member_id"] for e in episodes} == {line["member_id"] for line in demo.lines}
    months = sorted(e["delivery_date"].isoformat()[:7] for e in episodes)
    assert (months[0], months[-1]) == ("2017-05", "2018-05")
    assert {e["period"] for e in episodes} == {"outside_periods"}


def test_six_are_found_without_a_delivery_drg(demo: Demo) -> None:
    grouped = {line["member_id"] for line in demo.lines if line["drg_code"].lstrip("0") in DELIVERY_DRGS}
    found = {e["member_id"] for e in table(demo.runs[BY_MONTH], "episodes")}
    assert (len(found), len(found - grouped)) == (200, 6)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_dollar_is_accounted_for(demo: Demo, program: str) -> None:
    places = table(demo.runs[program], "line_accounting")
    assert {p["disposition"] for p in places} <= {"used", "excluded", "superseded", "quarantined"}
    assert sum(p["rows"] for p in places if p["table_name"] == "medical_claim") == len(demo.lines) == 1800
    assert sum(p["amount_cents"] for p in places if p["table_name"] == "medical_claim") == PAID_CENTS
    assert {p["table_name"] for p in places} == {"medical_claim"}
    used = sum(p["amount_cents"] for p in places if p["disposition"] == "used")
    lines = table(demo.runs[program], "episode_lines")
    assert sum(line["cost_cents"] for line in lines if line["included"]) == used
    assert sum(e["total_cost_cents"] for e in table(demo.runs[program], "episodes")) == used
    manifest = json.loads((demo.batch / "manifest.json").read_text(encoding="utf-8"))
    read = {a["source_file"]: (a["rows_read"], a["rows_canonical"], a["rows_quarantined"]) for a in manifest["accounting"]}
    assert read == {"input_medical_claim.csv": (1800, 1800, 0), "input_eligibility.csv": (200, 200, 0)}


def test_cost_is_what_the_file_says_it_paid(demo: Demo) -> None:
    """Every line of the file lies inside its mother's window, so an episode costs what was paid for her."""
    paid: Counter[str] = Counter()
    for line in demo.lines:
        whole, _, cents = line["paid_amount"].partition(".")
        paid[line["member_id"]] += int(whole) * 100 + int((cents + "00")[:2])
    assert sum(paid.values()) == PAID_CENTS
    for program in PROGRAMS:
        assert {e["member_id"]: e["total_cost_cents"] for e in table(demo.runs[program], "episodes")} == paid


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_tax_ids_the_practice_is_the_npi_and_that_is_said(demo: Demo, program: str) -> None:
    npis = {line["billing_npi"] for line in demo.lines}
    assert {line["billing_tin"] for line in demo.lines} == {""}
    episodes = table(demo.runs[program], "episodes")
    assert {e["attributed_entity_id"] for e in episodes} <= npis
    findings = [f for f in demo.manifest(program)["findings"] if f["code"] == "id.tin_missing"]
    assert {f["rows"] for f in findings} == {1800}
    assert any("the entity is the billing NPI instead" in f["message"] for f in findings)
    assert "id.tin_missing" in plain(demo.report(program) / "state.html")
    assert "1800 rows, id.tin_missing: the billing tax ID is missing; the line counts, the payee falls back to the NPI" in demo.done.text


def test_tables_of_another_tool_are_listed_and_left_out(demo: Demo) -> None:
    others = ["tuva_core_encounter.csv", "tuva_pmpm_payer.csv"]
    for name in others:
        assert f"{name} was left out: no input table has these" in demo.done.text
    batch = json.loads((demo.batch / "manifest.json").read_text(encoding="utf-8"))
    assert [u["source_file"] for u in batch["unrecognized"]] == others
    assert sorted(f["source_file"] for f in batch["files"]) == ["input_eligibility.csv", "input_medical_claim.csv"]
    for program in PROGRAMS:
        assert "fmt.unrecognized" in {f["code"] for f in demo.manifest(program)["findings"]}
        assert "fmt.unrecognized" in plain(demo.report(program) / "state.html")


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_run_goes_from_intake_to_cost(demo: Demo, program: str) -> None:
    manifest = demo.manifest(program)
    episodes = (
        "candidates",
        "claims",
        "units",
        "attribution",
        "exclusions",
        "risk",
        "cost",
        "payments",
        "measures",
        "quality",
        "monitoring",
    )
    assert [(s["stage"], s["status"]) for s in manifest["stages"]] == [(stage, "done") for stage in (*episodes, "accounting")]
    assert (manifest["price_set_id"], manifest["tables"]["settlements"]["rows"]) == (None, 0)
    said = rf"{re.escape(manifest['title'])}: 200 episodes, 0 settlements of \$0\.00 in all, .*run {manifest['run_id']}"
    assert re.search(said, demo.done.text)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_report_says_what_a_settlement_lacks(demo: Demo, program: str) -> None:
    days = {"ct-husky-maternity": "2023-03-01 to 2024-02-29", "co-maternity": "2018-08-01 to 2020-07-31"}[program]
    said = f"{program}: no prices: TRU-P001 period BASE ({days}) has no episode to price from. Load claims of the base period."
    assert said in demo.done.text
    page = plain(demo.report(program) / "state.html")
    assert "Nothing is settled in this run" in page
    assert "No episode lies in a period that settles" in page
    assert "No price set was named, so there is no target and nothing settles." in page
    assert "Something is missing for a settlement; the state summary says what." in plain(demo.folder / "reports" / "index.html")


@pytest.mark.parametrize("program", PROGRAMS)
def test_versions_lost_is_said_in_every_result(demo: Demo, program: str) -> None:
    assert demo.manifest(program)["versions_lost"] is True
    assert json.loads((demo.batch / "manifest.json").read_text(encoding="utf-8"))["versions_lost"] is True
    statements = sorted(demo.report(program).glob("practices/*/statement.html"))
    assert statements
    for page in (demo.report(program) / "state.html", *statements):
        assert "The claims came without their history of corrections." in plain(page), page
    assert "taken as final action, versions lost" in demo.done.text


def test_the_demo_says_how_it_took_the_dates_and_where_to_look(demo: Demo) -> None:
    assert (
        "Rows carry no received, adjudication or paid date: the demo takes them as always known. Name a day with --received."
        in demo.done.text
    )
    assert f"\nOpen {demo.folder / 'reports' / 'index.html'}\n" in demo.done.out
    assert (demo.folder / "reports" / "index.html").is_file()


def test_loading_them_asks_for_the_day_they_came(deliveries: Path, tmp_path: Path) -> None:
    ws = tmp_path / "workspace"
    well(trueup("init", ws))
    files = sorted(deliveries.glob("input_*.csv"))
    done = trueup("load", *files, "-w", ws)
    assert done.code == 1
    assert "TRU-I024 input_eligibility.csv:2 (date.received_missing) 200 of 200 rows have no received" in done.text
    assert "Give the day the files came: `--received YYYY-MM-DD`." in done.text
    assert list((ws / "batches").iterdir()) == []
    well(trueup("load", *files, "-w", ws, "--received", "2019-01-15"))
    # One day before they came nothing is known of them; on that day everything is.
    for as_of, episodes in (("2019-01-14", 0), ("2019-01-15", 200)):
        run = ("run", BY_DELIVERY, "-w", ws, "--as-of", as_of, "--assume", "illustrative")
        assert f"episodes: {episodes} rows" in well(trueup(*run)).text
