"""The tables. Migrations make them; a test holds the two together.

Every row of a guild carries `guild_id`, and a reference between such rows carries it too, so that
the database itself refuses a server of another guild's panel. Ids are UUIDs made before the
insert. Columns marked `sealed` hold what the vault sealed for their own row.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

SEALED: Final = {"sealed": True}

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps it without its zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  # SQLAlchemy names it so
    ) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002  # SQLAlchemy names it so
    ) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _guild_id() -> Column[int]:
    return Column("guild_id", BigInteger, nullable=False)


guild = Table(
    "guild",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("joined_at", Moment, nullable=False),
    Column("left_at", Moment),
    Column("admin_role_id", BigInteger),
    Column("settings", JSON, nullable=False, server_default="{}"),
)

panel = Table(
    "panel",
    metadata,
    _id(),
    _guild_id(),
    Column("name", String(80, collation="NOCASE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("key_sealed", LargeBinary, nullable=False, info=SEALED),
    Column("account_id", Text, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("is_root_admin", Boolean, nullable=False),
    Column("added_by", BigInteger, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("checked_at", Moment),
    Column("trouble", Text),
    UniqueConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "name"),
)

server = Table(
    "server",
    metadata,
    _id(),
    _guild_id(),
    Column("panel_id", String(36), nullable=False),
    Column("identifier", String(36), nullable=False),
    Column("uuid", String(36), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("docker_image", Text, nullable=False),
    Column("address", Text),
    Column("memory_limit_bytes", BigInteger, nullable=False),
    Column("disk_limit_bytes", BigInteger, nullable=False),
    Column("cpu_limit_percent", Integer, nullable=False),
    Column("is_owner", Boolean, nullable=False),
    Column("rights", JSON, nullable=False),
    Column("status", Text),
    Column("seen_at", Moment, nullable=False),
    Column("gone_at", Moment),
    Column("ip", Text),
    UniqueConstraint("guild_id", "id"),
    UniqueConstraint("guild_id", "panel_id", "uuid"),
    ForeignKeyConstraint(
        ["guild_id", "panel_id"], ["panel.guild_id", "panel.id"], ondelete="CASCADE"
    ),
)

channel_binding = Table(
    "channel_binding",
    metadata,
    Column("guild_id", BigInteger, primary_key=True),
    Column("channel_id", BigInteger, primary_key=True),
    Column("server_id", String(36), nullable=False),
    ForeignKeyConstraint(
        ["guild_id", "server_id"], ["server.guild_id", "server.id"], ondelete="CASCADE"
    ),
    Index(None, "guild_id", "server_id"),
)

access_rule = Table(
    "access_rule",
    metadata,
    _id(),
    _guild_id(),
    Column("subject_kind", String(10), nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("right", String(60), nullable=False),
    Column("scope_kind", String(10), nullable=False),
    Column("scope_id", String(36), nullable=False),
    Column("effect", String(5), nullable=False),
    Column("made_by", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("reason", Text),
    UniqueConstraint(
        "guild_id",
        "subject_kind",
        "subject_id",
        "right",
        "scope_kind",
        "scope_id",
        "effect",
        name="uq_access_rule_what",
    ),
)

console_rule = Table(
    "console_rule",
    metadata,
    _id(),
    _guild_id(),
    Column("scope_kind", String(10), nullable=False),
    Column("scope_id", String(36), nullable=False),
    Column("role_id", BigInteger),
    Column("effect", String(5), nullable=False),
    Column("commands", JSON, nullable=False),
    Column("made_by", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    Index(None, "guild_id"),
)

recipe = Table(
    "recipe",
    metadata,
    _id(),
    _guild_id(),
    Column("name", String(40), nullable=False),
    Column("template", Text, nullable=False),
    Column("scope_kind", String(10), nullable=False),
    Column("scope_id", String(36), nullable=False),
    Column("by_approval", Boolean, nullable=False),
    Column("shows_answer", Boolean, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("made_by", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("guild_id", "name"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    _guild_id(),
    Column("seq", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("reference", String(36), nullable=False),
    Column("actor_id", BigInteger),
    Column("about_id", BigInteger),
    Column("channel_id", BigInteger),
    Column("action", String(60), nullable=False),
    Column("right", String(60)),
    Column("server_id", String(36)),
    Column("why", Text),
    Column("outcome", String(40)),
    Column("detail", Text),
    Column("duration_ms", Integer),
    Column("salt", LargeBinary),
    Column("digest", String(64), nullable=False),
    Column("about_salt", LargeBinary),
    Column("about_digest", String(64)),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("guild_id", "seq"),
    Index(None, "guild_id", "reference"),
    Index(None, "guild_id", "server_id"),
    Index(None, "guild_id", "actor_id"),
)

command_sync = Table(
    "command_sync",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("tree_hash", String(64), nullable=False),
    Column("ids", JSON, nullable=False),
    Column("synced_at", Moment, nullable=False),
)

confirmation = Table(
    "confirmation",
    metadata,
    _id(),
    _guild_id(),
    Column("member_id", BigInteger, nullable=False),
    Column("verb", String(40), nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index(None, "guild_id", "expires_at"),
)

posted = Table(
    "posted",
    metadata,
    _id(),
    _guild_id(),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("guild_id", "message_id"),
    Index(None, "guild_id", "kind", "subject_id"),
)

member_link = Table(
    "member_link",
    metadata,
    _id(),
    _guild_id(),
    Column("member_id", BigInteger, nullable=False),
    Column("panel_id", String(36), nullable=False),
    Column("key_sealed", LargeBinary, nullable=False, info=SEALED),
    Column("account_id", Text, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("linked_at", Moment, nullable=False),
    UniqueConstraint("guild_id", "member_id", "panel_id"),
    ForeignKeyConstraint(
        ["guild_id", "panel_id"], ["panel.guild_id", "panel.id"], ondelete="CASCADE"
    ),
)

job = Table(
    "job",
    metadata,
    _id(),
    _guild_id(),
    Column("kind", String(40), nullable=False),
    Column("key", String(120)),
    Column("subject_id", Text, nullable=False),
    Column("actor_id", BigInteger),
    Column("phase", String(40), nullable=False),
    Column("state", JSON, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("run_at", Moment, nullable=False),
    Column("claimed_by", String(36)),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("was_cut_off", Boolean, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("trouble", Text),
    Column("made_at", Moment, nullable=False),
    Column("outcome", String(20)),
    Column("ended_at", Moment),
    UniqueConstraint("guild_id", "id"),
    Index("ix_job_live_run_at", "run_at", sqlite_where=text("outcome IS NULL")),
    Index("uq_job_live_key", "guild_id", "key", unique=True, sqlite_where=text("outcome IS NULL")),
    Index(None, "guild_id", "ended_at"),
)

job_signal = Table(
    "job_signal",
    metadata,
    Column("seq", Integer, primary_key=True),
    _guild_id(),
    Column("job_id", String(36), nullable=False),
    Column("name", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("made_at", Moment, nullable=False),
    ForeignKeyConstraint(["guild_id", "job_id"], ["job.guild_id", "job.id"], ondelete="CASCADE"),
    Index(None, "guild_id", "job_id"),
)

alert = Table(
    "alert",
    metadata,
    _id(),
    _guild_id(),
    Column("server_id", String(36)),
    Column("event", String(20), nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("role_id", BigInteger),
    Column("threshold", Integer),
    Column("in_thread", Boolean, nullable=False),
    Column("made_by", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    ForeignKeyConstraint(
        ["guild_id", "server_id"], ["server.guild_id", "server.id"], ondelete="CASCADE"
    ),
    Index(
        "uq_alert_server",
        "guild_id",
        "server_id",
        "event",
        "channel_id",
        unique=True,
        sqlite_where=text("server_id IS NOT NULL"),
    ),
    Index(
        "uq_alert_all",
        "guild_id",
        "event",
        "channel_id",
        unique=True,
        sqlite_where=text("server_id IS NULL"),
    ),
)

alarm = Table(
    "alarm",
    metadata,
    _id(),
    _guild_id(),
    Column("event", String(20), nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("acknowledged_by", BigInteger),
    Column("acknowledged_name", Text),
    Column("acknowledged_at", Moment),
    Index(
        "uq_alarm_open",
        "guild_id",
        "event",
        "subject_id",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
    ),
    Index(None, "guild_id", "closed_at"),
)

subscription = Table(
    "subscription",
    metadata,
    _id(),
    _guild_id(),
    Column("member_id", BigInteger, nullable=False),
    Column("server_id", String(36), nullable=False),
    Column("event", String(20), nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("guild_id", "member_id", "server_id", "event", name="uq_subscription_what"),
    ForeignKeyConstraint(
        ["guild_id", "server_id"], ["server.guild_id", "server.id"], ondelete="CASCADE"
    ),
    Index(None, "guild_id", "server_id"),
)

backup_watch = Table(
    "backup_watch",
    metadata,
    Column("guild_id", BigInteger, primary_key=True),
    Column("server_id", String(36), primary_key=True),
    Column("ended", JSON, nullable=False),
    Column("last_good_at", Moment),
    Column("since", Moment, nullable=False),
    Column("looked_at", Moment, nullable=False),
    ForeignKeyConstraint(
        ["guild_id", "server_id"], ["server.guild_id", "server.id"], ondelete="CASCADE"
    ),
)

policy = Table(
    "policy",
    metadata,
    _id(),
    _guild_id(),
    Column("scope_kind", String(10), nullable=False),
    Column("scope_id", String(36), nullable=False),
    Column("action", String(10), nullable=False),
    Column("terms", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_by", BigInteger, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("guild_id", "scope_kind", "scope_id", "action"),
)

policy_use = Table(
    "policy_use",
    metadata,
    _id(),
    _guild_id(),
    Column("server_id", String(36), nullable=False),
    Column("action", String(10), nullable=False),
    Column("member_id", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    Index(None, "guild_id", "made_at"),
)

ballot = Table(
    "ballot",
    metadata,
    Column("guild_id", BigInteger, primary_key=True),
    Column("job_id", String(36), primary_key=True),
    Column("member_id", BigInteger, primary_key=True),
    Column("is_for", Boolean, nullable=False),
    Column("changes", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    ForeignKeyConstraint(["guild_id", "job_id"], ["job.guild_id", "job.id"], ondelete="CASCADE"),
)

board = Table(
    "board",
    metadata,
    _id(),
    _guild_id(),
    Column("channel_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("title", Text, nullable=False),
    Column("style", String(20), nullable=False),
    Column("chart", String(10), nullable=False),
    Column("servers", JSON, nullable=False),
    Column("made_by", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("paused", String(20)),
    Index(None, "guild_id"),
)

history = Table(
    "history",
    metadata,
    Column("guild_id", BigInteger, primary_key=True),
    Column("server_id", String(36), primary_key=True),
    Column("step_seconds", Integer, primary_key=True),
    Column("began_at", Moment, primary_key=True),
    Column("samples", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["guild_id", "server_id"], ["server.guild_id", "server.id"], ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
)

mirror = Table(
    "mirror",
    metadata,
    _id(),
    _guild_id(),
    Column("server_id", String(36), nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("parent_id", BigInteger),
    Column("webhook_id", BigInteger, nullable=False),
    Column("token_sealed", LargeBinary, nullable=False, info=SEALED),
    Column("options", JSON, nullable=False),
    Column("made_by", BigInteger, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("guild_id", "server_id", "channel_id"),
    ForeignKeyConstraint(
        ["guild_id", "server_id"], ["server.guild_id", "server.id"], ondelete="CASCADE"
    ),
)

vault_check = Table(
    "vault_check",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
)
