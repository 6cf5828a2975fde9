-- Counts each person's delivery stays in each population.
-- reads: clinical_populations
-- writes: clinical_population_counts
-- grain: one population of one rate of one measure for one person
-- key: measure, rate_group, member_id, population
SELECT measure, rate_group, member_id, population, CAST(SUM(CASE WHEN is_counted THEN 1 ELSE 0 END) AS BIGINT) AS stays
FROM clinical_populations
GROUP BY measure, rate_group, member_id, population
