"""The cliffs of a program: the rules at which a cent, a day or one delivery more moves a result all at once.

Away from them, lower cost never earns less. A report lists them so that nobody is surprised by one.
"""

from __future__ import annotations

from dataclasses import dataclass

from trueup.rules.program import Program


@dataclass(frozen=True)
class Cliff:
    """One cliff: the rule that makes it, and what happens there in words."""

    path: str
    text: str


_OPERATORS = {"ge": "at or above", "gt": "above", "lt": "below", "le": "at or below", "eq": "at", "ne": "other than"}


def cliffs(program: Program) -> list[Cliff]:
    """Every cliff of the known rules, in the order of the flow."""
    found = [*_exclusions(program), *_volume(program), *_gates(program), *_savings(program), *_entity_savings(program)]
    return [c for c in found if program.known(c.path)]


def _exclusions(program: Program) -> list[Cliff]:
    found: list[Cliff] = []
    for item in program.ids("exclusions") if program.has("exclusions") else []:
        path = f"exclusions.{item}"
        if not all(program.known(f"{path}.{leaf}") for leaf in ("fact", "operator", "value")):
            continue
        fact, operator, value = (program.get(f"{path}.{leaf}") for leaf in ("fact", "operator", "value"))
        if value in (None, "off"):
            continue
        if str(fact) in ("cost_above_high_line", "cost_below_low_line"):
            side = "a cent above" if fact == "cost_above_high_line" else "a cent below"
            text = f"An episode {side} its outlier line leaves the result together with its target; at the line it stays."
            if program.known("outliers.method") and program.get("outliers.method") == "truncate" and fact == "cost_above_high_line":
                continue
        else:
            words = str(fact).replace("_", " ")
            compared = _OPERATORS.get(str(operator), str(operator))
            text = f"An episode with {words} {compared} {value} leaves the result together with its target."
        found.append(Cliff(f"{path}.value", text))
    return found


def _volume(program: Program) -> list[Cliff]:
    path = "attribution.accountable.min_deliveries"
    if not program.known(path) or program.get(path) is None or not program.known("attribution.accountable.operator"):
        return []
    operator = _OPERATORS.get(str(program.get("attribution.accountable.operator")), "")
    return [Cliff(path, f"A practice takes part with deliveries {operator} {program.get(path)}; one delivery decides.")]


def _gates(program: Program) -> list[Cliff]:
    return [
        Cliff("settlement.mechanism", f"A practice that fails the gate `{gate}` earns nothing, whatever its savings.")
        for gate in (program.ids("settlement.gates") if program.has("settlement.gates") else [])
    ]


def _savings(program: Program) -> list[Cliff]:
    path = "settlement.minimum_savings_rate"
    if not program.has(path) or not program.known(path) or program.get(path) in (None, "off"):
        return []
    return [Cliff(path, f"Savings count from {program.get(path)} of the target on: a cent below that rate earns nothing.")]


def _entity_savings(program: Program) -> list[Cliff]:
    """Where a benchmark is compared with an expenditure, both sides are shared from the first dollar once their minimum is reached."""
    path = "settlement.minimum_savings.choices"
    if not program.has(path):
        return []
    text = "Savings reach the minimum savings rate and are shared from the first dollar: a cent below it earns nothing."
    return [Cliff(path, text), Cliff("settlement.mechanism", "An organization that fails its quality standard shares no savings.")]
