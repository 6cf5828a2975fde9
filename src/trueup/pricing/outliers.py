"""The outlier line: a percentile of the base period's risk-standardized costs, taken before anything is averaged.

An episode's standardized cost is total cost / risk score. The line is the state's (or a cohort's in the state), never an entity's:
the 99th percentile of thirty episodes is simply their maximum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal, cast

from trueup.entity_grain import RuleReader, number_or_off, word
from trueup.errors import CheckFailed, Refused
from trueup.money import round_half_up
from trueup.pricing.inputs import BaseEpisode, OutlierLine, PriceEpisode

PercentileMethod = Literal["nearest_rank", "linear", "higher"]
MICRO = 1_000_000


def exceeds(total_cost_cents: int, line_cents: int, risk_score: Decimal) -> bool:
    """Whether an episode's cost lies above the line, strictly: cost > line × risk, exact. A cost at the line stays."""
    return Fraction(total_cost_cents) > line_cents * Fraction(risk_score)


def falls_below(total_cost_cents: int, line_cents: int, risk_score: Decimal) -> bool:
    """Whether an episode's cost lies below the low line, strictly: cost < line × risk, exact."""
    return Fraction(total_cost_cents) < line_cents * Fraction(risk_score)


def rank_weights(count: int, percentile: Decimal, method: PercentileMethod) -> list[tuple[int, Fraction]]:
    """Which ascending positions (from 0) make up a percentile, and with what weights.

    `nearest_rank` is the value at rank ceil(p × n); `linear` (type 7) lies between the two values around position (n − 1) × p, and `higher`
    is the upper one of them.
    """
    if count < 1 or not 0 < percentile <= 1:
        raise Refused("TRU-P004", f"no percentile {percentile} of {count} episodes.", next_step="Correct outliers.*_percentile.")
    if method == "nearest_rank":
        return [(-int(-Fraction(percentile) * count // 1) - 1, Fraction(1))]
    position = Fraction(percentile) * (count - 1)
    low = int(position)
    share = position - low
    if method == "higher":
        return [(low + 1 if share else low, Fraction(1))]
    return [(low, 1 - share), (low + 1, share)] if share else [(low, Fraction(1))]


def micros_of(risk_score: Decimal) -> int:
    """A risk score in millionths, so that comparing is integer arithmetic. Raises CheckFailed if it has more than six decimals."""
    micros = risk_score * MICRO
    if micros <= 0 or micros != int(micros):
        raise CheckFailed(
            "TRU-P003", f"risk score {risk_score} is not positive with at most six decimals.", next_step="Correct the risk scores."
        )
    return int(micros)


def risk_micros(episode: BaseEpisode) -> int:
    """The risk score of a base episode in millionths, see `micros_of`."""
    return micros_of(episode.risk_score)


def line_at(episodes: Sequence[BaseEpisode], percentile: Decimal, method: PercentileMethod = "nearest_rank") -> Fraction:
    """The percentile of total cost / risk score, in cents, unrounded."""
    # Two different quotients of cents and millionths (below 10^9) differ by at least 10^-12; scaled by 10^13 their whole parts differ too,
    # so these integers sort exactly as the fractions would, and much faster.
    scale = MICRO * 10**13
    ordered = sorted((e.total_cost_cents * scale // micros, e.total_cost_cents, micros) for e in episodes for micros in (risk_micros(e),))
    weights = rank_weights(len(ordered), percentile, method)
    return sum((weight * Fraction(ordered[i][1] * MICRO, ordered[i][2]) for i, weight in weights), Fraction(0))


def method_of(rules: RuleReader, path: str) -> PercentileMethod:
    """The rank rule named at a path of the rules; nearest rank where they name none."""
    return cast("PercentileMethod", word(rules, path)) if rules.has(path) else "nearest_rank"


@dataclass
class Sums:
    """Retained base episodes of one entity and cohort (or of the state): counts, cents and risk in millionths.

    `in_scope_cents` is the part of the cost that a published case rate stands for, `in_scope_months` its months and `priced_cents` those
    months at the rates.
    """

    episodes: int = 0
    outliers: int = 0
    cost_cents: int = 0
    micros: int = 0
    in_scope_cents: int = 0
    in_scope_months: int = 0
    priced_cents: int = 0

    def add(self, other: Sums) -> None:
        """Add another group's sums."""
        self.episodes += other.episodes
        self.outliers += other.outliers
        self.cost_cents += other.cost_cents
        self.micros += other.micros
        self.in_scope_cents += other.in_scope_cents
        self.in_scope_months += other.in_scope_months
        self.priced_cents += other.priced_cents

    @property
    def risk(self) -> Fraction:
        """Σ risk scores."""
        return Fraction(self.micros, MICRO)

    @property
    def mean(self) -> Fraction:
        """Σ cost / Σ risk in cents, unrounded: what one episode of risk 1 costs."""
        return Fraction(self.cost_cents * MICRO, self.micros)


@dataclass
class Base:
    """The base period after the outlier rule. `given_cents` are all dollars before it, by entity and cohort."""

    method: str
    lines: dict[tuple[str, str], Fraction] = field(default_factory=dict[tuple[str, str], Fraction])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    groups: dict[tuple[str | None, str], Sums] = field(default_factory=lambda: defaultdict(Sums))
    given_cents: dict[tuple[str | None, str], int] = field(default_factory=lambda: defaultdict(int))

    def by_entity(self) -> dict[str | None, Sums]:
        """All cohorts of each entity together."""
        totals: dict[str | None, Sums] = defaultdict(Sums)
        for (entity_id, _), sums in self.groups.items():
            totals[entity_id].add(sums)
        return totals

    def state(self) -> Sums:
        """All retained base episodes, attributed or not."""
        total = Sums()
        for sums in self.groups.values():
            total.add(sums)
        return total

    def frozen(self, trend_factor: Decimal) -> list[OutlierLine]:
        """The lines as they apply in the priced period: × trend, to cents."""
        return [
            OutlierLine(scope, tail, round_half_up(line), trend_factor, round_half_up(line * Fraction(trend_factor)), self.counts[scope])
            for (scope, tail), line in sorted(self.lines.items())
        ]


def apply_outlier_rule(rules: RuleReader, episodes: Iterable[BaseEpisode], rates: Mapping[str, int] | None = None) -> Base:
    """Take the lines from all base episodes given, then exclude or truncate what lies beyond them.

    In the base itself the unrounded line is compared, so the episode that sets the line always stays. `truncate` counts line × risk,
    to a cent, in place of the cost; the cut falls on what is not in scope of a case rate. `rates` are the published case rates in cents
    a month, by entity: the lines come from what care cost, before any of it is priced at them.
    """
    how, published = method_of(rules, "outliers.percentile_method"), rates or {}
    by_cohort, method = rules.get("outliers.scope") == "state_cohort", str(rules.get("outliers.method"))
    scopes: dict[str, list[BaseEpisode]] = defaultdict(list)
    for episode in episodes:
        scopes[f"state_cohort:{episode.cohort}" if by_cohort else "state"].append(episode)
    base = Base(method)
    for scope, members in scopes.items():
        base.counts[scope] = len(members)
        for tail, path in (("high", "outliers.high_percentile"), ("low", "outliers.low_percentile")):
            percentile = number_or_off(rules, path)
            if percentile is not None:
                base.lines[scope, tail] = line_at(members, percentile, how)
        high, low = base.lines.get((scope, "high")), base.lines.get((scope, "low"))
        for episode in members:
            _count(base, episode, high, low, published)
    return base


def beyond(episode: BaseEpisode, high: Fraction | None, low: Fraction | None) -> Literal["high", "low"] | None:
    """The line an episode lies beyond, compared exactly and strictly; None if it lies between them."""
    micros, cost = risk_micros(episode), episode.total_cost_cents
    if high is not None and cost * MICRO * high.denominator > high.numerator * micros:
        return "high"
    if low is not None and cost * MICRO * low.denominator < low.numerator * micros:
        return "low"
    return None


def mark_outliers(rules: RuleReader, episodes: Sequence[BaseEpisode], rows: Iterable[PriceEpisode]) -> list[PriceEpisode]:
    """The base episodes as a price sheet lists them, with those beyond an outlier line marked: taken out, or used at the line."""
    base = apply_outlier_rule(rules, episodes)
    by_cohort = rules.get("outliers.scope") == "state_cohort"
    tails: dict[str, str | None] = {}
    for episode in episodes:
        scope = f"state_cohort:{episode.cohort}" if by_cohort else "state"
        tails[episode.episode_id] = beyond(episode, base.lines.get((scope, "high")), base.lines.get((scope, "low")))
    marked: list[PriceEpisode] = []
    for row in rows:
        tail = tails.get(row.episode_id) if row.used else None
        marked.append(replace(row, used=base.method != "exclude", reason=f"{tail}_cost_outlier") if tail else row)
    return marked


def _count(base: Base, episode: BaseEpisode, high: Fraction | None, low: Fraction | None, rates: Mapping[str, int]) -> None:
    """Put one episode into its group, as it is, as the line, or as a removed outlier."""
    in_scope = [part for part in episode.in_scope if part.entity_id in rates]
    covered = sum(part.covered_cents for part in in_scope)
    base.given_cents[episode.entity_id, episode.cohort] += episode.total_cost_cents - covered
    sums, micros, cost = base.groups[episode.entity_id, episode.cohort], risk_micros(episode), episode.total_cost_cents
    tail = beyond(episode, high, low)
    if tail is not None:
        sums.outliers += 1
        if base.method == "exclude":
            return
        line = high if tail == "high" else low
        assert line is not None
        cost = round_half_up(line * micros / MICRO)
    sums.episodes += 1
    sums.cost_cents += cost
    sums.micros += micros
    sums.in_scope_cents += covered
    sums.in_scope_months += sum(part.months for part in in_scope)
    sums.priced_cents += sum(part.months * rates[part.entity_id] for part in in_scope)
