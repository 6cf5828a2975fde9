"""Candidates of this kind: members with an inpatient claim and a code of mental illness or self-harm. See `candidates/stage.py`."""

from trueup.candidates.stage import TAKE
from trueup.engine import steps_of

STEPS = (*steps_of(__file__), *TAKE)
