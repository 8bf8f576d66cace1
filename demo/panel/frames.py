"""Events of the node's websocket as text, written the way Go writes JSON (contract: console.md)."""

from typing import Final

import msgspec

from demo.panel.clock import Clock

_ESCAPES: Final = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
)
DAEMON: Final = "\x1b[33m\x1b[1m[Pterodactyl Daemon]:\x1b[39m {}\x1b[0m"


def frame(event: str, *args: str) -> str:
    """One event; without arguments there are no `args` at all."""
    body: dict[str, object] = {"event": event}
    if args:
        body["args"] = args
    return msgspec.json.encode(body).decode().translate(_ESCAPES) + "\n"


def asked(text: str) -> tuple[str, list[str]] | None:
    """The event and arguments of a client's frame; None where the node drops it in silence."""
    try:
        body = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, ValueError):
        return None
    fields = {name.lower(): value for name, value in body.items()}
    event, args = fields.get("event"), fields.get("args")
    event, args = "" if event is None else event, [] if args is None else args
    if not isinstance(event, str) or not isinstance(args, list):
        return None
    if not all(item is None or isinstance(item, str) for item in args):
        return None
    return event, [item or "" for item in args]


class Throttle:
    """2000 lines in 100 ms; what is above is dropped, with one notice per spell."""

    def __init__(self, clock: Clock, lines: int = 2000, seconds: float = 0.1) -> None:
        self._clock = clock
        self._lines = lines
        self._seconds = seconds
        self._since = 0.0
        self._count = 0
        self.dropped = 0

    def admit(self) -> bool | None:
        """True to pass, False to drop, None to drop and tell."""
        now = self._clock.monotonic()
        if now - self._since >= self._seconds:
            self._since, self._count = now, 0
        self._count += 1
        if self._count <= self._lines:
            return True
        self.dropped += 1
        return None if self._count == self._lines + 1 else False


class Bucket:
    """A token bucket: `size` at once, refilled one per `seconds` (contract: newer Wings)."""

    def __init__(self, clock: Clock, size: int, seconds: float) -> None:
        self._clock = clock
        self._size = size
        self._seconds = seconds
        self._left = float(size)
        self._at = clock.monotonic()
        self._is_told = False

    def take(self) -> bool | None:
        """True to pass, False to drop, None to drop and tell."""
        now = self._clock.monotonic()
        self._left = min(self._size, self._left + (now - self._at) / self._seconds)
        self._at = now
        if self._left >= 1.0 - 1e-9:
            self._left -= 1.0
            self._is_told = False
            return True
        if self._is_told:
            return False
        self._is_told = True
        return None
