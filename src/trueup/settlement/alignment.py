"""How far payers are tied to one scorecard, and whether money followed quality: two tables that settle nothing.

Alignment is shown per payer's terms: measures shared with the common set, restated (same measure, another direction, target or
specification), left out and added; and the contracts and dollars that hang on the common set. Ranks stand beside payments because a pool
that always pays decouples money from quality.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import RuleReader, word
from trueup.money import round_half_up, to_places
from trueup.settlement.contract_terms import OWN, Contract, MeasureOfPayer, own_measures, weights_of, words_at
from trueup.settlement.inputs import Settlement
from trueup.settlement.panel_inputs import Panel


@dataclass(frozen=True, slots=True)
class CommonMeasure:
    """A measure of the common set: its direction and the value it is held to, as text, empty where there is none."""

    measure_id: str
    direction: str
    target: str


@dataclass(frozen=True, slots=True)
class AlignmentRow:
    """One measure under one payer's terms. Columns of table `payer_alignment`."""

    period: str
    payer: str
    terms_id: str
    measure_id: str
    relation: str
    conflict: str
    common_direction: str
    payer_direction: str
    common_target: str
    payer_target: str
    common_specification: str
    payer_specification: str


@dataclass(frozen=True, slots=True)
class PayerRow:
    """One payer's terms in sum. Columns of table `payer_contracts`."""

    period: str
    payer: str
    terms_id: str
    measures_shared: int
    measures_left_out: int
    measures_added: int
    measures_in_conflict: int
    contracts: int
    contracts_settled: int
    common_weight: Decimal
    paid_cents: int
    owed_cents: int
    common_paid_cents: int


@dataclass(frozen=True, slots=True)
class RankRow:
    """One contract's payment beside its quality rank. Columns of table `payment_ranks`; ranks begin at 1, equals share one."""

    period: str
    terms_id: str
    contract_id: str
    entity_id: str
    score: Decimal
    score_rank: int
    amount_cents: int
    member_months: int
    cents_per_member_month: Decimal
    payment_rank: int
    is_paid: bool


def alignment_rows(rules: RuleReader, period: str, common: Sequence[CommonMeasure], terms_ids: Iterable[str]) -> list[AlignmentRow]:
    """Every measure of the common set under each id of terms, and what the payer adds, in order of terms and measure."""
    rows: list[AlignmentRow] = []
    for terms_id in sorted(terms_ids):
        path = f"contracts.terms.{terms_id}"
        payer, left_out = word(rules, f"{path}.payer"), set(words_at(rules, f"{path}.left_out"))
        own = {(m.kind, m.measure_id): m for m in own_measures(rules, path)}
        for measure in sorted(common, key=lambda m: m.measure_id):
            restated = own.get(("restated", measure.measure_id)) or own.get(("added", measure.measure_id))
            rows.append(_row(period, payer, terms_id, measure, restated, measure.measure_id in left_out))
        names = {m.measure_id for m in common}
        added = [m for (kind, name), m in sorted(own.items()) if kind == "added" and name not in names]
        rows += [
            AlignmentRow(period, payer, terms_id, m.measure_id, "added", "", "", m.direction, "", f"{m.target:f}", "", m.specification)
            for m in added
        ]
    return rows


def _row(period: str, payer: str, terms_id: str, common: CommonMeasure, own: MeasureOfPayer | None, is_left_out: bool) -> AlignmentRow:
    if own is None or is_left_out:
        relation = "left_out" if is_left_out else "shared"
        mine = ("", "", "") if is_left_out else (common.direction, common.target, "common")
        return AlignmentRow(
            period, payer, terms_id, common.measure_id, relation, "", common.direction, mine[0], common.target, mine[1], "common", mine[2]
        )
    target = f"{own.target:f}"
    differs = [
        name
        for name, is_other in (
            ("specification", own.specification != "common"),
            ("direction", own.direction != common.direction),
            ("target", not common.target or Decimal(common.target) != own.target),
        )
        if is_other
    ]
    return AlignmentRow(
        period, payer, terms_id, common.measure_id, "restated", ";".join(differs), common.direction, own.direction, common.target, target,
        "common", own.specification,
    )  # fmt: skip


def payer_rows(
    rules: RuleReader, period: str, alignment: Iterable[AlignmentRow], contracts: Iterable[Contract], settlements: Iterable[Settlement]
) -> list[PayerRow]:
    """Measures, contracts and dollars by id of terms. Dollars on the common set are what was paid times the weight of its domains."""
    by_terms: dict[str, list[AlignmentRow]] = defaultdict(list)
    for row in alignment:
        by_terms[row.terms_id].append(row)
    amounts = {s.cohort: s.amount_cents for s in settlements}
    held: dict[str, list[Contract]] = defaultdict(list)
    for contract in contracts:
        held[contract.terms_id].append(contract)
    rows: list[PayerRow] = []
    for terms_id, measures in sorted(by_terms.items()):
        own_weight = weights_of(rules, f"contracts.terms.{terms_id}").get(OWN, Decimal(0))
        settled = [amounts[c.contract_id] for c in held[terms_id] if c.contract_id in amounts]
        paid = sum(a for a in settled if a > 0)
        count = {r: sum(1 for m in measures if m.relation == r) for r in ("shared", "left_out", "added")}
        rows.append(
            PayerRow(
                period, measures[0].payer, terms_id, count["shared"], count["left_out"], count["added"],
                sum(1 for m in measures if m.conflict), len(held[terms_id]), len(settled), 1 - own_weight, paid,
                -sum(a for a in settled if a < 0), round_half_up((1 - own_weight) * paid),
            )
        )  # fmt: skip
    return rows


def rank_rows(
    period: str,
    contracts: Iterable[Contract],
    settlements: Iterable[Settlement],
    scores: Mapping[str, Fraction | None],
    panels: Mapping[str, Panel],
) -> list[RankRow]:
    """Score rank and payment rank of every settled contract with a score, among the contracts of the same terms."""
    terms = {c.contract_id: c.terms_id for c in contracts}
    groups: dict[str, list[tuple[Settlement, Fraction, Fraction]]] = defaultdict(list)
    for s in settlements:
        score = scores.get(s.cohort)
        if score is not None and s.cohort in panels:
            groups[terms[s.cohort]].append((s, score, Fraction(s.amount_cents, panels[s.cohort].member_months)))
    rows: list[RankRow] = []
    for terms_id, members in sorted(groups.items()):
        for s, score, rate in sorted(members, key=lambda m: m[0].cohort):
            score_rank = 1 + sum(1 for _, other, _ in members if other > score)
            payment_rank = 1 + sum(1 for _, _, other in members if other > rate)
            rows.append(
                RankRow(
                    period, terms_id, s.cohort, s.entity_id, to_places(score, 6), score_rank, s.amount_cents,
                    panels[s.cohort].member_months, to_places(rate, 6), payment_rank, s.amount_cents > 0,
                )
            )  # fmt: skip
    return rows
