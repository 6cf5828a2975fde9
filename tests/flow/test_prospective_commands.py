"""From a price before the year to money files, as the people who do it type it: prices, challenge, cycles, two people, payment, closing."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from flow.harness import BY_MONTH, State, only, plain, posted, table, trueup, well

ASSUMED = ("--assume", "illustrative")
ID = re.compile(r"\b[0-9a-f]{32}\b")
PAYER = """
schema = 1
[payer]
name = "Example Medicaid Agency"
id = "EXMCD"
tax_id = "061234567"
street = "1 State Square"
city = "Springfield"
state = "ZZ"
zip = "00000"
contact_name = "Payment Desk"
contact_phone = "5555550100"
[x12]
sender_id = "EXMCD"
receiver_id = "CLEARING"
usage = "test"
[tmsis]
submitting_state = "00"
payee_tax_id_type = "02"
values = { "FUNDING-CODE" = "A" }
"""


def dollars(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


@pytest.fixture(scope="module")
def paid(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the workspace in which January to March 2025 were posted and approved."""
    home = tmp_path_factory.mktemp("prospective") / "workspace"
    state.copy(home)
    prices = state.price_sets[BY_MONTH]
    for month in ("2025-01", "2025-02", "2025-03"):
        done = well(trueup("pay", BY_MONTH, "--month", month, "--prices", prices, "-w", home, *ASSUMED, "--post", "--actor", "Ann"))
        well(trueup("approve", posted(done.text), "-w", home, "--actor", "Ben"))
    return home


def booked(home: Path) -> Decimal:
    """What the books owe practices, less what practices owe."""
    done = well(trueup("ledger", "balances", "-w", home))
    assert "Sum: 0.00" in done.text
    rows = re.findall(r"(?:liability|asset:receivable):provider:\S+ (-?[\d,.]+)", done.text)
    return -sum((dollars(cents) for cents in rows), Decimal(0))


def test_a_plan_changes_nothing_and_is_what_a_post_then_writes(state: State, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    state.copy(home)
    words = ("pay", BY_MONTH, "--month", "2025-02", "--prices", state.price_sets[BY_MONTH], "-w", home, *ASSUMED)
    plan = well(trueup(*words, "--out", tmp_path / "plan"))
    assert "Nothing is posted." in plan.text
    assert not (home / "ledger.db").exists()
    total = re.search(r"([\d,]+) differences from what is booked, (-?[\d,.]+) in all", plan.text)
    assert total
    with open(tmp_path / "plan" / "plan.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert sum(dollars(row[-1]) for row in rows[1:]) == dollars(total[2])
    made = well(trueup(*words, "--post", "--actor", "Ann"))
    well(trueup("approve", posted(made.text), "-w", home, "--actor", "Ben"))
    assert booked(home) == dollars(total[2])
    again = well(trueup(*words, "--post", "--actor", "Ann"))
    assert "0 differences from what is booked, 0.00 in all" in again.text
    assert posted(made.text) in again.text
    assert "nothing new was written" in again.text


def test_the_maker_never_approves(state: State, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    state.copy(home)
    prices = state.price_sets[BY_MONTH]
    made = well(trueup("pay", BY_MONTH, "--month", "2025-01", "--prices", prices, "-w", home, *ASSUMED, "--post", "--actor", "Ann"))
    refused = trueup("approve", posted(made.text), "-w", home, "--actor", " ANN ")
    assert refused.code == 1
    assert "TRU-L014" in refused.text
    assert posted(made.text) in well(trueup("approve", "-w", home)).text
    assert booked(home) == 0


def test_the_books_hold_the_entitlement_of_the_last_cycle(paid: Path) -> None:
    """Three cycles add up to what the last one alone states, obligation by obligation."""
    stated: dict[str, list[Path]] = {}
    for manifest in paid.glob(f"runs/*/{BY_MONTH}/manifest.json"):
        stated.setdefault(json.loads(manifest.read_text())["as_of"], []).append(manifest.parent)
    last = only(stated["2025-03-31"])
    entitled = sum(row["amount_cents"] for row in table(last, "payments", "amount_cents"))
    assert booked(paid) == Decimal(entitled).scaleb(-2)
    assert entitled != 0
    sound = well(trueup("ledger", "verify", "-w", paid))
    assert ": sound." in sound.text


def test_a_program_without_a_case_rate_is_not_paid_by_month(state: State) -> None:
    refused = trueup("pay", "co-maternity", "--month", "2021-01", "--prices", "x", "-w", state.path, *ASSUMED)
    assert refused.code == 1
    assert "TRU-U052" in refused.text


def test_nothing_is_paid_on_a_draft(state: State, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    state.copy(home)
    shown = well(trueup("price", BY_MONTH, "--period", "PY2026", "-w", home, *ASSUMED)).text
    draft = re.search(r"Price set ([0-9a-f]{16}) \(draft\)", shown)
    assert draft
    refused = trueup("pay", BY_MONTH, "--month", "2025-01", "--prices", draft[1], "-w", home, *ASSUMED)
    assert refused.code == 1
    assert "TRU-U054" in refused.text


def test_a_published_price_is_challenged_tried_decided_and_only_then_final(state: State, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    state.copy(home)
    shown = well(trueup("price", BY_MONTH, "--period", "PY2026", "-w", home, *ASSUMED)).text
    name = re.search(r"Price set ([0-9a-f]{16}) \(draft\)", shown)
    assert name
    draft = name[1]
    said = well(trueup("price", BY_MONTH, "--publish", draft, "-w", home, *ASSUMED, "--actor", "Ann", "--date", "2025-10-01")).text
    assert "It can be challenged until 2025-10-31." in said
    episode = next(r for r in table(home / "prices" / draft, "price_episodes") if r["used"] and r["case_rate_months"])
    entity = next(p["entity_id"] for p in table(home / "prices" / draft, "prices") if p["price"] == "target_price")
    mine = next((r for r in table(home / "prices" / draft, "price_episodes") if r["used"] and r["entity_id"] == entity), episode)
    (tmp_path / "evidence.csv").write_text(f"change,reason,episode_id\nremove,not our patient,{mine['episode_id']}\n")
    words = ("challenge", "file", draft, "--entity", entity, "--price", "target_price", "--evidence", tmp_path / "evidence.csv", "-w", home)
    late = trueup(*words, "--actor", "Pat", "--date", "2025-11-01")
    assert late.code == 1
    assert "TRU-P035" in late.text
    filed = re.search(r"Challenge ([0-9a-f]{16})", well(trueup(*words, "--actor", "Pat", "--date", "2025-10-31")).text)
    assert filed
    tried = well(trueup("challenge", "what-if", draft, filed[1], "-w", home))
    assert entity in tried.text
    assert "own_episodes" in tried.text
    early = trueup("price", BY_MONTH, "--final", draft, "-w", home, "--actor", "Ann", "--date", "2025-11-15")
    assert "TRU-P038" in early.text
    own = trueup(
        "challenge", "decide", draft, filed[1], "rejected", "--reason", "hers", "-w", home, "--actor", "Pat", "--date", "2025-11-05"
    )
    assert "TRU-P039" in own.text
    well(
        trueup("challenge", "decide", draft, filed[1], "rejected", "--reason", "hers", "-w", home, "--actor", "Ben", "--date", "2025-11-05")
    )
    assert "rejected" in well(trueup("challenge", "list", draft, "-w", home)).text
    well(trueup("price", BY_MONTH, "--final", draft, "-w", home, "--actor", "Ann", "--date", "2025-11-15"))


def test_a_month_goes_from_remittance_to_files_to_closing(paid: Path, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    shutil.copytree(paid, home)
    (tmp_path / "payer.toml").write_text(PAYER)
    files = (
        "export",
        BY_MONTH,
        "--month",
        "2025-03",
        "--payer",
        tmp_path / "payer.toml",
        "--out",
        tmp_path / "files",
        "-w",
        home,
        *ASSUMED,
    )
    assert "TRU-U057" in trueup(*files).text
    owed = booked(home)
    made = well(trueup("remit", BY_MONTH, "--month", "2025-03", "-w", home, "--post", "--actor", "Ann"))
    ids = sorted(set(ID.findall(made.text.split("Another person")[0])))
    paying = re.search(r"\d+ remittances, ([\d,.]+) in all", made.text)
    assert paying
    well(trueup("approve", *ids, "-w", home, "--actor", "Ben"))
    assert booked(home) == owed - dollars(paying[1])
    well(trueup(*files))
    totals = [json.loads(p.read_text()) for p in sorted((tmp_path / "files").glob(f"{BY_MONTH}-2025-03.8*.totals.json"))]
    assert sum(t["sum_cents"] for t in totals) == int(dollars(paying[1]) * 100)
    detail = [json.loads(p.read_text()) for p in (tmp_path / "files").glob("*.csv.totals.json") if "ftx" not in p.name]
    assert sum(t["sum_cents"] for t in detail) == int(dollars(paying[1]) * 100)
    well(trueup("remit", BY_MONTH, "--month", "2025-03", "--confirm", *ids, "-w", home, "--actor", "Ben"))
    for month in ("2025-01", "2025-02", "2025-03"):
        well(trueup("close", month, "-w", home, "--actor", "Ben"))
    prices = only(p.parent for p in home.glob("prices/*/manifest.json") if BY_MONTH in p.read_text()).name
    late = trueup(
        "pay", BY_MONTH, "--month", "2025-03", "--as-of", "2025-05-31", "--prices", prices, "-w", home, *ASSUMED, "--post", "--actor", "Ann"
    )
    assert late.code == 1
    assert "TRU-L0" in late.text
    well(trueup("reopen", "2025-03", "--reason", "a test", "-w", home, "--actor", "Ben"))
    assert ": sound." in well(trueup("ledger", "verify", "-w", home)).text
    well(trueup("ledger", "export", tmp_path / "books.journal", "-w", home))
    if shutil.which("hledger"):
        subprocess.run(["hledger", "-f", str(tmp_path / "books.journal"), "check", "--strict"], check=True, capture_output=True)


def test_reports_show_what_was_booked_beside_what_is_due(paid: Path, tmp_path: Path) -> None:
    march = only(p.parent for p in paid.glob(f"runs/*/{BY_MONTH}/manifest.json") if json.loads(p.read_text())["as_of"] == "2025-03-31")
    well(trueup("report", "-w", paid, "--run", march.parent.name, "--out", tmp_path / "reports"))
    page = plain(tmp_path / "reports" / "case_rates" / BY_MONTH / "state.html")
    due = sum(row["amount_cents"] for row in table(march, "payments", "amount_cents", "purpose") if row["purpose"] == "case_rate")
    assert f"{due / 100:,.2f}" in page
    assert list((tmp_path / "reports" / "prices").rglob("price_sheet.html"))


def test_a_settlement_is_posted_on_case_rates_from_the_books(paid: Path, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    shutil.copytree(paid, home)
    prices = only(p.parent for p in home.glob("prices/*/manifest.json") if BY_MONTH in p.read_text()).name
    done = trueup("settle", BY_MONTH, "--prices", prices, "-w", home, *ASSUMED, "--post", "--actor", "Ann")
    assert done.code in (0, 1), done.text
    run = re.findall(r"Run ([0-9a-f]{16}):", done.text)[-1]
    folder = home / "runs" / run / BY_MONTH
    settled = sum(row["amount_cents"] for row in table(folder, "settlements", "amount_cents"))
    assert f"{settled / 100:,.2f}".replace(",", "") in done.text.replace(",", "")
    episodes = table(folder, "episodes", "case_rate_cost_cents", "handover_cost_cents")
    months = [r for r in table(folder, "case_rate_months", "paid", "month", "rate_amount_cents") if r["paid"] and r["month"] <= "2025-03"]
    counted = sum(r["case_rate_cost_cents"] + r["handover_cost_cents"] for r in episodes)
    assert 0 < counted <= sum(r["rate_amount_cents"] for r in months) + 10_000_00


def test_a_risk_model_is_fitted_once_and_priced_with(state: State, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    state.copy(home)
    done = well(trueup("risk", BY_MONTH, "-w", home, *ASSUMED))
    model = re.search(r"frozen as ([0-9a-f]{16})", done.text)
    assert model
    assert "Model card" in done.text
    priced = well(trueup("price", BY_MONTH, "-w", home, *ASSUMED, "--risk-model", model[1]))
    name = re.search(r"Price set ([0-9a-f]{16}) \(draft\)", priced.text)
    assert name
    scores = {r["risk_score"] for r in table(home / "prices" / name[1], "price_episodes", "risk_score")}
    assert len(scores) > 1
    assert (home / "prices" / name[1] / "risk_model.json").read_text() == (home / "models" / model[1] / "risk_model.json").read_text()
    other = trueup("price", BY_MONTH, "--period", "PY2026", "-w", home, *ASSUMED, "--risk-model", model[1])
    assert "TRU-K025" in other.text


def test_a_roster_is_listed_and_written_as_a_file_to_load(state: State, tmp_path: Path) -> None:
    done = well(
        trueup("roster", BY_MONTH, "--period", "PY2025", "-w", state.path, *ASSUMED, "--as-of", "2024-12-31", "--out", tmp_path / "r.csv")
    )
    with open(tmp_path / "r.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(r["program"], r["joined_on"], r["left_on"]) for r in rows} == {(BY_MONTH, "2025-01-01", "2026-01-01")}
    assert f"{len(rows)} of " in done.text


def test_verify_finds_a_changed_byte_in_a_run_a_price_set_or_the_books(paid: Path, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    shutil.copytree(paid, home)
    assert "all as written" in well(trueup("verify", "-w", home)).text
    table_file = sorted(home.glob(f"runs/*/{BY_MONTH}/payments.parquet"))[0]
    for path in (table_file, sorted(home.glob("prices/*/manifest.json"))[0], home / "ledger.db"):
        kept = path.read_bytes()
        place = kept.find(b'"cost_basis": "paid"')  # a price set's terms; anything else is flipped in its middle
        data = bytearray(kept)
        data[place + 16 if place >= 0 else len(data) // 2] ^= 1
        path.write_bytes(data)
        found = trueup("verify", "-w", home)
        assert found.code == 1, path
        path.write_bytes(kept)
    assert well(trueup("verify", "-w", home)).code == 0


def test_a_base_can_be_completed(state: State, programs: Path, tmp_path: Path) -> None:
    home = tmp_path / "workspace"
    state.copy(home)
    text = (programs / BY_MONTH / "assumptions" / "illustrative.yaml").read_text()
    assumed = tmp_path / "completed.yaml"
    method = 'prices.completion.method: {value: "off"'
    assert method in text
    assumed.write_text(
        text.replace(method, "prices.completion.method: {value: chain_ladder").replace("name: illustrative", "name: completed")
    )
    shown = well(trueup("price", BY_MONTH, "-w", home, "--assume", assumed, "--as-of", "2024-12-31")).text
    name = re.search(r"Price set ([0-9a-f]{16}) \(draft\)", shown)
    assert name
    factors = table(home / "prices" / name[1], "completion_factors")
    assert {f["service_type"] for f in factors} == {"facility", "professional", "pharmacy"}
    assert all(0 < f["completion_rate"] <= 1 for f in factors)
    steps = [s for s in table(home / "prices" / name[1], "price_steps") if s["name"] == "completion_factor"]
    assert steps
    assert all(Decimal(s["amount"]) >= 1 for s in steps)
    assert table(home / "prices" / name[1], "completion_backtests")
