"""The base of the case rates: checked rows, the pregnancies that count, and costs pulled in at a percentile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from trueup.entity_grain import RuleReader, cite_of, number_or_off, require_unique, word
from trueup.errors import CheckFailed
from trueup.money import format_cents, round_half_up, split, to_places
from trueup.pricing.inputs import BaseCaseRate, CaseRateBasis, Finding
from trueup.pricing.outliers import method_of, micros_of, rank_weights

DELIVERIES = ("live_birth", "stillbirth")


@dataclass(frozen=True, slots=True)
class Unit:
    """One counted pregnancy of an entity. `counted_cents` are what winsorizing left."""

    months: int
    counted_cents: int
    micros: int


@dataclass
class Practice:
    """The base of one entity: the counted pregnancies, and the losses beside them."""

    units: list[Unit] = field(default_factory=list[Unit])
    covered_cents: int = 0
    loss_months: int = 0
    loss_cents: int = 0

    @property
    def pregnancies(self) -> int:
        return len(self.units)

    @property
    def months(self) -> int:
        return sum(unit.months for unit in self.units)

    @property
    def counted_cents(self) -> int:
        return sum(unit.counted_cents for unit in self.units)


@dataclass
class CaseRateBase:
    """All entities of the base, the rows that show it, and how costs were pulled in."""

    practices: dict[str, Practice]
    rows: list[CaseRateBasis]
    findings: list[Finding]
    winsorized: str


def case_rate_base(rules: RuleReader, section: str, rows: Iterable[BaseCaseRate]) -> CaseRateBase:
    """Sort the base by entity; `base_population` says whether losses count. Open pregnancies never do.

    Raises:
        CheckFailed: TRU-P028 for a row without months that has dollars, negative numbers, or a key that comes twice.
    """
    given = sorted((row for row in rows if _checked(row)), key=lambda row: (row.entity_id, row.pregnancy_id))
    require_unique([(row.entity_id, row.pregnancy_id) for row in given], "TRU-P028", "case-rate base")
    population = DELIVERIES if word(rules, f"{section}.base_population") == "deliveries" else (*DELIVERIES, "loss")
    counting = [row for row in given if row.end_kind in population and row.months]
    counted, words = _winsorize(rules, section, counting)
    practices: dict[str, Practice] = defaultdict(Practice)
    for row, cents in zip(counting, counted, strict=True):
        practice = practices[row.entity_id]
        practice.units.append(Unit(row.months, cents, micros_of(row.risk_score)))
        practice.covered_cents += row.covered_cents
    for row in given:
        if row.end_kind == "loss" and "loss" not in population:
            practices[row.entity_id].loss_months += row.months
            practices[row.entity_id].loss_cents += row.covered_cents
    kept = {(row.entity_id, row.pregnancy_id): cents for row, cents in zip(counting, counted, strict=True)}
    return CaseRateBase(dict(practices), _basis(given, kept), _findings(given), words)


def _checked(row: BaseCaseRate) -> bool:
    """True, or CheckFailed: months and dollars belong together."""
    if row.months < 0 or row.covered_cents < 0 or (row.covered_cents and not row.months):
        message = f"{row.entity_id}: a base pregnancy has {row.months} months and {row.covered_cents} cents in scope."
        raise CheckFailed("TRU-P028", message, next_step="Dollars are in scope in paid months only; correct the replay.")
    return True


def _winsorize(rules: RuleReader, section: str, rows: Sequence[BaseCaseRate]) -> tuple[list[int], str]:
    """In-scope cents of each row after pulling pregnancies above the state's percentile down to it, and the words for the ladder.

    The percentile is taken over pregnancies, all entities of one together; the line is rounded to a cent, and where several entities
    share a pregnancy above it, it is split by their dollars so that the parts add up.
    """
    path = f"{section}.winsorize_percentile"
    percentile, cite = number_or_off(rules, path), cite_of(rules, path)
    if percentile is None or not rows:
        return [row.covered_cents for row in rows], f"{cite}; off"
    of: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        of[row.pregnancy_id].append(position)
    totals = {pregnancy: sum(rows[i].covered_cents for i in positions) for pregnancy, positions in of.items()}
    ordered = sorted(totals.values())
    method = method_of(rules, f"{section}.winsorize_method")
    line = round_half_up(sum((w * ordered[i] for i, w in rank_weights(len(ordered), percentile, method)), Fraction(0)))
    counted = [row.covered_cents for row in rows]
    above = [pregnancy for pregnancy, total in totals.items() if total > line]
    for pregnancy in above:
        for position, cents in zip(of[pregnancy], split(line, [rows[i].covered_cents for i in of[pregnancy]]), strict=True):
            counted[position] = cents
    return counted, f"{cite}; {method} of {len(ordered)} pregnancies is {format_cents(line)}, {len(above)} above it"


def _basis(given: Sequence[BaseCaseRate], kept: dict[tuple[str, str], int]) -> list[CaseRateBasis]:
    """One row for each entity and kind of ending."""
    groups: dict[tuple[str, str], list[BaseCaseRate]] = defaultdict(list)
    for row in given:
        groups[row.entity_id, row.end_kind].append(row)
    found = list[CaseRateBasis]()
    for (entity_id, _), members in sorted(groups.items()):
        months, lines = sum(r.months for r in members), sum(r.covered_lines for r in members)
        found.append(
            CaseRateBasis(
                entity_id,
                members[0].end_kind,
                len(members),
                months,
                lines,
                sum(r.covered_cents for r in members),
                sum(kept.get((r.entity_id, r.pregnancy_id), 0) for r in members),
                to_places(Fraction(lines, months) if months else Fraction(0), 6),
            )
        )
    return found


def _findings(given: Sequence[BaseCaseRate]) -> list[Finding]:
    pregnancies = {row.pregnancy_id for row in given if row.end_kind == "open"}
    if not pregnancies:
        return []
    message = f"{len(pregnancies)} pregnancies of the base are still open: they count in no case rate."
    return [Finding("TRU-P032", len(pregnancies), message)]
