"""Servers: list, view, load, command, power, and the way to each area of one."""

from collections.abc import AsyncIterator, Iterable
from typing import Final

from msgspec.structs import replace

from bot.pterodactyl.activity import activity_page, activity_pages, with_includes
from bot.pterodactyl.archives import Archives
from bot.pterodactyl.backups import Backups
from bot.pterodactyl.console import Console, Signal, Spawn
from bot.pterodactyl.console_session import Mint
from bot.pterodactyl.databases import Databases
from bot.pterodactyl.errors import Answer, PanelBug, Reason
from bot.pterodactyl.files import Files
from bot.pterodactyl.http import PanelHttp, Query
from bot.pterodactyl.models import (
    Activity,
    Page,
    Permissions,
    Server,
    Stats,
    WebsocketCredentials,
)
from bot.pterodactyl.models.envelope import Data, Item, Paged, decoder
from bot.pterodactyl.models.servers import ServerView
from bot.pterodactyl.network import Allocations
from bot.pterodactyl.routes import Asked
from bot.pterodactyl.schedules import Schedules
from bot.pterodactyl.settings import Settings
from bot.pterodactyl.startup import StartupArea
from bot.pterodactyl.users import Users

PER_PAGE_AT_MOST: Final = 100
PAGES_AT_MOST: Final = 100

_PAGED: Final = decoder(Paged[Server])
_VIEW: Final = decoder(ServerView)
_STATS: Final = decoder(Item[Stats])
_CREDENTIALS: Final = decoder(Data[WebsocketCredentials])
_PERMISSIONS: Final = decoder(Item[Permissions])

_RIGHTS: Final = {
    "start": "control.start",
    "stop": "control.stop",
    "kill": "control.stop",
    "restart": "control.restart",
}


class Servers:
    """`client.servers`."""

    def __init__(self, http: PanelHttp, archives: Archives) -> None:
        self._http = http
        self.backups = Backups(http)
        self.databases = Databases(http)
        self.files = Files(http, archives)
        self.network = Allocations(http)
        self.settings = Settings(http)
        self.startup = StartupArea(http)
        self.users = Users(http)
        self.schedules = Schedules(http)

    async def list_servers(
        self,
        includes: Iterable[str] | None = None,
        params: Query | None = None,
        *,
        max_pages: int = PAGES_AT_MOST,
    ) -> list[Server]:
        """List all servers the account can use, from every page (contract: servers.md).

        Args:
            includes: `egg`, `subusers`; kept on every page.
            params: `type` (owner, admin, admin-all), `filter[name]`, `filter[uuid]`, `filter[*]`
                and so on, `per_page` (100 at most, and by default), `page` to begin later.
            max_pages: Beyond that the list is refused rather than cut.

        Raises:
            Declined: BAD_QUERY: an unknown filter.
            PanelBug: With reason TOO_LARGE: more pages than `max_pages`.
        """
        found: dict[str, Server] = {}
        pages = 0
        async for page in self.iter_servers(includes, params):
            pages += 1
            found |= {server.uuid: server for server in page.rows}
            if pages == max_pages and page.rows and not page.pagination.is_last:
                answer = Answer(200, "", f"more than {max_pages} pages", Asked("GET"))
                raise PanelBug(answer, reason=Reason.TOO_LARGE)
        return list(found.values())

    async def iter_servers(
        self, includes: Iterable[str] | None = None, params: Query | None = None
    ) -> AsyncIterator[Page[Server]]:
        """Page after page of them; arguments as in list_servers.

        A server may come twice when the list changes meanwhile: the panel promises no order.
        """
        query = with_includes(params, includes)
        query["per_page"] = _within(query.get("per_page", PER_PAGE_AT_MOST), PER_PAGE_AT_MOST)
        number = _within(query.pop("page", 1), None)
        while True:
            # the first page goes without its number, as most callers have no other
            asked = query | {"page": number} if number > 1 else query
            page = (await self._http.fetch(_PAGED, "GET", params=asked)).page()
            yield page
            if not page.rows or page.pagination.is_last:
                return
            number += 1

    async def get_server(
        self,
        server_id: str,
        includes: Iterable[str] | None = None,
        params: Query | None = None,
    ) -> Server:
        """Read one server, in whatever state it is (contract: servers.md).

        Only this tells the account's rights there: `user_permissions`, `may()`.

        Args:
            server_id: Identifier (8 characters) or uuid.
            includes: `egg`, `subusers`.
            params: Sent along; the panel reads none here.

        Raises:
            NotFound: Unknown, or not the account's to use: the panel doesn't tell which.
        """
        query = with_includes(params, includes)
        view = await self._http.fetch(_VIEW, "GET", "servers", server_id, params=query)
        return replace(
            view.attributes,
            is_server_owner=view.meta.is_server_owner,
            user_permissions=view.meta.user_permissions,
        )

    async def get_server_utilization(self, server_id: str) -> Stats:
        """Read state and load; up to 20 s old, as the panel caches it (contract: servers.md).

        Just after a power action it still shows what was before: the console knows better.

        Raises:
            Conflict: The server is installing, suspended, restoring or moving.
            NodeFailed: Whatever ails the node; Pelican says `current_state` "missing" instead.
        """
        stats = await self._http.fetch(_STATS, "GET", "servers", server_id, "resources")
        return stats.attributes

    async def get_websocket(self, server_id: str) -> WebsocketCredentials:
        """Ask for the node's address and a token for 10 minutes (contract: servers.md).

        Given without asking the node. `console()` does this by itself.

        Raises:
            NotAllowed: `websocket.connect` is missing, or the server is moving.
            Conflict: For administrators only when suspended or in maintenance.
            Limited: Later panels allow 5 a minute and server, for all accounts together.
        """
        credentials = await self._http.fetch(_CREDENTIALS, "GET", "servers", server_id, "websocket")
        return credentials.data

    async def list_permissions(self) -> Permissions:
        """Read the catalogue of all rights that can be given (contract: account.md)."""
        return (await self._http.fetch(_PERMISSIONS, "GET", "permissions")).attributes

    async def send_console_command(self, server_id: str, cmd: str) -> None:
        """Hand the game a line; what it answers comes over the console (contract: servers.md).

        Args:
            server_id: Identifier or uuid.
            cmd: Not blank, trimmed; with line breaks each line is a command of its own.

        Raises:
            ServerOffline: It is off, or the node in trouble: read the state.
            Invalid: Blank.
            PanelDown, NodeFailed: With `maybe_done` it may have been run: never repeat blindly.
        """
        await self._http.send("POST", "servers", server_id, "command", body={"command": cmd})

    async def send_power_action(self, server_id: str, signal: Signal | str) -> None:
        """Ask for start, stop, restart or kill; it happens afterwards (contract: servers.md).

        Accepted in every state of the game, also to no effect, and dropped silently while another
        one is under way. Confirm by the state.

        Args:
            server_id: Identifier or uuid.
            signal: start, stop, restart or kill.

        Raises:
            NotAllowed: control.start, control.stop (kill too) or control.restart is missing; a
                subuser gets it for an unknown signal as well.
            Invalid: An unknown signal.
            NodeFailed, PanelDown: With `maybe_done` it may have happened: look, don't repeat.
        """
        await self._http.send(
            "POST",
            "servers",
            server_id,
            "power",
            body={"signal": signal},
            right=_RIGHTS.get(signal),
        )

    async def list_activity(
        self,
        server_id: str,
        *,
        page: int = 1,
        per_page: int = 25,
        event: str | None = None,
        oldest_first: bool = False,
        includes: Iterable[str] = (),
    ) -> Page[Activity]:
        """One page of what was done on a server (contract: activity.md).

        It holds what people typed as commands, secrets too: not for logs.

        Args:
            server_id: Identifier or uuid.
            page: From 1; past the end it is empty.
            per_page: At most 100.
            event: Part of an event's name, `server:power`; several with commas between.
            oldest_first: The other way round.
            includes: `actor`.

        Raises:
            NotAllowed: `activity.read` is missing.
        """
        return await activity_page(
            self._http,
            ("servers", server_id, "activity"),
            page=page,
            per_page=per_page,
            event=event,
            oldest_first=oldest_first,
            includes=includes,
        )

    def iter_activity(
        self,
        server_id: str,
        *,
        event: str | None = None,
        oldest_first: bool = False,
        includes: Iterable[str] = (),
    ) -> AsyncIterator[Page[Activity]]:
        """Page after page of it, 100 entries each; arguments as in list_activity."""
        return activity_pages(
            self._http,
            ("servers", server_id, "activity"),
            event=event,
            oldest_first=oldest_first,
            includes=includes,
        )

    def console(
        self,
        server_id: str,
        *,
        spawn: Spawn | None = None,
        mint: Mint | None = None,
        known_lines: Iterable[str] = (),
    ) -> Console:
        """The server's console: enter it, iterate its events (contract: console.md).

        Args:
            server_id: Identifier or uuid.
            spawn: Starts its reader; without it the console owns the task.
            mint: Asks for address and token in place of `get_websocket`, to choose when.
            known_lines: What an earlier console of the server heard, oldest first.
        """
        return Console(
            self._http.network,
            server_id,
            mint or (lambda: self.get_websocket(server_id)),
            origin=self._http.panel_url,
            spawn=spawn,
            known_lines=known_lines,
        )


def _within(value: str | int, most: int | None) -> int:
    number = max(1, int(value))
    return number if most is None else min(number, most)
