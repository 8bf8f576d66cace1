"""Rules whose time is over, and those about roles and members that are no more."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.gate import Gate
from bot.access.ruling import Ruling
from bot.clock import Clock
from bot.store import guilds as guild_rows
from bot.store import rules as rows
from bot.store.audit import NewEntry
from bot.store.engine import Database
from bot.store.rules import RuleRow

log = structlog.stdlib.get_logger(__name__)

REFERENCE: Final = "tidied"


class Tidying:
    """Takes back what can't speak of anybody any more.

    Console rules of a role that is gone stay: a list of what is allowed keeps everything else shut,
    and that is not to fall open because somebody deleted a role.
    """

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        ruling: Ruling,
        audit: Audit,
        roles: Callable[[int], frozenset[int]],
        clock: Clock,
    ) -> None:
        """Args:
        roles: All roles of a guild; empty where it isn't known just now, and then none is taken
            for gone.
        """
        self._database = database
        self._gate = gate
        self._ruling = ruling
        self._audit = audit
        self._roles = roles
        self._clock = clock

    async def tidy(self, guild_id: int) -> None:
        """Drop rules that ran out, and those of roles that aren't among the guild's any more."""
        book, now, role_ids = self._gate.book(guild_id), self._clock.now(), self._roles(guild_id)
        over = any(one.expires_at is not None and one.expires_at <= now for one in book.all)
        gone = {one.subject_id for one in book.all if one.kind == "role"} - role_ids
        gone = gone if role_ids else set()
        admin_gone = bool(role_ids) and book.admin_role_id not in (None, *role_ids)
        if not (over or gone or admin_gone):
            return
        async with self._database.write() as session:
            dropped = await rows.drop_expired_rules(session, guild_id=guild_id, now=now)
            await self._note(session, guild_id, dropped, "expired")
            for role_id in sorted(gone):
                dropped = await rows.revoke_rules(
                    session, guild_id=guild_id, subject_kind="role", subject_id=role_id
                )
                await self._note(session, guild_id, dropped, "role gone")
            if admin_gone:
                await guild_rows.set_admin_role(session, guild_id=guild_id, role_id=None)
        await self._ruling.load(guild_id)
        log.info("rules tidied", guild=guild_id, roles=len(gone))

    async def who_left(
        self, guild_id: int, is_member: Callable[[int, int], Awaitable[bool]]
    ) -> None:
        """Drop the rules of members who left, so that who comes back begins anew."""
        members = {one.subject_id for one in self._gate.book(guild_id).all if one.kind == "member"}
        gone = [one for one in sorted(members) if not await is_member(guild_id, one)]
        if not gone:
            return
        async with self._database.write() as session:
            for member_id in gone:
                dropped = await rows.revoke_rules(
                    session, guild_id=guild_id, subject_kind="member", subject_id=member_id
                )
                await self._note(session, guild_id, dropped, "member left")
        await self._ruling.load(guild_id)

    async def _note(
        self, session: AsyncSession, guild_id: int, dropped: Sequence[RuleRow], why: str
    ) -> None:
        for row in dropped:
            entry = NewEntry(
                kind="change",
                reference=REFERENCE,
                actor_id=None,
                action="access revoke",
                about_id=row.subject_id if row.subject_kind == "member" else None,
                outcome=why,
                detail=f"{row.effect} {row.right} on {row.scope_id or 'all'}",
            )
            await self._audit.append(session, guild_id, entry)
