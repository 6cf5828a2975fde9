"""The pools that the contracts of one id of terms share in a period: a fixed bonus pool, or the challenge pool."""

from __future__ import annotations

from fractions import Fraction

from trueup.entity_grain import cite_of, decimal_text, number, word
from trueup.settlement.bonus import bonus_terms
from trueup.settlement.contract_terms import terms_of, words_at
from trueup.settlement.contract_work import Run, Work
from trueup.settlement.pools import Claim, PoolRow, PoolShareRow, Shares, challenge_pool, split_pool


def share_bonus_pool(run: Run, terms_id: str, works: list[Work]) -> None:
    """Split the fixed pool of these terms; while one contract is held, all wait."""
    bonus = works[0].bonus
    if bonus is None or bonus.method != "pool":
        return
    waiting = [w for w in works if w.draft.held]
    shares = Shares(bonus.amount_cents, {}, 0)
    if not waiting:
        shares = split_pool(bonus.amount_cents, [(w.contract.contract_id, w.weight or Fraction(0)) for w in works])
    for work in works:
        part = shares.shares.get(work.contract.contract_id, 0)
        if waiting:
            work.draft.hold("pool_waits")
        else:
            work.draft.ladder.cents("bonus_from_pool", part)
            work.draft.amount_cents = part
        _note_share(run, terms_id, "bonus", work, work.weight or Fraction(0), 0, 0, part)
    _note_pool(run, terms_id, "bonus", shares, 0, len(works), len(waiting))


def report_pool_of_nobody(run: Run, terms_id: str) -> None:
    """State a fixed pool as undistributed where every contract of these terms was refused."""
    bonus = bonus_terms(run.rules, terms_of(run.rules, terms_id))
    if bonus.method == "pool":
        _note_pool(run, terms_id, "bonus", Shares(bonus.amount_cents, {}, bonus.amount_cents), 0, 0, 0)


def share_challenge_pool(run: Run, terms_id: str, works: list[Work]) -> None:
    """Split what quality left unearned over the contracts past every gate; while one is held, the pool waits and the rest is paid.

    It also waits for a contract that owes at once but whose gate of gains is not known: it may be due a part.
    """
    path = f"contracts.terms.{terms_id}.challenge"
    if not run.rules.has(path) or word(run.rules, f"{path}.pool") != "on":
        for work in works:
            if work.shared and work.shared.past_gates:
                work.draft.ladder.text("challenge_pool", "off")
        return
    measures = words_at(run.rules, f"{path}.measures")
    pass_score = number(run.rules, f"{path}.pass_score")
    waiting = [w for w in works if w.draft.held or (w.shared is not None and w.shared.awaits_gate)]
    inside = [w for w in works if w.shared is not None and w.shared.past_gates and not w.draft.held]
    claims = {
        w.contract.contract_id: Claim(
            w.contract.contract_id,
            w.shared.potential_cents,
            w.shared.individual_cents,
            w.panel.members,
            w.card.passed(measures, pass_score),
        )
        for w in inside
        if w.shared is not None
    }
    shares = challenge_pool(claims.values())
    if waiting:
        shares = Shares(shares.pool_cents, {}, 0)
    for work in inside:
        claim = claims[work.contract.contract_id]
        part, ladder = shares.shares.get(claim.contract_id, 0), work.draft.ladder
        ladder.count("challenge_measures_passed", claim.measures_passed, cite_of(run.rules, f"{path}.pass_score"))
        ladder.count("challenge_weight", claim.members * claim.measures_passed)
        if waiting:
            ladder.text("challenge_pool", "waits for a contract that is held")
        else:
            ladder.cents("challenge_pool", shares.pool_cents)
            ladder.cents("challenge", part)
            work.draft.amount_cents += part
            if part and work.draft.reason not in ("savings_shared", "losses_shared"):
                ladder.text("individual_reason", work.draft.reason)
                work.draft.reason = "challenge_earned"
        weight = Fraction(claim.members * claim.measures_passed)
        _note_share(run, terms_id, "challenge", work, weight, claim.potential_cents, claim.individual_cents, part)
    _note_pool(run, terms_id, "challenge", shares, sum(c.individual_cents for c in claims.values()), len(inside), len(waiting))


def _note_pool(run: Run, terms_id: str, kind: str, shares: Shares, individual: int, contracts: int, waiting: int) -> None:
    paid = sum(shares.shares.values())
    status = "waits" if waiting else "undistributed" if shares.undistributed_cents else "paid" if paid else "empty"
    pool_id = f"{terms_id}.{kind}"
    row = PoolRow(
        pool_id, run.period.id, kind, terms_id, shares.pool_cents, individual, paid, shares.undistributed_cents, contracts, waiting, status
    )
    run.pools.append(row)


def _note_share(run: Run, terms_id: str, kind: str, work: Work, weight: Fraction, potential: int, individual: int, part: int) -> None:
    contract = work.contract
    run.pool_shares.append(
        PoolShareRow(f"{terms_id}.{kind}", contract.contract_id, contract.entity_id, decimal_text(weight), potential, individual, part)
    )
