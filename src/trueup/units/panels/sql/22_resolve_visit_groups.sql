-- Resolves the group that billed each visit: tax ID, then the entity it belongs to, then the billing NPI.
-- reads: visit_lines, final_provider, visible_entity_crosswalk
-- writes: visit_groups
-- grain: one final line with a primary-care visit
-- key: version_id, claim_line_number
WITH billers AS (SELECT DISTINCT billing_tin, billing_npi, visit_date FROM visit_lines),
by_npi AS (
  SELECT billing_tin, billing_npi, visit_date, tin, entity_id
  FROM (
    SELECT b.billing_tin, b.billing_npi, b.visit_date, r.tin, r.entity_id,
      ROW_NUMBER() OVER (
        PARTITION BY b.billing_tin, b.billing_npi, b.visit_date ORDER BY r.effective_from DESC NULLS LAST, r.tin, r.npi, r.entity_id, r.source_row
      ) AS row_rank
    FROM billers AS b
    JOIN final_provider AS r ON r.npi = b.billing_npi
    WHERE (r.effective_from IS NULL OR r.effective_from <= b.visit_date) AND (r.effective_to IS NULL OR b.visit_date < r.effective_to)
  ) AS ranked
  WHERE row_rank = 1
),
with_tin AS (
  SELECT b.billing_tin, b.billing_npi, b.visit_date, COALESCE(b.billing_tin, n.tin) AS tin, n.entity_id AS npi_entity_id
  FROM billers AS b
  LEFT JOIN by_npi AS n
    ON n.billing_npi = b.billing_npi AND n.visit_date = b.visit_date AND COALESCE(n.billing_tin, '') = COALESCE(b.billing_tin, '')
),
tins AS (SELECT DISTINCT tin, visit_date FROM with_tin WHERE tin IS NOT NULL),
by_crosswalk AS (
  SELECT tin, visit_date, entity_id
  FROM (
    SELECT t.tin, t.visit_date, x.entity_id,
      ROW_NUMBER() OVER (PARTITION BY t.tin, t.visit_date ORDER BY x.effective_from DESC NULLS LAST, x.entity_id) AS row_rank
    FROM tins AS t
    JOIN visible_entity_crosswalk AS x ON x.tin = t.tin
    WHERE (x.effective_from IS NULL OR x.effective_from <= t.visit_date) AND (x.effective_to IS NULL OR t.visit_date < x.effective_to)
  ) AS ranked
  WHERE row_rank = 1
),
by_tin AS (
  SELECT tin, visit_date, entity_id
  FROM (
    SELECT t.tin, t.visit_date, r.entity_id,
      ROW_NUMBER() OVER (PARTITION BY t.tin, t.visit_date ORDER BY r.effective_from DESC NULLS LAST, r.npi, r.entity_id) AS row_rank
    FROM tins AS t
    JOIN final_provider AS r ON r.tin = t.tin
    WHERE r.entity_id IS NOT NULL
      AND (r.effective_from IS NULL OR r.effective_from <= t.visit_date) AND (r.effective_to IS NULL OR t.visit_date < r.effective_to)
  ) AS ranked
  WHERE row_rank = 1
)
SELECT l.version_id, l.claim_line_number, COALESCE(x.entity_id, e.entity_id, w.tin, w.npi_entity_id, l.billing_npi, l.npi) AS entity_id
FROM visit_lines AS l
JOIN with_tin AS w
  ON w.visit_date = l.visit_date AND COALESCE(w.billing_npi, '') = COALESCE(l.billing_npi, '')
  AND COALESCE(w.billing_tin, '') = COALESCE(l.billing_tin, '')
LEFT JOIN by_crosswalk AS x ON x.tin = w.tin AND x.visit_date = w.visit_date
LEFT JOIN by_tin AS e ON e.tin = w.tin AND e.visit_date = w.visit_date
