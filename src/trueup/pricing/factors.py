"""Named factors of a price: changes of fees or program between base and priced period, and add-ons for services without history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from trueup.entity_grain import Ladder, PeriodDays, RuleReader, cite_of, number
from trueup.errors import CheckFailed, Refused
from trueup.pricing.inputs import Finding


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """One change: what care costs after it, of what it cost before. In force from `effective_from`."""

    id: str
    factor: Decimal
    effective_from: date
    cite: str


@dataclass(frozen=True)
class ProgramChanges:
    """All changes of a section, in rule order, and their product."""

    changes: tuple[ProgramChange, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def product(self) -> Fraction:
        """The product of the factors, exact."""
        product = Fraction(1)
        for change in self.changes:
            product *= Fraction(change.factor)
        return product

    def show(self, ladder: Ladder) -> None:
        """One line for each change; a line of 1.000000 where there is none, so that nobody wonders."""
        for change in self.changes:
            ladder.rate(f"program_change.{change.id}", change.factor, f"{change.cite}; in force from {change.effective_from}")
        if not self.changes:
            ladder.rate("program_changes", Decimal("1.000000"), "none")


def program_changes(rules: RuleReader, section: str, base: PeriodDays, priced: PeriodDays) -> ProgramChanges:
    """The changes listed under `section.program_changes`; none where the rules have no such list.

    A factor is used as the rule states it. A change that was in force before the base began is in the base already, and one that begins
    after the priced period does not reach it: both are refused, so that none is counted twice or for nothing. A change that begins within
    either period is a finding, because the stated factor must then be the one for the part that it moves.

    Raises:
        Refused: TRU-P033.
    """
    path = f"{section}.program_changes"
    found, findings = list[ProgramChange](), list[Finding]()
    for one in rules.ids(path) if rules.has(path) else []:
        factor, day = number(rules, f"{path}.{one}.factor"), rules.get(f"{path}.{one}.effective_from")
        if not isinstance(day, date):
            raise CheckFailed("TRU-P047", f"`{path}.{one}.effective_from` is no day.", next_step="Write it as 2025-01-31.")
        why = None
        if factor <= 0:
            why = f"a factor of {factor} leaves no price"
        elif day <= base.first_day:
            why = f"it was in force on {base.first_day}, when the base began, so the base holds it already"
        elif day > priced.last_day:
            why = f"it begins on {day}, after the priced period ends on {priced.last_day}"
        if why:
            raise Refused("TRU-P033", f"program change `{one}`: {why}.", next_step=f"Correct or remove it in {path}.")
        for period in (base, priced):
            if period.first_day < day <= period.last_day:
                message = f"program change {one} begins on {day}, within {period.id}; its factor {factor} is used as stated."
                findings.append(Finding("TRU-P034", 1, message))
        found.append(ProgramChange(one, factor, day, cite_of(rules, f"{path}.{one}.factor")))
    return ProgramChanges(tuple(found), tuple(findings))


@dataclass(frozen=True, slots=True)
class AddOn:
    """Cents for each paid month for a service that the base did not know."""

    id: str
    cents: Fraction
    cite: str


def add_ons(rules: RuleReader, section: str) -> list[AddOn]:
    """The add-ons listed under `section.add_ons`, in rule order; none where the rules have no such list."""
    path = f"{section}.add_ons"
    listed = rules.ids(path) if rules.has(path) else []
    return [
        AddOn(one, Fraction(number(rules, f"{path}.{one}.amount_per_month")) * 100, cite_of(rules, f"{path}.{one}.amount_per_month"))
        for one in listed
    ]
