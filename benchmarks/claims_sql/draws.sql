-- Draws: the same whole number for the same claim, purpose and seed, whatever the order or number of threads.
-- `hash` is the engine's own: bytes repeat for one version of DuckDB.
CREATE OR REPLACE TEMP MACRO draw(id, purpose, n) AS
    CAST(hash(CAST(id AS BIGINT), CAST(purpose AS BIGINT), CAST(getvariable('seed') AS BIGINT)) % CAST(n AS UBIGINT) AS BIGINT);
-- Whether a share of a thousand is met.
CREATE OR REPLACE TEMP MACRO chance(id, purpose, per_mille) AS draw(id, purpose, 1000) < per_mille;
-- A position in a pool: low positions come more often, the more the higher the power.
CREATE OR REPLACE TEMP MACRO skewed(id, purpose, n, power) AS
    CAST(floor(pow(draw(id, purpose, 1000000000) / 1000000000.0, power) * n) AS BIGINT);
-- Days from the end of a service to the day its claim is received: half within two weeks, one in twenty after three months.
CREATE OR REPLACE TEMP MACRO lag_days(u) AS CAST(CASE
    WHEN u < 5000 THEN 2 + u * 12 // 5000
    WHEN u < 8000 THEN 14 + (u - 5000) * 22 // 3000
    WHEN u < 9500 THEN 36 + (u - 8000) * 54 // 1500
    ELSE 90 + (u - 9500) * 190 // 500 END AS INTEGER);
-- A National Provider Identifier with its check digit, of a number below 100,000,000; 24 is what the prefix 80840 adds.
CREATE OR REPLACE TEMP MACRO doubled(d) AS (d * 2) // 10 + (d * 2) % 10;
CREATE OR REPLACE TEMP MACRO npi_of(k) AS CAST(1000000000 + CAST(k AS BIGINT) * 10 + (10 - (
    24 + 2 + k // 10000000 % 10 + doubled(k // 1000000 % 10) + k // 100000 % 10 + doubled(k // 10000 % 10) + k // 1000 % 10
    + doubled(k // 100 % 10) + k // 10 % 10 + doubled(k % 10)) % 10) % 10 AS VARCHAR);
-- No tax id begins with 07; a leading zero also shows that ids stay text.
CREATE OR REPLACE TEMP MACRO tin_of(k) AS '07' || lpad(CAST(k AS VARCHAR), 7, '0');
-- Neighbors in number are not neighbors in id; 7919 is prime and divides no size that is a power of ten.
CREATE OR REPLACE TEMP MACRO member_of(m) AS
    'M' || lpad(CAST((CAST(m AS BIGINT) * 7919 + 13) % CAST(getvariable('all_members') AS BIGINT) AS VARCHAR), 9, '0');
CREATE OR REPLACE TEMP MACRO baby_of(p) AS 'B' || lpad(CAST(p AS VARCHAR), 9, '0');
CREATE OR REPLACE TEMP MACRO dollars(cents) AS CAST(CAST(cents AS DECIMAL(14, 0)) * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(14, 2));
-- The first position and the length of a menu in the list of all menus' services.
CREATE OR REPLACE TEMP MACRO menu_at(menu, u) AS
    list_extract(getvariable('menu_start'), menu) + u % list_extract(getvariable('menu_length'), menu);
