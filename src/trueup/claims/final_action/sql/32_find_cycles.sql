-- Finds claims whose chain of replaced claims never ends: a cycle, or more than 64 links.
-- reads: adjusted_versions
-- writes: cyclic_claims
-- grain: one claim id with an endless chain
-- key: claim_id
WITH links_1 AS (
  SELECT DISTINCT claim_id, replaces_claim_id AS reached FROM adjusted_versions WHERE replaces_claim_id IS NOT NULL
),
links_2 AS (SELECT DISTINCT a.claim_id, b.reached FROM links_1 AS a JOIN links_1 AS b ON b.claim_id = a.reached),
links_4 AS (SELECT DISTINCT a.claim_id, b.reached FROM links_2 AS a JOIN links_2 AS b ON b.claim_id = a.reached),
links_8 AS (SELECT DISTINCT a.claim_id, b.reached FROM links_4 AS a JOIN links_4 AS b ON b.claim_id = a.reached),
links_16 AS (SELECT DISTINCT a.claim_id, b.reached FROM links_8 AS a JOIN links_8 AS b ON b.claim_id = a.reached),
links_32 AS (SELECT DISTINCT a.claim_id, b.reached FROM links_16 AS a JOIN links_16 AS b ON b.claim_id = a.reached)
SELECT DISTINCT a.claim_id FROM links_32 AS a JOIN links_32 AS b ON b.claim_id = a.reached
