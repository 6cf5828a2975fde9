"""Input that is wrong ends each command in a clear message that names the place, exit code 1 or 2, and nothing half done."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import pytest
from flow.harness import BY_DELIVERY, BY_MONTH, Done, State, tree, trueup, trueup_process, well

HEADER = "claim_id,claim_line_number,claim_type,member_id,claim_start_date,received_date,paid_amount,billing_tin"
GOOD = "\n".join([HEADER, *(f"G{i},1,professional,G{i},2025-01-10,2025-02-01,10.50,061234567" for i in range(40))]) + "\n"


def claim_lines(count: int, **changes: str) -> str:
    """A medical table; `changes` write a column in another form on every row."""
    row = {"member_id": "M{}", "paid_amount": "10.50", **changes}
    body = (f"C{i},1,professional,{row['member_id']},2025-01-10,2025-02-01,{row['paid_amount']},061234567".format(i) for i in range(count))
    return "\n".join([HEADER, *body]) + "\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with one good batch."""
    (tmp_path / "good.csv").write_text(GOOD)
    well(trueup("init", tmp_path / "workspace", "--key", "test"))
    well(trueup("load", tmp_path / "good.csv", "-w", tmp_path / "workspace"))
    return tmp_path / "workspace"


def clearly_refused(done: Done) -> str:
    """What the command said, once it is certain that it refused without a traceback."""
    assert done.code in (1, 2)
    assert done.out == ""
    assert "Traceback" not in done.err
    return done.text


# name, content, options, what is said
BAD_FILES = {
    "truncated gzip": (
        "claims.csv.gz",
        gzip.compress(claim_lines(500).encode(), mtime=0)[:-20],
        (),
        r"TRU-I019 claims\.csv\.gz \(arc\.truncated\) The gzip file cannot be unpacked to its end: .*\. Fetch it again\.",
    ),
    "wrong delimiter": (
        "claims.csv",
        claim_lines(50).replace(",", "|").encode(),
        ("--delimiter", ","),
        r"TRU-I013 claims\.csv:1 \(fmt\.columns\) Expected a comma between columns, found a pipe\. Declare `--delimiter '\|'`\.",
    ),
    "unheard-of delimiter": (
        "claims.csv",
        claim_lines(50).replace(",", "^").encode(),
        (),
        r"TRU-I\d+ \S*claims\.csv\S* .*delimiter",
    ),
    "ids in scientific notation": (
        "claims.csv",
        claim_lines(50, member_id="1.2{:02}E+11").encode(),
        (),
        r"TRU-I026 claims\.csv:2 \(id\.scientific_share\) .*member_id",
    ),
    "decimal commas": (
        "claims.csv",
        claim_lines(50, paid_amount='"10,50"').encode(),
        (),
        r"TRU-I028 claims\.csv:2 \(amt\.format_share\) .*paid_amount",
    ),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_leaves_no_part_of_a_batch(workspace: Path, tmp_path: Path, kind: str) -> None:
    name, content, options, said = BAD_FILES[kind]
    (tmp_path / name).write_bytes(content)
    (tmp_path / "another.csv").write_text(GOOD.replace("G", "H"))
    before = tree(workspace)
    files = [tmp_path / name] if options or kind.startswith("unheard") else [tmp_path / "another.csv", tmp_path / name]
    text = clearly_refused(trueup_process("load", *files, "-w", workspace, *options))
    assert re.search(said, text), text
    assert tree(workspace) == before


def test_a_demo_on_a_bad_file_leaves_no_workspace(tmp_path: Path) -> None:
    claims = tmp_path / "claims"
    claims.mkdir()
    (claims / "claims.csv").write_text(claim_lines(50, paid_amount='"10,50"'))
    said = clearly_refused(trueup("demo", "--claims", claims, "--out", tmp_path / "demo"))
    assert "claims.csv:2 (amt.format_share)" in said
    assert not (tmp_path / "demo" / "workspace").exists()


# --- rules --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def my_programs(programs: Path, tmp_path: Path) -> Path:
    return shutil.copytree(programs, tmp_path / "programs", ignore=shutil.ignore_patterns("cases"))


def change(path: Path, old: str, new: str) -> int:
    """Change one place of a file; the line where it is."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_misplaced_key(state: State, my_programs: Path, tmp_path: Path) -> None:
    file = my_programs / BY_DELIVERY / "2020.yaml"
    line = change(file, "maturity:\n", 'maturity:\n  share_rate: {value: "0.50", cite: REG net performance}\n') + 1
    ws = state.copy(tmp_path / "workspace")
    before = tree(ws)
    checked = trueup_process("check", my_programs)
    assert (checked.code, "Traceback" in checked.err) == (1, False)
    assert re.search(rf"TRU-R\d+ {re.escape(str(file))}:{line} .*share_rate", checked.out), checked.out
    for words in (
        ("run", BY_DELIVERY, "-w", ws, "--as-of", "2023-01-29", "--assume", "illustrative"),
        ("price", BY_DELIVERY, "-w", ws, "--assume", "illustrative"),
        ("settle", BY_DELIVERY, "-w", ws, "--assume", "illustrative", "--prices", state.price_sets[BY_DELIVERY]),
        ("describe", BY_DELIVERY),
    ):
        said = clearly_refused(trueup(*words, "--programs", my_programs))
        assert re.search(rf"TRU-R\d+ {re.escape(str(file))}:{line} .*share_rate", said), said
    assert tree(ws) == before


def test_an_unknown_share(state: State, my_programs: Path, tmp_path: Path) -> None:
    """All other values are assumed, so the flow goes as far as the share and stops there."""
    home = my_programs / BY_MONTH
    assumed = home / "assumptions" / "illustrative.yaml"
    text = assumed.read_text(encoding="utf-8")
    kept = "".join(line for line in text.splitlines(keepends=True) if "settlement.share_rate" not in line)
    assert kept.count("\n") == text.count("\n") - 1
    assumed.write_text(kept, encoding="utf-8")
    line = 1 + (home / "2025.yaml").read_text(encoding="utf-8").split("share_rate: {unknown")[0].count("\n")
    place = f"TRU-R014 {home / '2025.yaml'}:{line} `settlement.share_rate` is unknown: S0 says a portion of the savings"
    ws = state.copy(tmp_path / "workspace")
    batches = tree(ws / "batches", ws / "prices")
    settle = ("settle", BY_MONTH, "-w", ws, "--prices", state.price_sets[BY_MONTH], "--programs", my_programs)
    done = trueup_process(*settle, "--assume", "illustrative")
    assert (done.code, "Traceback" in done.err) == (1, False)
    assert place in done.text
    assert "Settlement plan" not in done.out
    nothing_assumed = clearly_refused(trueup(*settle))
    assert re.search(rf"TRU-R014 {re.escape(str(home))}/2025\.yaml:\d+ `\S+` is unknown", nothing_assumed)
    assert tree(ws / "batches", ws / "prices") == batches
    assert list(ws.rglob(".*")) == []


def test_every_fault_is_said_at_once(my_programs: Path) -> None:
    rules, assumed = my_programs / BY_DELIVERY / "2020.yaml", my_programs / BY_MONTH / "assumptions" / "illustrative.yaml"
    places = [
        (rules, change(rules, "settlement_due_days: {value: 90,", 'settlement_due_days: {value: "90",'), "settlement_due_days"),
        (rules, change(rules, "valid_years: {value: 2,", "valid_years: {value: two,"), "valid_years"),
        (assumed, change(assumed, "  settlement.share_rate:", "  settlement.share_rat:"), "settlement.share_rat"),
    ]
    done = trueup("check", my_programs)
    assert done.code == 1
    assert f"{len(places)} errors" in done.out
    for file, line, word in places:
        assert re.search(rf"^TRU-R\d+ {re.escape(f'{file}:{line}')} .*{re.escape(word)}", done.out, re.MULTILINE), done.out
