"""3,647 published results: every gate, every amount within the publisher's rounding, and the nine exceptions by a stated rule."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from flow.harness import trueup, well

Row = dict[str, str]
ByKey = dict[tuple[str, str], Row]
Both = tuple[ByKey, ByKey, Path]
# Published rates rounded to two decimals, and losses whose limit rests on revenue that is not published.
ROUNDED_RATE = {("A2205", "PY2020"), ("A2366", "PY2020"), ("A2880", "PY2020"), ("A3324", "PY2020"), ("A4585", "PY2020")}
UNPUBLISHED_LIMIT = {("A4627", "PY2021"), ("A2820", "PY2021"), ("A1515", "PY2021"), ("A1070", "PY2022")}


@pytest.fixture(scope="module")
def both(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """The published rows, the engine's, and the file of steps."""
    source = shared_data / "mssp" / "settlement_public.csv"
    if not source.is_file():
        pytest.skip("no file mssp/settlement_public.csv in ../shared/data")
    folder = tmp_path_factory.mktemp("results")
    well(trueup("settle", "mssp", "--inputs", source, "--out", folder / "out.csv"))
    published = {(row["aco"], f"PY{row['py']}"): row for row in read(source)}
    found = {(row["entity_id"], row["period"]): row for row in read(folder / "out.csv")}
    return published, found, folder / "out.steps.csv"


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_is_settled(both: Both) -> None:
    published, found, _ = both
    assert len(published) == 3647
    assert found.keys() == published.keys()
    assert Counter(row["status"] for row in found.values()) == {"zero": 1995, "payable": 1626, "owed": 26}


def test_every_gate(both: Both) -> None:
    published, found, _ = both
    for key, row in published.items():
        generated = Decimal(row["gen_save_loss"] or "0")
        one_sided = row["track"] in ("T1", "A", "B")  # losses of these are sometimes printed and never owed
        gate = "savings" if generated > 0 else "losses" if generated < 0 and not one_sided else "none"
        assert found[key]["gate"] == gate, key


def test_amounts_within_the_published_rounding(both: Both) -> None:
    published, found, _ = both
    matched = {key: row for key, row in published.items() if row["match"] == "1"}
    assert len(matched) == 3638
    for key, row in matched.items():
        assert abs(Decimal(found[key]["amount"]) - Decimal(row["earn_save_loss"])) <= Decimal(row["tolerance"]), key


def test_the_nine_others_follow_a_stated_rule(both: Both) -> None:
    published, found, steps_file = both
    assert {key for key, row in published.items() if row["match"] != "1"} == ROUNDED_RATE | UNPUBLISHED_LIMIT
    steps = {(s["entity_id"], s["period"], s["name"]): s["amount"] for s in read(steps_file)}
    for key in ROUNDED_RATE:  # the maximum times the unrounded score: within a dollar
        assert (steps[*key, "stated_sharing_rate"], steps[*key, "sharing_rate"]) == ("0.4", "0.395")
        assert abs(Decimal(found[key]["amount"]) - Decimal(published[key]["earn_save_loss"])) <= 1
    for key in UNPUBLISHED_LIMIT:  # the adjustment covers the whole loss, and so shows the limit
        shown = Decimal(steps[*key, "loss_limit_shown_by_adjustment"])
        assert shown == -Decimal(published[key]["disaster_adj"]) < Decimal(steps[*key, "shared_losses"])
        assert (found[key]["amount"], found[key]["reason"]) == ("0.00", "losses_covered_by_adjustment")


def test_without_the_published_outcomes_nothing_changes(both: Both, shared_data: Path, tmp_path: Path) -> None:
    _, found, _ = both
    outcomes = ("gen_save_loss", "earn_save_loss", "recomputed", "tolerance", "match", "note")
    source = read(shared_data / "mssp" / "settlement_public.csv")
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [name for name in source[0] if name not in outcomes], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(source)
    well(trueup("settle", "mssp", "--inputs", tmp_path / "in.csv", "--out", tmp_path / "out.csv"))
    assert {(row["entity_id"], row["period"]): row for row in read(tmp_path / "out.csv")} == found
