"""How much a case rate follows the entity's own base, and what the rest follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, RuleReader, cite_of, number, word
from trueup.errors import Refused
from trueup.money import to_places
from trueup.pricing.credibility import Group, Straub, buhlmann_straub, complement, limited_fluctuation
from trueup.pricing.inputs import Finding


@dataclass(frozen=True)
class Weights:
    """The weight of each entity's own base, and the complement in cents a month at risk 1 and base prices, unrounded."""

    section: str
    method: str
    own: Mapping[str, Decimal]
    complement: Fraction
    how: str
    straub: Straub | None = None
    findings: tuple[Finding, ...] = ()

    def show(self, ladder: Ladder, rules: RuleReader, pregnancies: int, entity_id: str) -> None:
        """The lines of the weights, with what they were computed from."""
        method = cite_of(rules, f"{self.section}.credibility")
        ladder.text("credibility", self.method, method)
        if self.method == "limited_fluctuation":
            ladder.count("credibility_pregnancies", pregnancies)
            full = number(rules, f"{self.section}.credibility_full_at")
            ladder.count("credibility_full_at", int(full), cite_of(rules, f"{self.section}.credibility_full_at"))
        if self.straub is not None:
            ladder.rate("variance_within", to_places(self.straub.epv, 6), "EPV, cents squared at one month")
            ladder.rate("variance_between", to_places(self.straub.vhm, 6), "VHM, cents squared")
            ladder.text("credibility_k", "none" if self.straub.k is None else f"{to_places(self.straub.k, 6):f}", "EPV / VHM, in months")
        source = cite_of(rules, f"{self.section}.weight_state") if self.method == "off" else method
        ladder.rate("weight_own", self.own[entity_id], source)
        ladder.rate("weight_state", 1 - self.own[entity_id])


def weights_of(rules: RuleReader, section: str, groups: Mapping[str, Group], pregnancies: Mapping[str, int]) -> Weights:
    """The weights that the rules name: a fixed weight of the state, limited fluctuation, or Bühlmann-Straub.

    Raises:
        Refused: TRU-P029 where both a weight of the state and a method are set, or the method lacks its count.
    """
    method, state = word(rules, f"{section}.credibility"), number(rules, f"{section}.weight_state")
    if method == "off":
        fixed = dict.fromkeys(groups, 1 - state)
        mean = sum((g.amount for g in groups.values()), Fraction(0)) / sum((g.exposure for g in groups.values()), Fraction(0))
        return Weights(section, method, fixed, mean, "Σ dollars / Σ months of all entities")
    if state:
        message = f"a weight of the state of {state} and credibility by {method} are both set."
        raise Refused("TRU-P029", message, next_step=f"Set {section}.weight_state to 0, or {section}.credibility off.")
    how = "the mean weighted by months × (1 - weight_own), so that the blend moves no dollar"
    if method == "limited_fluctuation":
        if not rules.has(f"{section}.credibility_full_at") or number(rules, f"{section}.credibility_full_at") < 1:
            step = f"Set {section}.credibility_full_at."
            raise Refused("TRU-P029", "limited fluctuation needs the pregnancies at which a base stands alone.", next_step=step)
        full = number(rules, f"{section}.credibility_full_at")
        weights = {e: limited_fluctuation(pregnancies[e], full) for e in groups}
        return Weights(section, method, weights, complement(groups, weights), how)
    straub = buhlmann_straub(groups)
    weights = {e: straub.z(g.exposure) for e, g in groups.items()}
    findings = (Finding("TRU-P048", len(groups), f"case rates: {straub.note}."),) if straub.note else ()
    return Weights(section, method, weights, complement(groups, weights), how, straub, findings)
