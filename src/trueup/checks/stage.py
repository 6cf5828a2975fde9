"""Invariants that stop a run: each step lists violations, and any row stops the engine.

Reads: the tables of the finished stages. Writes: one `check_` table per invariant, empty when it holds.
Source: the promises in README.md.
"""

from trueup.engine import steps_of

STEPS = steps_of(__file__)
