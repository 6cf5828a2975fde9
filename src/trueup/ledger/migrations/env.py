"""Where Alembic starts: on the connection and inside the transaction that `trueup.ledger.store` holds, never on its own."""

from __future__ import annotations

from alembic import context

from trueup.ledger.models import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transaction_per_migration=False)
context.run_migrations()
