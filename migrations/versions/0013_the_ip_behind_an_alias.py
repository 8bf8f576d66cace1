"""The address of a server's primary allocation, where players type an alias."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("server", sa.Column("ip", sa.Text(), nullable=True))
