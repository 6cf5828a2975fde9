"""Candidates of this kind: members with a code of an anchor procedure. See `candidates/stage.py`."""

from trueup.candidates.stage import TAKE
from trueup.engine import steps_of

STEPS = (*steps_of(__file__), *TAKE)
