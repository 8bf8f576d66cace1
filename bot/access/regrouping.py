"""What a change of the guild's groups means for the rules that hold on them."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.consent import POLICY_RIGHTS
from bot.access.console_rules import ConsoleRule, binds
from bot.access.decision import sender_of
from bot.access.facts import Actor
from bot.access.gate import Admitted
from bot.access.reach import BoundYourself, Reach
from bot.access.rights import RECIPE
from bot.access.rules import Rule, Rulebook
from bot.fleet.directory import Directory
from bot.store import console_rules as console_rows
from bot.store import policies as policy_rows
from bot.store import recipes as recipe_rows
from bot.store import rules as rows
from bot.store.guilds import GuildSettings
from bot.store.policies import PolicyRule


class Regrouping:
    """Keeps a change of groups within reach, and lets no rule outlive its group."""

    def __init__(self, reach: Reach, directory: Directory) -> None:
        self._reach = reach
        self._directory = directory

    def check(
        self, admitted: Admitted, book: Rulebook, held: GuildSettings, to_be: GuildSettings
    ) -> None:
        """Whether they may let rules hold, or end, where the groups change.

        Raises:
            BeyondOwnGrants: Not on one of the servers.
            BoundYourself: A server would leave a console rule that binds them.
        """
        self._rules(admitted, book.all, held, to_be)
        self._policies(admitted, book.policies, held, to_be)
        _lifted(admitted.actor, book.console, held, to_be)

    async def drop(
        self,
        session: AsyncSession,
        guild_id: int,
        book: Rulebook,
        held: GuildSettings,
        to_be: GuildSettings,
    ) -> None:
        """Drop the rules of groups that are no more, in the transaction of the caller."""
        dropped = held.groups.keys() - to_be.groups.keys()
        for rule in book.all:
            if rule.scope_id in dropped:
                await rows.revoke_rule(session, guild_id=guild_id, rule_id=rule.id)
        await policy_rows.drop_policies(
            session,
            guild_id=guild_id,
            policy_ids=[one.id for one in book.policies if one.scope_id in dropped],
        )
        for recipe in book.recipes.values():
            if recipe.scope_id in dropped:
                await recipe_rows.drop_recipe(session, guild_id=guild_id, name=recipe.name)
                await rows.revoke_right(session, guild_id=guild_id, right=f"{RECIPE}.{recipe.name}")
        await console_rows.drop_console_rules(
            session,
            guild_id=guild_id,
            rule_ids=tuple(one.id for one in book.console if one.scope_id in dropped),
        )

    def _rules(
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
                    self._reach.within_own(admitted, rule.right, server)

    def _policies(
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
                    self._reach.within_own(admitted, POLICY_RIGHTS[policy.action], server)


def _lifted(
    actor: Actor, console: Iterable[ConsoleRule], held: GuildSettings, to_be: GuildSettings
) -> None:
    """A server that leaves a group leaves its console rules too."""
    for rule in console:
        before, after = (one.groups.get(rule.scope_id or "") for one in (held, to_be))
        left = set(before.server_ids if before else ()) - set(after.server_ids if after else ())
        if left and binds([rule], sender_of(actor)):
            raise BoundYourself
