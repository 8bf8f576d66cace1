"""The table of routes: which coroutine answers which method and path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.wirecord.protocol import Files, Permission, Refusal

if TYPE_CHECKING:
    from tests.wirecord.wire import Wire
    from tests.wirecord.world import Channel

Route: TypeAlias = Callable[..., Awaitable[object]]


@dataclass(frozen=True)
class Answer:
    """What a route says, where the status isn't 200 (or 204 with nothing to say)."""

    body: object
    status: int


@dataclass(frozen=True)
class Call:
    """One request: `body` is the decoded JSON (None without one)."""

    wire: Wire
    method: str
    body: Any
    files: Files
    query: Mapping[str, str]
    by_bot: bool

    def asks(self, name: str) -> bool:
        """Whether a switch in the query is on."""
        return self.query.get(name, "").lower() in ("true", "1")


_ROUTES: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}


def route(methods: str, *paths: str) -> Callable[[Route], Route]:
    """Enter a coroutine under methods (by spaces) and paths; `{name}`s become its arguments."""

    def enter(answer: Route) -> Route:
        for path in paths:
            segments = path.strip("/").split("/")
            for method in methods.split():
                known = _ROUTES.setdefault((method, len(segments)), [])
                known.append((segments, answer))
                known.sort(key=lambda entry: sum(part.startswith("{") for part in entry[0]))
        return answer

    return enter


def find_route(method: str, segments: list[str]) -> tuple[Route, dict[str, str]] | None:
    """Find the route of a path, and the values of its names; a literal wins over a name."""
    for pattern, answer in _ROUTES.get((method, len(segments)), ()):
        names: dict[str, str] = {}
        for part, segment in zip(pattern, segments, strict=True):
            if part.startswith("{"):
                names[part[1:-1]] = segment
            elif part != segment:
                break
        else:
            return answer, names
    return None


def check_bot_may(channel: Channel, *needed: Permission) -> None:
    """Raise what Discord answers where the bot can't see the channel or lacks a permission."""
    if channel.recipient:
        if channel.recipient.dms_closed:
            raise Refusal(403, 50007, "Cannot send messages to this user")
        return
    held = channel.bot_may()
    if not held & Permission.VIEW_CHANNEL:
        raise Refusal(403, 50001, "Missing Access")
    if any(not held & permission for permission in needed):
        raise Refusal(403, 50013, "Missing Permissions")
