-- Takes every ICD procedure.
-- reads: claim_procedures
-- writes: candidate_procedures
-- grain: one ICD procedure position of one claim version, as often as it was loaded
-- key: version_id, position, code
SELECT p.version_id, p.position, p.code, p.code_system, p.procedure_date FROM claim_procedures AS p
