"""A contract while it is settled: what it reads, whether it can be settled at all, and its score on the ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, PeriodDays, Price, RuleReader, cite_of, word
from trueup.settlement.bonus import BonusTerms
from trueup.settlement.contract_gates import contract_gates
from trueup.settlement.contract_savings import Shared
from trueup.settlement.contract_terms import Contract, Score, Scorecard, Terms, read_score, score_text, terms_of
from trueup.settlement.draft import Draft
from trueup.settlement.gates import Gates
from trueup.settlement.inputs import Gate, Refusal, UnitGroup
from trueup.settlement.panel_inputs import Panel
from trueup.settlement.pools import PoolRow, PoolShareRow


@dataclass(frozen=True)
class ContractBook:
    """What settling contracts reads. `contracts` are those of every program, so that overlaps across tracks are seen.

    `panels` and `prices` are by contract id, `cards`, `gates` and `reported` by entity; `base_risk` is the mean score behind a benchmark.
    """

    contracts: Sequence[Contract]
    panels: Mapping[str, Panel]
    cards: Mapping[str, Scorecard]
    gates: Mapping[str, Mapping[str, Gate]]
    reported: Mapping[str, Mapping[str, Fraction]] = field(default_factory=dict[str, Mapping[str, Fraction]])
    prices: Mapping[str, Sequence[Price]] = field(default_factory=dict[str, Sequence[Price]])
    base_risk: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])


@dataclass
class Work:
    """One contract while it is settled. `weight` is its part in a bonus pool, `shared` its savings."""

    contract: Contract
    terms: Terms
    panel: Panel
    card: Scorecard
    gates: Gates
    score: Score
    draft: Draft
    bonus: BonusTerms | None = None
    weight: Fraction | None = None
    shared: Shared | None = None


@dataclass
class Run:
    rules: RuleReader
    period: PeriodDays
    book: ContractBook
    as_of: date
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    pools: list[PoolRow] = field(default_factory=list[PoolRow])
    pool_shares: list[PoolShareRow] = field(default_factory=list[PoolShareRow])

    def refuse(self, contract: Contract, code: str, message: str) -> None:
        self.refusals.append(Refusal(contract.entity_id, self.period.id, contract.contract_id, code, message))


def open_contract(run: Run, contract: Contract, track: str) -> Work | None:
    """A contract ready to settle, or None with the refusal noted."""
    rules, book = run.rules, run.book
    unproven, known = contract.unproven(), contract.terms_id in rules.ids("contracts.terms")
    payer = word(rules, f"contracts.terms.{contract.terms_id}.payer") if known else ""
    panel, card = book.panels.get(contract.contract_id), book.cards.get(contract.entity_id)
    problem: tuple[str, str] | None = None
    if contract.track != track:
        problem = ("TRU-S129", f"is of the track {contract.track}; this program settles {track}.")
    elif unproven:
        problem = ("TRU-S133", f"has no {', '.join(unproven)}: an entry or a move counts only with its evidence.")
    elif not known:
        problem = ("TRU-S123", f"names the terms `{contract.terms_id}`, which the rules do not have.")
    elif payer != contract.payer:
        problem = ("TRU-S134", f"is with {contract.payer}, and its terms `{contract.terms_id}` are those of {payer}.")
    elif panel is None or not panel.member_months:
        problem = ("TRU-S135", "has no member-months in the period.")
    if problem is None and panel is not None:
        terms = terms_of(rules, contract.terms_id)
        if panel.members < terms.minimum_members:
            problem = ("TRU-S136", f"has {panel.members} members, fewer than {terms.minimum_members}: too few to score.")
        elif card is None or not (card.in_progress or any(s.score is not None for s in card.slots)):
            problem = ("TRU-S127", f"is not settled: {contract.entity_id} is not on the scorecard, too few to score.")
        else:
            return _ready(run, contract, terms, panel, card)
    assert problem is not None
    run.refuse(contract, problem[0], f"contract {contract.contract_id} {problem[1]}")
    return None


def _ready(run: Run, contract: Contract, terms: Terms, panel: Panel, card: Scorecard) -> Work:
    gates = contract_gates(run.rules, terms, card, run.book.gates.get(contract.entity_id, {}))
    reported = _reported(run.book.reported.get(contract.entity_id, {}), contract.terms_id)
    first = max(run.period.first_day, contract.effective_from)
    group = UnitGroup(
        contract.entity_id, run.period.id, contract.contract_id, panel.members, panel.truncated_cost_cents, None, first,
        run.period.last_day, panel.held_cents,
    )  # fmt: skip
    ladder = Ladder()
    ladder.text("payer", contract.payer)
    ladder.text("terms", contract.terms_id, run.rules.param(f"{terms.path}.payer").cite)
    ladder.day("contract_from", contract.effective_from)
    if contract.effective_to is not None:
        ladder.day("contract_to", contract.effective_to)
    ladder.text("decided_by", str(contract.decided_by), str(contract.evidence))
    return Work(contract, terms, panel, card, gates, read_score(terms, card, reported), Draft(group, ladder, 0, 0, ""))


def _reported(results: Mapping[str, Fraction], terms_id: str) -> dict[str, Fraction]:
    """The results submitted under a payer's own terms: `<terms id>.<measure>`."""
    prefix = f"{terms_id}."
    return {name.removeprefix(prefix): rate for name, rate in results.items() if name.startswith(prefix)}


def show_score(run: Run, work: Work) -> None:
    ladder, terms = work.draft.ladder, work.terms
    for domain, weight in terms.weights.items():
        ladder.rate(f"weight_{domain}", weight, cite_of(run.rules, f"{terms.path}.domains.{domain}.weight"))
        if domain in work.score.domains:
            score = work.score.domains[domain]
            if score is None:
                ladder.text(f"score_{domain}", score_text(score))
            else:
                ladder.rate(f"score_{domain}", score)
    if work.score.missing:
        ladder.text("domains_missing", ";".join(work.score.missing), cite_of(run.rules, f"{terms.path}.missing_domain"))
    if work.score.total is not None:
        ladder.rate("score", work.score.total)


def waits_for_reports(run: Run, work: Work) -> bool:
    """Hold a contract whose scorecard can still change. Returns whether it is held."""
    if not work.card.in_progress:
        return False
    show_score(run, work)
    work.draft.reason, work.draft.held = "scorecard_in_progress", True
    return True


def too_few(run: Run, work: Work) -> bool:
    """Refuse a contract whose score cannot be told. Returns whether it was refused."""
    if work.score.total is not None:
        return False
    missing = ", ".join(work.score.missing)
    run.refuse(work.contract, "TRU-S128", f"contract {work.contract.contract_id}: too few to score in {missing}.")
    return True
