-- Keeps the measure submissions of the program known by the as-of date, all of them.
-- reads: measure_submissions, run_params
-- writes: visible_measure_submissions
-- grain: one submission of one measure by a practice
-- key: entity_id, period, measure_id, submission_id, stratum
SELECT s.entity_id, s.period, s.measure_id, s.submission_id, s.stratum, s.record_type, s.numerator, s.denominator, s.expected_denominator,
  s.value, s.attested_by, s.known_date
FROM measure_submissions AS s
JOIN run_params AS p ON p.program = s.program
WHERE s.known_date IS NULL OR s.known_date <= p.as_of
