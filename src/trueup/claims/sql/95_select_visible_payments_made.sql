-- Keeps the payments_made rows known by the as-of date.
-- reads: payments_made, run_params
-- writes: visible_payments_made
-- grain: one payments_made row
-- key: program, payment_id
SELECT r.* FROM payments_made AS r CROSS JOIN run_params AS p WHERE r.known_date IS NULL OR r.known_date <= p.as_of
