"""Where Alembic gets its connection: from bot/store/schema.py, or from alembic.ini at a desk."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection, engine_from_config

from bot.store.tables import Moment, metadata


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our own type as what it is in the file: a step must not change with the code."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, Moment) else False


def run(connection: Connection) -> None:
    """Run the steps that were asked for."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite changes a table by making it anew
        render_item=_render,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = engine_from_config(context.config.get_section(context.config.config_ini_section, {}))
    with engine.begin() as opened:
        run(opened)
