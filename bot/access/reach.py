"""Within what somebody may give and take: below their own role, of what they hold themselves."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from bot.access.console_rules import binds
from bot.access.decision import by_own_key, may_by_themselves, sender_of
from bot.access.facts import Action, Actor
from bot.access.gate import Admitted, Gate
from bot.access.rights import CONSOLE, GROUPS, RECIPES, RIGHTS, recipe_of
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
    """The role's place in the guild's list; 0 for members."""


class Group(Struct, frozen=True):
    """A group of the guild's servers, as far as a rule looks at it."""

    id: str
    name: str


Scope = Server | Group | None
"""Where a rule holds: on a server, on a group of them, or on all."""


class Reach:
    """Tells whether a change of rules is within the reach of who makes it."""

    def __init__(self, gate: Gate, directory: Directory) -> None:
        self._gate = gate
        self._directory = directory

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
