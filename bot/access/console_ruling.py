"""Making and taking back console rules: nobody lifts a limit that binds themselves."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.console_presets import CONSOLE_PRESETS
from bot.access.console_rules import ConsoleRule, binds
from bot.access.decision import sender_of
from bot.access.gate import Admitted, Gate
from bot.access.reach import BoundYourself, Reach, Scope, Subject, scope_key
from bot.access.rights import CONSOLE
from bot.access.ruling import Ruling
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.games import Game
from bot.store import console_rules as rows
from bot.store.console_rules import NewConsoleRule
from bot.store.engine import Database

RULES_AT_MOST = 100
"""A guild's lists."""
COMMANDS_AT_MOST = 100
"""On one list."""
COMMAND_CHARACTERS = 60


Positions = Mapping[int, int]
"""The place of each of the guild's roles; one that is gone stands below all."""


class ConsoleRuling:
    """Keeps the guilds' console rules, and the gate's memory of them, in step."""

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        directory: Directory,
        ruling: Ruling,
        reach: Reach,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._database = database
        self._gate = gate
        self._directory = directory
        self._ruling = ruling
        self._reach = reach
        self._audit = audit
        self._clock = clock

    def of(self, guild_id: int, scope: Scope) -> list[ConsoleRule]:
        """The rules made for exactly this server, this group, or all."""
        wanted = scope.id if scope else None
        return [one for one in self._gate.book(guild_id).console if one.scope_id == wanted]

    async def take_preset(
        self, admitted: Admitted, scope: Scope, game: Game, positions: Positions
    ) -> None:
        """Let the preset of a game stand in a scope, instead of what stood there.

        Raises:
            As `drop`.
        """
        preset, old = CONSOLE_PRESETS[game], self.of(admitted.guild_id, scope)
        self._check(admitted, scope, None, loosens=True)
        self._check_each(admitted, old, positions)
        async with self._database.write() as session:
            await self._drop(session, admitted, old)
            for effect, commands in (("deny", preset.forbidden), ("allow", preset.allowed)):
                await self._add(
                    session, admitted, scope, None, denies=effect == "deny", commands=commands
                )
            await self._note(session, admitted, "console preset", scope, game.value)
        await self._ruling.load(admitted.guild_id)

    async def add(
        self,
        admitted: Admitted,
        scope: Scope,
        role: Subject | None,
        *,
        denies: bool,
        commands: Sequence[str],
    ) -> ConsoleRule:
        """Make a list of what is allowed or forbidden for a role, or for everyone.

        Raises:
            RoleAboveYours, BeyondOwnGrants, BoundYourself: It is not theirs to make.
            LimitReached: The guild has as many lists as it may.
        """
        self._check(admitted, scope, role, loosens=not denies)
        async with self._database.write() as session:
            made = await self._add(session, admitted, scope, role, denies=denies, commands=commands)
            await self._note(session, admitted, "forbidden" if denies else "allowed", scope, made)
        await self._ruling.load(admitted.guild_id)
        return next(one for one in self.of(admitted.guild_id, scope) if one.id == made)

    async def change(
        self,
        admitted: Admitted,
        scope: Scope,
        rule: ConsoleRule,
        *,
        role: Subject | None,
        commands: Sequence[str],
        positions: Positions,
    ) -> None:
        """Set whom a list is for and what is on it.

        Raises:
            As `drop`.
        """
        self._check_each(admitted, [rule], positions)
        self._check(admitted, scope, role, loosens=True)
        async with self._database.write() as session:
            await rows.change_console_rule(
                session,
                guild_id=admitted.guild_id,
                rule_id=rule.id,
                role_id=role.id if role else None,
                commands=tuple(commands),
                made_by=admitted.actor.id,
                now=self._clock.now(),
            )
            await self._note(session, admitted, "changed", scope, rule.id)
        await self._ruling.load(admitted.guild_id)

    async def drop(
        self,
        admitted: Admitted,
        scope: Scope,
        rules: Sequence[ConsoleRule],
        positions: Positions,
    ) -> None:
        """Take lists back.

        Raises:
            RoleAboveYours, BeyondOwnGrants, BoundYourself: They are not theirs to take back.
        """
        self._check(admitted, scope, None, loosens=True)
        self._check_each(admitted, rules, positions)
        async with self._database.write() as session:
            await self._drop(session, admitted, rules)
            await self._note(session, admitted, "taken back", scope, f"{len(rules)} lists")
        await self._ruling.load(admitted.guild_id)

    def _check(
        self, admitted: Admitted, scope: Scope, role: Subject | None, *, loosens: bool
    ) -> None:
        """Only within their own grants, below their own role, and not against what binds them."""
        if role is not None:
            self._reach.within_reach(admitted.actor, role)
        self._reach.within_own(admitted, CONSOLE, scope)
        if not loosens:
            return
        book, sender = self._gate.book(admitted.guild_id), sender_of(admitted.actor)
        servers = [scope] if isinstance(scope, Server) else self._directory.of(admitted.guild_id)
        if any(binds(book.console_on(server.id), sender) for server in servers):
            raise BoundYourself

    def _check_each(
        self, admitted: Admitted, rules: Iterable[ConsoleRule], positions: Positions
    ) -> None:
        for rule in rules:
            if rule.role_id is not None:
                subject = Subject("role", rule.role_id, positions.get(rule.role_id, 0))
                self._reach.within_reach(admitted.actor, subject)

    async def _add(
        self,
        session: AsyncSession,
        admitted: Admitted,
        scope: Scope,
        role: Subject | None,
        *,
        denies: bool,
        commands: Sequence[str],
    ) -> str:
        kind, scope_id = scope_key(scope)
        new = NewConsoleRule(
            scope_kind=kind,
            scope_id=scope_id,
            role_id=role.id if role else None,
            effect="deny" if denies else "allow",
            commands=tuple(commands),
            made_by=admitted.actor.id,
        )
        made = await rows.add_console_rule(
            session,
            guild_id=admitted.guild_id,
            new=new,
            at_most=RULES_AT_MOST,
            now=self._clock.now(),
        )
        return made.id

    async def _drop(
        self, session: AsyncSession, admitted: Admitted, rules: Sequence[ConsoleRule]
    ) -> None:
        await rows.drop_console_rules(
            session, guild_id=admitted.guild_id, rule_ids=tuple(rule.id for rule in rules)
        )

    async def _note(
        self, session: AsyncSession, admitted: Admitted, outcome: str, scope: Scope, what: str
    ) -> None:
        where = scope.name if scope else "all"
        entry = self._audit.entry(
            admitted, "change", outcome=outcome, detail=f"console rules on {where}: {what}"
        )
        await self._audit.append(session, admitted.guild_id, entry)
