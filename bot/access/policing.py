"""Making and taking back what a community may ask for: within what an admin holds themselves."""

from collections.abc import Sequence

from bot.access.acting import Audit
from bot.access.consent import POLICY_RIGHTS
from bot.access.gate import Admitted, Gate
from bot.access.reach import Reach, Scope, Subject, scope_key
from bot.access.ruling import Ruling
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.store import policies as rows
from bot.store.engine import Database
from bot.store.policies import PolicyAction, PolicyRule, Terms


class Policing:
    """Keeps the guilds' policies, and the gate's memory of them, in step."""

    def __init__(
        self,
        *,
        database: Database,
        gate: Gate,
        ruling: Ruling,
        reach: Reach,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._database = database
        self._gate = gate
        self._ruling = ruling
        self._reach = reach
        self._audit = audit
        self._clock = clock

    def get(self, guild_id: int, scope: Scope, action: PolicyAction) -> PolicyRule | None:
        """The policy of exactly this scope; those that reach it from further out are others."""
        kind, scope_id = scope_key(scope)
        for one in self._gate.book(guild_id).policies:
            if (one.scope_kind, one.scope_id, one.action) == (kind, scope_id, action):
                return one
        return None

    def around(self, guild_id: int, scope: Scope, action: PolicyAction) -> PolicyRule | None:
        """The policy of a wider scope, which holds where this one has none of its own."""
        if scope is None:
            return None
        book = self._gate.book(guild_id)
        groups = book.groups_of(scope.id) if isinstance(scope, Server) else frozenset[str]()
        return book.policy(action, "", groups)

    async def save(
        self,
        admitted: Admitted,
        scope: Scope,
        action: PolicyAction,
        terms: Terms,
        *,
        version: int,
        roles: Sequence[Subject] = (),
    ) -> PolicyRule:
        """Make a policy (`version` 0), or change the one that was read in that version.

        Args:
            admitted: Who changes it.
            scope: Where it holds.
            action: What it lets members ask for.
            terms: Its fields, checked.
            version: That of the policy that was read.
            roles: The roles that it names.

        Raises:
            Changed: Somebody else changed it meanwhile; nothing was changed.
            RoleAboveYours, BeyondOwnGrants: It is not theirs to give.
        """
        for role in roles:
            self._reach.within_reach(admitted.actor, role)
        self._reach.within_own(admitted, POLICY_RIGHTS[action], scope)
        kind, scope_id = scope_key(scope)
        async with self._database.write() as session:
            made = await rows.set_policy(
                session,
                guild_id=admitted.guild_id,
                scope_kind=kind,
                scope_id=scope_id,
                action=action,
                terms=terms,
                version=version,
                by=admitted.actor.id,
                now=self._clock.now(),
            )
            entry = self._audit.entry(
                admitted,
                "change",
                outcome="configured",
                detail=f"policy {action} on {scope_id or 'all'}: {_told(terms)}",
            )
            await self._audit.append(session, admitted.guild_id, entry)
        await self._ruling.load(admitted.guild_id)
        return made

    async def clear(self, admitted: Admitted, scope: Scope, policies: Sequence[PolicyRule]) -> int:
        """Take policies of a scope back, and return how many there were.

        Raises:
            BeyondOwnGrants: It is not theirs to take.
        """
        for one in policies:
            right = POLICY_RIGHTS[one.action]
            self._reach.within_own(admitted, right, scope, until=self._clock.now())
        async with self._database.write() as session:
            gone = await rows.drop_policies(
                session, guild_id=admitted.guild_id, policy_ids=[one.id for one in policies]
            )
            for one in gone:
                entry = self._audit.entry(
                    admitted,
                    "change",
                    outcome="revoked",
                    detail=f"policy {one.action} on {one.scope_id or 'all'}",
                )
                await self._audit.append(session, admitted.guild_id, entry)
        await self._ruling.load(admitted.guild_id)
        return len(gone)


def _told(terms: Terms) -> str:
    """The fields that aren't as they are by themselves, for the record."""
    plain = Terms()
    changed = [
        f"{name} {getattr(terms, name)}"
        for name in terms.__struct_fields__
        if getattr(terms, name) != getattr(plain, name)
    ]
    return ", ".join(changed) or "anyone, at once"
