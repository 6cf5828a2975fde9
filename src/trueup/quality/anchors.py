"""What results are held against in a period: numbers of the rules, the own baseline, or figures of the peers; and the peers themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from trueup.quality.card import Anchor, Card, Slot
from trueup.quality.evidence import Book, Evidence
from trueup.quality.peers import PeerResults
from trueup.quality.points import rounded
from trueup.quality.small_numbers import mean_of_peers


@dataclass(frozen=True, slots=True)
class Held:
    """One figure a slot is held against: where it comes from, its value or None, and how many entities stand behind it."""

    origin: str
    rate: Fraction | None
    entities: int = 0

    @property
    def status(self) -> str:
        return "known" if self.rate is not None else "too_few_entities"


@dataclass
class Anchors:
    """The figures of one period. `baseline` is the period of baselines, empty where there is none; every figure found is kept in `used`."""

    card: Card
    book: Book
    period: str
    baseline: str
    used: dict[tuple[str, str, str], Held] = field(default_factory=dict[tuple[str, str, str], Held])
    _peers: dict[tuple[str, str, str], PeerResults] = field(default_factory=dict[tuple[str, str, str], PeerResults])

    def result(self, slot: Slot, evidence: Evidence | None, period: str, group: str) -> Fraction | None:
        """The result of some evidence as it is compared: rounded first, where the rules say so."""
        if evidence is None:
            return None
        trim = None
        if slot.statistic == "trimmed_mean" and slot.trim_percent is None:
            trim = self.book.fences(slot.evidence, slot.measure, period, group, self.card.peers.method)
        rate = evidence.rate(slot.statistic, trim, slot.trim_percent)
        return None if rate is None else self.compared(rate)

    def compared(self, rate: Fraction) -> Fraction:
        """A result or figure as it enters a comparison."""
        places = self.card.scoring.rate_places
        return rate if places is None else rounded(rate, places)

    def own_baseline(self, slot: Slot, entity: str) -> Fraction | None:
        """The entity's result in the baseline period; None where it rests on too few units."""
        if not self.baseline:
            return None
        found = self.book.of(slot.evidence, slot.measure, entity, self.baseline)
        if found is None or found.denominator < max(slot.minimum_denominator, 1):
            return None
        return self.result(slot, found, self.baseline, self.book.group_of(entity))

    def peers(self, slot: Slot, period: str, group: str) -> PeerResults:
        """The results of the peers of a slot that rest on enough units."""
        key = (slot.id, period, group)
        if key not in self._peers:
            found: list[tuple[Fraction, int]] = []
            for evidence in self.book.peers(slot.evidence, slot.measure, period, group).values():
                rate = self.result(slot, evidence, period, group)
                if rate is not None and evidence.denominator >= slot.minimum_denominator:
                    found.append((rate, evidence.denominator))
            self._peers[key] = PeerResults(tuple(found), slot.direction)
        return self._peers[key]

    def hold(self, slot: Slot, figure: str, anchor: Anchor, entity: str) -> Fraction | None:
        """The value of one anchor for an entity: `figure` says what it is for. None where too few peers stand behind it."""
        if isinstance(anchor, Fraction):
            self._keep(slot, figure, "", Held("rule", anchor))
            return anchor
        if anchor == "own_baseline":
            return self.own_baseline(slot, entity)
        group = self.book.group_of(entity)
        known = self.used.get((slot.id, group, figure))
        if known is not None:
            return known.rate
        when, _, name = anchor.partition("_")
        period = self.baseline if when == "baseline" else self.period
        peers = self.peers(slot, period, group) if period else PeerResults((), slot.direction)
        count = len(peers.results)
        rate = self.compared(peers.figure(name, self.card.peers.method)) if count >= max(self.card.peers.minimum, 1) else None
        self._keep(slot, figure, group, Held(anchor, rate, count))
        return rate

    def _keep(self, slot: Slot, figure: str, group: str, held: Held) -> None:
        self.used.setdefault((slot.id, group, figure), held)

    def spread(self, slot: Slot, entity: str) -> tuple[Fraction, Fraction] | None:
        """Mean and variance of the peers in this period; None where there are too few."""
        group = self.book.group_of(entity)
        mean = self.hold(slot, "mean", "peer_mean", entity)
        variance = self.peers(slot, self.period, group).variance(self.card.peers.deviation)
        return None if mean is None or variance is None else (mean, variance)

    def shrink_target(self, slot: Slot, group: str) -> Fraction | None:
        """The mean over all units of the peer group in this period, small entities among them: what few units are drawn toward."""
        found: list[tuple[Fraction, int]] = []
        for evidence in self.book.peers(slot.evidence, slot.measure, self.period, group).values():
            rate = self.result(slot, evidence, self.period, group)
            if rate is not None:
                found.append((rate, evidence.denominator))
        return mean_of_peers(found)

    def median(self, slot: Slot, entity: str) -> Fraction | None:
        """The peers' median that decides whether a measure is topped out: of the baseline, or of this period where there is none."""
        return self.hold(slot, "median", "baseline_median" if self.baseline else "peer_median", entity)
