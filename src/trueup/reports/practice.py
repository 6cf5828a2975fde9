"""One practice in one run: its periods, episodes, settlements and what of them may be shown. Every sum is tied to its table here."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from trueup.reports import figures, privacy, words
from trueup.reports.settled import NOT_ENDED, Settled
from trueup.reports.source import Row, RunData, is_retained


@dataclass(frozen=True)
class PracticePeriod(Settled):
    """A practice in one period. Episodes are those attributed or accountable to it; settlements have one row per cohort."""

    episodes: tuple[Row, ...] = ()

    @cached_property
    def counted(self) -> list[Row]:
        """Episodes that count: no exclusion reason, accountable to this entity."""
        return [e for e in self.episodes if is_retained(e) and e["accountable_entity_id"] == self.entity_id]

    @cached_property
    def left_out(self) -> list[Row]:
        kept = {e["episode_id"] for e in self.counted}
        return [e for e in self.episodes if e["episode_id"] not in kept]

    @property
    def unsettled_count(self) -> int:
        """Episodes that count and stand in no settlement."""
        return len(self.counted) - sum(row["unit_count"] for row in self.settlements)

    @property
    def cost_cents(self) -> int:
        return sum(e["total_cost_cents"] or 0 for e in self.counted)

    @property
    def gate(self) -> Row | None:
        return self.run.gates.get((self.entity_id, self.period))

    def counts(self) -> dict[str, int]:
        """Counted episodes by cohort."""
        return dict(Counter(str(e["cohort"]) for e in self.counted))

    def narrowed(self, cohort: str | None) -> PracticePeriod:
        """The same entity and period with the episodes and settlements of one cohort only; all of them without one."""
        if cohort is None:
            return self
        episodes = tuple(e for e in self.episodes if str(e["cohort"] or "") == cohort)
        settlements = tuple(s for s in self.settlements if s["cohort"] == cohort)
        return PracticePeriod(self.run, self.entity_id, self.period, settlements, episodes=episodes)

    def of_cohort(self, cohort: str) -> list[Row]:
        return [e for e in self.counted if e["cohort"] == cohort]

    def check(self) -> None:
        """Counts and costs shown must be those that were settled (promise: sum of parts = total). Raises CheckFailed.

        A run that does not say who took part (`took_part` null) may settle fewer episodes than are shown; never more.
        """
        for row in self.settlements:
            mine = self.of_cohort(row["cohort"])
            where = f"{self.run.program}/settlements/{self.entity_id},{self.period},{row['cohort']}"
            if len(mine) > row["unit_count"] and all(e["took_part"] is None for e in mine):
                continue
            figures.must_equal("settled episodes", len(mine), row["unit_count"], where)
            cost = sum(e["total_cost_cents"] or 0 for e in mine)
            figures.must_equal("cost of settled episodes", cost, row["actual_amount_cents"], where)


def why_unsettled(period: PracticePeriod) -> str:
    """Why an entity, or some of its episodes, has no settlement in a period: a refusal, its gate, or a run that stopped."""
    run = period.run
    if run.periods and period.period not in run.performance_periods:
        return "These days lie outside every period that settles."
    if run.is_open(period.period):
        return NOT_ENDED
    mine = {e["cohort"] for e in period.episodes}
    for refusal in run.refusals:
        if refusal["cohort"] and refusal["cohort"] not in mine:
            continue
        if refusal["entity_id"] in (period.entity_id, None, "") and refusal["period"] in (period.period, None, ""):
            return str(refusal["message"])
    gate = period.gate
    if gate and not gate["accountable"]:
        return f"{words.reason(gate['reason'] or 'not_accountable')}."
    if run.stopped:
        return f"The run stopped before settlement: {run.stopped[0].get('reason')}."
    return (
        "No episode counts in this period."
        if not period.counted
        else "The practice was not in the program, or the run did not settle this period."
    )


@dataclass(frozen=True)
class Peers:
    """The state's episodes of a period that have no exclusion reason, whoever is accountable: what every practice is set against."""

    run: RunData
    known: dict[str, tuple[dict[str, int], int]] = field(default_factory=dict[str, tuple[dict[str, int], int]])

    def of(self, period: str) -> tuple[dict[str, int], int]:
        """Cents by category, which add up to the total cost, and the number of episodes."""
        if period not in self.known:
            episodes = [e for e in self.run.episodes if e["period"] == period and not e["exclusion_reasons"]]
            self.known[period] = categories(self.run, episodes), len(episodes)
        return self.known[period]


@dataclass(frozen=True)
class Practice:
    """An entity with its periods, latest first."""

    run: RunData
    entity_id: str
    periods: tuple[PracticePeriod, ...]
    groups_shown: bool
    peers: Peers

    @property
    def name(self) -> str:
        return self.run.name(self.entity_id)

    def label(self, cohort: str) -> str:
        return privacy.labels(self.run.cohorts).get(cohort, "")


def practices(run: RunData, *, cohort_detail: bool = False) -> list[Practice]:
    """Every entity with a settlement or an episode in a settled period, by id. `cohort_detail` shows groups whatever their size:
    only for readers who may see them. Raises CheckFailed if an episode sum does not tie to its settlement."""
    periods = run.performance_periods
    if not any(e["period"] in periods for e in run.episodes):
        periods = sorted({e["period"] or "" for e in run.episodes} | {s["period"] for s in run.settlements}, reverse=True)
    episodes: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for episode in run.episodes:
        for entity in {episode["attributed_entity_id"], episode["accountable_entity_id"]} - {None, ""}:
            episodes[entity, episode["period"] or ""].append(episode)
    settled: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in run.settlements:
        settled[row["entity_id"], row["period"]].append(row)
    peers = Peers(run)
    entities = sorted({entity for entity, period in [*episodes, *settled] if period in periods})
    return [_practice(peers, entity, periods, episodes, settled, cohort_detail) for entity in entities]


def _practice(
    peers: Peers,
    entity: str,
    periods: list[str],
    episodes: dict[tuple[str, str], list[Row]],
    settled: dict[tuple[str, str], list[Row]],
    cohort_detail: bool,
) -> Practice:
    run, found = peers.run, list[PracticePeriod]()
    for period in periods:
        key = (entity, period)
        if key not in episodes and key not in settled:
            continue
        mine = sorted(episodes.get(key, []), key=lambda e: (e["delivery_date"], e["episode_id"]))
        rows = sorted(settled.get(key, []), key=lambda r: r["cohort"])
        found.append(PracticePeriod(run, entity, period, tuple(rows), episodes=tuple(mine)))
        found[-1].check()
    shown = cohort_detail or privacy.may_show_groups(run.cohorts, {p.period: p.counts() for p in found})
    return Practice(run, entity, tuple(found), shown, peers)


def period_of(run: RunData, entity_id: str, period: str) -> PracticePeriod:
    """One entity in one period, without checks."""
    mine = [e for e in run.episodes if e["period"] == period and entity_id in (e["attributed_entity_id"], e["accountable_entity_id"])]
    rows = [s for s in run.settlements if s["entity_id"] == entity_id and s["period"] == period]
    mine.sort(key=lambda e: (e["delivery_date"], e["episode_id"]))
    return PracticePeriod(run, entity_id, period, tuple(rows), episodes=tuple(mine))


CASE_RATE, CORRECTED, OVER_LINE = "case_rate_payments", "claim_corrections", "above_the_outlier_line"


def categories(run: RunData, episodes: list[Row], *, open_names: bool = True) -> dict[str, int]:
    """Cents of these episodes by category, with case-rate payments, corrections of claims and what an outlier line takes off.

    They add up to the episodes' total cost.

    `open_names` folds sensitive categories into one bucket. Raises CheckFailed if lines do not add up to the fee-for-service cost.
    """
    found: dict[str, int] = {privacy.OTHER_SERVICES: 0}
    for episode in episodes:
        parts = run.category_cents.get(episode["episode_id"], {})
        figures.must_equal(
            "included lines of an episode",
            sum(parts.values()) + (episode["adjustment_cost_cents"] or 0),
            episode["ffs_cost_cents"],
            f"{run.program}/episodes/{episode['episode_id']}",
        )
        for code, cents in parts.items():
            name = privacy.open_category(code) if open_names else code
            found[name] = found.get(name, 0) + cents
    paid = sum(e["case_rate_cost_cents"] or 0 for e in episodes)
    corrected = sum(e["adjustment_cost_cents"] or 0 for e in episodes)
    total = sum(e["total_cost_cents"] or 0 for e in episodes)
    taken_off = total - paid - corrected - sum(found.values())
    if paid:
        found[CASE_RATE] = paid
    if corrected:
        found[CORRECTED] = corrected
    if taken_off:
        found[OVER_LINE] = taken_off
    return found
