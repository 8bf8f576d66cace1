"""One request to the panel, as its handlers see it, and the answers they give."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from multidict import MultiMapping

from demo.panel.records import Allocation, Backup, Database, Key, Schedule, Subuser, Task, User
from demo.panel.refusal import of_another_server, unauthorized, unknown
from demo.panel.rights import ADMINISTRATOR
from demo.panel.server import Server

if TYPE_CHECKING:
    from demo.panel.panel import SimPanel

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body, or raw bytes with their type; 204 has neither."""

    status: int = 200
    body: object = None
    raw: bytes | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


NOTHING = Answer(204)
ACCEPTED = Answer(202, [])

Handler = Callable[["Ask"], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """A call of the client API: `path` below /api/client, with names in braces."""

    method: str
    path: str
    handler: Handler
    right: str | Callable[["Ask"], str] | None = None
    is_open_without_2fa: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Ask:
    """What was asked, by whom, and what the path names."""

    panel: "SimPanel"
    route: Route
    args: dict[str, str]
    query: MultiMapping[str]
    text: str  # "POST /servers/1eab9400/power"
    target: str  # path and query as sent
    ip: str
    key: Key
    body: dict[str, object]
    raw: bytes
    found_server: Server | None = None
    found_backup: Backup | None = None
    found_schedule: Schedule | None = None
    found_task: Task | None = None
    found_subuser: Subuser | None = None
    found_database: Database | None = None
    found_allocation: Allocation | None = None

    @property
    def user(self) -> User:
        return self.key.owner

    @property
    def now(self) -> datetime:
        return self.panel.clock.now()

    @property
    def server(self) -> Server:
        return _there(self.found_server)

    @property
    def backup(self) -> Backup:
        return _there(self.found_backup)

    @property
    def schedule(self) -> Schedule:
        return _there(self.found_schedule)

    @property
    def task(self) -> Task:
        return _there(self.found_task)

    @property
    def subuser(self) -> Subuser:
        return _there(self.found_subuser)

    @property
    def database(self) -> Database:
        return _there(self.found_database)

    @property
    def allocation(self) -> Allocation:
        return _there(self.found_allocation)

    @property
    def is_owner(self) -> bool:
        return self.server.owner is self.user

    def rights(self, server: Server | None = None) -> list[str]:
        """What the caller may do on a server, as the view lists it."""
        server = server or self.server
        if server.owner is self.user:
            return ["*"]
        if self.user.is_admin:
            return list(ADMINISTRATOR)
        return server.permissions_of(self.user) or []

    def may(self, right: str, server: Server | None = None) -> bool:
        """Whether the caller has a right on a server."""
        granted = self.rights(server)
        return "*" in granted or right in granted

    def demand(self, right: str) -> None:
        """Refuse with 403 who lacks `right`."""
        if not self.may(right):
            raise unauthorized()

    def includes(self, name: str) -> bool:
        return name in self.query.get("include", "").split(",")

    def text_of(self, field_name: str) -> str:
        """A field of the body as text; missing and null are empty."""
        value = self.body.get(field_name)
        return "" if value is None else str(value)

    def flag(self, field_name: str) -> bool:
        return self.body.get(field_name) in (True, 1, "1")

    async def reach_node(self, *, wants_json: bool = False) -> bool:
        """Do what every call to the node does before its work: get through, or fail.

        False when the node answered with a page and 200: the panel then takes it for success,
        unless it wants JSON.
        """
        return await self.panel.reach_node(self.server.node, self.text, wants_json=wants_json)

    def log(self, event: str, /, **properties: object) -> None:
        """Write an entry of the server's activity log."""
        self.panel.world.log(
            event,
            at=self.now,
            actor=self.user,
            server=self.server,
            ip=self.ip,
            properties=properties,
        )

    def log_account(self, event: str, /, **properties: object) -> None:
        """Write an entry of the caller's own activity log."""
        self.panel.world.log(
            event,
            at=self.now,
            actor=self.user,
            subject=self.user,
            ip=self.ip,
            properties=properties,
        )

    def look_up(self) -> None:
        """Find what the path names.

        Raises:
            Refusal: 404; databases and allocations are found wherever they belong.
        """
        if "server" in self.args:
            self.found_server = self.panel.world.server_in_path(self.args["server"])
            if self.found_server is None:
                raise unknown()
        for name, value in self.args.items():
            finder = _FINDERS.get(name)
            if finder is not None and not finder(self, value):
                raise unknown()

    def check_belonging(self) -> None:
        """Refuse a database or allocation of another server."""
        database, allocation = self.found_database, self.found_allocation
        if database is not None and database not in self.server.databases:
            raise of_another_server()
        if allocation is not None and allocation.server_id != self.server.id:
            raise of_another_server()


def _there(value: T | None) -> T:
    if value is None:
        raise LookupError("the path does not name it")
    return value


def _find_backup(ask: Ask, value: str) -> bool:
    ask.found_backup = next((each for each in ask.server.backups if each.uuid == value), None)
    return ask.found_backup is not None


def _find_schedule(ask: Ask, value: str) -> bool:
    found = [each for each in ask.server.schedules if str(each.id) == value]
    ask.found_schedule = found[0] if found else None
    return bool(found)


def _find_task(ask: Ask, value: str) -> bool:
    found = [each for each in ask.schedule.tasks if str(each.id) == value]
    ask.found_task = found[0] if found else None
    return bool(found)


def _find_subuser(ask: Ask, value: str) -> bool:
    found = [each for each in ask.server.subusers if each.user.uuid == value]
    ask.found_subuser = found[0] if found else None
    return bool(found)


def _find_database(ask: Ask, value: str) -> bool:
    for server in ask.panel.world.servers:
        for database in server.databases:
            if value in (database.id, str(database.number)):
                ask.found_database = database
                return True
    return False


def _find_allocation(ask: Ask, value: str) -> bool:
    number = int(value) if value.isdigit() else 0
    _, ask.found_allocation = ask.panel.world.allocations.get(number, (None, None))
    return ask.found_allocation is not None


_FINDERS: dict[str, Callable[[Ask, str], bool]] = {
    "backup": _find_backup,
    "schedule": _find_schedule,
    "task": _find_task,
    "subuser": _find_subuser,
    "database": _find_database,
    "allocation": _find_allocation,
}
