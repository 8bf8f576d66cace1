"""Making and taking back rules: within what the one who does it may give."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.consent import Consent, NeedsConsent
from bot.access.gate import Admitted, Gate
from bot.access.reach import Reach, RoleAboveYours, Scope, Subject, scope_key
from bot.access.regrouping import Regrouping
from bot.access.rules import Rule, Rulebook, console_rule_of, recipe_from, rule_of
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.store import bindings, guilds
from bot.store import console_rules as console_rows
from bot.store import policies as policy_rows
from bot.store import recipes as recipe_rows
from bot.store import rules as rows
from bot.store.engine import Database
from bot.store.guilds import GuildSettings
from bot.store.rules import Effect, NewRule


class Ruling:
    """Keeps the guilds' rules, and the gate's memory of them, in step."""

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        reach: Reach,
        regrouping: Regrouping,
        audit: Audit,
        clock: Clock,
        rules_per_guild: int,
    ) -> None:
        self._database = database
        self._gate = gate
        self._reach = reach
        self._regrouping = regrouping
        self._audit = audit
        self._clock = clock
        self._rules_per_guild = rules_per_guild

    async def load(self, guild_id: int) -> None:
        """Take a guild's rules and bound channels into memory."""
        async with self._database.read() as session:
            stored = await rows.list_rules(session, guild_id=guild_id)
            guild = await guilds.get_guild(session, guild_id=guild_id)
            bound = await bindings.list_bindings(session, guild_id=guild_id)
            policies = await policy_rows.list_policies(session, guild_id=guild_id)
            recipes = await recipe_rows.list_recipes(session, guild_id=guild_id)
            console = await console_rows.list_console_rules(session, guild_id=guild_id)
        book = Rulebook(
            (rule_of(row) for row in stored),
            admin_role_id=guild.admin_role_id if guild else None,
            settings=guild.settings if guild else None,
            policies=policies,
            console=(console_rule_of(row) for row in console),
            recipes=(recipe_from(row) for row in recipes),
        )
        self._gate.rules_changed(guild_id, book)
        self._gate.bindings_changed(guild_id, {b.channel_id: b.server_id for b in bound})

    async def make(
        self,
        admitted: Admitted,
        subject: Subject,
        rights: frozenset[str],
        *,
        scope: Scope,
        denies: bool,
        lasts: timedelta | None,
        reason: str = "",
    ) -> list[Rule]:
        """Grant or deny `rights` on a server, on a group of them, or on all.

        Raises:
            RoleAboveYours, BeyondOwnGrants: It is not theirs to give.
            LimitReached: The guild has as many rules as it may.
        """
        self._reach.within_reach(admitted.actor, subject, denies=denies)
        now = self._clock.now()
        for right in sorted(rights):
            until = now if denies else now + lasts if lasts else None
            self._reach.within_own(admitted, right, scope, until=until)
        async with self._database.write() as session:
            made = await self._set(
                session,
                admitted,
                subject,
                rights,
                scope=scope,
                effect="deny" if denies else "allow",
                lasts=lasts,
                reason=reason,
            )
            entry = self._audit.entry(
                admitted,
                "change",
                why=reason,
                outcome="denied" if denies else "granted",
                detail=_detail(subject, made),
                about_id=subject.id if subject.kind == "member" else None,
            )
            await self._audit.append(session, admitted.guild_id, entry)
        await self.load(admitted.guild_id)
        return made

    async def replace(
        self, admitted: Admitted, subject: Subject, rights: frozenset[str], *, scope: Scope
    ) -> tuple[list[Rule], list[Rule]]:
        """Let a role hold exactly `rights` in a scope; denials there stay.

        Returns:
            The rules that hold now, and those that were taken back.

        Raises:
            As `make`.
        """
        self._reach.within_reach(admitted.actor, subject)
        for right in sorted(rights):
            self._reach.within_own(admitted, right, scope)
        kind, scope_id = scope_key(scope)
        async with self._database.write() as session:
            gone = await rows.revoke_rules(
                session,
                guild_id=admitted.guild_id,
                subject_kind=subject.kind,
                subject_id=subject.id,
                scope_kind=kind,
                scope_id=scope_id,
                effect="allow",
            )
            self._reach.may_take_back(admitted, [rule_of(row) for row in gone], self._clock.now())
            made = await self._set(
                session, admitted, subject, rights, scope=scope, effect="allow", lasts=None
            )
            entry = self._audit.entry(
                admitted, "change", outcome="granted", detail=_detail(subject, made)
            )
            await self._audit.append(session, admitted.guild_id, entry)
        await self.load(admitted.guild_id)
        return made, [rule_of(row) for row in gone if row.right not in rights]

    async def _set(
        self,
        session: AsyncSession,
        admitted: Admitted,
        subject: Subject,
        rights: frozenset[str],
        *,
        scope: Scope,
        effect: Effect,
        lasts: timedelta | None,
        reason: str = "",
    ) -> list[Rule]:
        now = self._clock.now()
        kind, scope_id = scope_key(scope)
        made = []
        for right in sorted(rights):
            new = NewRule(
                subject_kind=subject.kind,
                subject_id=subject.id,
                right=right,
                scope_kind=kind,
                scope_id=scope_id,
                effect=effect,
                made_by=admitted.actor.id,
                expires_at=now + lasts if lasts else None,
                reason=reason or None,
            )
            row = await rows.set_rule(
                session,
                guild_id=admitted.guild_id,
                new=new,
                at_most=self._rules_per_guild,
                now=now,
            )
            made.append(rule_of(row))
        return made

    async def revoke(
        self,
        admitted: Admitted,
        subject: Subject,
        rights: frozenset[str],
        *,
        scope: Scope,
        everywhere: bool,
    ) -> list[Rule]:
        """Take back what `subject` was granted or denied; no rights named means all of them.

        Raises:
            RoleAboveYours, BeyondOwnGrants: The rules are not theirs to change.
        """
        self._reach.within_reach(admitted.actor, subject)
        kind, scope_id = scope_key(scope)
        gone: list[Rule] = []
        async with self._database.write() as session:
            for right in sorted(rights) or (None,):
                removed = await rows.revoke_rules(
                    session,
                    guild_id=admitted.guild_id,
                    subject_kind=subject.kind,
                    subject_id=subject.id,
                    right=right,
                    scope_kind=None if everywhere else kind,
                    scope_id=scope_id,
                )
                gone += [rule_of(row) for row in removed]
            self._reach.may_take_back(admitted, gone, self._clock.now())
            if gone:
                entry = self._audit.entry(
                    admitted,
                    "change",
                    outcome="revoked",
                    detail=_detail(subject, gone),
                    about_id=subject.id if subject.kind == "member" else None,
                )
                await self._audit.append(session, admitted.guild_id, entry)
        await self.load(admitted.guild_id)
        return gone

    async def configure(
        self, admitted: Admitted, change: Callable[[GuildSettings], GuildSettings], what: str
    ) -> None:
        """Change the guild's settings; `what` is for the record.

        `change` gets them as they are stored at that moment, so two admins in one editor both
        keep what they set. Rules for a group go with it.

        Raises:
            NeedsConsent: The two-person rule would cover less, and nobody agreed to that.
            BeyondOwnGrants: A group's rules would come to hold, or end, on a server on which an
                admin by role may not set them.
        """
        where = admitted.guild_id
        async with self._database.write() as session:
            row = await guilds.get_guild(session, guild_id=where)
            held = row.settings if row else GuildSettings()
            settings = change(held)
            if set(held.two_person) - set(settings.two_person) and admitted.agreed is None:
                raise NeedsConsent(Consent.SECOND_PERSON)
            book = self._gate.book(where)
            self._regrouping.check(admitted, book, held, settings)
            await guilds.save_settings(session, guild_id=where, settings=settings)
            await self._regrouping.drop(session, where, book, held, settings)
            entry = self._audit.entry(admitted, "change", outcome="configured", detail=what)
            await self._audit.append(session, where, entry)
        await self.load(where)

    async def set_admin_role(self, admitted: Admitted, role: Subject | None) -> None:
        """Say which role manages within its own grants; only for who holds Manage Server.

        Raises:
            RoleAboveYours: Of the role, or for who is an admin by role alone.
        """
        if not (admitted.actor.owns_guild or admitted.actor.manages_guild):
            raise RoleAboveYours
        if role is not None:
            self._reach.within_reach(admitted.actor, role)
        role_id = role.id if role else None
        async with self._database.write() as session:
            await guilds.set_admin_role(session, guild_id=admitted.guild_id, role_id=role_id)
            entry = self._audit.entry(
                admitted, "change", outcome="configured", detail=f"admin role {role_id}"
            )
            await self._audit.append(session, admitted.guild_id, entry)
        await self.load(admitted.guild_id)

    async def bind(self, admitted: Admitted, channel_id: int, server: Server | None) -> None:
        """Let a channel stand for a server, or for none."""
        where = admitted.guild_id
        async with self._database.write() as session:
            if server is None:
                await bindings.unbind_channel(session, guild_id=where, channel_id=channel_id)
            else:
                await bindings.bind_channel(
                    session, guild_id=where, channel_id=channel_id, server_id=server.id
                )
            entry = self._audit.entry(
                admitted,
                "change",
                outcome="bound" if server else "unbound",
                detail=f"channel {channel_id}" + (f": {server.name}" if server else ""),
            )
            await self._audit.append(session, where, entry)
        await self.load(where)


def _detail(subject: Subject, rules: Sequence[Rule]) -> str:
    said = ", ".join(f"{rule.right} on {rule.scope_id or 'all'}" for rule in rules)
    return said if subject.kind == "member" else f"{subject.kind} {subject.id}: {said}"
