"""Settle the contracts of one program and period: bonuses on one track, shared savings with a challenge pool on the other.

Order, the same for every contract: the rows do not contradict each other; it is proven and under terms of the rules; it has a panel and a
scorecard; its own ladder; held dollars; then the pools that contracts of the same terms share. A contract is refused (no row, a reason)
where it must not be settled or is too few to score, and held (a row of 0) where something is still awaited.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from trueup.entity_grain import PeriodDays, Price, RuleReader, cite_of, number, word
from trueup.errors import Refused
from trueup.settlement.bonus import bonus_cents, bonus_terms, show_bonus
from trueup.settlement.clocks import show_due_date
from trueup.settlement.contract_gates import show_gates
from trueup.settlement.contract_pools import report_pool_of_nobody, share_bonus_pool, share_challenge_pool
from trueup.settlement.contract_savings import Shared, settle_savings
from trueup.settlement.contract_terms import Contract, require_apart
from trueup.settlement.contract_work import ContractBook, Run, Work, open_contract, show_score, too_few, waits_for_reports
from trueup.settlement.draft import Draft
from trueup.settlement.inputs import Settlement, SettlementResult, SettlementStep
from trueup.settlement.pools import PoolRow, PoolShareRow

TRACKS = {"contract_bonus": "p4p", "contract_savings": "ssp"}

# What each computed step is made of, for people who recompute a ladder.
HOW: dict[str, str] = {
    "score": "Σ weight × domain score, over the domains that count",
    "bonus": "bonus_per_member_month × member_months × payout_factor, or base × bonus_rate × payout_factor",
    "pool_weight": "member_months × payout_factor",
    "bonus_from_pool": "bonus_pool split by pool_weight over all contracts of these terms, to the cent by largest remainder",
    "risk_weighted_months": "Σ risk score × months",
    "risk_ratio": "mean risk score of the period / mean risk score of the base",
    "expected": "benchmark_pmpm × risk_weighted_months",
    "actual": "cost after each member's cut",
    "savings": "expected − actual",
    "minimum_savings": "minimum_savings_rate × expected",
    "cap": "cap_rate × expected",
    "potential": "share_rate × savings up to the cap (cap_on savings), or share_rate × savings up to the cap (cap_on payment)",
    "individual": "potential at the score instead of at full quality",
    "unearned": "potential − individual; it goes to the challenge pool",
    "challenge_weight": "members × challenge_measures_passed",
    "challenge": "Σ unearned split by challenge_weight over all contracts of these terms past every gate, by largest remainder",
    "shared_loss": "−(loss_share_rate × loss), no more than loss_limit",
}


@dataclass(frozen=True)
class ContractResult:
    """Settlements with their ladders and refusals, the pools, and the score each contract was settled on."""

    result: SettlementResult
    pools: list[PoolRow]
    pool_shares: list[PoolShareRow]
    scores: Mapping[str, Fraction | None]


def settle_contracts(rules: RuleReader, period: PeriodDays, book: ContractBook, *, as_of: date) -> ContractResult:
    """Settle every contract of the program that a day of the period falls into.

    Raises:
        Refused: TRU-S001 for another mechanism; TRU-S124 to TRU-S126 for terms that cannot be settled; TRU-S137 before the claims of the
            period are mature; TRU-R014 for an unknown value.
        CheckFailed: TRU-S120 to TRU-S122 for contracts that contradict each other; TRU-S130 to TRU-S132 for a pool that does not add up.

    Source: rules `contracts`, `settlement`; docs/reference/panels.md.
    """
    mechanism = word(rules, "settlement.mechanism")
    if mechanism not in TRACKS:
        raise Refused("TRU-S001", f"no settlement mechanism `{mechanism}` for contracts.", next_step=f"Known: {', '.join(TRACKS)}.")
    _require_mature(rules, period, as_of)
    require_apart(book.contracts)
    run = Run(rules, period, book, as_of)
    own = sorted((c for c in book.contracts if c.program == rules.id and c.touches(period)), key=lambda c: (c.entity_id, c.contract_id))
    works = [work for contract in own if (work := open_contract(run, contract, TRACKS[mechanism]))]
    settle_one = _settle_bonus if mechanism == "contract_bonus" else _settle_savings
    works = [work for work in works if settle_one(run, work)]
    for work in works:
        _hold_dollars(run, work)
    by_terms: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        by_terms[work.contract.terms_id].append(work)
    share = share_bonus_pool if mechanism == "contract_bonus" else share_challenge_pool
    for terms_id in sorted(by_terms):
        share(run, terms_id, by_terms[terms_id])
    if mechanism == "contract_bonus":
        for terms_id in sorted({c.terms_id for c in own} & set(rules.ids("contracts.terms")) - set(by_terms)):
            report_pool_of_nobody(run, terms_id)
    for work in works:
        _finish(run, work)
    rows = [_row(work.draft) for work in works]
    steps = [step for work in works for step in _steps(work.draft)]
    return ContractResult(
        SettlementResult(rows, steps, run.refusals), run.pools, run.pool_shares, {w.contract.contract_id: w.score.total for w in works}
    )


def _require_mature(rules: RuleReader, period: PeriodDays, as_of: date) -> None:
    """A year that still runs, or whose claims still come, has no score and no cost that may be paid on."""
    first = period.last_day + timedelta(days=int(number(rules, "maturity.runout_days")))
    if as_of < first:
        message = f"{period.id} can be settled from {first} on, not as of {as_of}: its claims are not in."
        raise Refused("TRU-S137", message, next_step=f"Settle as of {first} or later.")


# --- the two mechanisms ----------------------------------------------------------------------------------------------------------------


def _settle_bonus(run: Run, work: Work) -> bool:
    """One contract's bonus; for a pool, its weight. False where it was refused."""
    work.weight = Fraction(0)
    if waits_for_reports(run, work):
        work.bonus = bonus_terms(run.rules, work.terms)
        return True
    if too_few(run, work):
        return False
    assert work.score.total is not None
    draft, ladder = work.draft, work.draft.ladder
    work.bonus = bonus_terms(run.rules, work.terms)
    ladder.count("members", work.panel.members)
    ladder.count("member_months", work.panel.member_months)
    show_score(run, work)
    show_gates(ladder, run.rules, work.terms, work.gates, work.card)
    bonus = show_bonus(ladder, run.rules, work.terms, work.bonus, work.panel, work.score.total)
    losses = bonus < 0
    missing, failed = work.gates.first("missing", losses=losses), work.gates.first("failed", losses=losses)
    if missing:
        draft.reason, draft.held = missing, True
    elif failed:
        draft.reason = failed
    elif work.bonus.method == "pool":
        work.weight = bonus
        draft.reason = "bonus_earned" if bonus else "score_earns_nothing"
    else:
        draft.amount_cents = bonus_cents(bonus, work.terms.downside)
        draft.reason = "bonus_earned" if draft.amount_cents > 0 else "bonus_taken_back" if draft.amount_cents < 0 else "score_earns_nothing"
    return True


def _settle_savings(run: Run, work: Work) -> bool:
    """One contract's savings or loss before the challenge pool. False where it was refused."""
    price = _price(run, work.contract)
    if price is None:
        return False
    if waits_for_reports(run, work):
        work.shared = Shared(0, 0, past_gates=False)
        return True
    scales = bool(run.rules.get(f"{work.terms.path}.sharing.quality_scales"))
    if scales and too_few(run, work):
        return False
    show_score(run, work)
    show_gates(work.draft.ladder, run.rules, work.terms, work.gates, work.card)
    quality = work.score.total if scales and work.score.total is not None else Fraction(1)
    base_risk = run.book.base_risk.get(work.contract.contract_id)
    work.shared = settle_savings(run.rules, work.terms, work.panel, work.gates, work.draft, price.amount_cents, base_risk, quality)
    return True


def _price(run: Run, contract: Contract) -> Price | None:
    """The benchmark of the contract's months, or None with the refusal noted."""
    rows = [p for p in run.book.prices.get(contract.contract_id, []) if p.price == "benchmark_pmpm" and p.entity_id == contract.entity_id]
    first = max(run.period.first_day, contract.effective_from)
    if not rows:
        run.refuse(contract, "TRU-S003", f"contract {contract.contract_id} has no benchmark.")
        return None
    covering = [p for p in rows if p.effective_from <= first < p.effective_to]
    if not covering:
        spans = ", ".join(sorted(f"{p.effective_from} up to, not including, {p.effective_to}" for p in rows))
        run.refuse(contract, "TRU-S004", f"contract {contract.contract_id} has benchmarks valid from {spans}, none on {first}.")
        return None
    return covering[0]


def _hold_dollars(run: Run, work: Work) -> None:
    """Hold a contract whose panel has more dollars on hold than the rules allow."""
    held, limit = work.panel.held_cents, int(number(run.rules, "maturity.held_dollars_limit") * 100)
    if held:
        work.draft.ladder.cents("held_dollars", held)
        work.draft.ladder.cents("held_dollars_limit", limit, cite_of(run.rules, "maturity.held_dollars_limit"))
    if held > limit:
        work.draft.hold("held_dollars")


# --- rows ------------------------------------------------------------------------------------------------------------------------------


def _finish(run: Run, work: Work) -> None:
    draft = work.draft
    draft.ladder.text("reason", draft.reason)
    draft.ladder.cents("amount", draft.amount_cents)
    show_due_date(draft.ladder, run.rules, run.period, run.as_of)


def _row(draft: Draft) -> Settlement:
    g = draft.group
    return Settlement(
        g.entity_id, g.period, g.cohort, g.unit_count, g.actual_cents, draft.expected_cents, draft.amount_cents, draft.status, draft.reason
    )


def _steps(draft: Draft) -> list[SettlementStep]:
    g = draft.group
    return [
        SettlementStep(g.entity_id, g.period, g.cohort, number, line.name, line.amount, line.unit, line.cite)
        for number, line in enumerate(draft.ladder.lines, 1)
    ]
