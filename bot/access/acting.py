"""The one way to act on a panel, and the one audit path: intent before, result after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.consent import NeedsConsent
from bot.access.decision import Ask, by_own_key, is_agreed
from bot.access.gate import Admitted, NotAdmitted
from bot.clock import Clock
from bot.fleet.links import Links
from bot.fleet.panels import Panels
from bot.observe import Metrics
from bot.pterodactyl import Client, PanelError
from bot.store.audit import Kind, NewEntry, append, unfinished
from bot.store.engine import Database
from bot.supervisor import Supervisor

log = structlog.stdlib.get_logger(__name__)

CUT_OFF: Final = "the bot stopped before it heard of a result"


class Audit:
    """Writes what happened; who reads it asks `bot.store.audit`."""

    def __init__(self, database: Database, metrics: Metrics, clock: Clock) -> None:
        self._database = database
        self._metrics = metrics
        self._clock = clock

    async def append(self, session: AsyncSession, guild_id: int, entry: NewEntry) -> None:
        """Append an entry in the transaction of the change that it tells of."""
        await append(session, guild_id=guild_id, entry=entry, now=self._clock.now())
        self._metrics.audit_written(entry.kind)

    async def close_unfinished(self, guild_id: int) -> int:
        """Give each intent that a stop of the bot cut off its result: unknown.

        Only while nothing acts in the guild, so at the start; returns how many there were.
        """
        async with self._database.write() as session:
            cut_off = await unfinished(session, guild_id=guild_id)
            for intent in cut_off:
                entry = NewEntry(
                    kind="result",
                    reference=intent.reference,
                    actor_id=intent.actor_id,
                    action=intent.action,
                    channel_id=intent.channel_id,
                    right=intent.right,
                    server_id=intent.server_id,
                    outcome="unknown",
                    detail=CUT_OFF,
                )
                await self.append(session, guild_id, entry)
        return len(cut_off)

    async def note(
        self,
        admitted: Admitted,
        kind: Kind,
        *,
        why: str | None = None,
        outcome: str | None = None,
        detail: str | None = None,
        duration_ms: int | None = None,
    ) -> None:
        """Append an entry of its own transaction."""
        entry = self.entry(
            admitted, kind, why=why, outcome=outcome, detail=detail, duration_ms=duration_ms
        )
        async with self._database.write() as session:
            await self.append(session, admitted.guild_id, entry)

    async def refused(
        self,
        guild_id: int,
        channel_id: int,
        actor_id: int,
        reference: str,
        error: NotAdmitted,
    ) -> None:
        """Append a refusal of the gate."""
        entry = NewEntry(
            kind="refusal",
            reference=reference,
            actor_id=actor_id,
            action=error.action.name,
            channel_id=channel_id,
            right=error.action.right,
            server_id=error.target.id if error.target else None,
            outcome=error.decision.because.reason.value,
        )
        async with self._database.write() as session:
            await self.append(session, guild_id, entry)

    def entry(
        self,
        admitted: Admitted,
        kind: Kind,
        *,
        why: str | None = None,
        outcome: str | None = None,
        detail: str | None = None,
        duration_ms: int | None = None,
        about_id: int | None = None,
    ) -> NewEntry:
        """An entry about what `admitted` does, for the transaction of the change itself."""
        return NewEntry(
            kind=kind,
            reference=admitted.reference,
            actor_id=admitted.actor.id,
            action=admitted.action.name,
            channel_id=admitted.channel_id,
            right=admitted.action.right,
            server_id=admitted.target.id if admitted.target else None,
            about_id=about_id,
            why=why or None,
            outcome=outcome,
            detail=detail,
            duration_ms=duration_ms,
        )


class Acting:
    """Opens the panel for one admitted action."""

    def __init__(
        self, panels: Panels, links: Links, audit: Audit, supervisor: Supervisor, clock: Clock
    ) -> None:
        self._panels = panels
        self._links = links
        self._audit = audit
        self._supervisor = supervisor
        self._clock = clock

    def client(self, admitted: Admitted) -> Client:
        """The client with which the member may do this: for reading what leaves no trace.

        It is the member's own where only their linked key allows it.

        Raises:
            PanelGone: The panel was removed, or the key unlinked meanwhile.
        """
        server = admitted.server
        if by_own_key(admitted.decision):
            return self._links.client(admitted.actor.id, server)
        return self._panels.client(server.guild_id, server.panel_id)

    def key_rights(self, admitted: Admitted) -> frozenset[str]:
        """What the key behind `client` may do on the server; `*` for an owner."""
        server = admitted.server
        linked = self._links.on(admitted.actor.id, server)
        if linked is not None and by_own_key(admitted.decision):
            return linked.rights.get(server.uuid, frozenset())
        return server.key_rights

    @asynccontextmanager
    async def __call__(
        self, admitted: Admitted, *, why: str = "", detail: str | None = None
    ) -> AsyncIterator[Client]:
        """The client for the server's panel, between an audit intent and its result.

        The intent is committed before anything is sent; the result also when the block raises.
        What a restart of the bot cut off stays an intent without a result: unknown.

        Raises:
            PanelError: Not from here, but what the block raises passes through unchanged.
            PanelGone: The panel was removed, or the key unlinked meanwhile.
            NeedsConsent: Others have to agree first, and the handler didn't ask them.
        """
        client = self.client(admitted)
        linked = self._links.on(admitted.actor.id, admitted.server)
        if linked is not None and by_own_key(admitted.decision):
            detail = "; ".join(filter(None, (f"own key of {linked.account_name}", detail)))
        async with self._audited(admitted, why, detail):
            yield client

    @asynccontextmanager
    async def on_panel(
        self, admitted: Admitted, panel_id: str, *, why: str = "", detail: str | None = None
    ) -> AsyncIterator[Client]:
        """The same for what is done to a connected panel's account rather than to a server."""
        client = self._panels.client(admitted.guild_id, panel_id)
        async with self._audited(admitted, why, detail):
            yield client

    @asynccontextmanager
    async def _audited(
        self, admitted: Admitted, why: str, detail: str | None
    ) -> AsyncIterator[None]:
        decision, agreed = admitted.decision, admitted.agreed
        if not is_agreed(decision, agreed):
            raise NeedsConsent(decision.consent if isinstance(decision, Ask) else None)
        if agreed is not None:
            detail = "; ".join(filter(None, (agreed.said, detail)))
        await self._audit.note(admitted, "intent", why=why, detail=detail)
        began = self._clock.monotonic()
        outcome, said = "unknown", None
        try:
            yield
            outcome = "done"
        except PanelError as error:
            outcome = "unknown" if error.maybe_done else "failed"
            said = type(error).__name__
            raise
        except Exception as error:
            outcome, said = "failed", type(error).__name__
            raise
        finally:
            taken = round((self._clock.monotonic() - began) * 1000)
            await self._supervisor.run(
                f"audit {admitted.reference}",
                self._audit.note(
                    admitted, "result", outcome=outcome, detail=said, duration_ms=taken
                ),
            )
