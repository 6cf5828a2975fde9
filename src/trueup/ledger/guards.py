"""What the database itself refuses, as triggers: the same conditions on SQLite and PostgreSQL, written once.

Migration `r0001` installs `GUARDS`, `r0002` what disputes add or change. Both are history: a later change of a guard is a new constant
and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TABLES = ("chart", "accounts", "entries", "lines", "postings", "parts", "seals")
NEWEST = 2  # the number of the last migration that changed a guard

# Entries whose postings count: all but those that were voided.
_LIVE_SUM = """
    SELECT COALESCE(SUM(q.amount_cents), 0) FROM postings q JOIN entries e ON e.seq = q.entry_seq
    LEFT JOIN entries v ON v.subject_id = e.entry_id AND v.kind = 'void'
    WHERE v.seq IS NULL AND q."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A row of `table` is refused on insert where `condition` holds for it (`NEW`)."""

    name: str
    table: str
    condition: str
    message: str


GUARDS = (
    Guard(
        "next_link",
        "entries",
        """NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM entries)
        OR NEW.prev_hash <> COALESCE((SELECT hash FROM entries ORDER BY seq DESC LIMIT 1), '')""",
        "an entry follows the last one and names its hash",
    ),
    Guard(
        "closed_month",
        "entries",
        """NEW.kind NOT IN ('close', 'reopen', 'departure') AND EXISTS (
            SELECT 1 FROM entries c WHERE c.kind = 'close' AND c.accounting_month >= NEW.accounting_month AND NOT EXISTS (
                SELECT 1 FROM entries r WHERE r.kind = 'reopen' AND r.accounting_month = c.accounting_month AND r.seq > c.seq))""",
        "a closed month takes no posting",
    ),
    Guard(
        "decision",
        "entries",
        """NEW.kind IN ('approval', 'void') AND NOT EXISTS (
            SELECT 1 FROM entries s WHERE s.entry_id = NEW.subject_id AND s.kind IN ('posting_set', 'remittance', 'offset', 'write_off')
            AND (NEW.kind = 'void' OR s.actor_key <> NEW.actor_key))""",
        "a decision is about a proposed entry, and its maker does not approve it",
    ),
    Guard(
        "outcome",
        "entries",
        """NEW.kind IN ('confirmation', 'rejection') AND NOT EXISTS (
            SELECT 1 FROM entries s JOIN entries a ON a.subject_id = s.entry_id AND a.kind = 'approval'
            WHERE s.entry_id = NEW.subject_id AND s.kind = 'remittance')""",
        "an outcome is about an approved remittance",
    ),
    *(
        Guard(
            f"sealed_{table}",
            table,
            "EXISTS (SELECT 1 FROM seals s WHERE s.seq = NEW.entry_seq)",
            "a sealed entry takes nothing more",
        )
        for table in ("lines", "postings", "parts")
    ),
    *(
        Guard(
            f"once_{table}",
            table,
            f"EXISTS (SELECT 1 FROM {table} t WHERE t.{key} = NEW.{key})",
            "what stands cannot be replaced",
        )
        for table, key in (("seals", "seq"), ("accounts", "account"), ("chart", "class"))
    ),
    Guard(
        "paid_once",
        "parts",
        """EXISTS (SELECT 1 FROM parts o JOIN entries r ON r.seq = o.entry_seq
            LEFT JOIN entries u ON u.subject_id = r.entry_id AND u.kind IN ('void', 'rejection')
            WHERE o.paid_seq = NEW.paid_seq AND o.entity_id = NEW.entity_id AND u.seq IS NULL)""",
        "what was remitted is not remitted again",
    ),
    Guard(
        "zero_sum",
        "seals",
        "(SELECT COALESCE(SUM(p.amount_cents), 0) FROM postings p WHERE p.entry_seq = NEW.seq) <> 0",
        "the postings of an entry sum to zero",
    ),
    Guard(
        "complete",
        "seals",
        """NOT EXISTS (SELECT 1 FROM entries e WHERE e.seq = NEW.seq
            AND e.posting_count = (SELECT COUNT(*) FROM postings p WHERE p.entry_seq = e.seq)
            AND e.line_count = (SELECT COUNT(*) FROM lines l WHERE l.entry_seq = e.seq)
            AND e.part_count = (SELECT COUNT(*) FROM parts r WHERE r.entry_seq = e.seq))""",
        "an entry has the lines, postings and parts that it counts",
    ),
    Guard(
        "receivable",
        "seals",
        f"""EXISTS (SELECT 1 FROM postings p WHERE p.entry_seq = NEW.seq AND p.receivable_id <> ''
            AND ({_LIVE_SUM}receivable_id = p.receivable_id) < 0)""",
        "a receivable is never below zero",
    ),
    Guard(
        "payable",
        "seals",
        f"""EXISTS (SELECT 1 FROM postings p WHERE p.entry_seq = NEW.seq AND SUBSTR(p.account, 1, 10) = 'liability:' AND p.amount_cents > 0
            AND ({_LIVE_SUM}account = p.account) > 0)""",
        "no more is paid than is payable",
    ),
)


_IS_DISPUTE = "SUBSTR(NEW.kind, 1, 8) = 'dispute_'"

# A guard of a name that stands already takes its place.
DISPUTE_GUARDS = (
    Guard(
        "closed_month",
        "entries",
        next(guard.condition for guard in GUARDS if guard.name == "closed_month").replace(
            "NEW.kind NOT IN ('close', 'reopen', 'departure')",
            f"NEW.kind NOT IN ('close', 'reopen', 'departure') AND NOT {_IS_DISPUTE}",
        ),
        "a closed month takes no posting",
    ),
    Guard(
        "dispute",
        "entries",
        f"""{_IS_DISPUTE} AND NEW.kind <> 'dispute_raised' AND NOT EXISTS (
            SELECT 1 FROM entries s WHERE s.entry_id = NEW.subject_id AND s.kind = 'dispute_raised'
            AND s.program = NEW.program AND s.entity_id = NEW.entity_id
            AND (NEW.kind <> 'dispute_decided' OR s.actor_key <> NEW.actor_key))""",
        "a step of a dispute is about one that was raised, and who recorded it does not decide it",
    ),
    Guard(
        "sealed_details",
        "details",
        "EXISTS (SELECT 1 FROM seals s WHERE s.seq = NEW.entry_seq)",
        "a sealed entry takes nothing more",
    ),
    Guard(
        "detailed",
        "seals",
        """(SELECT COUNT(*) FROM details d WHERE d.entry_seq = NEW.seq)
        <> (SELECT COUNT(*) FROM entries e WHERE e.seq = NEW.seq AND SUBSTR(e.kind, 1, 8) = 'dispute_')""",
        "a step of a dispute has one text, and no other entry has any",
    ),
    Guard(
        "no_money",
        "seals",
        """EXISTS (SELECT 1 FROM entries e WHERE e.seq = NEW.seq AND SUBSTR(e.kind, 1, 8) = 'dispute_'
            AND e.line_count + e.posting_count + e.part_count <> 0)""",
        "a dispute moves no money",
    ),
)


def _tables(version: int) -> tuple[str, ...]:
    return TABLES if version < 2 else (*TABLES, "details")


def _guards(version: int) -> Iterable[Guard]:
    known = {guard.name: guard for guard in (*GUARDS, *(DISPUTE_GUARDS if version >= 2 else ()))}
    return known.values()


def sqlite_statements(version: int = NEWEST) -> Iterator[str]:
    """The triggers of SQLite after a migration, one statement each."""
    for table in _tables(version):
        for act in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER guard_{table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
    for guard in _guards(version):
        yield (
            f"CREATE TRIGGER guard_{guard.name} BEFORE INSERT ON {guard.table} WHEN {guard.condition} "
            f"BEGIN SELECT RAISE(ABORT, '{guard.message}'); END"
        )


def postgresql_statements(version: int = NEWEST) -> Iterator[str]:
    """The functions and triggers of PostgreSQL after a migration, one statement each."""
    yield _function("append_only", _body("TRUE", "the ledger is append-only"))
    for table in _tables(version):
        yield (
            f"CREATE TRIGGER guard_{table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION guard_append_only()"
        )
        yield f"CREATE TRIGGER guard_{table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION guard_append_only()"
    for guard in _guards(version):
        yield _function(guard.name, _body(guard.condition, guard.message))
        yield (f"CREATE TRIGGER guard_{guard.name} BEFORE INSERT ON {guard.table} FOR EACH ROW EXECUTE FUNCTION guard_{guard.name}()")


def postgresql_functions() -> Iterator[tuple[str, str]]:
    """Each trigger of PostgreSQL with the text of the function that it runs, as they are now."""
    for table in _tables(NEWEST):
        for act in ("change", "truncate"):
            yield f"guard_{table}_no_{act}", _body("TRUE", "the ledger is append-only")
    for guard in _guards(NEWEST):
        yield f"guard_{guard.name}", _body(guard.condition, guard.message)


def _body(condition: str, message: str) -> str:
    refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'"
    return f"BEGIN IF {condition} THEN {refuse}; END IF; RETURN NEW; END"


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $guard${body}$guard$"
