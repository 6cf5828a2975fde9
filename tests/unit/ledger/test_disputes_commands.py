"""The commands about disputes, on a workspace with a ledger and two small runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flow.harness import Done, trueup, well
from unit.ledger.disputing import PERIOD, settle

import trueup.commands.disputes as commands
from trueup.errors import UsageError
from trueup.ledger.book import Ledger
from trueup.ledger.dispute_cases import Evidence
from trueup.workspace import Workspace

CO = "co-maternity"


@pytest.fixture
def ws(tmp_path: Path) -> Path:
    """E1 owes 8,100.00 by run r1; a run r2 with corrected facts comes to 5,000.00."""
    made = Workspace.create(tmp_path / "ws")
    with Ledger.open(made.path / "ledger.db") as ledger:
        settle(ledger, {("E1", "all"): -810_000, ("E2", "all"): 2_000}, program=CO, source="r1")
    for run_id, cents in (("r1", -810_000), ("r2", -500_000)):
        folder = made.runs_dir / run_id / CO
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"scenario": False}), encoding="utf-8")
        rows = [
            {"entity_id": entity, "period": PERIOD, "cohort": "all", "amount_cents": amount, "status": status}
            for entity, amount, status in (("E1", cents, "owed"), ("E2", 2_000, "payable"))
        ]
        pq.write_table(pa.Table.from_pylist(rows), folder / "settlements.parquet")
    return made.path


def dispute(ws: Path, *words: object, actor: str = "Cleo Clerk") -> Done:
    own = () if words[0] in ("list", "show") else ("--actor", actor)
    return trueup("dispute", *words, *own, "--workspace", ws)


def raised(ws: Path, *more: object, date: str = "2023-02-19") -> Done:
    words = ("raise", CO, "loss", "--entity", "E1", "--period", PERIOD, "--claim", "two births are not ours", "--raised-by", "Pia Practice")
    return dispute(ws, *words, "--date", date, "--assume", "illustrative", *more)


def one(ws: Path) -> str:
    with Ledger.open(ws / "ledger.db") as ledger:
        (found,) = ledger.disputes()
    return found.dispute_id


def head(ws: Path) -> str:
    with Ledger.open(ws / "ledger.db") as ledger:
        return ledger.head()


def test_a_protest_from_claim_to_adjustment(ws: Path, tmp_path: Path) -> None:
    file = tmp_path / "evidence.csv"
    file.write_text("reason,claim_id,claim_line_number\nthe newborn's own claim,C1,2\n", encoding="utf-8")
    done = well(raised(ws, "--evidence", file))
    known = one(ws)
    assert f"Dispute {known} is recorded." in done.text
    assert "last day to raise it was 2023-02-19. A decision is due by 2023-04-20; without one it is escalated." in done.text
    assert "assumption (illustrative; background; general provider appeals" in done.text
    well(dispute(ws, "evidence", known, "--reason", "the hospital agrees", "--document", "letter 7", "--date", "2023-02-21"))
    done = well(dispute(ws, "what-if", known, "--corrected", "r2", "--record", "--date", "2023-02-22"))
    assert "-8100.00 -5000.00 3100.00 3100.00" in done.text
    assert "1 settlements differ; 3100.00 in all would be posted." in done.text
    listed = well(dispute(ws, "list", "--open", "--as-of", "2023-03-01")).text
    assert f"{known} {CO} E1 loss {PERIOD} open 2023-02-19 2023-04-20 money 50 -8100.00" in listed
    assert "1 disputes: 1 to decide, 0 to adjust." in listed
    assert "open (overdue) 2023-02-19 2023-04-20 money -1" in well(dispute(ws, "list", "--as-of", "2023-04-21")).text
    refused = dispute(ws, "decide", known, "upheld", "--reason", "mine", "--date", "2023-03-01", actor="Ana Maker")
    assert (refused.code, "TRU-L075" in refused.text) == (1, True)
    decision = ("decide", known, "upheld", "--reason", "both are of another practice", "--date", "2023-03-01")
    well(dispute(ws, *decision, actor="Jo Judge"))
    assert "0 to decide, 1 to adjust" in well(dispute(ws, "list", "--open", "--as-of", "2023-03-01")).text
    assert "Open: no adjustment is linked yet." in well(dispute(ws, "show", known)).text
    with Ledger.open(ws / "ledger.db") as ledger:
        corrected = settle(ledger, {("E1", "all"): -500_000, ("E2", "all"): 2_000}, program=CO, source="r2")
    assert "adjusted by 3100.00" in well(dispute(ws, "adjust", known, "--posting", corrected)).text
    shown = well(dispute(ws, "show", known)).text
    order = [
        f"Dispute {known}: adjusted",
        "Determination: -8100.00 in all, 2023-01-20, run r1, made by Ana Maker, approved by Ben Checker",
        "Claim of Pia Practice, 2023-02-19 (recorded by Cleo Clerk): two births are not ours",
        "Evidence 1: claim C1 line 2: the newborn's own claim",
        "Evidence 2: letter 7: the hospital agrees",
        "What if: run r2 instead of r1",
        "Upheld by Jo Judge, 2023-03-01: both are of another practice",
        f"Adjusted by 3100.00: posting set {corrected}, run r2, linked by Cleo Clerk",
    ]
    places = [shown.find(text) for text in order]
    assert places == sorted(places)
    assert -1 not in places
    assert "0 disputes" in well(dispute(ws, "list", "--open", "--as-of", "2023-03-01")).text
    well(trueup("ledger", "verify", "--workspace", ws))


def test_a_dispute_after_its_deadline_names_both_days_and_records_nothing(ws: Path) -> None:
    before = head(ws)
    done = raised(ws, date="2023-02-20")
    assert done.code == 1
    assert "TRU-L071" in done.text
    assert "The determination is of 2023-01-20" in done.text
    assert "the last day to raise was 2023-02-19" in done.text
    assert "2023-02-20, 1 day late" in done.text
    assert head(ws) == before


def test_a_lapse_and_a_withdrawal(ws: Path) -> None:
    well(raised(ws))
    known = one(ws)
    early = dispute(ws, "lapse", known, "--date", "2023-04-20")
    assert (early.code, "TRU-L074" in early.text) == (1, True)
    assert "no decision by 2023-04-20, so it is escalated" in well(dispute(ws, "lapse", known, "--date", "2023-04-21")).text
    other = dispute(ws, "withdraw", known, "--reason", "agreed", "--date", "2023-05-01", actor="Ana Maker")
    assert (other.code, "TRU-L076" in other.text) == (1, True)
    well(dispute(ws, "withdraw", known, "--reason", "agreed", "--date", "2023-05-01", actor="pia practice"))
    shown = well(dispute(ws, "show", known)).text
    assert "Lapsed: 2023-04-21" in shown
    assert "Withdrawn by pia practice, 2023-05-01: agreed" in shown


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("raise", CO, "price", "--entity", "E1", "--period", PERIOD, "--claim", "x", "--assume", "illustrative"), "TRU-L061", 2),
        (("raise", CO, "loss", "--entity", "E1", "--period", PERIOD, "--claim", "x"), "TRU-R014", 1),
        (("show", "f" * 32), "TRU-L062", 1),
        (("what-if", "KNOWN", "--corrected", "r9"), "TRU-U011", 2),
        (("what-if", "KNOWN", "--corrected", "r3"), "TRU-L088", 2),
        (("evidence", "KNOWN", "--evidence", "none.csv"), "TRU-L089", 2),
        (("evidence", "KNOWN"), "TRU-L064", 1),
    ],
)
def test_wrong_commands_are_refused_and_record_nothing(ws: Path, words: tuple[str, ...], code: str, exit_code: int) -> None:
    well(raised(ws))
    (ws / "runs" / "r3" / "other").mkdir(parents=True)
    (ws / "runs" / "r3" / "other" / "manifest.json").write_text("{}", encoding="utf-8")
    before = head(ws)
    done = dispute(ws, *(one(ws) if word == "KNOWN" else word for word in words))
    assert (done.code, code in done.text) == (exit_code, True), done.text
    assert head(ws) == before


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("claim_id\nC1\n", 1),
        ("reason,member_id\nx,M1\n", 1),
        ("reason,reason\nx,y\n", 1),
        ("", 1),
        ("reason,claim_id\nx,C1\ny\n", 3),
        ("reason,claim_id\nx,C1,more\n", 2),
        ("reason,claim_id,claim_line_number\nx,C1,two\n", 2),
    ],
)
def test_evidence_that_cannot_be_read_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "evidence.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        commands.read_evidence(file)
    assert error.value.code == "TRU-L089"
    assert error.value.place is not None
    assert error.value.place.line == line


def test_evidence_is_read_as_written(tmp_path: Path) -> None:
    file = tmp_path / "evidence.csv"
    file.write_text('\ufeffclaim_id,reason,claim_line_number,document\n0012,"not hers, see note",3,\n,a letter,,note 4\n', encoding="utf-8")
    expected: list[dict[str, Any]] = [
        {"reason": "not hers, see note", "claim_id": "0012", "claim_line_number": 3},
        {"reason": "a letter", "document": "note 4"},
    ]
    assert commands.read_evidence(file) == tuple(Evidence(**fields) for fields in expected)
