"""The connected panels: their clients, what they show, and whether they answer."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

import structlog
from msgspec import Struct

from bot.clock import Clock
from bot.fleet.directory import Directory
from bot.fleet.directory import Server as Listed
from bot.pterodactyl import (
    Account,
    Budgets,
    Client,
    Conflict,
    KeyRejected,
    Network,
    NotAllowed,
    NotFound,
    PanelError,
    Server,
)
from bot.pterodactyl.archives import Archives
from bot.secret import Secret
from bot.store import panels as rows
from bot.store import servers as server_rows
from bot.store.engine import Database
from bot.store.errors import NotOpened
from bot.store.panels import NewPanel, PanelRow
from bot.store.servers import SeenServer, ServerRow
from bot.store.vault import Vault, owner_of
from bot.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)

REFRESH_SECONDS = 300.0
"""How often the list of servers is read again; rights of shared servers are read with it."""
RIGHTS_AT_ONCE = 4
PATIENCE_SECONDS = 20.0
"""Who waits for an answer hears of a spent budget rather than wait longer for it."""
MIB = 1024 * 1024
IDENTIFIER_CHARACTERS = 16
"""The part of a key by which the panel lists it; no secret (contract: account.md, API keys)."""


class PanelGone(Exception):
    """The panel was removed, or was never this guild's."""


class Examined(Struct, frozen=True):
    """What a key turned out to be, before anything of it is stored."""

    url: str
    key: Secret
    account: Account
    servers: tuple[SeenServer, ...]
    latency_ms: int


class Connected(Struct, frozen=True):
    """A connected panel as others may see it: without its key."""

    id: str
    guild_id: int
    name: str
    url: str
    account_name: str
    is_root_admin: bool
    added_by: int
    added_at: datetime
    checked_at: datetime | None
    trouble: str | None


class Panels:
    """Clients by guild and panel; reads the lists again from time to time."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        network: Network,
        budgets: Budgets,
        directory: Directory,
        supervisor: Supervisor,
        clock: Clock,
        panels_per_guild: int,
        servers_per_panel: int,
    ) -> None:
        self._database = database
        self._vault = vault
        self._network = network
        self._budgets = budgets
        self._directory = directory
        self._supervisor = supervisor
        self._clock = clock
        self._panels_per_guild = panels_per_guild
        self._servers_per_panel = servers_per_panel
        self._archives = Archives(clock)
        self._clients: dict[str, Client] = {}
        self._identifiers: dict[str, str] = {}
        self._connected: dict[int, dict[str, Connected]] = {}
        self._loops: dict[str, asyncio.Task[None]] = {}

    async def open_guild(self, guild_id: int) -> None:
        """Load what is stored of a guild; its panels are asked in the background."""
        async with self._database.read() as session:
            stored = await rows.list_panels(session, guild_id=guild_id)
            servers = await server_rows.list_servers(session, guild_id=guild_id)
        for row in stored:
            try:
                key = self._vault.unseal(row.key_sealed, owner=_owner(row.guild_id, row.id))
            except NotOpened:
                log.exception("panel key does not open", guild=guild_id, panel=row.id)
                continue
            self._take(row, key)
            own = [server for server in servers if server.panel_id == row.id]
            self._list(row, own)

    def close_guild(self, guild_id: int) -> None:
        """Let go of a guild; what is stored of it stays."""
        for panel_id in list(self._connected.pop(guild_id, {})):
            self._let_go(panel_id)
        self._directory.forget_guild(guild_id)

    async def close(self) -> None:
        """Let go of everything."""
        for guild_id in list(self._connected):
            self.close_guild(guild_id)

    def of(self, guild_id: int) -> list[Connected]:
        """The guild's panels, oldest first."""
        return sorted(self._connected.get(guild_id, {}).values(), key=lambda p: p.added_at)

    def get(self, guild_id: int, panel_id: str) -> Connected:
        """One panel of the guild.

        Raises:
            PanelGone: There is none.
        """
        try:
            return self._connected[guild_id][panel_id]
        except KeyError:
            raise PanelGone(panel_id) from None

    def client(self, guild_id: int, panel_id: str) -> Client:
        """The client of one of the guild's panels.

        Raises:
            PanelGone: There is none.
        """
        self.get(guild_id, panel_id)
        return self._clients[panel_id]

    async def examine(self, url: str, key: Secret) -> Examined:
        """Find out what a key is and sees, storing nothing.

        Raises:
            PanelError: Of the client's constructor and calls: a bad URL or key, no panel there …
        """
        client = self._client(url, key, None)
        began = self._clock.monotonic()
        account = await client.account.get_account()
        latency = round((self._clock.monotonic() - began) * 1000)
        seen = await self.look(client)
        return Examined(client.url, key, account, seen, latency)

    async def add(self, guild_id: int, name: str, found: Examined, *, added_by: int) -> Connected:
        """Connect a panel that was examined.

        Raises:
            LimitReached, NameTaken: See `store.panels.add_panel`.
        """
        panel_id = str(uuid4())
        new = NewPanel(
            id=panel_id,
            name=name,
            url=found.url,
            key_sealed=self._vault.seal(found.key, owner=_owner(guild_id, panel_id)),
            account_id=found.account.account_id,
            account_name=found.account.username,
            is_root_admin=found.account.admin,
            added_by=added_by,
        )
        now = self._clock.now()
        async with self._database.write() as session:
            row = await rows.add_panel(
                session, guild_id=guild_id, new=new, at_most=self._panels_per_guild, now=now
            )
            seen = await server_rows.save_seen(
                session, guild_id=guild_id, panel_id=panel_id, seen=found.servers, now=now
            )
        self._take(row, found.key)
        self._list(row, seen)
        return self.get(guild_id, panel_id)

    async def rekey(self, guild_id: int, panel_id: str, key: Secret) -> Examined:
        """Use another key for a connected panel, once it has proved to work there.

        The key before it stays what it is on the panel.

        Raises:
            PanelGone: There is no such panel, or it was removed meanwhile.
            PanelError: As `examine`; the old key stays in use.
        """
        found = await self.examine(self.get(guild_id, panel_id).url, key)
        now = self._clock.now()
        async with self._database.write() as session:
            row = await rows.replace_key(
                session,
                guild_id=guild_id,
                panel_id=panel_id,
                key_sealed=self._vault.seal(found.key, owner=_owner(guild_id, panel_id)),
                account_id=found.account.account_id,
                account_name=found.account.username,
                is_root_admin=found.account.admin,
                now=now,
            )
            if row is None:
                raise PanelGone(panel_id)
            seen = await server_rows.save_seen(
                session, guild_id=guild_id, panel_id=panel_id, seen=found.servers, now=now
            )
        self._let_go(panel_id)
        self._take(row, found.key)
        self._list(row, [server for server in seen if server.gone_at is None])
        return found

    async def rename(self, guild_id: int, panel_id: str, name: str) -> Connected:
        """Give a connected panel another name.

        Raises:
            PanelGone: There is no such panel.
            NameTaken: Another of the guild's panels has this name.
        """
        async with self._database.write() as session:
            row = await rows.rename_panel(session, guild_id=guild_id, panel_id=panel_id, name=name)
            listed = await server_rows.list_servers(session, guild_id=guild_id, panel_id=panel_id)
        if row is None or panel_id not in self._connected.get(guild_id, {}):
            raise PanelGone(panel_id)
        self._connected[guild_id][panel_id] = _connected(row)
        self._list(row, listed)
        return self.get(guild_id, panel_id)

    def identifier(self, guild_id: int, panel_id: str) -> str:
        """The part of the connected key by which the panel lists it.

        Raises:
            PanelGone: There is no such panel.
        """
        self.get(guild_id, panel_id)
        return self._identifiers[panel_id]

    def uses(self, url: str, identifier: str) -> int:
        """How many connections of this process, of all guilds, use a key."""
        return sum(
            one.url == url and self._identifiers.get(one.id) == identifier
            for guild in self._connected.values()
            for one in guild.values()
        )

    def client_for(self, url: str, key: Secret, account_id: str | None) -> Client:
        """A client for a key that is no connected panel's, such as a member's own.

        Raises:
            PanelError: Of the client's constructor.
        """
        return self._client(url, key, account_id).patient(PATIENCE_SECONDS)

    async def remove(self, guild_id: int, panel_id: str) -> bool:
        """Forget a panel with its key, its servers and the rules about them."""
        async with self._database.write() as session:
            removed = await rows.remove_panel(session, guild_id=guild_id, panel_id=panel_id)
        if removed:
            self._connected.get(guild_id, {}).pop(panel_id, None)
            self._let_go(panel_id)
            self._directory.replace_panel(guild_id, panel_id, ())
        return removed

    async def refresh(self, guild_id: int, panel_id: str) -> Sequence[SeenServer]:
        """Read the panel's list again and keep it.

        Raises:
            PanelGone: It was removed.
            PanelError: It did not answer as it should; what is known stays.
        """
        client = self.client(guild_id, panel_id).background
        trouble, seen = None, None
        try:
            seen = await self.look(client)
        except PanelError as error:
            trouble = type(error).__name__
            raise
        finally:
            if seen is not None or trouble is not None:
                await self._keep(guild_id, panel_id, seen, trouble)
        return seen

    def look_again_soon(self, server: Listed) -> None:
        """Read one server again behind an answer, because its name or address was changed."""
        self._supervisor.start(f"look again {server.identifier}", self._look_again(server))

    async def _look_again(self, server: Listed) -> None:
        try:
            client = self.client(server.guild_id, server.panel_id).background
            view = await client.servers.get_server(server.uuid)
        except (PanelGone, PanelError) as error:
            log.warning("server not read", server=server.identifier, error=type(error).__name__)
            return
        async with self._database.write() as session:
            row = await server_rows.save_one(
                session,
                guild_id=server.guild_id,
                server_id=server.id,
                seen=_seen(view, _rights(view)),
                now=self._clock.now(),
            )
        if row is not None and row.panel_id in self._connected.get(row.guild_id, {}):
            self._directory.replace(_listed(row, self.get(row.guild_id, row.panel_id).name))

    async def _keep(
        self,
        guild_id: int,
        panel_id: str,
        seen: Sequence[SeenServer] | None,
        trouble: str | None,
    ) -> None:
        now = self._clock.now()
        async with self._database.write() as session:
            row = await rows.panel_checked(
                session, guild_id=guild_id, panel_id=panel_id, trouble=trouble, now=now
            )
            stored = None
            if row is not None and seen is not None:
                stored = await server_rows.save_seen(
                    session, guild_id=guild_id, panel_id=panel_id, seen=seen, now=now
                )
        if row is None:
            return
        self._connected[guild_id][panel_id] = _connected(row)
        if stored is not None:
            self._list(row, [server for server in stored if server.gone_at is None])

    async def look(self, client: Client) -> tuple[SeenServer, ...]:
        """List what the account sees, with its rights where it is not the owner."""
        listed = await client.servers.list_servers()
        gate = asyncio.Semaphore(RIGHTS_AT_ONCE)

        async def rights(server: Server) -> tuple[str, ...] | None:
            if server.server_owner:
                return _rights(server)
            async with gate:
                try:
                    return _rights(await client.servers.get_server(server.uuid))
                except (NotFound, NotAllowed, Conflict):
                    return None

        capped = listed[: self._servers_per_panel]
        found = await asyncio.gather(*(rights(server) for server in capped))
        return tuple(
            _seen(server, held)
            for server, held in zip(capped, found, strict=True)
            if held is not None
        )

    def _client(self, url: str, key: Secret, account: str | None) -> Client:
        return Client(
            url,
            key,
            network=self._network,
            budgets=self._budgets,
            account=account,
            archives=self._archives,
            clock=self._clock,
        )

    def _take(self, row: PanelRow, key: Secret) -> None:
        self._connected.setdefault(row.guild_id, {})[row.id] = _connected(row)
        self._clients[row.id] = self.client_for(row.url, key, row.account_id)
        self._identifiers[row.id] = key.reveal().strip()[:IDENTIFIER_CHARACTERS]
        self._loops[row.id] = self._supervisor.keep(
            f"panel {row.id}", lambda: self._watch(row.guild_id, row.id)
        )

    def _let_go(self, panel_id: str) -> None:
        self._clients.pop(panel_id, None)
        self._identifiers.pop(panel_id, None)
        loop = self._loops.pop(panel_id, None)
        if loop is not None:
            loop.cancel()

    async def _watch(self, guild_id: int, panel_id: str) -> None:
        """Read the list from time to time; ends by itself when the key is refused."""
        while True:
            try:
                await self.refresh(guild_id, panel_id)
            except PanelGone:
                return
            except KeyRejected:
                log.warning("panel key refused", guild=guild_id, panel=panel_id)
                return
            except PanelError as error:
                log.warning("panel not read", panel=panel_id, error=type(error).__name__)
            await self._clock.sleep(REFRESH_SECONDS)

    def _list(self, row: PanelRow, servers: Sequence[ServerRow]) -> None:
        self._directory.replace_panel(
            row.guild_id, row.id, [_listed(server, row.name) for server in servers]
        )


def _owner(guild_id: int, panel_id: str) -> str:
    return owner_of(guild_id=guild_id, table="panel", row_id=panel_id)


def _connected(row: PanelRow) -> Connected:
    return Connected(
        id=row.id,
        guild_id=row.guild_id,
        name=row.name,
        url=row.url,
        account_name=row.account_name,
        is_root_admin=row.is_root_admin,
        added_by=row.added_by,
        added_at=row.added_at,
        checked_at=row.checked_at,
        trouble=row.trouble,
    )


def _rights(view: Server) -> tuple[str, ...]:
    """What the key may do there; others than the owner have it in the server's own view alone."""
    return ("*",) if view.server_owner else tuple(view.user_permissions or ())


def _seen(server: Server, rights: tuple[str, ...]) -> SeenServer:
    primary = server.default_allocation
    conflict = server.conflict
    return SeenServer(
        identifier=server.identifier,
        uuid=server.uuid,
        name=server.name,
        description=server.description or "",
        node=server.node,
        docker_image=server.docker_image,
        address=f"{primary.ip_alias or primary.ip}:{primary.port}" if primary else None,
        memory_limit_bytes=server.limits.memory_mib * MIB,
        disk_limit_bytes=server.limits.disk_mib * MIB,
        cpu_limit_percent=server.limits.cpu_percent,
        is_owner=server.server_owner,
        rights=rights,
        status=conflict.value if conflict else None,
        ip=primary.ip if primary and primary.ip_alias else None,
    )


def _listed(row: ServerRow, panel_name: str) -> Listed:
    return Listed(
        id=row.id,
        guild_id=row.guild_id,
        panel_id=row.panel_id,
        panel_name=panel_name,
        identifier=row.identifier,
        uuid=row.uuid,
        name=row.name,
        description=row.description,
        node=row.node,
        image=row.docker_image,
        address=row.address,
        ip=row.ip,
        key_rights=frozenset(row.rights),
        status=row.status,
        memory_limit_bytes=row.memory_limit_bytes,
        disk_limit_bytes=row.disk_limit_bytes,
        cpu_limit_percent=row.cpu_limit_percent,
        seen_at=row.seen_at,
    )
