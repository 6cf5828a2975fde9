"""Risk adjustment: factors of episodes, models fitted on a base period, frozen relativities, and exact scores.

Definition: docs/reference/risk.md.
"""
