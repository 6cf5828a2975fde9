"""The odds of luck: how often a contract pays where nothing changed, and how much of spending that costs.

Costs of episodes are taken as gamma distributed, so the mean of n episodes is again a gamma and the odds are exact, without simulation.
These are statements about a design, printed beside it; no amount is computed from them. Floats stay in this module, results have six
decimals.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from trueup.errors import Refused
from trueup.money import to_places
from trueup.pricing.credibility import Z_90


@dataclass(frozen=True, slots=True)
class Odds:
    """What chance alone does with `episodes` episodes and no true effect; all are shares.

    `minimum_rate` is the savings rate that luck passes one time in twenty by the normal distribution; `beyond_gain` and `beyond_loss` are
    the exact odds of saving, or losing, more than that: they differ because costs are skewed.
    """

    episodes: int
    any_saving: Decimal
    above_gate: Decimal
    minimum_rate: Decimal
    beyond_gain: Decimal
    beyond_loss: Decimal
    false_payout: Decimal
    false_payout_gated: Decimal


def odds_of_luck(episodes: int, cv: Decimal, *, gate: Decimal = Decimal("0.05"), share: Decimal = Decimal("0.5")) -> Odds:
    """The odds for a contract that shares first dollars once savings pass `gate` of the target.

    Args:
        episodes: episodes in the performance period.
        cv: standard deviation / mean of an episode's cost.
        gate: the minimum savings rate of `above_gate` and `false_payout_gated`.
        share: the provider's share.

    Raises:
        Refused: TRU-P050 where the library SciPy is not installed, or a value is not positive.
    """
    if episodes < 1 or cv <= 0:
        raise Refused("TRU-P050", f"no odds of {episodes} episodes at a CV of {cv}.", next_step="Both are positive.")
    gamma: Any = _gamma()
    shape = episodes / float(cv) ** 2
    minimum = minimum_savings_rate(episodes, cv)

    def below(rate: float) -> float:
        """The chance that the mean lies more than `rate` below the truth."""
        return float(gamma.cdf(1 - rate, shape, scale=1 / shape))

    error = float(cv) / math.sqrt(episodes)
    paid = float(share) * error / math.sqrt(2 * math.pi)
    gated = paid * math.exp(-((float(gate) / error) ** 2) / 2)
    return Odds(
        episodes,
        _six(below(0.0)),
        _six(below(float(gate))),
        minimum,
        _six(below(float(minimum))),
        _six(1 - below(-float(minimum))),
        _six(paid),
        _six(gated),
    )


def minimum_savings_rate(episodes: int, cv: Decimal, baseline_episodes: int | None = None) -> Decimal:
    """The one-sided 95 % minimum savings rate: z × CV × √(1/n), or √(1/n + 1/m) where the target is the provider's own m episodes."""
    spread = Fraction(1, episodes) + (Fraction(1, baseline_episodes) if baseline_episodes else 0)
    return _six(float(Z_90) * float(cv) * math.sqrt(spread))


def _gamma() -> Any:
    try:
        return importlib.import_module("scipy.stats").gamma
    except ImportError as error:
        step = "Install the extra `actuarial`."
        raise Refused("TRU-P050", "the odds of luck need the library SciPy, which is not installed.", next_step=step) from error


def _six(value: float) -> Decimal:
    return to_places(Fraction(value), 6)
