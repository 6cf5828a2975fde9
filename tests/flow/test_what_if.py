"""`--set`: what would be if a rule were otherwise. Nothing of it can be published, posted or mistaken for a settlement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from flow.harness import BY_DELIVERY, BY_MONTH, Done, Row, State, only, plain, table, tree, trueup, well

HALF_SHARE = ("--set", "settlement.share_rate=0.25")  # of 0.50
TREND = ("--set", "prices.trend_annual=0.10")  # two years of it, where no trend is assumed


@dataclass(frozen=True)
class WhatIf:
    """A workspace with the real price set, in which scenarios are tried."""

    path: Path
    prices: str

    def price(self, *words: str) -> str:
        """The draft price set of a scenario."""
        before = set((self.path / "prices").iterdir())
        said = well(trueup("price", BY_DELIVERY, "-w", self.path, "--assume", "illustrative", *words))
        made = only(set((self.path / "prices").iterdir()) - before).name
        assert (
            f"A scenario. To settle with it: trueup settle {BY_DELIVERY} --prices {made} --workspace {self.path} and the same --set"
            in said.text
        )
        return made

    def settle(self, prices: str, *words: str, command: str = "settle") -> Done:
        return trueup(command, BY_DELIVERY, "-w", self.path, "--prices", prices, "--assume", "illustrative", *words)

    def run(self, done: Done) -> Path:
        return only(p for p in self.path.glob(f"runs/*/{BY_DELIVERY}") if p.parent.name in done.text)


@pytest.fixture
def tried(state: State, tmp_path: Path) -> WhatIf:
    return WhatIf(state.copy(tmp_path / "workspace"), state.price_sets[BY_DELIVERY])


def thresholds(folder: Path) -> dict[tuple[str, str], Decimal]:
    """The acceptable threshold of each practice and cohort before it is rounded."""
    rows = table(folder, "price_steps")
    return {(r["entity_id"], r["cohort"]): Decimal(r["amount"]) for r in rows if r["name"] == "acceptable_unrounded"}


def paid(folder: Path) -> dict[tuple[str, str, str], Row]:
    return {(r["entity_id"], r["period"], r["cohort"]): r for r in table(folder, "settlements")}


def test_half_the_share_halves_every_amount_and_nothing_is_posted(state: State, tried: WhatIf) -> None:
    done = tried.settle(tried.prices, "--true-up", *HALF_SHARE)
    assert "Scenario, never posted: settlement.share_rate = 0.25." in done.err
    assert "TRU-P019 PY2: the price set was made without the settings of this scenario." in done.text
    assert done.out.endswith("Nothing is posted: this is a scenario.\n")
    before, after = paid(state.runs[BY_DELIVERY]), paid(tried.run(done))
    assert sum(r["amount_cents"] for r in before.values()) > 0
    assert sorted(before) == sorted(after)
    for key, was in before.items():
        now = after[key]
        unchanged = ("expected_amount_cents", "actual_amount_cents", "status")
        assert [now[k] for k in unchanged] == [was[k] for k in unchanged]
        assert abs(2 * now["amount_cents"] - was["amount_cents"]) <= 1
    manifest = json.loads((tried.run(done) / "manifest.json").read_text())
    assert (manifest["scenario"], manifest["settings"]) == (True, [{"path": "settlement.share_rate", "value": "0.25"}])
    assert "settings" not in json.loads((state.runs[BY_DELIVERY] / "manifest.json").read_text())


def test_another_trend_is_priced_first_and_its_draft_is_for_this_scenario_only(tried: WhatIf) -> None:
    made = tried.price(*TREND)
    was, now = (thresholds(tried.path / "prices" / name) for name in (tried.prices, made))
    assert len(was) > 3
    assert {k: round(v, 9) for k, v in now.items()} == {k: round(v * Decimal("1.21"), 9) for k, v in was.items()}
    settled = tried.run(tried.settle(made, "--true-up", *TREND))
    assert len(paid(settled)) > 3
    before = tree(tried.path)
    real = tried.settle(made, "--true-up")
    assert (real.code, f"TRU-P051 price set {made} was made in a scenario" in real.text) == (1, True)
    other = tried.settle(made, "--true-up", *HALF_SHARE)
    assert (other.code, f"TRU-P052 price set {made} was made in a scenario with other settings." in other.text) == (1, True)
    unaware = tried.settle(tried.prices, "--true-up", *TREND)
    said = f"TRU-U074 --set prices.trend_annual changes how prices are made, and price set {tried.prices} was made without it."
    assert (unaware.code, said in unaware.text) == (2, True)
    drawn = tried.settle(tried.prices, "--true-up", "--set", "outliers.high_percentile=0.90")  # the lines stand in the price set
    said = f"TRU-U074 --set outliers.high_percentile changes how prices are made, and price set {tried.prices} was made without it."
    assert (drawn.code, said in drawn.text) == (2, True)
    for words in (("--final", made), ("--sheets", made), ("--publish", made, "--assume", "illustrative", "--actor", "pat")):
        refused = trueup("price", BY_DELIVERY, "-w", tried.path, *words)
        assert (refused.code, f"TRU-P051 price set {made}" in refused.text) == (1, True), words
    posting = tried.settle(made, "--true-up", "--post", "--actor", "pat", *TREND)
    assert (posting.code, "TRU-U075 --post with --set" in posting.text) == (2, True)
    assert tree(tried.path) == before


def test_pages_of_a_scenario_say_so_and_are_made_only_when_it_is_named(state: State, tried: WhatIf, tmp_path: Path) -> None:
    real, scenario = (tried.run(tried.settle(tried.prices, "--true-up", *words)) for words in ((), HALF_SHARE))
    says = "A scenario, never paid: what would be with settlement.share_rate = 0.25."
    for named, expected in (((), False), (("--run", scenario.parent.name), True)):
        folder = tmp_path / f"pages_{expected}"
        well(trueup("report", "-w", tried.path, "--out", folder, *named))
        telling = {p.relative_to(folder) for p in folder.rglob("*.html") if says in plain(p)}
        statements = {p.relative_to(folder) for p in folder.glob("*/practices/*/*.html")}
        assert len(statements) > 2
        assert (statements <= telling, len(telling) > len(statements)) == (expected, expected), telling
        assert telling or not expected
    assert real.parent.name == state.runs[BY_DELIVERY].parent.name


@pytest.mark.parametrize(
    ("setting", "code", "says"),
    [
        ("settlement.share_rate", 2, "TRU-U073 --set 'settlement.share_rate' is not PATH=VALUE."),
        ("=0.5", 2, "TRU-U073 --set '=0.5' is not PATH=VALUE."),
        ("settlement.share_rate=[1", 2, "TRU-U073 --set 'settlement.share_rate=[1' is not PATH=VALUE."),
        ("settlement.share_rat=0.5", 1, "TRU-R031 --set setting `settlement.share_rat` does not exist in the rules. Did you mean"),
        ("settlement.share_rate=1.5", 1, 'TRU-R007 --set `settlement.share_rate` is "1.5"; expected'),
    ],
)
def test_a_setting_that_cannot_be(tried: WhatIf, setting: str, code: int, says: str) -> None:
    before = tree(tried.path)
    done = tried.settle(tried.prices, "--set", setting)
    assert (done.code, says in done.text) == (code, True), done.text
    assert tree(tried.path) == before


def test_a_setting_given_twice_is_refused(tried: WhatIf) -> None:
    before = tree(tried.path)
    done = tried.settle(tried.prices, *HALF_SHARE, "--set", "settlement.share_rate=0.75")
    assert (done.code, done.err) == (2, "UsageError\nTRU-U076 --set names settlement.share_rate twice. Say once what it should be.\n")
    assert tree(tried.path) == before


@pytest.mark.parametrize("option", ["--final", "--publish", "--sheets"])
def test_a_price_set_that_exists_takes_no_settings(tried: WhatIf, option: str) -> None:
    before = tree(tried.path)
    done = trueup("price", BY_DELIVERY, "-w", tried.path, option, tried.prices, *HALF_SHARE)
    wanted = f"TRU-U075 {option} with --set: a price set that exists holds the rules it was made with. Leave one of them out.\n"
    assert (done.code, done.err) == (2, f"UsageError\n{wanted}")
    assert tree(tried.path) == before


@pytest.mark.parametrize(("first", "second"), [("--final", "--publish"), ("--publish", "--sheets"), ("--final", "--sheets")])
def test_one_call_does_one_thing_with_a_price_set(tried: WhatIf, first: str, second: str) -> None:
    before = tree(tried.path)
    for words in ((first, second), (second, first)):
        named = [word for option in words for word in (option, tried.prices)]
        done = trueup("price", BY_DELIVERY, "-w", tried.path, *named)
        wanted = f"TRU-U075 {first} with {second}: one call does one thing with a price set. Leave one of them out.\n"
        assert (done.code, done.err) == (2, f"UsageError\n{wanted}")
    assert tree(tried.path) == before


def test_a_run_says_why_it_settled_nothing(state: State, tmp_path: Path) -> None:
    ws = state.copy(tmp_path / "workspace")
    done = well(
        trueup("run", BY_MONTH, "-w", ws, "--assume", "illustrative", "--as-of", "2026-01-31", "--prices", state.price_sets[BY_MONTH])
    )
    assert "Not settled: TRU-P016 " in done.text
