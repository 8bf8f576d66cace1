"""Making and taking back rules: within what the one who does it may give."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from bot.access.acting import Audit
from bot.access.decision import Allow, by_own_key
from bot.access.facts import Action, Actor
from bot.access.gate import Admitted, Gate
from bot.access.rights import GROUPS, RIGHTS
from bot.access.rules import Rule, Rulebook, rule_of
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.store import bindings, guilds
from bot.store import rules as rows
from bot.store.engine import Database
from bot.store.guilds import GuildSettings
from bot.store.rules import NewRule, SubjectKind


class RoleAboveYours(Exception):
    """The rule is about a role at or above the highest of the one who would change it."""


class BeyondOwnGrants(Exception):
    """An admin by role gives only what they hold themselves."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


class Subject(Struct, frozen=True):
    """Whom a rule is about."""

    kind: SubjectKind
    id: int
    position: int = 0
    """The role's place in the guild's list; 0 for members."""


class Ruling:
    """Keeps the guilds' rules, and the gate's memory of them, in step."""

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        directory: Directory,
        audit: Audit,
        clock: Clock,
        rules_per_guild: int,
    ) -> None:
        self._database = database
        self._gate = gate
        self._directory = directory
        self._audit = audit
        self._clock = clock
        self._rules_per_guild = rules_per_guild

    async def load(self, guild_id: int) -> None:
        """Take a guild's rules and bound channels into memory."""
        async with self._database.read() as session:
            stored = await rows.list_rules(session, guild_id=guild_id)
            guild = await guilds.get_guild(session, guild_id=guild_id)
            bound = await bindings.list_bindings(session, guild_id=guild_id)
        book = Rulebook(
            (rule_of(row) for row in stored),
            admin_role_id=guild.admin_role_id if guild else None,
            settings=guild.settings if guild else None,
        )
        self._gate.rules_changed(guild_id, book)
        self._gate.bindings_changed(guild_id, {b.channel_id: b.server_id for b in bound})

    async def make(
        self,
        admitted: Admitted,
        subject: Subject,
        rights: frozenset[str],
        *,
        server: Server | None,
        denies: bool,
        lasts: timedelta | None,
        reason: str = "",
    ) -> list[Rule]:
        """Grant or deny `rights` on a server, or on all.

        Raises:
            RoleAboveYours, BeyondOwnGrants: It is not theirs to give.
            LimitReached: The guild has as many rules as it may.
        """
        self._within_reach(admitted.actor, subject)
        for right in sorted(rights):
            self._within_own(admitted, right, server)
        now = self._clock.now()
        made = []
        async with self._database.write() as session:
            for right in sorted(rights):
                new = NewRule(
                    subject_kind=subject.kind,
                    subject_id=subject.id,
                    right=right,
                    scope_kind="server" if server else "all",
                    scope_id=server.id if server else "",
                    effect="deny" if denies else "allow",
                    made_by=admitted.actor.id,
                    expires_at=now + lasts if lasts else None,
                    reason=reason or None,
                )
                made.append(
                    rule_of(
                        await rows.set_rule(
                            session,
                            guild_id=admitted.guild_id,
                            new=new,
                            at_most=self._rules_per_guild,
                            now=now,
                        )
                    )
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

    async def revoke(
        self,
        admitted: Admitted,
        subject: Subject,
        rights: frozenset[str],
        *,
        server: Server | None,
        everywhere: bool,
    ) -> list[Rule]:
        """Take back what `subject` was granted or denied; no rights named means all of them.

        Raises:
            RoleAboveYours: The rules are not theirs to change.
        """
        self._within_reach(admitted.actor, subject)
        now = self._clock.now()
        gone: list[Rule] = []
        async with self._database.write() as session:
            for right in sorted(rights) or (None,):
                removed = await rows.revoke_rules(
                    session,
                    guild_id=admitted.guild_id,
                    subject_kind=subject.kind,
                    subject_id=subject.id,
                    right=right,
                    scope_kind=None if everywhere else ("server" if server else "all"),
                    scope_id=server.id if server else "",
                )
                gone += [rule_of(row) for row in removed]
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

    async def configure(self, admitted: Admitted, settings: GuildSettings, what: str) -> None:
        """Keep the guild's settings; `what` changed is for the record."""
        now = self._clock.now()
        async with self._database.write() as session:
            await guilds.save_settings(session, guild_id=admitted.guild_id, settings=settings)
            entry = self._audit.entry(admitted, "change", outcome="configured", detail=what)
            await self._audit.append(session, admitted.guild_id, entry)
        await self.load(admitted.guild_id)

    async def set_admin_role(self, admitted: Admitted, role: Subject | None) -> None:
        """Say which role manages within its own grants; only for who holds Manage Server.

        Raises:
            RoleAboveYours: Of the role, or for who is an admin by role alone.
        """
        if not (admitted.actor.owns_guild or admitted.actor.manages_guild):
            raise RoleAboveYours
        if role is not None:
            self._within_reach(admitted.actor, role)
        now = self._clock.now()
        role_id = role.id if role else None
        async with self._database.write() as session:
            await guilds.set_admin_role(session, guild_id=admitted.guild_id, role_id=role_id)
            entry = self._audit.entry(
                admitted, "change", outcome="configured", detail=f"admin role {role_id}"
            )
            await self._audit.append(session, admitted.guild_id, entry)
        await self.load(admitted.guild_id)

    async def bind(self, admitted: Admitted, server: Server | None) -> None:
        """Let the channel acted in stand for a server, or for none."""
        now = self._clock.now()
        where, channel_id = admitted.guild_id, admitted.channel_id
        async with self._database.write() as session:
            if server is None:
                await bindings.unbind_channel(session, guild_id=where, channel_id=channel_id)
            else:
                await bindings.bind_channel(
                    session, guild_id=where, channel_id=channel_id, server_id=server.id
                )
            entry = self._audit.entry(admitted, "change", outcome="bound" if server else "unbound")
            await self._audit.append(session, where, entry)
        await self.load(where)

    def _within_reach(self, actor: Actor, subject: Subject) -> None:
        if actor.owns_guild or subject.kind != "role":
            return
        if subject.position >= actor.top_role:
            raise RoleAboveYours

    def _within_own(self, admitted: Admitted, right: str, server: Server | None) -> None:
        """The guild's admin role manages within its own grants; Manage Server holds everything."""
        actor = admitted.actor
        if actor.owns_guild or actor.manages_guild:
            return
        servers = [server] if server else self._directory.of(admitted.guild_id)
        for one in _single(right):
            action = Action("access grant", one, on_server=True)
            for where in servers:
                said = self._gate.decide(admitted.guild_id, actor, action, where)
                if not isinstance(said, Allow) or by_own_key(said):
                    raise BeyondOwnGrants(one)


def _single(right: str) -> Sequence[str]:
    if right == "*":
        return RIGHTS
    group = right.removesuffix(".*")
    if group in GROUPS:
        return [key for key in RIGHTS if key.startswith(f"{group}.")]
    return (right,)


def _detail(subject: Subject, rules: Sequence[Rule]) -> str:
    said = ", ".join(f"{rule.right} on {rule.scope_id or 'all'}" for rule in rules)
    return said if subject.kind == "member" else f"{subject.kind} {subject.id}: {said}"
