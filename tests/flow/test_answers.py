"""What is answered after a run: explanations to the cent, and reports that are linked and complete."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flow.harness import BY_DELIVERY, BY_MONTH, PROGRAMS, State, plain, table, tree, trueup, well

from trueup.tables import OUTPUT

LINK = re.compile(r'href="([^"#:]+)(?:#[^"]*)?"')


def dollars(text: str) -> int:
    return int(Decimal(text) * 100)


# --- explaining ---------------------------------------------------------------------------------------------------------------------


def explained(state: State, target: str, *more: str) -> Any:
    return json.loads(well(trueup("explain", target, "-w", state.path, "--json", *more)).out)


def part(document: Any, heading: str) -> Any:
    return next(p for p in document["parts"] if p["heading"].startswith(heading))


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_episode_explains_itself_to_the_cent(state: State, program: str) -> None:
    folder = state.runs[program]
    episode = max(table(folder, "episodes"), key=lambda e: (e["claim_line_count"], e["episode_id"]))
    lines = [r for r in table(folder, "episode_lines") if r["episode_id"] == episode["episode_id"]]
    assert len(lines) > 10
    document = explained(state, episode["episode_id"])
    shown = part(document, "Every claim line")
    at = shown["table"]["columns"].index
    rows = shown["table"]["rows"]
    assert sorted((r[at("claim")], r[at("line")], dollars(r[at("cost")])) for r in rows) == sorted(
        (r["claim_id"], r["claim_line_number"], r["cost_cents"]) for r in lines
    )
    counted = sum(dollars(r[at("cost")]) for r in rows if r[at("place")] == "in")
    assert counted == episode["ffs_cost_cents"]
    cost = part(document, "What it cost")
    assert sum(dollars(amount) for _, amount in cost["table"]["rows"]) == episode["total_cost_cents"]
    assert [(dollars(s["parts"]), dollars(s["total"])) for s in cost["adds_up"]] == [(episode["total_cost_cents"],) * 2]


def test_an_amount_explains_itself_to_the_cent(state: State) -> None:
    folder = state.runs[BY_DELIVERY]
    settled = next(r for r in table(folder, "settlements") if r["status"] == "owed" or r["amount_cents"] < 0)
    key = ",".join(settled[c] for c in OUTPUT["settlements"].key)
    document = explained(state, f"{folder.parent.name}/settlements/{key}/amount")
    owed = -settled["amount_cents"]
    assert owed > 0
    assert part(document, "The figure and its row")["text"][0] == f"amount is minus ${owed // 100:,}.{owed % 100:02d}."
    episodes = part(document, f"The episodes of {settled['period']}")
    at = episodes["table"]["columns"].index
    costs = [dollars(r[at("cost")]) for r in episodes["table"]["rows"]]
    assert (len(costs), sum(costs)) == (settled["unit_count"], settled["actual_amount_cents"])
    ladder = part(document, "How the settlement")
    assert [dollars(s["total"]) for s in ladder["adds_up"]] == [settled["amount_cents"]]


def test_a_practice_is_explained_in_every_program_it_is_in(state: State) -> None:
    documents = explained(state, "ENT000001")
    assert [d["target"] for d in documents] == ["ENT000001", "ENT000001"]
    for document, program in zip(documents, sorted(PROGRAMS), strict=True):
        settled = [r for r in table(state.runs[program], "settlements") if r["entity_id"] == "ENT000001"]
        ladders = [s for p in document["parts"] if p["heading"].startswith("How the settlement") for s in p["adds_up"]]
        assert sorted(dollars(s["total"]) for s in ladders) == sorted(r["amount_cents"] for r in settled)
        assert len(settled) > 0
    one = explained(state, "ENT000001", "--run", state.runs[BY_MONTH].parent.name)
    assert one["title"] in [d["title"] for d in documents]
    text = well(trueup("explain", "ENT000001", "-w", state.path)).out
    assert text.count("Checked: it adds up exactly.") >= 6


def test_what_cannot_be_explained(state: State) -> None:
    for target, said in (
        ("ENT999999", "has no episode, entity or amount `ENT999999`"),
        (f"{state.runs[BY_MONTH].parent.name}/settlement/ENT000001,PY2025,all/amount", "has no table `settlement`"),
        (f"{state.runs[BY_MONTH].parent.name}/settlements/ENT000001,PY2025/amount", "needs 3 key values"),
    ):
        done = trueup("explain", target, "-w", state.path)
        assert (done.code, done.out) == (2, "")
        assert said in done.text
    absent = trueup("explain", "ENT000001", "-w", state.path, "--run", "0123456789abcdef")
    assert (absent.code, "has no run 0123456789abcdef. Its runs are" in absent.text) == (2, True)


def test_of_two_runs_the_one_that_knows_most_is_reported_and_that_is_said(state: State, tmp_path: Path) -> None:
    ws = state.copy(tmp_path / "workspace")
    runs: list[str] = []
    for as_of in ("2026-12-31", "2026-12-30"):
        assert trueup("run", BY_MONTH, "-w", ws, "--as-of", as_of).code == 1
        runs += [p.name for p in (ws / "runs").iterdir() if p.name not in runs]
    done = well(trueup("report", "-w", ws))
    assert f"{BY_MONTH}: run {runs[0]}, as of 2026-12-31, the newest; name another with --run." in done.text
    assert runs[0] in plain(ws / "reports" / "index.html")
    well(trueup("report", "-w", ws, "--run", runs[1], "--out", tmp_path / "reports"))
    assert runs[1] in plain(tmp_path / "reports" / "index.html")


def test_two_runs_of_a_program_as_of_one_day_have_to_be_told_apart(state: State, tmp_path: Path) -> None:
    ws = state.copy(tmp_path / "workspace")
    settled = state.runs[BY_MONTH]
    shutil.copytree(settled.parent, ws / "runs" / settled.parent.name)
    as_of = json.loads((settled / "manifest.json").read_text())["as_of"]
    well(trueup("run", BY_MONTH, "-w", ws, "--as-of", as_of, "--assume", "illustrative"))
    runs = sorted(p.name for p in (ws / "runs").iterdir())
    assert len(runs) == 2
    before = tree(ws)
    done = trueup("report", "-w", ws)
    assert done.code == 2
    assert f"{BY_MONTH} has 2 runs: {runs[0]} (as of {as_of})" in done.text
    assert "Name one with --run." in done.text
    assert tree(ws) == before


# --- reports ------------------------------------------------------------------------------------------------------------------------


def test_reports_are_linked_and_complete(state: State) -> None:
    opened = [Path(line.removeprefix("Open ")) for line in state.said["report"].out.splitlines()]
    prices = {
        program: state.reports / "prices" / f"{program}_{price_set}" / "index.html" for program, price_set in state.price_sets.items()
    }
    rates = state.reports / "case_rates" / BY_MONTH / "state.html"
    assert opened == [state.reports / "index.html"]
    pages = sorted(state.reports.rglob("*.html"))
    seen = set(opened)
    for page in pages:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), f"{page}: {target}"
            seen.add((page.parent / target).resolve())
    files = {p for p in state.reports.rglob("*") if p.is_file()}
    assert files - seen == set()
    first = {(state.reports / target).resolve() for target in LINK.findall(opened[0].read_text(encoding="utf-8"))}
    assert {*prices.values(), rates} <= first
    for program in PROGRAMS:
        practices = {r["entity_id"] for r in table(state.runs[program], "settlements")}
        statements = {p.parent.name for p in (state.reports / program).glob("practices/*/statement.html")}
        assert practices <= statements
        assert all(len(list((state.reports / program / "practices" / p).glob("*.xlsx"))) == 1 for p in statements)
