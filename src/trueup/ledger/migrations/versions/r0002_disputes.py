"""Disputes: the texts of their steps, what the database refuses of them, and closed months that still take a step, which moves no money."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from trueup.ledger.guards import postgresql_statements, sqlite_statements

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, the two indexes, and the guards that are new or changed."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "details",
        sa.Column("entry_seq", number, nullable=False, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("entry_seq", name="pk_details"),
        sa.ForeignKeyConstraint(["entry_seq"], ["entries.seq"]),
        sqlite_strict=True,
    )
    for name, kinds in (("uq_entries_dispute", "'dispute_decided', 'dispute_withdrawn'"), ("uq_entries_lapse", "'dispute_lapsed'")):
        only = sa.text(f"kind IN ({kinds})")
        op.create_index(name, "entries", ["subject_id"], unique=True, sqlite_where=only, postgresql_where=only)
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TRIGGER guard_closed_month")
        before, after = set(sqlite_statements(1)), sqlite_statements(2)
    else:
        before, after = set(postgresql_statements(1)), postgresql_statements(2)
    for statement in after:
        if statement not in before:
            connection.exec_driver_sql(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
