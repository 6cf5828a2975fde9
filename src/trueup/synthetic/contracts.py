"""Contracts of payers with the practices of primary care: who is under which terms when, moves between tracks, gates, and risk scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from trueup.synthetic.arrow import ArrowTable, choose, day, table
from trueup.synthetic.calendar import day_number
from trueup.synthetic.draw import Draw, Ints, scale
from trueup.synthetic.entities import Row
from trueup.synthetic.primary_care import PrimaryCare
from trueup.synthetic.primary_care_truth import risk_of
from trueup.synthetic.themes import Theme

if TYPE_CHECKING:
    from trueup.rules.program import Period, Program

# practices that move between tracks on the first day and in the middle of the year, and one without evidence
MOVES, MOVES_LATE, UNPROVEN = 1, 2, 6
NOT_REVIEWED, FAILS_REVIEW = 5, 7  # practices without a result of a gate from outside, and with a bad one
UNSCORED = 40  # members without a risk score, per mille
# risk scores are the truth with noise: per mille, triangular
SCORE_NOISE = 250


@dataclass(frozen=True)
class Offer:
    """Terms that one program has for a payer."""

    program: Program
    terms: str
    track: str


def offers(programs: list[Program]) -> dict[str, list[Offer]]:
    """By payer, in order of name: the terms of each program, upside-only tracks first."""
    found: dict[str, list[Offer]] = {}
    for program in sorted(programs, key=lambda p: p.id):
        for terms in program.ids("contracts.terms"):
            path = f"contracts.terms.{terms}.payer"
            if program.known(path):
                found.setdefault(program.text(path), []).append(Offer(program, terms, str(program.get("contracts.track"))))
    return {payer: found[payer] for payer in sorted(found)}


def contract_rows(programs: list[Program], c: PrimaryCare) -> list[Row]:
    """A contract of most practices with most payers, on one track or the other; one practice moves, one moves late, one lacks evidence."""
    rows: list[Row] = []
    for j, (payer, offered) in enumerate(offers(programs).items()):
        for k in range(c.practices):
            if (3 * k + j) % 7 == 6:
                continue
            now = offered[(k + j) % len(offered)]
            first = _first_performance(now.program)
            spans = [(now, first.first_day, None)]
            if len(offered) > 1 and k in (MOVES, MOVES_LATE):
                before = first.first_day.replace(year=first.first_day.year - 1)
                moved = first.first_day if k == MOVES else first.first_day.replace(month=7)
                spans = [(offered[0], before, moved), (offered[1], moved, None)]
            for n, (offer, since, until) in enumerate(spans):
                name = f"K{c.ents.region:02d}-{k + 1}-{j + 1}-{n + 1}"
                rows.append(_contract(c, offer, payer, k, name, since, until, is_proven=(k, j) != (UNPROVEN, 1)))
    return rows


def _contract(c: PrimaryCare, offer: Offer, payer: str, k: int, name: str, since: date, until: date | None, *, is_proven: bool) -> Row:
    size = int(((c.home == k) & (c.members.payer == c.members.payers.index(payer))).sum())
    decided = since - timedelta(days=90)
    return {
        "program": offer.program.id, "contract_id": name, "payer": payer, "entity_id": c.ents.ids[k], "terms_id": offer.terms,
        "track": offer.track, "effective_from": since.isoformat(), "effective_to": until.isoformat() if until else "",
        "decided_by": "Invented committee",
        "decided_on": decided.isoformat(), "evidence": f"panel report and agreement {name}" if is_proven else "", "panel_size": str(size),
        "received_date": (decided + timedelta(days=5)).isoformat(),
    }  # fmt: skip


def _first_performance(program: Program) -> Period:
    return min((p for p in program.periods if p.role == "performance"), key=lambda p: p.first_day)


def gate_rows(programs: list[Program], c: PrimaryCare) -> list[Row]:
    """Results of the gates that no scorecard decides, by practice and performance period: most pass, one fails, one is not there yet."""
    rows: list[Row] = []
    for program in programs:
        gates = {gate for terms in program.ids("contracts.terms") for gate in _outside_gates(program, terms)}
        for period in (p for p in program.periods if p.role == "performance"):
            for gate in sorted(gates):
                for k in range(c.practices):
                    if k == NOT_REVIEWED:
                        continue
                    rows.append(
                        {"program": program.id, "entity_id": c.ents.ids[k], "period": period.id, "gate": gate,
                         "passed": "false" if k == FAILS_REVIEW else "true", "score": "", "multiplier": "",
                         "received_date": (period.last_day + timedelta(days=60)).isoformat()}
                    )  # fmt: skip
    return rows


def _outside_gates(program: Program, terms: str) -> list[str]:
    """The gates of terms that look at no domain of the scorecard."""
    path = f"contracts.terms.{terms}.gates"
    domains = {gate: f"{path}.{gate}.domain" for gate in program.ids(path)}
    return [gate for gate, domain in domains.items() if not (program.has(domain) and program.get(domain))]


def score_tables(t: Theme, c: PrimaryCare, programs: list[Program]) -> Iterator[ArrowTable]:
    """Risk scores of most members in every period of every program: the true risk with noise, so that the mean stays near one."""
    draw = Draw.of_theme(0, t.region, 55)
    n = len(c.members)
    scored = np.flatnonzero(~draw.chance(UNSCORED, n)).astype(np.int64)
    score = scale(risk_of(c)[scored], draw.noise(len(scored), SCORE_NOISE))
    for program in programs:
        for period in program.periods:
            yield table({
                "program": choose((program.id,), _zeros(scored)), "member_id": t.ids(scored),
                "period": choose((period.id,), _zeros(scored)),
                "risk_score": choose([f"{i / 1000:.3f}" for i in range(10_000)], np.minimum(score, 9_999)),
                "received_date": day(np.full(len(scored), day_number(period.last_day) + 30)),
            })  # fmt: skip


def _zeros(like: Ints) -> Ints:
    return np.zeros(len(like), dtype=np.int64)
