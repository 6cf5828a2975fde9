"""Candidates of this kind: members with a code of a birth or loss, a trigger, or care of a case rate. See `candidates/stage.py`."""

from trueup.candidates.stage import TAKE
from trueup.engine import steps_of

STEPS = (*steps_of(__file__), *TAKE)
