"""Challenges: a draft is published, practices answer with evidence case by case, and each answer is decided before anything is final."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, cast

from trueup.entity_grain import RuleReader, number
from trueup.errors import Place, Refused
from trueup.pricing.price_set import PriceSet, append_event, read_price_set, require_no_scenario

Decision = Literal["upheld", "rejected", "withdrawn"]
DAYS = "prices.challenge_days"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One disputed case: a claim line, or with `claim_id` empty a whole episode.

    Attributes:
        change: `remove` what the base should not hold, `add` what it lacks.
        reason: why, in words.
        episode_id: the base episode the line belongs to; empty for a line of a pregnancy without one.
        claim_id, version_seq, claim_line_number: the line.
        cents: its cost on the program's basis.
        pregnancy_id, covered_by: where the line is in scope of a case rate: the pregnancy, and the entity whose rate covers it.
        months: how many paid months come (positive) or go (negative) with the line; 0 where others hold the same months.
    """

    change: Literal["remove", "add"]
    reason: str
    episode_id: str = ""
    claim_id: str = ""
    version_seq: int = 1
    claim_line_number: int = 0
    cents: int = 0
    pregnancy_id: str = ""
    covered_by: str = ""
    months: int = 0


@dataclass(frozen=True, slots=True)
class Challenge:
    """What one entity disputes about one of its prices, by whom, when and with which evidence."""

    entity_id: str
    price: str
    filed_by: str
    filed_on: date
    evidence: tuple[Evidence, ...]

    @property
    def challenge_id(self) -> str:
        """The first 16 hex digits of the SHA-256 of the challenge: the same challenge filed again is the same."""
        return hashlib.sha256(json.dumps(self.as_row(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]

    def as_row(self) -> dict[str, Any]:
        """The challenge as the manifest holds it."""
        return {**asdict(self), "filed_on": self.filed_on.isoformat(), "evidence": [asdict(e) for e in self.evidence]}


def challenges_of(prices: PriceSet) -> dict[str, Challenge]:
    """Every challenge filed against a set, by id, in the order of filing."""
    found: dict[str, Challenge] = {}
    for event in prices.events:
        if event.kind == "challenged":
            row = cast("dict[str, Any]", event.detail["challenge"])
            evidence = tuple(Evidence(**e) for e in row["evidence"])
            found[event.detail["challenge_id"]] = Challenge(
                row["entity_id"], row["price"], row["filed_by"], date.fromisoformat(row["filed_on"]), evidence
            )
    return found


def decisions_of(prices: PriceSet) -> dict[str, Decision]:
    """The decision of each decided challenge."""
    return {e.detail["challenge_id"]: e.detail["decision"] for e in prices.events if e.kind == "decided"}


def publish(folder: Path, rules: RuleReader, *, by: str, on: date) -> PriceSet:
    """Publish a draft for challenge. The last day to challenge is `prices.challenge_days` days later; without that rule there is none.

    Raises:
        Refused: TRU-P036 where the set is final or was published already; TRU-P051 of a scenario.
    """
    found = read_price_set(folder)
    require_no_scenario(found)
    if found.status == "final" or _published(found):
        raise _refused_state(found, "cannot be published", "is final" if found.status == "final" else "was published already")
    until = (on + timedelta(days=int(number(rules, DAYS)))).isoformat() if rules.has(DAYS) else ""
    return append_event(folder, found, "published", on, by, {"challenge_until": until})


def file_challenge(folder: Path, challenge: Challenge) -> PriceSet:
    """File a challenge against a published set. The same challenge filed again changes nothing.

    Raises:
        Refused: TRU-P035 after the last day; TRU-P036 where the set is not published, is final, or was published later than the filing;
            TRU-P037 where the entity has no such price or the evidence is incomplete.
    """
    found = read_price_set(folder)
    if challenge.challenge_id in challenges_of(found):
        return found
    published = _published(found)
    if found.status == "final" or published is None or challenge.filed_on < published[0]:
        why = "is final" if found.status == "final" else "was not published by that day"
        raise _refused_state(found, f"cannot be challenged on {challenge.filed_on}", why)
    if published[1] and challenge.filed_on.isoformat() > published[1]:
        message = f"the challenge of {challenge.entity_id} came on {challenge.filed_on}; the last day was {published[1]}."
        raise Refused("TRU-P035", message, place=_place(found), next_step="A late objection goes to the appeal of the settlement.")
    _require_complete(found, challenge)
    detail = {"challenge_id": challenge.challenge_id, "challenge": challenge.as_row()}
    return append_event(folder, found, "challenged", challenge.filed_on, challenge.filed_by, detail)


def _require_complete(found: PriceSet, challenge: Challenge) -> None:
    place, who = _place(found), f"the challenge of {challenge.entity_id}"
    if not any((p.entity_id, p.price) == (challenge.entity_id, challenge.price) for p in found.content.prices):
        raise Refused("TRU-P037", f"{who}: it has no {challenge.price} here.", place=place, next_step="Name one of its prices.")
    if not challenge.filed_by.strip() or not challenge.evidence:
        raise Refused("TRU-P037", f"{who} names no person or no case.", place=place, next_step="Add who files it and the cases.")
    for position, one in enumerate(challenge.evidence, 1):
        whole = not one.claim_id
        named = bool(one.episode_id) or bool(one.pregnancy_id and one.covered_by)
        fits = (one.change == "remove" and not one.cents) if whole else one.claim_line_number > 0 and one.cents >= 0
        if not (one.reason.strip() and named and fits and bool(one.pregnancy_id) == bool(one.covered_by)):
            step = "Each case needs a reason, an episode or a pregnancy with the entity that covers it, and a line with its dollars."
            raise Refused("TRU-P037", f"{who}: case {position} is incomplete.", place=place, next_step=step)


def decide(folder: Path, challenge_id: str, decision: Decision, *, by: str, on: date, reason: str) -> PriceSet:
    """Decide a challenge, once, with a reason, by another person than who filed it; a withdrawal is by whoever filed it.

    Raises:
        Refused: TRU-P039 for an unknown or decided challenge, a missing reason, a day before the filing, or the wrong person.
    """
    found = read_price_set(folder)
    challenge = challenges_of(found).get(challenge_id)
    same = challenge is not None and by.strip().casefold() == challenge.filed_by.strip().casefold()
    why = None
    if challenge is None:
        why = "there is no such challenge"
    elif challenge_id in decisions_of(found):
        why = f"it was {decisions_of(found)[challenge_id]} already"
    elif found.status == "final":
        why = "the set is final"
    elif not reason.strip() or not by.strip():
        why = "a decision needs a person and a reason"
    elif on < challenge.filed_on:
        why = f"it was filed on {challenge.filed_on}, after {on}"
    elif same != (decision == "withdrawn"):
        why = "only who filed it can withdraw it" if decision == "withdrawn" else "who filed it cannot decide it"
    if why:
        message = f"challenge {challenge_id} cannot be {decision}: {why}."
        raise Refused("TRU-P039", message, place=_place(found), next_step="See the events of the price set.")
    return append_event(folder, found, "decided", on, by, {"challenge_id": challenge_id, "decision": decision, "reason": reason})


def _published(found: PriceSet) -> tuple[date, str] | None:
    """The day of publication and the last day to challenge (empty: none)."""
    return next(((e.on, str(e.detail["challenge_until"])) for e in found.events if e.kind == "published"), None)


def _place(found: PriceSet) -> Place:
    return Place(f"price set {found.price_set_id}")


def _refused_state(found: PriceSet, what: str, why: str) -> Refused:
    return Refused("TRU-P036", f"{what}: it {why}.", place=_place(found), next_step="Only a published draft takes challenges.")
