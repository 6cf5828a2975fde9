-- Takes every diagnosis.
-- reads: claim_diagnoses
-- writes: candidate_diagnoses
-- grain: one diagnosis position of one claim version, as often as it was loaded
-- key: version_id, position, code
SELECT d.version_id, d.position, d.code, d.code_system, d.present_on_admission FROM claim_diagnoses AS d
