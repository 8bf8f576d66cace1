"""Making and taking back rules: within what the one who does it may give."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.consent import POLICY_RIGHTS
from bot.access.console_rules import ConsoleRule, binds
from bot.access.decision import by_own_key, may_by_themselves, sender_of
from bot.access.facts import Action, Actor
from bot.access.gate import Admitted, Gate
from bot.access.rights import CONSOLE, GROUPS, RECIPE, RECIPES, RIGHTS, recipe_of
from bot.access.rules import Rule, Rulebook, console_rule_of, recipe_from, rule_of
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.store import bindings, guilds
from bot.store import console_rules as console_rows
from bot.store import policies as policy_rows
from bot.store import recipes as recipe_rows
from bot.store import rules as rows
from bot.store.engine import Database
from bot.store.guilds import GuildSettings
from bot.store.policies import PolicyRule
from bot.store.rules import Effect, NewRule, ScopeKind, SubjectKind


class RoleAboveYours(Exception):
    """The rule is about a role at or above the highest of the one who would change it."""


class BeyondOwnGrants(Exception):
    """An admin by role gives only what they hold themselves."""

    def __init__(self, right: str) -> None:
        super().__init__(right)
        self.right = right


class BoundYourself(Exception):
    """A console rule that binds the one who would lift it."""


class Subject(Struct, frozen=True):
    """Whom a rule is about."""

    kind: SubjectKind
    id: int
    position: int = 0
    """The role's place in the guild's list; 0 for members."""


class Group(Struct, frozen=True):
    """A group of the guild's servers, as far as a rule looks at it."""

    id: str
    name: str


Scope = Server | Group | None
"""Where a rule holds: on a server, on a group of them, or on all."""


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
        self.within_reach(admitted.actor, subject)
        for right in sorted(rights):
            self.within_own(admitted, right, scope)
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
        self.within_reach(admitted.actor, subject)
        for right in sorted(rights):
            self.within_own(admitted, right, scope)
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
            RoleAboveYours: The rules are not theirs to change.
        """
        self.within_reach(admitted.actor, subject)
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
            BeyondOwnGrants: A group's rules would come to hold, or end, on a server on which an
                admin by role may not set them.
        """
        where = admitted.guild_id
        async with self._database.write() as session:
            row = await guilds.get_guild(session, guild_id=where)
            held = row.settings if row else GuildSettings()
            settings = change(held)
            book = self._gate.book(where)
            self._check_groups(admitted, book.all, held, settings)
            self._check_policies(admitted, book.policies, held, settings)
            _check_lifted(admitted.actor, book.console, held, settings)
            await guilds.save_settings(session, guild_id=where, settings=settings)
            dropped = held.groups.keys() - settings.groups.keys()
            for rule in book.all:
                if rule.scope_id in dropped:
                    await rows.revoke_rule(session, guild_id=where, rule_id=rule.id)
            await policy_rows.drop_policies(
                session,
                guild_id=where,
                policy_ids=[one.id for one in book.policies if one.scope_id in dropped],
            )
            for recipe in book.recipes.values():
                if recipe.scope_id in dropped:
                    await recipe_rows.drop_recipe(session, guild_id=where, name=recipe.name)
                    await rows.revoke_right(
                        session, guild_id=where, right=f"{RECIPE}.{recipe.name}"
                    )
            await console_rows.drop_console_rules(
                session,
                guild_id=where,
                rule_ids=tuple(one.id for one in book.console if one.scope_id in dropped),
            )
            entry = self._audit.entry(admitted, "change", outcome="configured", detail=what)
            await self._audit.append(session, where, entry)
        await self.load(where)

    def _check_groups(
        self, admitted: Admitted, rules: Iterable[Rule], held: GuildSettings, to_be: GuildSettings
    ) -> None:
        for rule in rules:
            before = held.groups.get(rule.scope_id or "")
            if before is None:
                continue
            after = to_be.groups.get(rule.scope_id or "")
            kept = set(after.server_ids) if after else set()
            for server_id in kept ^ set(before.server_ids):
                server = self._directory.get(admitted.guild_id, server_id)
                if server is not None and (server_id in kept) is not rule.denies:
                    self.within_own(admitted, rule.right, server)

    def _check_policies(
        self,
        admitted: Admitted,
        policies: Iterable[PolicyRule],
        held: GuildSettings,
        to_be: GuildSettings,
    ) -> None:
        """A server that joins a group, or leaves one, changes what may be asked for on it."""
        for policy in policies:
            before = held.groups.get(policy.scope_id)
            if before is None:
                continue
            after = to_be.groups.get(policy.scope_id)
            for server_id in set(after.server_ids if after else ()) ^ set(before.server_ids):
                server = self._directory.get(admitted.guild_id, server_id)
                if server is not None:
                    self.within_own(admitted, POLICY_RIGHTS[policy.action], server)

    async def set_admin_role(self, admitted: Admitted, role: Subject | None) -> None:
        """Say which role manages within its own grants; only for who holds Manage Server.

        Raises:
            RoleAboveYours: Of the role, or for who is an admin by role alone.
        """
        if not (admitted.actor.owns_guild or admitted.actor.manages_guild):
            raise RoleAboveYours
        if role is not None:
            self.within_reach(admitted.actor, role)
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

    def within_reach(self, actor: Actor, subject: Subject) -> None:
        """Nobody changes what holds for a role at or above their own.

        Raises:
            RoleAboveYours: It is one.
        """
        if actor.owns_guild or subject.kind != "role":
            return
        if subject.position >= actor.top_role:
            raise RoleAboveYours

    def within_own(self, admitted: Admitted, right: str, scope: Scope) -> None:
        """The guild's admin role manages within its own grants; Manage Server holds everything.

        A group may grow, so a rule for one takes what a rule for all servers takes.

        Raises:
            BeyondOwnGrants: They don't hold `right` there themselves.
        """
        actor = admitted.actor
        if actor.owns_guild or actor.manages_guild:
            return
        servers = self._directory.of(admitted.guild_id)
        if isinstance(scope, Server):
            servers = [scope]
        if recipe_of(right) and self._holds_console(admitted, servers):
            return  # who may type anything there gives no more than they have
        for one in _single(right):
            action = Action("access grant", one, on_server=True)
            for where in servers:
                said = self._gate.decide(admitted.guild_id, actor, action, where)
                if not may_by_themselves(said) or by_own_key(said):
                    raise BeyondOwnGrants(one)

    def within_console(self, admitted: Admitted, scope: Scope) -> None:
        """What is typed into a console by others is written by who may type everything there.

        Raises:
            BeyondOwnGrants: They may not.
        """
        actor, servers = admitted.actor, self._directory.of(admitted.guild_id)
        if actor.owns_guild or actor.manages_guild:
            return
        if isinstance(scope, Server):
            servers = [scope]
        if not self._holds_console(admitted, servers):
            raise BeyondOwnGrants(CONSOLE)

    def _holds_console(self, admitted: Admitted, servers: Iterable[Server]) -> bool:
        """Whether they may type everything into each of these consoles."""
        book, sender = self._gate.book(admitted.guild_id), sender_of(admitted.actor)
        action = Action("access grant", CONSOLE, on_server=True)
        for server in servers:
            said = self._gate.decide(admitted.guild_id, admitted.actor, action, server)
            if not may_by_themselves(said) or by_own_key(said):
                return False
            if binds(book.console_on(server.id), sender):
                return False
        return True


def _check_lifted(
    actor: Actor, console: Iterable[ConsoleRule], held: GuildSettings, to_be: GuildSettings
) -> None:
    """A server that leaves a group leaves its console rules too."""
    for rule in console:
        before, after = (one.groups.get(rule.scope_id or "") for one in (held, to_be))
        left = set(before.server_ids if before else ()) - set(after.server_ids if after else ())
        if left and binds([rule], sender_of(actor)):
            raise BoundYourself


def scope_key(scope: Scope) -> tuple[ScopeKind, str]:
    """A scope as it is stored."""
    match scope:
        case Server():
            return "server", scope.id
        case Group():
            return "group", scope.id
    return "all", ""


def _single(right: str) -> Sequence[str]:
    if right == "*":
        return (*RIGHTS, RECIPES)
    group = right.removesuffix(".*")
    if group in GROUPS:
        return [key for key in RIGHTS if key.startswith(f"{group}.")]
    return (right,)


def _detail(subject: Subject, rules: Sequence[Rule]) -> str:
    said = ", ".join(f"{rule.right} on {rule.scope_id or 'all'}" for rule in rules)
    return said if subject.kind == "member" else f"{subject.kind} {subject.id}: {said}"
