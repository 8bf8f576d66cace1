"""Faults on a switch: what a panel or node may do wrong, where, and how often."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Final, Literal

from demo.panel.refusal import UNEXPECTED, Invalid, Refusal, no_connection, node_said, too_many

Side = Literal["panel", "node"]

KINDS: Final = {
    "refused": "nothing listens (on one route: cut at once); a node: the panel says 504",
    "hang": "taken in, never answered; a node: the panel says 504 after 15 s",
    "reset": "the connection breaks in the middle of the body",
    "drop": "the connection breaks before the first byte",
    "slow": "the body drips, one piece each `seconds`",
    "truncated": "a whole answer whose JSON stops half-way",
    "wrong_types": "the right keys with wrong types",
    "html200": "a page with 200 where JSON belongs",
    "html403": "a challenge page with 403",
    "html404": "the web server's page, 404",
    "html413": "the web server's page, 413",
    "html502": "the web server's page, 502",
    "html503": "the web server's page, 503",
    "html504": "the web server's page, 504",
    "redirect": "302 to the login page",
    "maintenance": "503 with Retry-After: 60, as `artisan down` does",
    "garbage": "bytes that are no HTTP; a node: the panel says 504",
    "short_tokens": "websocket tokens that live `seconds`",
    "too_many_sockets": "a node takes no more websockets: 400",
    "json403": "a node: 403 with a JSON error",
    "json404": "a node: 404 with a JSON error",
    "json500": "a node: 500 with a JSON error",
}
STATUSES: Final = frozenset({"401", "403", "404", "409", "422", "429", "500", "502", "503", "504"})
NODE_SECONDS: Final = 15.0  # what the panel gives a node


@dataclass(eq=False)
class Fault:
    """One switched-on fault; `cancel` switches it off."""

    kind: str
    pattern: re.Pattern[str] | None
    times: int | None
    on: Side
    node: str | None
    is_done: bool
    seconds: float
    hits: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    after: int = 0  # requests that still pass

    def cancel(self) -> None:
        """Switch it off and let go who hangs on it."""
        self.over.set()


class Faults:
    """All that is switched on at the moment, oldest first."""

    def __init__(self) -> None:
        self._all: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._all.append(fault)

    def clear(self) -> None:
        for fault in self._all:
            fault.cancel()
        self._all.clear()

    def peek(self, kind: str, on: Side, *, node: str | None = None) -> Fault | None:
        """A fault of this kind that is on, without counting it as played."""
        for fault in self._all:
            is_on = fault.kind == kind and fault.on == on and not fault.over.is_set()
            if is_on and (node is None or fault.node in (None, node)):
                return fault
        return None

    def hit(self, on: Side, text: str, *, node: str | None = None) -> Fault | None:
        """The fault to play for a request ("POST /servers/x/power"), counted as played."""
        for fault in self._all:
            if fault.on != on or fault.over.is_set() or fault.kind == "short_tokens":
                continue
            if node is not None and fault.node not in (None, node):
                continue
            if fault.pattern is not None and not fault.pattern.fullmatch(text):
                continue
            if fault.after:
                fault.after -= 1
                continue
            if fault.times is not None and fault.hits >= fault.times:
                continue
            fault.hits += 1
            return fault
        return None


def pattern(route: str | re.Pattern[str] | None) -> re.Pattern[str] | None:
    """A route as a regular expression: `*` is anything, `{}` one segment, no verb is any verb."""
    if route is None or isinstance(route, re.Pattern):
        return route
    parts = [
        {"*": ".*", "{}": "[^/]+"}.get(part, re.escape(part))
        for part in re.split(r"(\*|\{\})", route)
    ]
    verb = "" if " " in route else r"\S+ "
    return re.compile(verb + "".join(parts))


def refusal_of(fault: Fault, now: float) -> Refusal | None:
    """The panel's own error that a fault of a status stands for; None for other kinds."""
    match fault.kind:
        case "429":
            return too_many(int(fault.seconds), int(now + fault.seconds), 720)
        case "401":
            return Refusal(401, "AuthenticationException", "Unauthenticated.", has_budget=False)
        case "403":
            return Refusal(403, "AccessDeniedHttpException", "This action is unauthorized.")
        case "404":
            detail = "The requested resource could not be found on the server."
            return Refusal(404, "NotFoundHttpException", detail, has_budget=False)
        case "409":
            return Refusal(
                409,
                "ServerStateConflictException",
                "This server is currently restoring from a backup, please try again later.",
            )
        case "422":
            return Invalid([("name", "required", "The name field is required.")])
        case "500":
            return Refusal(500, "QueryException", UNEXPECTED)
        case "502":
            return node_said(502, has_id=False)
        case "503" | "maintenance":
            return Refusal(
                503,
                "HttpException",
                "Service Unavailable",
                headers={"Retry-After": "60"},
                has_budget=False,
            )
        case "504":
            return no_connection()
        case _:
            return None


def node_refusal(fault: Fault) -> Refusal | None:
    """What the panel says when its node plays `fault`; None where it takes it for success."""
    match fault.kind:
        case "html200":
            return None
        case "json403":
            return node_said(403, "You are not authorized to access this endpoint.", has_id=False)
        case "json404":
            text = "The requested resource does not exist on this instance."
            return node_said(404, text, has_id=False)
        case "json500":
            return node_said(500, has_id=False)
        case kind if kind in STATUSES or kind.startswith("html"):
            status = int(kind.removeprefix("html"))
            text = "An unexpected error was encountered while processing this request."
            return node_said(status, text, has_id=False)
        case _:
            return no_connection()
