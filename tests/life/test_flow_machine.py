"""Whole cycles under any facts: claims, voids, replacements, coverage and transfers arrive, months are posted and closed. After every cycle
the books hold exactly what the oracle, a second program of the mechanisms, says is due."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from life.timelines import KNOWN, Row, birth, claim, cover, replaced, transfer, visit, voided
from life.world import BY_MONTH, CHECKER, World, cents, month_end, say, variant
from oracle import run as oracle
from oracle.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
A, B, C = "100000001", "100000002", "100000003"
RATES = {A: "250.00", B: "220.00", C: "199.99"}
MEMBERS = ["M1", "M2", "M3"]
CAMPAIGN = int(os.environ.get("TRUEUP_CAMPAIGN", "0"))
LAST = 18  # months
SEEN: Counter[str] = Counter()
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

MEMBER, WHO, BACK = st.sampled_from(MEMBERS), st.sampled_from(list(RATES)), st.integers(0, 70)


class FlowMachine(RuleBasedStateMachine):
    """Facts wait until the month's file is loaded; `known` holds everything that was loaded."""

    @initialize(seed=st.integers(0, 10_000))
    def begin(self, seed: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="trueup-flow-"))
        programs = variant(ROOT / "programs", self.folder / "programs", BY_MONTH, {"attribution.accountable.min_deliveries": 1}, {})
        self.world = World.make(self.folder, programs)
        self.values = Rules(programs, BY_MONTH, "illustrative", {})
        self.rng, self.count, self.n = Random(seed), 0, 0
        self.known: dict[str, list[Row]] = {}
        self.waiting: dict[str, list[Row]] = {}
        self.closed: dict[str, Any] = {}
        base = [{**birth(tin, "2023-06-01", KNOWN), "claim_id": f"G{tin}", "member_id": f"G{tin}"} for tin in RATES]
        provider = [
            {"npi": f"1{tin}", "tin": tin, "entity_id": tin, "provider_type": "fqhc" if tin == C else "obstetrics", "received_date": KNOWN}
            for tin in RATES
        ]
        spans = [cover(f"R{m}", "2024-01-01", KNOWN, member=m) for m in (*MEMBERS, *(f"G{t}" for t in RATES))]
        self.take(provider=provider, medical_claim=[*base, *(row for m in MEMBERS for row in self.course(m))], eligibility=spans)
        self.load()
        self.world.rates(*((tin, dollars, "2025-01-01") for tin, dollars in RATES.items()))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.check()
            self.world.close()
            shutil.rmtree(self.folder)

    def course(self, member: str) -> list[Row]:
        """A pregnancy whose claims come in over a year: visits every four weeks, at one practice and then perhaps another, and its end."""
        first = date(2025, 1, 1) + timedelta(days=self.rng.randrange(0, 150))
        practices = self.rng.sample(list(RATES), 2)
        change, length = self.rng.randrange(2, 9), self.rng.choice((60, 150, 182, 182, 190))
        rows: list[Row] = []
        for n, back in enumerate(range(0, length, 28)):
            day = first + timedelta(days=back)
            known = (day + timedelta(days=self.rng.choice((3, 10, 30, 90)))).isoformat()
            paid = self.rng.choice(("0.00", "0.00", "95.00"))
            dx = self.rng.choice(("Z3482", "Z3483", "O0991"))
            rows.append(visit(self.name("V"), practices[n >= change], day.isoformat(), known, dx=dx, paid=paid, member_id=member))
        day, known = (first + timedelta(days=length)).isoformat(), (first + timedelta(days=length + 25)).isoformat()
        end = claim(self.name("L"), practices[0], day, "59812", "210.00", known, "O0337", member_id=member)
        if length > 60:
            end = birth(practices[1], day, known, claim_id=self.name("B"), member_id=member)
        return [*rows, end]

    # --- helpers
    @property
    def month(self) -> str:
        return f"{2025 + (self.n + 2) // 12:04d}-{(self.n + 2) % 12 + 1:02d}"

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def take(self, **tables: list[Row]) -> None:
        for table, rows in tables.items():
            self.waiting.setdefault(table, []).extend(rows)

    def day(self, back: int) -> str:
        """A day of service, up to two months and more before the end of the month; known within the month."""
        return (month_end(self.month) - timedelta(days=back)).isoformat()

    @property
    def today(self) -> str:
        return month_end(self.month).isoformat()

    def load(self) -> None:
        """One batch with what waited, sometimes with files that were sent before."""
        if self.waiting:
            for rows in self.waiting.values():
                self.rng.shuffle(rows)
            self.world.learn(**self.waiting)
            for table, rows in self.waiting.items():
                self.known.setdefault(table, []).extend(rows)
        self.waiting = {}

    def standing(self, member: str) -> list[Row]:
        """Claims of a member that nothing has acted on."""
        rows = [r for r in (*self.known.get("medical_claim", []), *self.waiting.get("medical_claim", [])) if r["member_id"] == member]
        changed = {r["claim_id"] for r in rows if r["version_seq"] != "1"}
        return [r for r in rows if r["claim_id"] not in changed and r["claim_start_date"] <= self.today]

    # --- facts
    @rule(member=MEMBER, who=WHO, back=BACK, is_trigger=st.booleans(), paid=st.sampled_from(["0.00", "0.00", "95.00"]))
    def a_visit(self, member: str, who: str, back: int, is_trigger: bool, paid: str) -> None:
        dx = self.rng.choice(("Z3482", "Z3A20", "Z3483")) if is_trigger else "O0991"
        self.take(medical_claim=[visit(self.name("V"), who, self.day(back), self.today, dx=dx, paid=paid, member_id=member)])

    @rule(
        member=MEMBER,
        who=WHO,
        back=BACK,
        code=st.sampled_from(["59409", "59400", "59410"]),
        lives=st.sampled_from(["Z370", "Z370", "Z371"]),
    )
    def a_birth(self, member: str, who: str, back: int, code: str, lives: str) -> None:
        fee = {"paid": self.rng.choice(("1100.00", "2400.00", "0.00")), "allowed_amount": "2400.00"}
        row = birth(who, self.day(back), self.today, dx=lives, code=code, **fee, claim_id=self.name("B"), member_id=member)
        self.take(medical_claim=[row])

    @rule(member=MEMBER, who=WHO, back=BACK)
    def a_loss(self, member: str, who: str, back: int) -> None:
        self.take(medical_claim=[claim(self.name("L"), who, self.day(back), "59812", "210.00", self.today, "O0337", member_id=member)])

    @rule(member=MEMBER, pick=st.integers(0, 9), who=WHO, is_void=st.booleans())
    def a_claim_is_corrected(self, member: str, pick: int, who: str, is_void: bool) -> None:
        found = self.standing(member)
        if found:
            row = found[pick % len(found)]
            self.take(medical_claim=[voided(row, self.today) if is_void else replaced(row, self.today, billing_tin=who)])

    @rule(member=MEMBER)
    def a_file_comes_again(self, member: str) -> None:
        """Rows that were loaded before, under another file name, beside one new row."""
        rows = [r for r in self.known.get("medical_claim", []) if r["member_id"] == member]
        self.take(medical_claim=[dict(r) for r in rows])

    @rule(member=MEMBER, back=st.integers(1, 5), is_back=st.booleans())
    def coverage_changes(self, member: str, back: int, is_back: bool) -> None:
        """Coverage turns out to have ended months ago, or not to have ended."""
        old = [r for r in (*self.known["eligibility"], *self.waiting.get("eligibility", [])) if r["member_id"] == member]
        gone = {r["replaces_row_id"] for r in old}
        (last,) = [r for r in old if r["row_id"] not in gone]
        n = max(0, self.n - back)
        end = "" if is_back else month_end(f"{2025 + (n + 2) // 12:04d}-{(n + 2) % 12 + 1:02d}").isoformat()
        self.take(eligibility=[cover(self.name("R"), "2024-01-01", self.today, end, instead_of=last["row_id"], member=member)])

    @rule(member=MEMBER, who=WHO, back=BACK)
    def a_transfer(self, member: str, who: str, back: int) -> None:
        self.take(member_transfers=[{**transfer(BY_MONTH, who, self.day(back), self.today, member), "row_id": self.name("X")}])

    # --- cycles
    @precondition(lambda self: self.n < LAST)
    @rule(skip=st.integers(0, 2))
    def a_cycle(self, skip: int) -> None:
        """Load, run, post, approve, pay, close; the books are then what the oracle says, and no closed month has changed."""
        self.load()
        month = self.month
        done = self.world.cycle(month)
        SEEN["cycles"] += 1
        SEEN.update(f"{line.obligation.purpose} {'up' if line.delta_cents > 0 else 'down'}" for line in done.lines)
        SEEN.update("correction of a closed month" for line in done.lines if line.obligation.period in self.closed)
        expected = self.due(month_end(month))
        assert self.world.booked() == expected
        self.world.pay(month)
        for closing in sorted({month, *self.between(month)}):
            self.world.ledger.close_month(closing, actor=CHECKER, recorded_at=self.world.moment(month_end(month)))
            self.closed[closing] = self.world.closed_books(closing)
        for closed, books in self.closed.items():
            assert self.world.closed_books(closed) == books, closed
        self.n += 1 + skip

    def between(self, month: str) -> list[str]:
        """Months for which no cycle was run, since the last close."""
        last = max(self.closed, default="")
        found, n = [], self.n
        while last and n > 0:
            n -= 1
            earlier = f"{2025 + (n + 2) // 12:04d}-{(n + 2) % 12 + 1:02d}"
            if earlier <= last:
                break
            found.append(earlier)
        return found

    def due(self, as_of: date) -> dict[tuple[str, ...], int]:
        """Every entitlement by the oracle."""
        rates = [
            {"entity_id": tin, "price": "case_rate", "cohort": "all", "effective_from": date(2025, 1, 1), "effective_to": date(2100, 1, 1),
             "status": "final", "amount_cents": cents(dollars)}
            for tin, dollars in RATES.items()
        ]  # fmt: skip
        tables = {name: [{k: v for k, v in r.items() if v != ""} for r in rows] for name, rows in self.known.items()}
        numbered = {name: [{**r, "_file": name, "_row": n} for n, r in enumerate(rows, 1)] for name, rows in tables.items()}
        found = oracle.run_tables({**numbered, "prices": rates}, self.values, as_of, through=as_of)
        return {
            (p["purpose"], p["entity_id"], f"{p['period_start_date']:%Y-%m}", p["member_id"], "", p["claim_id"] or ""): p["amount_cents"]
            for p in found["payments"]
        }


@pytest.mark.xdist_group("flow_machine")
def test_cycles_under_any_facts_book_what_the_oracle_says() -> None:
    SEEN.clear()
    run_state_machine_as_test(
        FlowMachine,
        settings=settings(
            max_examples=CAMPAIGN // 5 or 4, stateful_step_count=60 if CAMPAIGN else 40, deadline=None, derandomize=not CAMPAIGN,
            database=None,
            phases=[p for p in Phase if CAMPAIGN or p not in (Phase.shrink, Phase.explain)], suppress_health_check=SLOW,
        ),
    )  # fmt: skip
    say(str(dict(SEEN)))
    wanted = ["case_rate up", "case_rate down", "ffs_adjustment up", "ffs_adjustment down", "correction of a closed month"]
    assert [what for what in wanted if not SEEN[what]] == []
    assert SEEN["cycles"] >= 10
