"""Discord's own vocabulary: ids, moments, permission bits, intents, kinds, and how it refuses."""

import time
from datetime import UTC, datetime
from enum import IntEnum, IntFlag
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
Files: TypeAlias = list[tuple[str, bytes]]  # name and content

EPOCH_MS = 1_420_070_400_000  # a snowflake counts from 2015


class Permission(IntFlag):
    """The permissions that Wirecord looks at."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_EVENTS = 1 << 33
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    CREATE_EVENTS = 1 << 44
    PIN_MESSAGES = 1 << 51


ALL = (1 << 53) - 1
EVERYONE = int(
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
)
BOT_PERMISSIONS = int(
    Permission.ADD_REACTIONS
    | Permission.VIEW_AUDIT_LOG
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.MANAGE_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MANAGE_WEBHOOKS
    | Permission.MANAGE_EVENTS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.PIN_MESSAGES
)


class Intent(IntEnum):
    """Bits of the intents a bot identifies with."""

    GUILDS = 0
    MEMBERS = 1
    VOICE_STATES = 7
    PRESENCES = 8
    GUILD_MESSAGES = 9
    DIRECT_MESSAGES = 12
    MESSAGE_CONTENT = 15


PRIVILEGED = 1 << Intent.MEMBERS | 1 << Intent.PRESENCES | 1 << Intent.MESSAGE_CONTENT

EVENT_NEEDS = {
    "GUILD_MEMBER_ADD": Intent.MEMBERS,
    "GUILD_MEMBER_UPDATE": Intent.MEMBERS,
    "GUILD_MEMBER_REMOVE": Intent.MEMBERS,
    "VOICE_STATE_UPDATE": Intent.VOICE_STATES,
    "MESSAGE_CREATE": Intent.GUILD_MESSAGES,
    "MESSAGE_UPDATE": Intent.GUILD_MESSAGES,
    "MESSAGE_DELETE": Intent.GUILD_MESSAGES,
    "MESSAGE_DELETE_BULK": Intent.GUILD_MESSAGES,
    "GUILD_CREATE": Intent.GUILDS,
    "GUILD_DELETE": Intent.GUILDS,
    "GUILD_ROLE_CREATE": Intent.GUILDS,
    "GUILD_ROLE_UPDATE": Intent.GUILDS,
    "GUILD_ROLE_DELETE": Intent.GUILDS,
    "CHANNEL_CREATE": Intent.GUILDS,
    "CHANNEL_UPDATE": Intent.GUILDS,
    "CHANNEL_DELETE": Intent.GUILDS,
    "THREAD_CREATE": Intent.GUILDS,
    "THREAD_UPDATE": Intent.GUILDS,
    "THREAD_DELETE": Intent.GUILDS,
}


class Interaction(IntEnum):
    """What a member did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    """How a bot answers an interaction."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


class Option(IntEnum):
    """Types of a command's options."""

    SUBCOMMAND = 1
    GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


GROUPS = (Option.SUBCOMMAND, Option.GROUP)


class Component(IntEnum):
    """Types of components."""

    ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT = 10
    THUMBNAIL = 11
    GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS = (
    Component.STRING_SELECT,
    Component.USER_SELECT,
    Component.ROLE_SELECT,
    Component.MENTIONABLE_SELECT,
    Component.CHANNEL_SELECT,
)
ONLY_V2 = (
    Component.SECTION,
    Component.TEXT,
    Component.THUMBNAIL,
    Component.GALLERY,
    Component.FILE,
    Component.SEPARATOR,
    Component.CONTAINER,
)


class ChannelType(IntEnum):
    """Types of channels."""

    TEXT = 0
    DM = 1
    VOICE = 2
    NEWS_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15


THREADS = (ChannelType.NEWS_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD)


class Flag(IntFlag):
    """Flags of a message."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    COMPONENTS_V2 = 1 << 15


class Refusal(Exception):
    """What Discord answers instead: HTTP status, its own code, its words.

    `retry_after` (seconds) goes with a 429.
    """

    def __init__(
        self, status: int, code: int, message: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def invalid(message: str) -> Refusal:
    """A form that Discord would not take; listed among the violations."""
    return Refusal(400, 50035, message)


class _Snowflakes:
    """Ids that rise, even within one millisecond."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> str:
        self._last = max(self._last + 1, (int(time.time() * 1000) - EPOCH_MS) << 22)
        return str(self._last)


snowflake = _Snowflakes()


def timestamp(*, ago: float = 0.0) -> str:
    """The moment `ago` seconds before now, as Discord writes it."""
    moment = datetime.fromtimestamp(time.time() - ago, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
