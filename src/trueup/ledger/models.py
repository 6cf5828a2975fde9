"""The tables of the ledger, the same on SQLite and PostgreSQL. The migrations make them; a test holds the two together.

Dates and times are ISO text, so that both databases store, compare and hash the same characters. Money is BIGINT cents; SQLite tables
are STRICT, so that a column holds no other type than its own.

    chart       one declared class of accounts
    accounts    one account that postings name
    entries     one link of the hash chain: whatever happened, by whom, when
    lines       one difference of one obligation, within a posting set
    postings    one amount on one account, within an entry
    parts       one (posting set, entity) that a remittance pays
    details     the text of an entry that says more than its header: a step of a dispute
    seals       one per entry: its postings sum to zero, nothing is missing, nothing follows
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

METADATA = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s"})

BIG = BigInteger().with_variant(Integer(), "sqlite")  # a STRICT table knows INTEGER, which has 64 bits


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _big(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BIG, primary_key=key, nullable=False, autoincrement=False)


def _seq(name: str) -> Column[int]:
    return Column(name, BIG, ForeignKey("entries.seq"), primary_key=True, nullable=False, autoincrement=False)


chart = Table(
    "chart",
    METADATA,
    _text("class", key=True),
    _text("kind"),
    _big("normal_sign"),
    sqlite_strict=True,
)

accounts = Table(
    "accounts",
    METADATA,
    _text("account", key=True),
    Column("class", Text, ForeignKey("chart.class"), nullable=False),
    _text("program"),
    _text("entity_id"),
    sqlite_strict=True,
)

entries = Table(
    "entries",
    METADATA,
    # Deferred: no transaction can be committed with an entry that is not sealed.
    Column(
        "seq",
        BIG,
        ForeignKey("seals.seq", name="fk_entries_seal", deferrable=True, initially="DEFERRED"),
        primary_key=True,
        nullable=False,
        autoincrement=False,
    ),
    _text("entry_id"),
    _text("kind"),
    _text("program"),
    _text("entity_id"),
    _text("accounting_month"),
    _text("accounting_date"),
    _text("actor"),
    _text("actor_key"),
    _big("is_verified"),
    _text("recorded_at"),
    _text("source"),
    _text("as_of"),
    _text("gate"),
    _text("reason"),
    _big("upside_only"),
    _text("subject_id"),
    _text("request_id"),
    _text("attempt_id"),
    _big("line_count"),
    _big("posting_count"),
    _big("part_count"),
    _text("prev_hash"),
    _text("hash"),
    UniqueConstraint("entry_id", name="uq_entries_entry_id"),
    UniqueConstraint("hash", name="uq_entries_hash"),
    CheckConstraint("is_verified IN (0, 1) AND upside_only IN (0, 1)", name="flags"),
    sqlite_strict=True,
)
Index("ix_entries_subject", entries.c.subject_id)
Index("ix_entries_request", entries.c.request_id)
Index("ix_entries_attempt", entries.c.attempt_id)
Index("ix_entries_month", entries.c.kind, entries.c.accounting_month)
_DECIDED = entries.c.kind.in_(("approval", "void"))
_ENDED = entries.c.kind.in_(("confirmation", "rejection"))
Index("uq_entries_decision", entries.c.subject_id, unique=True, sqlite_where=_DECIDED, postgresql_where=_DECIDED)
Index("uq_entries_outcome", entries.c.subject_id, unique=True, sqlite_where=_ENDED, postgresql_where=_ENDED)
_DISPUTE_ENDED = entries.c.kind.in_(("dispute_decided", "dispute_withdrawn"))
_LAPSED = entries.c.kind.in_(("dispute_lapsed",))
Index("uq_entries_dispute", entries.c.subject_id, unique=True, sqlite_where=_DISPUTE_ENDED, postgresql_where=_DISPUTE_ENDED)
Index("uq_entries_lapse", entries.c.subject_id, unique=True, sqlite_where=_LAPSED, postgresql_where=_LAPSED)

lines = Table(
    "lines",
    METADATA,
    _text("line_id", key=True),
    Column("entry_seq", BIG, ForeignKey("entries.seq"), nullable=False),
    _big("line_no"),
    _text("obligation_id"),
    _text("program"),
    _text("purpose"),
    _text("entity_id"),
    _text("period"),
    _text("member_id"),
    _text("cohort"),
    _text("claim_id"),
    _big("booked_cents"),
    _big("entitled_cents"),
    _big("delta_cents"),
    _text("reason"),
    _text("rate_version"),
    _text("previous_line_id"),
    _text("corrects_line_id"),
    UniqueConstraint("entry_seq", "line_no", name="uq_lines_place"),
    UniqueConstraint("obligation_id", "previous_line_id", name="uq_lines_no_fork"),
    CheckConstraint("delta_cents = entitled_cents - booked_cents AND delta_cents <> 0", name="difference"),
    sqlite_strict=True,
)
Index("ix_lines_purpose", lines.c.program, lines.c.purpose)
Index("ix_lines_entity", lines.c.entity_id, lines.c.entry_seq, lines.c.line_no)

postings = Table(
    "postings",
    METADATA,
    _seq("entry_seq"),
    _big("posting_no", key=True),
    Column("account", Text, ForeignKey("accounts.account"), nullable=False),
    _big("amount_cents"),
    _text("receivable_id"),
    CheckConstraint("amount_cents <> 0", name="amount"),
    sqlite_strict=True,
)
Index("ix_postings_account", postings.c.account)
Index("ix_postings_receivable", postings.c.receivable_id)

parts = Table(
    "parts",
    METADATA,
    _seq("entry_seq"),
    _big("part_no", key=True),
    Column("paid_seq", BIG, ForeignKey("entries.seq"), nullable=False),
    _text("entity_id"),
    _big("amount_cents"),
    CheckConstraint("amount_cents >= 0", name="amount"),
    sqlite_strict=True,
)
Index("ix_parts_paid", parts.c.paid_seq, parts.c.entity_id)

details = Table("details", METADATA, _seq("entry_seq"), _text("content"), sqlite_strict=True)

# No foreign key back to `entries`: a guard asks for the entry, and the tables can be made one after the other.
seals = Table("seals", METADATA, _big("seq", key=True), sqlite_strict=True)
