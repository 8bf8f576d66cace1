"""The client API's routes as the contract lists them: what was asked, and what each one needs."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

CLIENT_BUDGET: Final = "client"
"""`Limited.budget` when the account's whole budget is used up, not that of one route."""

SMALL_BUDGET_AT_MOST: Final = 30
"""Small budgets are 2 to 10 calls, the whole client's 128 to 720."""

SMALL_BUDGETS: Final = frozenset(
    {
        ("GET", "servers/{server}/websocket"),
        ("POST", "servers/{server}/network/allocations"),
        ("POST", "servers/{server}/databases"),
        ("POST", "servers/{server}/schedules"),
        ("POST", "servers/{server}/backups"),
        ("POST", "servers/{server}/backups/{backup}/restore"),
        ("POST", "servers/{server}/users"),
        ("POST", "servers/{server}/files/pull"),
        ("PUT", "account/email"),
    }
)
"""Routes that have, on some version, a budget of their own."""

_S: Final = "servers/{server}"

RIGHTS: Final[Mapping[tuple[str, str], str]] = {
    ("GET", f"{_S}/websocket"): "websocket.connect",
    ("POST", f"{_S}/command"): "control.console",
    ("GET", f"{_S}/activity"): "activity.read",
    ("GET", f"{_S}/databases"): "database.read",
    ("POST", f"{_S}/databases"): "database.create",
    ("POST", f"{_S}/databases/{{database}}/rotate-password"): "database.update",
    ("DELETE", f"{_S}/databases/{{database}}"): "database.delete",
    ("GET", f"{_S}/files/list"): "file.read",
    ("GET", f"{_S}/files/contents"): "file.read-content",
    ("GET", f"{_S}/files/download"): "file.read-content",
    ("PUT", f"{_S}/files/rename"): "file.update",
    ("POST", f"{_S}/files/copy"): "file.create",
    ("POST", f"{_S}/files/write"): "file.create",
    ("POST", f"{_S}/files/compress"): "file.archive",
    ("POST", f"{_S}/files/decompress"): "file.create",
    ("POST", f"{_S}/files/delete"): "file.delete",
    ("POST", f"{_S}/files/create-folder"): "file.create",
    ("POST", f"{_S}/files/chmod"): "file.update",
    ("POST", f"{_S}/files/pull"): "file.create",
    ("GET", f"{_S}/files/upload"): "file.create",
    ("GET", f"{_S}/schedules"): "schedule.read",
    ("POST", f"{_S}/schedules"): "schedule.create",
    ("GET", f"{_S}/schedules/{{schedule}}"): "schedule.read",
    ("POST", f"{_S}/schedules/{{schedule}}"): "schedule.update",
    ("POST", f"{_S}/schedules/{{schedule}}/execute"): "schedule.update",
    ("DELETE", f"{_S}/schedules/{{schedule}}"): "schedule.delete",
    ("POST", f"{_S}/schedules/{{schedule}}/tasks"): "schedule.update",
    ("POST", f"{_S}/schedules/{{schedule}}/tasks/{{task}}"): "schedule.update",
    ("DELETE", f"{_S}/schedules/{{schedule}}/tasks/{{task}}"): "schedule.update",
    ("GET", f"{_S}/network/allocations"): "allocation.read",
    ("POST", f"{_S}/network/allocations"): "allocation.create",
    ("POST", f"{_S}/network/allocations/{{allocation}}"): "allocation.update",
    ("POST", f"{_S}/network/allocations/{{allocation}}/primary"): "allocation.update",
    ("DELETE", f"{_S}/network/allocations/{{allocation}}"): "allocation.delete",
    ("GET", f"{_S}/users"): "user.read",
    ("POST", f"{_S}/users"): "user.create",
    ("GET", f"{_S}/users/{{user}}"): "user.read",
    ("POST", f"{_S}/users/{{user}}"): "user.update",
    ("DELETE", f"{_S}/users/{{user}}"): "user.delete",
    ("GET", f"{_S}/backups"): "backup.read",
    ("POST", f"{_S}/backups"): "backup.create",
    ("GET", f"{_S}/backups/{{backup}}"): "backup.read",
    ("GET", f"{_S}/backups/{{backup}}/download"): "backup.download",
    ("POST", f"{_S}/backups/{{backup}}/lock"): "backup.delete",
    ("PUT", f"{_S}/backups/{{backup}}/rename"): "backup.delete",
    ("POST", f"{_S}/backups/{{backup}}/restore"): "backup.restore",
    ("DELETE", f"{_S}/backups/{{backup}}"): "backup.delete",
    ("GET", f"{_S}/startup"): "startup.read",
    ("PUT", f"{_S}/startup/variable"): "startup.update",
    ("POST", f"{_S}/settings/rename"): "settings.rename",
    ("POST", f"{_S}/settings/description"): "settings.description",
    ("POST", f"{_S}/settings/reinstall"): "settings.reinstall",
    ("PUT", f"{_S}/settings/docker-image"): "startup.docker-image",
}
"""The permission key a call needs (contract: README.md, permission keys); power says its own."""


class Asked(Struct, frozen=True):
    """What was asked: method and path, without query and body (they may hold secrets)."""

    method: str
    segments: tuple[str, ...] = ()
    right: str | None = None  # where the route alone doesn't tell it, as with power
    is_partial: bool = False  # several files in one call: some may be done when it breaks

    @property
    def route(self) -> str:
        """The path with every id replaced: `servers/{server}/backups/{backup}`."""
        named = list(self.segments)
        for at in range(1, len(named)):
            kind = _IDS.get(named[at - 1])
            if kind and (named[at - 1], named[at]) != ("ssh-keys", "remove"):
                named[at] = kind
        return "/".join(named)

    @property
    def server(self) -> str | None:
        """The server's identifier or uuid as it was given."""
        below = len(self.segments) > 1 and self.segments[0] == "servers"
        return self.segments[1] if below else None

    @property
    def is_read(self) -> bool:
        """Nothing can have been changed by it."""
        return self.method in {"GET", "HEAD", "OPTIONS"}

    def __str__(self) -> str:
        return f"{self.method} {self.route or '/'}"


def budget_of(asked: Asked, headers: Mapping[str, str]) -> str:
    """Which budget the `X-RateLimit-*` headers of an answer speak of.

    A route with a small budget of its own shows that one's number where the panel's version has
    it, else the account's: they are told apart by size (contract: README.md, rate limits).
    """
    limit = headers.get("x-ratelimit-limit", "")
    request = (asked.method, asked.route)
    if request in SMALL_BUDGETS and limit.isdecimal() and int(limit) <= SMALL_BUDGET_AT_MOST:
        return str(asked)
    return CLIENT_BUDGET


_IDS: Final = {
    "servers": "{server}",
    "databases": "{database}",
    "backups": "{backup}",
    "schedules": "{schedule}",
    "tasks": "{task}",
    "users": "{user}",
    "allocations": "{allocation}",
    "api-keys": "{key}",
    "ssh-keys": "{fingerprint}",
}
