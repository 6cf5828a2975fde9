"""An account class for the add-on that stays with hospitals outside a tier arrangement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Declare the class."""
    chart = sa.table("chart", sa.column("class", sa.Text), sa.column("kind", sa.Text), sa.column("normal_sign", sa.BigInteger))
    op.bulk_insert(chart, [{"class": "expense:interim_add_on", "kind": "expense", "normal_sign": 1}])
