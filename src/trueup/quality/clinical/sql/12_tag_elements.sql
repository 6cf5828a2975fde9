-- Marks each element of a resource with the parts that any of its codes plays.
-- reads: clinical_codes, clinical_role_codes
-- writes: clinical_tags
-- grain: one part of one element of one resource in one measure
-- key: measure, member_id, resource_type, resource_id, element, position, role
SELECT DISTINCT r.measure, c.member_id, c.resource_type, c.resource_id, c.element, c.position, r.role
FROM clinical_codes AS c
JOIN clinical_role_codes AS r ON r.code_system = c.code_system AND r.code = c.code
