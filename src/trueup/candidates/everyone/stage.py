"""Where every member counts, all claims are candidates' claims, read where they lie. See `candidates/stage.py`."""

from trueup.engine import steps_of

STEPS = steps_of(__file__, views=("candidate_members", "candidate_lines", "candidate_diagnoses", "candidate_procedures"))
