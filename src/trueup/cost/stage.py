"""Cost: total cost of care per episode, outliers, exclusion reasons, and the finished episodes.

Reads: Everything before, `prices` and `outlier_lines` of a price set.
Writes: `episodes`, `episode_lines`, `attrition`, `exclusion_hits`.
Grain: One episode; one line in a nominal window.
Units: money in cents.
Invariants: The cost of an episode is the sum of its included lines and case-rate dollars.
Source: docs/reference/mechanisms.md, section 9.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
