"""The first ledger: chart, accounts, entries, lines, postings, parts and seals, and what the database refuses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from trueup.ledger.guards import postgresql_statements, sqlite_statements

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

CLASSES = (
    ("asset:program_funds", "asset", 1),
    ("asset:receivable:provider", "asset", 1),
    ("liability:provider", "liability", -1),
    ("expense:case_rate", "expense", 1),
    ("expense:ffs_adjustment", "expense", 1),
    ("expense:shared_savings", "expense", 1),
    ("expense:quality_bonus", "expense", 1),
    ("expense:challenge_pool", "expense", 1),
    ("expense:tier_add_on", "expense", 1),
    ("expense:member_fee", "expense", 1),
    ("expense:write_off", "expense", 1),
    ("clearing:in_transit", "clearing", 1),
    ("clearing:claims_unassigned", "clearing", 1),
    ("clearing:rounding", "clearing", 1),
)


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, _big(), nullable=False, autoincrement=False) for name in names]


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _of_entry() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["entry_seq"], ["entries.seq"])


def upgrade() -> None:
    """Make the tables, declare the classes of accounts, install the guards."""
    declared = op.create_table("chart", *_text("class", "kind"), *_number("normal_sign"), _key("chart", "class"), sqlite_strict=True)
    op.create_table(
        "accounts",
        *_text("account", "class", "program", "entity_id"),
        _key("accounts", "account"),
        sa.ForeignKeyConstraint(["class"], ["chart.class"]),
        sqlite_strict=True,
    )
    op.create_table("seals", *_number("seq"), _key("seals", "seq"), sqlite_strict=True)
    _entries()
    _contents()
    op.bulk_insert(declared, [dict(zip(("class", "kind", "normal_sign"), row, strict=True)) for row in CLASSES])
    statements = sqlite_statements(1) if op.get_bind().dialect.name == "sqlite" else postgresql_statements(1)
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _entries() -> None:
    op.create_table(
        "entries",
        *_number("seq"),
        *_text("entry_id", "kind", "program", "entity_id", "accounting_month", "accounting_date", "actor", "actor_key"),
        *_number("is_verified"),
        *_text("recorded_at", "source", "as_of", "gate", "reason"),
        *_number("upside_only"),
        *_text("subject_id", "request_id", "attempt_id"),
        *_number("line_count", "posting_count", "part_count"),
        *_text("prev_hash", "hash"),
        _key("entries", "seq"),
        sa.ForeignKeyConstraint(["seq"], ["seals.seq"], name="fk_entries_seal", deferrable=True, initially="DEFERRED"),
        sa.UniqueConstraint("entry_id", name="uq_entries_entry_id"),
        sa.UniqueConstraint("hash", name="uq_entries_hash"),
        sa.CheckConstraint("is_verified IN (0, 1) AND upside_only IN (0, 1)", name=op.f("ck_entries_flags")),
        sqlite_strict=True,
    )
    op.create_index("ix_entries_subject", "entries", ["subject_id"])
    op.create_index("ix_entries_request", "entries", ["request_id"])
    op.create_index("ix_entries_attempt", "entries", ["attempt_id"])
    op.create_index("ix_entries_month", "entries", ["kind", "accounting_month"])
    for name, kinds in (("uq_entries_decision", "'approval', 'void'"), ("uq_entries_outcome", "'confirmation', 'rejection'")):
        only = sa.text(f"kind IN ({kinds})")
        op.create_index(name, "entries", ["subject_id"], unique=True, sqlite_where=only, postgresql_where=only)


def _contents() -> None:
    op.create_table(
        "lines",
        *_text("line_id"),
        *_number("entry_seq", "line_no"),
        *_text("obligation_id", "program", "purpose", "entity_id", "period", "member_id", "cohort", "claim_id"),
        *_number("booked_cents", "entitled_cents", "delta_cents"),
        *_text("reason", "rate_version", "previous_line_id", "corrects_line_id"),
        _key("lines", "line_id"),
        _of_entry(),
        sa.UniqueConstraint("entry_seq", "line_no", name="uq_lines_place"),
        sa.UniqueConstraint("obligation_id", "previous_line_id", name="uq_lines_no_fork"),
        sa.CheckConstraint("delta_cents = entitled_cents - booked_cents AND delta_cents <> 0", name=op.f("ck_lines_difference")),
        sqlite_strict=True,
    )
    op.create_index("ix_lines_purpose", "lines", ["program", "purpose"])
    op.create_index("ix_lines_entity", "lines", ["entity_id", "entry_seq", "line_no"])
    op.create_table(
        "postings",
        *_number("entry_seq", "posting_no"),
        *_text("account"),
        *_number("amount_cents"),
        *_text("receivable_id"),
        _key("postings", "entry_seq", "posting_no"),
        _of_entry(),
        sa.ForeignKeyConstraint(["account"], ["accounts.account"]),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_postings_amount")),
        sqlite_strict=True,
    )
    op.create_index("ix_postings_account", "postings", ["account"])
    op.create_index("ix_postings_receivable", "postings", ["receivable_id"])
    op.create_table(
        "parts",
        *_number("entry_seq", "part_no", "paid_seq"),
        *_text("entity_id"),
        *_number("amount_cents"),
        _key("parts", "entry_seq", "part_no"),
        _of_entry(),
        sa.ForeignKeyConstraint(["paid_seq"], ["entries.seq"]),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_parts_amount")),
        sqlite_strict=True,
    )
    op.create_index("ix_parts_paid", "parts", ["paid_seq", "entity_id"])
