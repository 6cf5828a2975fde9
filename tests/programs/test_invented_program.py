"""A program nobody has heard of needs only a folder under `programs/`: a two-sided bundle for hip replacements in a made-up state.

The folder stands in `invented/`. Here it is put beside the shared facts, checked, held to its worked examples, and run on a small made-up
book of claims with the commands that people use: prices from a base, a settlement with a gain and a loss, and the loss as a receivable.
"""

from __future__ import annotations

import csv
import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from flow.harness import trueup, well

from trueup.case_runner import execute
from trueup.cases import case_files, load_cases, run_cases
from trueup.rules.check import check_paths

INVENTED = Path(__file__).parent / "invented"
PROGRAM = "fenwick-hip-bundle"
REGISTRY = f"""schema: 1
programs:
  - {{id: {PROGRAM}, title: Hip Replacement Bundle, kind: procedure_episode, status: draft, source: "Fenwick Code (invented)"}}
"""
CHEAP, DEAR, HOSPITAL = "090000001", "090000002", "090000009"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Path:
    """A folder of programs that holds the invented one and what no program owns."""
    folder = tmp_path_factory.mktemp("programs")
    shutil.copytree(INVENTED / PROGRAM, folder / PROGRAM)
    shutil.copytree(programs / "common", folder / "common")
    (folder / "registry.yaml").write_text(REGISTRY, encoding="utf-8")
    return folder


def test_its_files_are_well(home: Path) -> None:
    report = check_paths([home])
    assert report.ok, str(report)
    assert [(p.id, p.unknown) for p in report.programs] == [(PROGRAM, 0)]


@pytest.mark.parametrize("stem", ["windows", "episodes", "money"])
def test_its_worked_examples_hold(home: Path, stem: str) -> None:
    report = run_cases([home / PROGRAM / "cases" / f"{stem}.yaml"], home, execute)
    assert report.ok, str(report)


def test_it_has_more_than_a_dozen_examples() -> None:
    assert sum(len(load_cases(path)) for path in case_files(INVENTED / PROGRAM)) >= 30


def test_the_engine_does_not_know_it(root: Path) -> None:
    words = re.compile(r"fenwick|\bhips?\b", re.IGNORECASE)
    sources = [p for p in (root / "src").rglob("*") if p.suffix in (".py", ".sql", ".yaml", ".html", ".css")]
    assert [str(p) for p in sources if words.search(p.read_text(encoding="utf-8"))] == []


def test_it_is_described_in_words(home: Path) -> None:
    text = well(trueup("describe", PROGRAM, "--programs", home)).text
    assert "It begins 3 days before the first day of the anchor stay" in text.replace("**", "")
    assert "Nothing." in text[text.index("Not known") :]


# --- a small book of claims -------------------------------------------------------------------------------------------------------------


def claims_of(member: str, biller: str, day: date, stay_dollars: int) -> list[dict[str, object]]:
    """One operation: the hospital's stay and the surgeon's claim of 2,000.00."""
    common = {
        "member_id": member,
        "diagnosis_code_type": "icd-10-cm",
        "diagnosis_code_1": "M1611",
        "claim_line_number": 1,
        "claim_status": "paid",
    }
    received = day + timedelta(days=20)
    stay = {
        "claim_id": f"S{member}", "claim_type": "institutional", "claim_start_date": day, "claim_end_date": day + timedelta(days=2),
        "admission_date": day, "discharge_date": day + timedelta(days=2), "bill_type_code": "111", "billing_tin": HOSPITAL,
        "procedure_code_type": "icd-10-pcs", "procedure_code_1": "0SR9019", "procedure_date_1": day, "drg_code_type": "ms-drg",
        "drg_code": "470",
        "paid_amount": f"{stay_dollars}.00", "allowed_amount": f"{stay_dollars}.00",
    }  # fmt: skip
    operation = {
        "claim_id": f"P{member}", "claim_type": "professional", "claim_start_date": day, "claim_end_date": day, "hcpcs_code": "27130",
        "place_of_service_code": "21", "billing_tin": biller, "paid_amount": "2000.00", "allowed_amount": "2000.00",
    }  # fmt: skip
    return [
        {**common, **row, "claim_line_start_date": day, "claim_line_end_date": day, "received_date": received} for row in (stay, operation)
    ]


def book() -> list[dict[str, object]]:
    """Base 2022: five operations of 17,000.00 and one of 26,000.00 for each practice. 2024: four of 15,000.00, and four of 21,000.00."""
    rows: list[dict[str, object]] = []
    for tag, biller, cost in (("C", CHEAP, 13_000), ("D", DEAR, 19_000)):
        for n in range(6):
            rows += claims_of(f"{tag}2022{n}", biller, date(2022, 3 + n, 7), 24_000 if n == 5 else 15_000)
        for n in range(4):
            rows += claims_of(f"{tag}2024{n}", biller, date(2024, 3 + n, 7), cost)
    return rows


def written(folder: Path, name: str, rows: list[dict[str, object]]) -> Path:
    columns = list(dict.fromkeys(c for row in rows for c in row))
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hips")
    roster = [{"program": PROGRAM, "entity_id": e, "joined_on": "2024-01-01", "received_date": "2023-01-15"} for e in (CHEAP, DEAR)]
    files = [written(folder, "medical_claim", book()), written(folder, "participation", roster)]
    ws = folder / "ws"
    well(trueup("init", ws, "--key", "invented"))
    well(trueup("load", *files, "--workspace", ws))
    return ws


def test_it_prices_settles_owes_and_reports(home: Path, workspace: Path, tmp_path: Path) -> None:
    """Own mean 18,500.00: acceptable x 1.03 x 1.03 = 19,626.65, commendable 2% less, 19,234.12."""
    at = ("--workspace", workspace, "--programs", home)
    priced = well(trueup("price", PROGRAM, *at)).text
    assert "19626.65" in priced
    assert "19234.12" in priced
    (prices,) = [p.name for p in (workspace / "prices").iterdir() if p.is_dir()]
    well(trueup("price", PROGRAM, "--final", prices, *at))
    done = well(trueup("settle", PROGRAM, "--period", "PY1", "--prices", prices, "--post", "--actor", "first", *at))
    folder = next(workspace.glob(f"runs/*/{PROGRAM}"))
    rows = pq.read_table(folder / "settlements.parquet").to_pylist()
    assert {(r["entity_id"], r["unit_count"], r["amount_cents"], r["status"]) for r in rows} == {
        (CHEAP, 4, (1_923_412 - 1_500_000) * 4 // 2, "payable"),
        (DEAR, 4, (1_962_665 - 2_100_000) * 4 // 2, "owed"),
    }
    entries = re.findall(r"trueup approve ((?:\S+ )+?)--", done.text + " ")
    assert entries, done.text
    well(trueup("approve", *entries[0].split(), "--actor", "second", "--workspace", workspace))
    owed = well(trueup("ledger", "receivables", "--workspace", workspace, "--as-of", "2026-01-01")).text
    assert DEAR in owed
    assert "2746.70" in owed
    assert CHEAP not in owed
    well(trueup("report", "--workspace", workspace, "--run", folder.parent.name, "--out", tmp_path))
    pages = [path for path in tmp_path.rglob("*.html") if DEAR in path.read_text(encoding="utf-8")]
    assert any("2,746.70" in page.read_text(encoding="utf-8") for page in pages)


def test_its_run_shows_what_it_rests_on(home: Path, workspace: Path) -> None:
    at = ("--workspace", workspace, "--programs", home)
    well(trueup("run", PROGRAM, "--as-of", "2025-05-30", *at))
    for folder in workspace.glob(f"runs/*/{PROGRAM}"):
        episodes = pq.read_table(folder / "episodes.parquet").to_pylist()
        assert len(episodes) == 20
        assert {r["delivery_date_source"] for r in episodes} == {"procedure"}
        lines = pq.read_table(folder / "line_accounting.parquet").to_pylist()
        assert sum(r["rows"] for r in lines) == 40
        assert sum(r["amount_cents"] for r in lines) == sum(r["total_cost_cents"] for r in episodes)
