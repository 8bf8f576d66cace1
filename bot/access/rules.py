"""A guild's rules in memory, found by whom they are about."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from bot.access.console_rules import ConsoleRule, in_scope
from bot.access.recipes import Recipe
from bot.store.console_rules import ConsoleRuleRow
from bot.store.guilds import GuildSettings
from bot.store.policies import PolicyRule
from bot.store.recipes import RecipeRow
from bot.store.rules import RuleRow, SubjectKind


class Rule(Struct, frozen=True):
    """A grant or denial of a right, to a role or a member, for a server or for all."""

    id: str
    kind: SubjectKind
    subject_id: int
    """A role or a member; for everyone the guild's own id, as Discord has it."""
    right: str
    scope_id: str | None
    """The server's row id or a group's id; None = all servers of the guild."""
    denies: bool
    made_by: int
    made_at: datetime
    expires_at: datetime | None = None
    reason: str = ""


def rule_of(row: RuleRow) -> Rule:
    """A stored rule as decisions look at it."""
    return Rule(
        id=row.id,
        kind=row.subject_kind,
        subject_id=row.subject_id,
        right=row.right,
        scope_id=None if row.scope_kind == "all" else row.scope_id,
        denies=row.effect == "deny",
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        reason=row.reason or "",
    )


def console_rule_of(row: ConsoleRuleRow) -> ConsoleRule:
    """A stored console rule as decisions look at it."""
    return ConsoleRule(
        id=row.id,
        scope_id=None if row.scope_kind == "all" else row.scope_id,
        role_id=row.role_id,
        denies=row.effect == "deny",
        commands=row.commands,
        made_by=row.made_by,
        made_at=row.made_at,
    )


def recipe_from(row: RecipeRow) -> Recipe:
    """A stored recipe as decisions look at it."""
    return Recipe(
        id=row.id,
        name=row.name,
        template=row.template,
        scope_id=None if row.scope_kind == "all" else row.scope_id,
        by_approval=row.by_approval,
        shows_answer=row.shows_answer,
        is_public=row.is_public,
        made_by=row.made_by,
        made_at=row.made_at,
    )


class Resting(Struct, frozen=True, kw_only=True):
    """How many of what is made for a group of servers."""

    rules: int
    policies: int
    recipes: int
    console: int


class Rulebook:
    """The rules of one guild; replaced as a whole when one changes."""

    def __init__(
        self,
        rules: Iterable[Rule] = (),
        *,
        admin_role_id: int | None = None,
        settings: GuildSettings | None = None,
        policies: Iterable[PolicyRule] = (),
        console: Iterable[ConsoleRule] = (),
        recipes: Iterable[Recipe] = (),
    ) -> None:
        self.admin_role_id = admin_role_id
        self.settings = settings or GuildSettings()
        self.all: tuple[Rule, ...] = tuple(rules)
        self.policies: tuple[PolicyRule, ...] = tuple(policies)
        self.recipes: dict[str, Recipe] = {one.name: one for one in recipes}
        """By name."""
        self.console: tuple[ConsoleRule, ...] = tuple(console)
        self._by_subject: dict[int, tuple[Rule, ...]] = {}
        for rule in self.all:
            self._by_subject[rule.subject_id] = (*self._by_subject.get(rule.subject_id, ()), rule)

    def groups_of(self, server_id: str) -> frozenset[str]:
        """The ids of the groups that a server is in."""
        groups = self.settings.groups.items()
        return frozenset(one for one, group in groups if server_id in group.server_ids)

    def resting_on(self, group_id: str) -> Resting:
        """What is made for a group, and goes with it."""
        return Resting(
            rules=sum(one.scope_id == group_id for one in self.all),
            policies=sum(one.scope_id == group_id for one in self.policies),
            recipes=sum(one.scope_id == group_id for one in self.recipes.values()),
            console=sum(one.scope_id == group_id for one in self.console),
        )

    def policy(
        self, action: str | None, server_id: str, group_ids: frozenset[str]
    ) -> PolicyRule | None:
        """The one policy that holds: the server's own, else that of a group, else that for all.

        Of a server in two groups it is that of the older policy.
        """
        if not self.policies or action is None:
            return None
        by_kind: dict[str, PolicyRule] = {}
        for one in self.policies:
            if one.action != action:
                continue
            is_here = {
                "server": one.scope_id == server_id,
                "group": one.scope_id in group_ids,
                "all": True,
            }[one.scope_kind]
            if is_here:
                by_kind.setdefault(one.scope_kind, one)
        return by_kind.get("server") or by_kind.get("group") or by_kind.get("all")

    def console_on(self, server_id: str) -> tuple[ConsoleRule, ...]:
        """The console rules that hold on a server."""
        if not self.console:
            return ()
        return in_scope(self.console, server_id, self.groups_of(server_id))

    def about(self, member_id: int, role_ids: frozenset[int]) -> tuple[Rule, ...]:
        """The rules that speak of this member: own ones and those of their roles."""
        found = self._by_subject.get(member_id, ())
        for role_id in role_ids & self._by_subject.keys():
            found += self._by_subject[role_id]
        return found
