"""Within what somebody may give and take: below their own role, of what they hold themselves."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, structs

from bot.access.console_rules import binds
from bot.access.decision import by_own_key, decide, holds, may_by_themselves, sender_of
from bot.access.facts import Action, Actor, Facts, Target
from bot.access.gate import Admitted, Gate
from bot.access.rights import CONSOLE, GROUPS, RECIPES, RIGHTS, recipe_of
from bot.access.rules import Rule
from bot.fleet.directory import Directory, Server
from bot.store.rules import ScopeKind, SubjectKind


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
    """The place in the guild's list of the role, or of a member's highest one."""


class Group(Struct, frozen=True):
    """A group of the guild's servers, as far as a rule looks at it."""

    id: str
    name: str


Scope = Server | Group | None
"""Where a rule holds: on a server, on a group of them, or on all."""
_EVERYWHERE: Final = Target("", "", "", frozenset())
"""Where only rules for all servers hold."""


class Reach:
    """Tells whether a change of rules is within the reach of who makes it."""

    def __init__(self, gate: Gate, directory: Directory) -> None:
        self._gate = gate
        self._directory = directory

    def within_reach(self, actor: Actor, subject: Subject, *, denies: bool = False) -> None:
        """Nobody changes what holds for a role at or above their own.

        An admin by role denies nothing to a member who stands above them either.

        Raises:
            RoleAboveYours: It is one.
        """
        if actor.owns_guild:
            return
        if subject.kind == "role" and subject.position >= actor.top_role:
            raise RoleAboveYours
        is_above = subject.kind == "member" and subject.position > actor.top_role
        if denies and is_above and not actor.manages_guild:
            raise RoleAboveYours

    def within_own(
        self, admitted: Admitted, right: str, scope: Scope, *, until: datetime | None = None
    ) -> None:
        """The guild's admin role manages within its own grants; Manage Server holds everything.

        A group may grow and servers may be added, so what holds for more than one server takes a
        grant for all of them. What is held for a time isn't given for longer.

        Args:
            admitted: Who changes a rule.
            right: What it gives or takes.
            scope: Where.
            until: When it ends; None = it stays.

        Raises:
            BeyondOwnGrants: They don't hold `right` there themselves, or not for so long.
        """
        actor = admitted.actor
        if actor.owns_guild or actor.manages_guild:
            return
        servers = self._directory.of(admitted.guild_id)
        if isinstance(scope, Server):
            servers = [scope]
        if recipe_of(right) and servers and self._holds_console(admitted, servers):
            return  # who may type anything there gives no more than they have
        for one in _single(right):
            action = Action("access grant", one, on_server=True)
            facts = self._lasting(self._gate.facts(admitted.guild_id, actor, action), until)
            rule = holds(facts.rules, one, _EVERYWHERE, facts)
            if not isinstance(scope, Server) and (rule is None or rule.denies):
                raise BeyondOwnGrants(one)
            for where in servers:
                facts = self._gate.facts(admitted.guild_id, actor, action, where)
                said = decide(self._lasting(facts, until))
                if not may_by_themselves(said) or by_own_key(said):
                    raise BeyondOwnGrants(one)

    @staticmethod
    def _lasting(facts: Facts, until: datetime | None) -> Facts:
        """Without the grants that end before."""
        kept = tuple(
            rule
            for rule in facts.rules
            if rule.denies
            or rule.expires_at is None
            or (until is not None and rule.expires_at >= until)
        )
        return structs.replace(facts, rules=kept)

    def may_take_back(self, admitted: Admitted, rules: Iterable[Rule], now: datetime) -> None:
        """Take back rules, above all denials, that are within their own grants.

        Raises:
            BeyondOwnGrants: One is not.
        """
        for rule in rules:
            server = self._directory.get(admitted.guild_id, rule.scope_id or "")
            self.within_own(admitted, rule.right, server, until=now)

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
        else:
            self.within_own(admitted, CONSOLE, scope)
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
