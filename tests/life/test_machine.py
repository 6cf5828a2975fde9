"""The ledger under every act in any order, against an independent account of the books (`model.py`)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from life.ledger_machine import CAMPAIGN, ENTITIES, MEMBERS, PEOPLE, SEEN, LedgerMachine
from life.world import say

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
# What the examples must reach, so that agreement means something: acts that are done, and acts that are refused with a code.
REACHED = (
    "post", "post TRU-L010", "post TRU-L011", "post TRU-L012", "approve_one", "approve_one TRU-L016", "approve_one TRU-L020",
    "approve_by_its_maker TRU-L014", "void", "void TRU-L016", "void TRU-L021", "remit", "answer", "answer TRU-L027", "recover_elsewhere",
    "recover_elsewhere TRU-L023", "close", "close TRU-L017", "close TRU-L018", "reopen", "reopen TRU-L024", "dispute", "the_dispute_ends",
    "approve_one TRU-L078",
)  # fmt: skip


@pytest.mark.xdist_group("machine")
def test_the_books_are_those_of_an_independent_account_after_every_act() -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=CAMPAIGN or 20, stateful_step_count=60 if CAMPAIGN else 30, deadline=None, derandomize=not CAMPAIGN, database=None,
            phases=[p for p in Phase if CAMPAIGN or p not in (Phase.shrink, Phase.explain)], suppress_health_check=SLOW,
        ),
    )  # fmt: skip


# What a long walk draws for an argument of a rule, by its name.
DRAWS: dict[str, Callable[[Random], Any]] = {
    **dict.fromkeys(("maker", "who"), lambda rng: rng.choice(PEOPLE)),
    "entity": lambda rng: rng.choice(ENTITIES),
    "member": lambda rng: rng.choice(MEMBERS),
    "kind": lambda rng: rng.choice(("trigger", "visit", "gap", "gap")),
    "n": lambda rng: rng.randrange(12),
    "back": lambda rng: rng.randrange(4),
    "part": lambda rng: rng.randrange(6),
    "stage": lambda rng: rng.randrange(6),
    "cents": lambda rng: rng.randrange(900_00),
    "crash_at": lambda rng: rng.choice((0, 0, rng.randrange(1, 30))),
    "amounts": lambda rng: {(e, rng.choice(("", "sud"))): rng.randrange(-50_00, 900_00) for e in rng.sample(ENTITIES, 2)},
    **dict.fromkeys(
        ("is_void", "is_pending", "is_settled", "arrives", "is_approved", "gives_up", "is_next", "is_last", "is_denied"),
        lambda rng: rng.random() < 0.5,
    ),
}


@pytest.mark.xdist_group("machine")
def test_long_walks_come_by_every_kind_of_act_and_refusal() -> None:
    """The same rules, drawn evenly and for longer: agreement means something because everything happens."""
    SEEN.clear()
    for seed in range(CAMPAIGN or 12):
        rng, machine = Random(seed), LedgerMachine()
        machine.begin()
        try:
            for _ in range(90):
                found = rng.choice(machine.rules)
                if all(holds(machine) for holds in found.preconditions):
                    found.function(machine, **{name: DRAWS[name](rng) for name in found.arguments})
                    machine.all_is_well()
        except Exception:
            say(f"seed {seed}")
            raise
        finally:
            machine.teardown()
    say(str(dict(SEEN)))
    assert [what for what in REACHED if not SEEN[what]] == []
