"""Mirrors in threads: the channel to which the webhook of one belongs."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mirror", sa.Column("parent_id", sa.BigInteger(), nullable=True))
