"""What one server's console says: typed events, and the reading of frames (contract: console.md).

No event tells that an install, a restore or a transfer *succeeded*: the node sends the same event
after a failure and gives the outcome to the panel alone. Ask the panel.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import DecodeError, Struct, field
from msgspec.json import Decoder, Encoder

from bot.secret import Secret


class Event(Struct, frozen=True):
    """One thing a console said or that happened to its connection."""


class ConsoleLine(Event, frozen=True, gc=False):
    """One line of output: of the game, an echoed command or a message of the node.

    Colour codes and the steps of a progress bar (parted by a carriage return) are kept. A line of
    the node's history (`is_history`) came before this connection; its time is not known.
    """

    text: str
    is_history: bool = False


class Status(Event, frozen=True, gc=False):
    """The server's state changed, or was told after a login.

    `offline`, `starting`, `running` or `stopping`; very short states are skipped by the node. An
    offline state without `stopping` before it is a crash.
    """

    state: str


class Network(Struct, frozen=True, gc=False):
    """Bytes since the container's start."""

    rx_bytes: int = 0
    tx_bytes: int = 0


class Stats(Event, frozen=True, kw_only=True):
    """What the server uses: about once a second while it runs, once when it goes offline."""

    memory_bytes: int = 0
    memory_limit_bytes: int = 0  # 0 until the first start since the node's daemon booted
    cpu_absolute: float = 0.0  # percent of one core; may exceed 100
    disk_bytes: int = 0  # the node's own reckoning, up to 150 s old
    uptime_ms: int = field(default=0, name="uptime")
    state: str = ""
    network: Network = Network()


class InstallStarted(Event, frozen=True, gc=False):
    """The install script begins."""


class InstallOutput(Event, frozen=True, gc=False):
    """A line of the install script, or of an image's download on an ordinary start.

    Only keys of root administrators get these.
    """

    text: str


class InstallEnded(Event, frozen=True, gc=False):
    """The install is over, well **or not**: ask the panel."""


class BackupCompleted(Event, frozen=True, kw_only=True, gc=False):
    """A backup ended and the panel knows it; nothing comes when the panel refused to know."""

    uuid: str
    is_successful: bool
    checksum: str = ""  # hex; "" for a failed one
    checksum_type: str = ""
    size_bytes: int = field(default=0, name="file_size")


class RestoreEnded(Event, frozen=True, gc=False):
    """A restore is over, well **or not**: ask the panel."""


class TransferStatus(Event, frozen=True, gc=False):
    """A move to another node: `processing`, `cancelling`, `failure`, `success`, `completed`."""

    status: str


class TransferLog(Event, frozen=True, gc=False):
    """A line of the source node about the move; only keys of root administrators get these."""

    text: str


class DaemonMessage(Event, frozen=True, gc=False):
    """The node's word about an install or a restore."""

    text: str


class DaemonError(Event, frozen=True, gc=False):
    """The node could not do what this connection asked for.

    The true reason is told to root administrators only; actions of others and of the panel fail
    without any event.
    """

    text: str


class Throttled(Event, frozen=True, gc=False):
    """The node dropped what we sent (`asked` is the event's name, or `global`)."""

    asked: str


class Deleted(Event, frozen=True, gc=False):
    """The server was deleted on this node; after a transfer the old node says so as well."""


class Unknown(Event, frozen=True):
    """An event this client has no name for, or one whose content it could not read."""

    event: str
    args: tuple[str, ...] = ()


class Connected(Event, frozen=True, gc=False):
    """The first login was accepted; `Status` follows."""


class Reconnected(Event, frozen=True, gc=False):
    """A login was accepted again; lines missed meanwhile follow as history."""

    away_seconds: float


class CaughtUp(Event, frozen=True, gc=False):
    """The history that was asked for after a login is in; every line from here on is new."""


class Lapsed(Event, frozen=True, gc=False):
    """The login ran out before it could be renewed: the node tells nothing until it is.

    The socket stays; a `Stats` follows once the login is in force again, and missed lines as
    history.
    """


class Disconnected(Event, frozen=True, kw_only=True, gc=False):
    """The connection ended, or could not be made."""

    reason: str
    code: int | None = None  # of the closing frame; None where none came
    again_in: float | None = None  # seconds; None when it is over for good


class Lost(Event, frozen=True, kw_only=True, gc=False):
    """Something is missing here.

    `queue`: the listener was too slow, the counts are exact. `node`: the node dropped lines of a
    flood and does not say how many. `gap`: the node's history no longer reached back to the last
    known line, or there is none because the server went off meanwhile.
    """

    cause: Literal["queue", "node", "gap"]
    lines: int | None = None
    others: int = 0


class Frame(Struct, frozen=True, gc=False):
    """A message as Wings writes it; `args` is left out when empty."""

    event: str
    args: list[str] = field(default_factory=list)


class Garbled(Exception):
    """A message that is no event at all."""


_FRAME: Final = Decoder(Frame)
_STATS: Final = Decoder(Stats)
_BACKUP: Final = Decoder(BackupCompleted)
_ENCODE: Final = Encoder().encode

MAX_FRAME_BYTES: Final = 4096
"""What newer daemons take in one message; a larger one ends the connection."""

# The node's own lines are painted like this, whatever name its operator gave it.
DAEMON_LINE: Final = "\x1b[33m\x1b[1m["
_HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a character that takes two: no text holds it, and no message to Discord."""
_TOO_QUICKLY: Final = "outputting console data too quickly"


def read_frame(data: bytes | str) -> Frame:
    """Read one message; tolerant of what the node never sent so far.

    Raises:
        Garbled: No JSON object with an event in it.
    """
    try:
        return _FRAME.decode(data)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        pass
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    try:
        found = json.loads(text)  # takes half a character, and no more depth than it can
        event = found["event"]
        args = found.get("args")
        if not isinstance(args, list):
            args = [] if args is None else [args]
        texts = ["" if arg is None else str(arg) for arg in args]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise Garbled from None
    if not isinstance(event, str):
        raise Garbled
    return Frame(event, [_HALF.sub("\ufffd", one) for one in texts])


def lines_of(text: str) -> list[str]:
    """The lines in one `console output`; Wings turns " \\r" into a line break inside of it."""
    return [line.rstrip("\r\n") for line in text.split("\r\n")]


def is_throttling(line: str) -> bool:
    """Whether the node says by `line` that it drops what the server prints."""
    return line.startswith(DAEMON_LINE) and _TOO_QUICKLY in line


def read_event(frame: Frame) -> Event:
    """The event of a frame that is neither `console output` nor about the login.

    Wings cuts a suffix ("backup completed:<uuid>") off; other daemons need not.
    """
    read = _READERS.get(frame.event) or _READERS.get(frame.event.partition(":")[0])
    if read is None:
        return Unknown(frame.event, tuple(frame.args))
    try:
        return read(frame.args[0] if frame.args else "")
    except (DecodeError, UnicodeError, RecursionError):
        return Unknown(frame.event, tuple(frame.args))


Reader: TypeAlias = Callable[[str], Event]
_READERS: Final[dict[str, Reader]] = {
    "stats": _STATS.decode,
    "status": Status,
    "install started": lambda _: InstallStarted(),
    "install output": InstallOutput,
    "install completed": lambda _: InstallEnded(),
    "backup completed": _BACKUP.decode,
    "backup restore completed": lambda _: RestoreEnded(),
    "transfer status": TransferStatus,
    "transfer logs": TransferLog,
    "daemon message": DaemonMessage,
    "daemon error": DaemonError,
    "throttled": Throttled,
    "deleted": lambda _: Deleted(),
}


def message(event: str, args: Sequence[str] = ()) -> bytes:
    """A message to the node, never larger than it takes, or it would close the socket (1009).

    Raises:
        ValueError: It would be larger than `MAX_FRAME_BYTES`.
    """
    data = _ENCODE({"event": event, "args": args})
    if len(data) > MAX_FRAME_BYTES:
        raise ValueError(f"a message of {len(data)} bytes; the node takes {MAX_FRAME_BYTES}")
    return data


def login_message(token: Secret) -> bytes:
    """The login; a token is as large as the panel made it."""
    return _ENCODE({"event": "auth", "args": (token.reveal(),)})
