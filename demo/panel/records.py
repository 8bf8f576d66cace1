"""What a panel keeps in its tables, as plain mutable records; how they are shown is elsewhere."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

LONG_AGO: Final = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
Action = Literal["command", "power", "backup"]


@dataclass(eq=False)
class Key:
    """An API key: what is sent is `identifier` and `secret` in one."""

    owner: "User"
    identifier: str  # 16 characters with the prefix
    secret: str  # 32 characters
    label: str  # how tests ask for it: "alice", "alice_iplocked"
    kind: Literal["client", "application"] = "client"
    description: str = "made for the bot"
    allowed_ips: list[str] = field(default_factory=list)
    last_used_at: datetime | None = None
    created_at: datetime = LONG_AGO

    @property
    def text(self) -> str:
        return self.identifier + self.secret


@dataclass(eq=False)
class SshKey:
    name: str
    fingerprint: str  # base64 SHA-256 without its prefix
    public_key: str  # PEM with CRLF
    created_at: datetime


@dataclass(eq=False)
class User:
    id: int
    uuid: str
    username: str
    email: str
    password: str
    first_name: str = ""
    last_name: str = ""
    language: str = "en"
    is_admin: bool = False
    is_2fa_enabled: bool = False
    totp_secret: str | None = None
    keys: list[Key] = field(default_factory=list)
    ssh_keys: list[SshKey] = field(default_factory=list)
    created_at: datetime = LONG_AGO
    email_changes: list[float] = field(default_factory=list)  # clock's monotonic seconds


@dataclass(eq=False)
class Variable:
    """A variable of an egg; its value per server stands in `Server.values`."""

    name: str
    description: str
    env_variable: str
    default_value: str
    rules: str
    is_viewable: bool = True
    is_editable: bool = True


@dataclass(eq=False)
class Egg:
    uuid: str
    name: str
    game: Literal["minecraft", "bedrock", "rust"]
    startup: str
    features: list[str] | None
    docker_images: dict[str, str]
    variables: list[Variable]
    stop: str  # the command Wings types to stop it
    done: str  # the text in a line that says it is running
    denied_files: tuple[str, ...] = ()


@dataclass(eq=False)
class Allocation:
    id: int
    ip: str
    port: int
    alias: str | None = None
    notes: str | None = None
    server_id: int | None = None


@dataclass(eq=False)
class Subuser:
    user: User
    permissions: list[str]


@dataclass(eq=False)
class Backup:
    uuid: str
    name: str
    ignored_files: list[str]
    is_locked: bool
    created_at: datetime
    is_successful: bool = False
    checksum: str | None = None
    size_bytes: int = 0
    completed_at: datetime | None = None
    archive: bytes | None = None
    is_scheduled: bool = False


@dataclass(eq=False)
class Database:
    id: str  # 8 characters; an integer on Pelican
    number: int
    name: str
    username: str
    remote: str
    password: str
    is_new: bool = True  # shown with max_connections null once, 0 afterwards


@dataclass(eq=False)
class Task:
    id: int
    sequence_id: int
    action: Action
    payload: str
    time_offset: int  # seconds
    created_at: datetime
    updated_at: datetime
    is_queued: bool = False
    continue_on_failure: bool = False


@dataclass(eq=False)
class Schedule:
    id: int
    name: str
    minute: str
    hour: str
    day_of_month: str
    month: str
    day_of_week: str
    is_active: bool
    only_when_online: bool
    created_at: datetime
    updated_at: datetime
    is_processing: bool = False
    last_run_at: datetime | None = None
    next_run_at: datetime | None = None
    tasks: list[Task] = field(default_factory=list)


@dataclass(eq=False)
class Activity:
    """An entry of the log; `server` or `subject` says in whose list it stands."""

    id: int
    event: str
    at: datetime
    actor: User | None
    ip: str
    is_api: bool
    properties: dict[str, object]
    server_id: int | None = None
    subject: User | None = None
