"""The gates of a contract: minimum scores of the scorecard's domains, and conditions whose results come from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, RuleReader, cite_of, compare, number_or_off, word
from trueup.settlement.contract_terms import Scorecard, Terms
from trueup.settlement.gates import Gates, Outcome
from trueup.settlement.inputs import Gate


def contract_gates(rules: RuleReader, terms: Terms, card: Scorecard, results: Mapping[str, Gate]) -> Gates:
    """How each gate of a contract stands for one entity.

    A gate with a domain is judged on the whole domain of the scorecard, whatever the contract reads of it for its score; too few to score
    is missing, not failed. A gate result given for that gate wins. Every other gate needs a result: under-service can disqualify a payment
    only with evidence, and a payment waits while there is none.
    """
    return Gates(
        tuple(_outcome(rules, f"{terms.path}.gates.{gate}", gate, card, results.get(gate)) for gate in rules.ids(f"{terms.path}.gates"))
    )


def _outcome(rules: RuleReader, path: str, gate: str, card: Scorecard, result: Gate | None) -> Outcome:
    blocks = word(rules, f"{path}.blocks")
    if result is not None and result.passed is not None:
        return Outcome(gate, "passed" if result.passed else "failed", blocks, None)
    if not rules.has(f"{path}.domain"):
        return Outcome(gate, "missing", blocks, None)
    minimum = number_or_off(rules, f"{path}.minimum_score")
    if minimum is None:
        return Outcome(gate, "not_applied", blocks, None)
    score = card.domain(word(rules, f"{path}.domain"))
    if score is None:
        return Outcome(gate, "missing", blocks, None)
    passed = compare(score, word(rules, f"{path}.operator"), Fraction(minimum))
    return Outcome(gate, "passed" if passed else "failed", blocks, None)


def show_gates(ladder: Ladder, rules: RuleReader, terms: Terms, gates: Gates, card: Scorecard) -> None:
    """One line per gate, with the domain's score and the minimum where it is a minimum."""
    for outcome in gates.outcomes:
        path = f"{terms.path}.gates.{outcome.id}"
        if rules.has(f"{path}.domain"):
            score, minimum = card.domain(word(rules, f"{path}.domain")), number_or_off(rules, f"{path}.minimum_score")
            if score is not None and minimum is not None:
                ladder.rate(f"gate_{outcome.id}_score", score)
                ladder.rate(f"gate_{outcome.id}_minimum", Decimal(minimum), cite_of(rules, f"{path}.minimum_score"))
        ladder.text(f"gate_{outcome.id}", outcome.state, cite_of(rules, f"{path}.blocks"))
