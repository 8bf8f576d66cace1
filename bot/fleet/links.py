"""Members' own panel keys in memory: what each may do, and a client that acts as them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import uuid4

import structlog
from msgspec import Struct, structs

from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.panels import REFRESH_SECONDS, Examined, PanelGone, Panels
from bot.pterodactyl import Client, KeyRejected, PanelError, Unreachable
from bot.store import links as rows
from bot.store.engine import Database
from bot.store.errors import NotOpened
from bot.store.links import LinkRow, NewLink
from bot.store.servers import SeenServer
from bot.store.vault import Vault, owner_of

log = structlog.stdlib.get_logger(__name__)

LINKS_PER_GUILD = 500


class Linked(Struct, frozen=True):
    """A member's key as others may see it; `rights` by the servers' uuids, empty until read."""

    guild_id: int
    member_id: int
    panel_id: str
    account_id: str
    account_name: str
    linked_at: datetime
    rights: dict[str, frozenset[str]] = {}


class Links:
    """Keys by guild, member and panel; their rights are read again with the panels' lists."""

    def __init__(self, *, database: Database, vault: Vault, panels: Panels, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._panels = panels
        self._clock = clock
        self._linked: dict[int, dict[int, dict[str, Linked]]] = {}
        self._clients: dict[tuple[int, int, str], Client] = {}

    async def open_guild(self, guild_id: int) -> None:
        """Load what is stored of a guild whose panels are open; rights follow in the background."""
        async with self._database.read() as session:
            stored = await rows.list_links(session, guild_id=guild_id)
        for row in stored:
            try:
                key = self._vault.unseal(row.key_sealed, owner=_owner(guild_id, row.id))
                panel = self._panels.get(guild_id, row.panel_id)
            except (NotOpened, PanelGone):
                log.exception("linked key not opened", guild=guild_id, link=row.id)
                continue
            self._take(row, self._panels.client_for(panel.url, key, row.account_id), ())

    def close_guild(self, guild_id: int) -> None:
        """Let go of a guild; what is stored of it stays."""
        for member_id in list(self._linked.pop(guild_id, {})):
            self._drop_clients(guild_id, member_id)

    async def link(self, guild_id: int, member_id: int, panel_id: str, found: Examined) -> Linked:
        """Keep a member's key that was examined, instead of the one that was there.

        Raises:
            PanelGone: The panel is not connected any more.
            LimitReached: The guild keeps `LINKS_PER_GUILD` keys already.
        """
        link_id = str(uuid4())
        new = NewLink(
            id=link_id,
            member_id=member_id,
            panel_id=panel_id,
            key_sealed=self._vault.seal(found.key, owner=_owner(guild_id, link_id)),
            account_id=found.account.account_id,
            account_name=found.account.username,
        )
        async with self._database.write() as session:
            row = await rows.set_link(
                session,
                guild_id=guild_id,
                new=new,
                at_most=LINKS_PER_GUILD,
                now=self._clock.now(),
            )
        if row is None:
            raise PanelGone(panel_id)
        client = self._panels.client_for(found.url, found.key, row.account_id)
        return self._take(row, client, found.servers)

    async def drop_member(self, guild_id: int, member_id: int) -> int:
        """Erase a member's keys, here and in the database; how many there were."""
        async with self._database.write() as session:
            count = await rows.drop_member(session, guild_id=guild_id, member_id=member_id)
        self._linked.get(guild_id, {}).pop(member_id, None)
        self._drop_clients(guild_id, member_id)
        return count

    async def who_left(
        self, guild_id: int, is_member: Callable[[int, int], Awaitable[bool]]
    ) -> None:
        """Erase the keys of members who are not in the guild any more.

        Args:
            is_member: Whether a member is still in a guild; True where Discord doesn't say.
        """
        for member_id in self.members(guild_id):
            if not await is_member(guild_id, member_id):
                await self.drop_member(guild_id, member_id)
                log.info("linked key of a member who left erased", guild=guild_id)

    def of(self, guild_id: int, member_id: int) -> list[Linked]:
        """A member's linked keys."""
        return list(self._linked.get(guild_id, {}).get(member_id, {}).values())

    def members(self, guild_id: int) -> list[int]:
        """Who has a linked key in the guild."""
        return list(self._linked.get(guild_id, {}))

    def on(self, member_id: int, server: Server) -> Linked | None:
        """A member's key for a server's panel; None where there is none."""
        return self._linked.get(server.guild_id, {}).get(member_id, {}).get(server.panel_id)

    def client(self, member_id: int, server: Server) -> Client:
        """The client that acts as the member on a server's panel.

        Raises:
            PanelGone: The key was unlinked meanwhile, or the panel removed.
        """
        self._panels.get(server.guild_id, server.panel_id)
        try:
            return self._clients[server.guild_id, member_id, server.panel_id]
        except KeyError:
            raise PanelGone(server.panel_id) from None

    async def watch(self) -> None:
        """Read the rights of all linked keys from time to time."""
        while True:
            await self.refresh()
            await self._clock.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Read all rights once; what a panel that is away showed before stays."""
        away: set[str] = set()
        for (guild_id, member_id, panel_id), client in list(self._clients.items()):
            linked = self._linked.get(guild_id, {}).get(member_id, {}).get(panel_id)
            if linked is None or panel_id in away:
                continue
            try:
                self._panels.get(guild_id, panel_id)
                seen: Sequence[SeenServer] = await self._panels.look(client.background)
            except PanelGone:
                self._linked[guild_id][member_id].pop(panel_id, None)
                self._clients.pop((guild_id, member_id, panel_id), None)
                continue
            except KeyRejected:
                seen = ()  # the key is worth nothing now, and may be again
            except PanelError as error:
                log.info("linked key not read", panel=panel_id, error=type(error).__name__)
                if isinstance(error, Unreachable):
                    away.add(panel_id)
                continue
            if self._clients.get((guild_id, member_id, panel_id)) is client:
                self._linked[guild_id][member_id][panel_id] = _with_rights(linked, seen)

    def _take(self, row: LinkRow, client: Client, seen: Sequence[SeenServer]) -> Linked:
        linked = Linked(
            row.guild_id,
            row.member_id,
            row.panel_id,
            row.account_id,
            row.account_name,
            row.linked_at,
        )
        linked = _with_rights(linked, seen)
        members = self._linked.setdefault(row.guild_id, {})
        members.setdefault(row.member_id, {})[row.panel_id] = linked
        self._clients[row.guild_id, row.member_id, row.panel_id] = client
        return linked

    def _drop_clients(self, guild_id: int, member_id: int) -> None:
        for key in [k for k in self._clients if k[:2] == (guild_id, member_id)]:
            del self._clients[key]


def _with_rights(linked: Linked, seen: Sequence[SeenServer]) -> Linked:
    rights = {one.uuid: frozenset(one.rights) for one in seen}
    return structs.replace(linked, rights=rights)


def _owner(guild_id: int, link_id: str) -> str:
    return owner_of(guild_id=guild_id, table="member_link", row_id=link_id)
