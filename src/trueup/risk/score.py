"""Scores of patterns: exact decimals, once per pattern, whatever the number of episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from trueup.errors import Refused
from trueup.risk.freeze import FrozenModel, score_of
from trueup.risk.inputs import Factor

SCORE_COLUMNS = {"pattern": "BIGINT", "risk_score": "DECIMAL(9,6)"}
_LIMIT = Decimal(1000)


def present(pattern: int, factors: Sequence[Factor]) -> frozenset[str]:
    """The factors of a pattern: those whose bit it holds."""
    return frozenset(f.id for f in factors if pattern & f.bit)


def score_patterns(model: FrozenModel, factors: Sequence[Factor], patterns: Sequence[int]) -> list[dict[str, object]]:
    """Rows of `pattern_scores`: pattern and risk score, six decimals.

    Raises:
        Refused: TRU-K029 for a score that is zero at six decimals, or a thousand or more; TRU-K021 as `raw_score`.
    """
    rows: list[dict[str, object]] = []
    for pattern in patterns:
        have = present(pattern, factors)
        score = score_of(model, have)
        if not 0 < score < _LIMIT:
            raise Refused("TRU-K029", f"the factors {', '.join(sorted(have)) or '(none)'} would score {score}.", next_step="Fit again.")
        rows.append({"pattern": pattern, "risk_score": score})
    return rows


def require_same_rules(model: FrozenModel, factors: Sequence[Factor], rules: Mapping[str, object] | None) -> None:
    """Refuse a model under rules it was not fitted under.

    Raises:
        Refused: TRU-K026 if the factors differ, TRU-K027 if the look-back or the days of early pregnancy differ or are not given.
    """
    asked = frozenset(f.id for f in factors)
    if asked != model.knows:
        words = ", ".join(sorted(asked ^ model.knows))
        raise Refused("TRU-K026", f"the rules and the frozen model differ in these factors: {words}.", next_step="Use one rule version.")
    fitted = {"lookback_days": model.terms.lookback_days, "early_days": model.terms.early_days}
    given = {name: None if rules is None else rules.get(name) for name in fitted}
    if given != fitted:
        message = f"the model was fitted with {fitted}, the rules say {given}: coding would be counted over other days."
        raise Refused("TRU-K027", message, next_step="The look-back is the same in base and performance period.")
