"""A rerun that reuses results leaves the same bytes as one that computes everything, and computes what depends on what changed."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from flow.harness import BY_DELIVERY, BY_MONTH, PROGRAMS, tree, trueup, well
from hypothesis import given, settings
from hypothesis import strategies as st

from trueup import runs
from trueup.claims.intake import load_files
from trueup.engine import DuckEngine
from trueup.engine import duck as engine_module
from trueup.pricing.price_set import finalize
from trueup.rules.load import load_program
from trueup.rules.program import Program
from trueup.synthetic import generate
from trueup.workspace import Workspace

AS_OF = {BY_MONTH: date(2026, 9, 27), BY_DELIVERY: date(2023, 1, 29)}
LAST_MEMBER = "M0000120"
CUTS, VOIDED = ("2025-07-01", "2026-04-01"), 5
# An example is up to eight runs of the whole flow; TRUEUP_FLOW_EXAMPLES asks for more of them.
FEW = settings(max_examples=int(os.environ.get("TRUEUP_FLOW_EXAMPLES", "2")))


@dataclass(frozen=True)
class Town:
    """A workspace with what was received up to the first cut, its rules as files to edit, and two later deliveries."""

    ws: Workspace
    programs: Path
    later: tuple[Path, ...]

    def program(self, name: str = BY_MONTH) -> Program:
        return load_program(self.programs, name, assumptions="illustrative")

    def edit(self, name: str, before: str, after: str) -> None:
        """Change one place of a rule file."""
        path = self.programs / BY_MONTH / name
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, after), encoding="utf-8")

    def copy(self, to: Path) -> Town:
        shutil.copytree(self.ws.path, to / "workspace")
        shutil.copytree(self.programs, to / "programs")
        return replace(self, ws=Workspace.open(to / "workspace"), programs=to / "programs")


def _deliveries(source: Path, folder: Path) -> list[Path]:
    """The claims of the first members by the day they were received, one file up to each cut; the second voids births of the first."""
    with source.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["member_id"] <= LAST_MEMBER]
    known = [r for r in rows if r["received_date"] < CUTS[0]]
    births = sorted({r["claim_id"] for r in known if r["claim_type"] == "institutional" and r["diagnosis_code_1"] == "O80"})[-VOIDED:]
    changes = {"record_type": "void", "version_seq": "2", "received_date": CUTS[0], "adjudication_date": CUTS[0], "paid_date": CUTS[0]}
    voids = [
        {**r, **changes, "claim_id": f"{r['claim_id']}V", "replaces_claim_id": r["claim_id"]} for r in known if r["claim_id"] in births
    ]
    parts = [
        known,
        [r for r in rows if CUTS[0] <= r["received_date"] < CUTS[1]] + voids,
        [r for r in rows if CUTS[1] <= r["received_date"]],
    ]
    files: list[Path] = []
    for number, part in enumerate(parts):
        files.append(folder / str(number) / source.name)
        files[-1].parent.mkdir()
        with files[-1].open("w", encoding="utf-8", newline="") as stream:
            out = csv.DictWriter(stream, rows[0])
            out.writeheader()
            out.writerows(part)
    return files


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Town:
    folder = tmp_path_factory.mktemp("town")
    made = generate(
        [load_program(programs, p, assumptions="illustrative") for p in PROGRAMS],
        folder / "state",
        members=2_000,
        seed=1,
        file_format="csv",
    )
    lines = _deliveries(made.files["medical_claim"], folder)
    others = [p for name, p in made.files.items() if p.parent == folder / "state" and name not in ("medical_claim", "pharmacy_claim")]
    ws = Workspace.create(folder / "workspace", "town")
    load_files(ws, [lines[0], *others])
    copied = shutil.copytree(programs, folder / "programs", ignore=shutil.ignore_patterns("cases", "*.md"))
    return Town(ws, copied, tuple(lines[1:]))


@pytest.fixture(scope="module")
def known(loaded: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The town after one run, all of whose results were kept."""
    town = loaded.copy(tmp_path_factory.mktemp("known"))
    with pytest.MonkeyPatch.context() as patch:
        keep_everything(patch)
        runs.run(town.ws, town.program(), AS_OF[BY_MONTH])
    return town


def keep_everything(patch: pytest.MonkeyPatch) -> None:
    """So that what is reused does not depend on how quick the machine is."""
    patch.setenv("TRUEUP_THREADS", "1")
    patch.setattr(engine_module, "_WORTH_SECONDS", -1.0)
    patch.setattr(engine_module, "_SECONDS_PER_CELL", 0.0)


@pytest.fixture
def town(known: Town, tmp_path: Path) -> Town:
    return known.copy(tmp_path)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The steps that the last engine with a memo computed, as `stage/file`."""
    keep_everything(monkeypatch)
    names, close = set[str](), DuckEngine.close

    def closing(engine: DuckEngine) -> None:
        if engine.computed | engine.reused:
            names.clear()
            names.update(engine.computed)
        close(engine)

    monkeypatch.setattr(DuckEngine, "close", closing)
    return names


def same_bytes(town: Town, program: str = BY_MONTH, as_of: date | None = None) -> runs.RunResult:
    """Run with what earlier runs left, then fresh; the folders of both, manifest included, are the same bytes."""
    rules, day = town.program(program), as_of or AS_OF[program]
    reusing = runs.run(town.ws, rules, day)
    left = tree(reusing.folder)
    fresh = runs.run(town.ws, rules, day, fresh=True)
    assert (fresh.folder, fresh.reused, fresh.computed) == (reusing.folder, 0, 0)
    assert tree(fresh.folder) == left
    assert len(left) > 20
    return reusing


def stages(computed: set[str]) -> set[str]:
    return {name.split("/")[0] for name in computed}


def test_the_same_again(town: Town, computed: set[str]) -> None:
    result = same_bytes(town)
    assert (computed, result.computed) == (set(), 0)
    assert result.reused > 100


def test_a_changed_share_computes_no_step(town: Town, computed: set[str]) -> None:
    town.edit("assumptions/illustrative.yaml", 'settlement.share_rate: {value: "0.50"', 'settlement.share_rate: {value: "0.40"')
    same_bytes(town)
    assert computed == set()


def test_a_changed_window_computes_from_the_windows_on(town: Town, computed: set[str]) -> None:
    town.edit("2025.yaml", "days_after: 90", "days_after: 60")
    same_bytes(town)
    assert "units/40_bound_windows" in computed
    assert computed & {"births/10_find_candidate_members", "candidates/20_take_candidate_lines", "units/36_describe_births"} == set()
    assert stages(computed) & {"candidates", "births", "claims", "final_action"} == set()


def add_code(town: Town, value_set: str, code: str) -> None:
    with (town.programs / BY_MONTH / f"assumptions/value_sets/{value_set}.csv").open("a", encoding="utf-8") as stream:
        stream.write(f"{code},hcpcs,,,,HCPCS,\n")


def test_a_changed_code_set_computes_who_reads_codes(town: Town, computed: set[str]) -> None:
    add_code(town, "trigger", "0500F")
    before = same_bytes(town).manifest["tables"]["attribution_months"]["rows"]
    assert {"births/10_find_candidate_members", "units/16_gather_line_roles"} <= computed
    assert stages(computed) & {"candidates", "claims"} == set()  # nobody has the code, so the members are the same
    add_code(town, "trigger", "99213")
    assert same_bytes(town).manifest["tables"]["attribution_months"]["rows"] != before
    assert {"candidates/22_take_candidate_diagnoses", "units/12_take_member_lines"} <= computed


def test_a_code_that_makes_no_candidate_finds_nobody_again(town: Town, computed: set[str]) -> None:
    add_code(town, "carve_out_larc", "99213")
    same_bytes(town)
    assert {"births/08_list_candidate_codes", "units/52_decide_lines"} <= computed
    assert "births/10_find_candidate_members" not in computed


def test_another_day_reuses_what_no_day_decides(town: Town, computed: set[str]) -> None:
    same_bytes(town, as_of=date(2025, 12, 31))
    assert "units/12_take_member_lines" in computed
    assert stages(computed) & {"candidates", "births"} == set()


def test_one_more_delivery_with_voids_of_births_that_were_loaded(town: Town) -> None:
    before = runs.run(town.ws, town.program(), AS_OF[BY_MONTH]).manifest
    load_files(town.ws, [town.later[0]])
    after = same_bytes(town).manifest
    voided = [sum(r["rows"] for r in m["accounting"] if r["reason"] == "adj.voided") for m in (before, after)]
    assert voided[1] - voided[0] >= VOIDED


def test_two_programs_in_one_workspace(town: Town) -> None:
    same_bytes(town, BY_DELIVERY)
    words = ("--workspace", town.ws.path, "--programs", town.programs, "--assume", "illustrative", "--as-of", AS_OF[BY_MONTH])
    said = well(trueup("run", BY_MONTH, *words)).text
    assert re.search(r"(\d+) steps: \1 reused from earlier runs, 0 computed\.", said)


def test_a_cache_of_which_half_is_cut_and_half_is_gone(town: Town, computed: set[str]) -> None:
    for number, path in enumerate(sorted((town.ws.path / "cache").iterdir())):
        content = path.read_bytes()
        path.unlink()
        if number % 2:
            path.write_bytes(content[: len(content) // 2])
    same_bytes(town)
    assert stages(computed) >= {"births", "candidates", "units", "cost", "quality"}


def test_prices_and_what_is_settled_by_them(town: Town) -> None:
    program = town.program()
    period, day = runs.performance_periods(program)[0].id, runs.maturity_date(program, program.text("prices.baseline_period"))
    reusing = runs.price(town.ws, program, period, day)
    assert runs.price(town.ws, program, period, day, fresh=True) == reusing  # a price set is named by its content
    prices = [finalize(reusing)]
    left = [tree(runs.run(town.ws, program, AS_OF[BY_MONTH], price_sets=prices, true_up=True, fresh=f).folder) for f in (False, True)]
    assert left[0] == left[1]


def _reload(town: Town, number: int) -> None:
    load_files(town.ws, [town.later[number % len(town.later)]])


def _set(town: Town, path: str, value: str) -> None:
    """Another value of an assumption."""
    file = town.programs / BY_DELIVERY / "assumptions/illustrative.yaml"
    head, found, tail = file.read_text(encoding="utf-8").partition(f"{path}: {{value: ")
    assert found
    file.write_text(head + found + value + tail[tail.index(",") :], encoding="utf-8")


ACTS: dict[str, Callable[[Town, int], object]] = {
    "load": _reload,
    "run": lambda town, number: same_bytes(town, BY_DELIVERY, date(2023 + number, 1, 29)),
    "events": lambda town, number: _set(town, "episode.merge_days", str(2 + number)),
    "basis": lambda town, number: _set(town, "cost.basis", "allowed" if number else "paid"),
}


@FEW
@given(st.lists(st.tuples(st.sampled_from([*ACTS]), st.integers(0, 2)), min_size=2, max_size=4))
def test_any_sequence_of_acts(loaded: Town, tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]) -> None:
    town = loaded.copy(tmp_path_factory.mktemp("acts"))
    for act, number in [*acts, ("run", 0)]:
        ACTS[act](town, number)
    shutil.rmtree(town.ws.path)
