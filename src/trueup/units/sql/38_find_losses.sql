-- Finds losses apart from births: loss claims joined while the next begins within thirty days.
-- reads: member_claims, birth_events, event_evidence
-- writes: loss_events
-- grain: one pregnancy loss
-- key: member_id, loss_date
WITH loss_claims AS (
  SELECT c.member_id, c.version_id, c.from_date
  FROM member_claims AS c
  ANTI JOIN event_evidence AS e ON e.version_id = c.version_id
  WHERE c.has_loss = 1 AND c.is_newborn = 0
),
part_of_birth AS (
  SELECT DISTINCT c.version_id
  FROM loss_claims AS c
  JOIN birth_events AS b ON b.member_id = c.member_id
  WHERE c.from_date >= CAST(b.stay_start_date - INTERVAL 30 DAY AS DATE) AND c.from_date <= b.stay_end_date
),
ordered AS (
  SELECT c.member_id, c.from_date, LAG(c.from_date) OVER (PARTITION BY c.member_id ORDER BY c.from_date, c.version_id) AS earlier_date
  FROM loss_claims AS c
  ANTI JOIN part_of_birth AS p ON p.version_id = c.version_id
)
SELECT DISTINCT member_id, from_date AS loss_date
FROM ordered
WHERE earlier_date IS NULL OR DATE_DIFF('day', earlier_date, from_date) > 30
