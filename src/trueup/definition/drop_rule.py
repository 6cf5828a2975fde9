"""The rule by which a code is proposed to be dropped for low use, stated as a record and applied to a studied code.

No threshold has a default: a rule without one proposes to drop nothing for low use, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from re import ASCII, fullmatch
from typing import Annotated, Literal

from pydantic import Field

from trueup.definition.stage import CodeUse
from trueup.errors import RuleErrors, UsageError
from trueup.rules.leaf import Count, Dollars, Rate, Section, Text
from trueup.rules.messages import validate
from trueup.rules.reader import read_yaml
from trueup.rules.value_sets import FORMS


class DropRule(Section):
    """Thresholds, how a value is compared with them, and whether missing one drops a code or only missing all.

    `lt` drops a code whose value is below the threshold, `le` also one that is just at it. Spend is in dollars, the share is of the
    members with an episode, from 0 to 1. `cite` says where the rule stands, if it stands anywhere.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    name: Text | None = None
    operator: Literal["lt", "le"] = "lt"
    combine: Literal["any", "all"] | None = None
    min_lines: Count | None = None
    min_claims: Count | None = None
    min_members: Count | None = None
    min_member_share: Rate | None = None
    min_spend: Dollars | None = None

    def thresholds(self) -> list[tuple[str, Decimal]]:
        """The stated thresholds by the name of what they compare, in a fixed order."""
        stated = (
            ("lines", self.min_lines), ("claims", self.min_claims), ("members", self.min_members),
            ("member_share", self.min_member_share), ("spend", self.min_spend),
        )  # fmt: skip
        return [(name, Decimal(value)) for name, value in stated if value is not None]

    def words(self) -> str:
        """The rule as one sentence."""
        stated = self.thresholds()
        if not stated:
            return "No drop rule was stated: low use drops no code."
        parts = [f"{_NAMES[name]} {_BELOW[self.operator]} {_amount(name, value)}" for name, value in stated]
        joined = f" {'and' if self.combine == 'all' else 'or'} ".join(parts)
        where = f" ({self.cite})" if self.cite else ""
        return f"A code is dropped for low use if it has {joined}{where}. Codes of the SUD set are kept."

    def record(self) -> dict[str, str]:
        """The rule as texts, for a manifest."""
        found = {name: f"{value:f}" for name, value in self.thresholds()}
        return {"operator": self.operator, "combine": self.combine or "", "cite": self.cite or "", "name": self.name or "", **found}


@dataclass(frozen=True)
class Proposal:
    """`keep` or `drop`, with the reason in words. The reason names no figure of the code: it outlives the sheet, in the approved list."""

    proposal: Literal["keep", "drop"]
    reason: str


_NAMES = {"lines": "lines", "claims": "claims", "members": "members", "member_share": "a share of members", "spend": "spend"}
_BELOW = {"lt": "below", "le": "at or below"}


def state_rule(file: Path | None, flags: dict[str, str | int | None]) -> DropRule:
    """The rule of a YAML file, or of flags; values of the flags as they were typed. Raises every fault at once.

    Raises:
        UsageError: TRU-D004 where both are given; TRU-D005 for a threshold of the wrong form; TRU-D006 where several thresholds are stated
            and not how they combine.
        RuleErrors: a rule file is wrong.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    if file and given:
        raise UsageError(
            "TRU-D004", f"the drop rule is stated twice: in {file} and by {_listed(given)}.", next_step="Keep the file or the flags."
        )
    if file:
        doc = read_yaml(file)
        if doc.errors:
            raise RuleErrors(doc.errors)
        rule, errors = validate(DropRule, doc.data, doc)
        if rule is None:
            raise RuleErrors(errors)
        return _combined(rule)
    for name, value in given.items():
        if name == "min_spend" and not fullmatch(r"\d+(\.\d{1,2})?", str(value), ASCII):
            raise UsageError("TRU-D005", f"--min-spend {value} is not dollars.", next_step="Write digits, at most two decimals: 1000.00.")
        if name == "min_member_share" and not (fullmatch(r"\d+(\.\d+)?", str(value), ASCII) and Decimal(str(value)) <= 1):
            raise UsageError("TRU-D005", f"--min-member-share {value} is not a share from 0 to 1.", next_step="Write one percent as 0.01.")
        if isinstance(value, int) and value < 0:
            raise UsageError("TRU-D005", f"--{name.replace('_', '-')} {value} is negative.", next_step="Write a count.")
    return _combined(DropRule.model_validate(given))


def _combined(rule: DropRule) -> DropRule:
    if len(rule.thresholds()) > 1 and rule.combine is None:
        raise UsageError(
            "TRU-D006",
            f"{len(rule.thresholds())} thresholds are stated, and not whether missing one of them drops a code or only missing all.",
            next_step="Say --combine any or --combine all, or `combine` in the rule file.",
        )
    return rule


def propose(use: CodeUse, rule: DropRule, members: int) -> Proposal:
    """What the stated rule proposes for a code, `members` being the members with an anchored episode.

    Newborn codes come first, because the flow never counts them for the mother; the SUD set comes before low use.
    """
    if use.is_newborn:
        return Proposal("drop", "A newborn code: the program keeps it out of the mother's episode whatever a code list says.")
    form = FORMS.get(use.code_system)
    if form is None:
        return Proposal("drop", f"Value sets know no code system {use.code_system}.")
    if not fullmatch(form, use.code, ASCII):
        return Proposal("drop", f"Not a canonical {use.code_system} code: no value set can hold it.")
    missed = "; ".join(missed_thresholds(use, rule, members))
    if use.is_sud:
        return Proposal("keep", "In the SUD set, which low use does not drop." + (f" Its use is low: {missed}." if missed else ""))
    if not rule.thresholds():
        return Proposal("keep", "Billed in the episodes; no drop rule was stated.")
    if is_dropped(use, rule, members):
        return Proposal("drop", f"Low use: {missed}.")
    return Proposal("keep", "Not low use by the stated rule" + (f", which drops only codes that miss all: {missed}." if missed else "."))


def is_dropped(use: CodeUse, rule: DropRule, members: int) -> bool:
    """Whether the thresholds drop the code, apart from what else is known of it."""
    missed = missed_thresholds(use, rule, members)
    return bool(missed) and (rule.combine != "all" or len(missed) == len(rule.thresholds()))


def missed_thresholds(use: CodeUse, rule: DropRule, members: int) -> list[str]:
    """The thresholds that a code misses, in words. Compared exactly, nothing rounded."""
    values = {
        "lines": Fraction(use.lines),
        "claims": Fraction(use.claims),
        "members": Fraction(use.members),
        "member_share": Fraction(use.members, members) if members else Fraction(0),
        "spend": Fraction(use.spend_cents, 100),
    }
    return [
        f"{_NAMES[name]} {_BELOW[rule.operator]} {_amount(name, threshold)}"
        for name, threshold in rule.thresholds()
        if values[name] < Fraction(threshold) or (rule.operator == "le" and values[name] == Fraction(threshold))
    ]


def _amount(name: str, value: Decimal) -> str:
    return f"{value:.2f} dollars" if name == "spend" else f"{value:f}"


def _listed(given: dict[str, str | int]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in given)
