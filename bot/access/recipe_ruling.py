"""Making, changing and giving recipes: within what the one who does it may type themselves."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.console_ruling import Positions
from bot.access.gate import Admitted, Gate
from bot.access.reach import Reach, Scope, Subject, scope_key
from bot.access.recipes import Recipe, places_of
from bot.access.rights import RECIPE
from bot.access.ruling import Ruling
from bot.clock import Clock
from bot.store import recipes as rows
from bot.store import rules as rule_rows
from bot.store.engine import Database
from bot.store.recipes import NewRecipe
from bot.store.rules import SubjectKind

RECIPES_AT_MOST = 100


class RecipeRuling:
    """Keeps the guilds' recipes, and the gate's memory of them, in step."""

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

    async def make(self, admitted: Admitted, scope: Scope, name: str, template: str) -> None:
        """Make a recipe for a server, a group, or all; nobody may run it yet.

        Raises:
            BrokenTemplate: The template can't be.
            BeyondOwnGrants: They may not type everything there themselves.
            NameTaken, LimitReached: The guild has one of that name, or as many as it may.
        """
        places_of(template)
        self._reach.within_console(admitted, scope)
        kind, scope_id = scope_key(scope)
        new = NewRecipe(
            name=name,
            template=template.strip(),
            scope_kind=kind,
            scope_id=scope_id,
            made_by=admitted.actor.id,
        )
        async with self._database.write() as session:
            # rules for one of that name that was deleted long ago don't open this one
            await rule_rows.revoke_right(
                session, guild_id=admitted.guild_id, right=f"{RECIPE}.{name}"
            )
            await rows.add_recipe(
                session,
                guild_id=admitted.guild_id,
                new=new,
                at_most=RECIPES_AT_MOST,
                now=self._clock.now(),
            )
            await self._note(session, admitted, f"recipe {name}: {template}")
        await self._ruling.load(admitted.guild_id)

    async def change(self, admitted: Admitted, scope: Scope, recipe: Recipe) -> bool:
        """Set a recipe as given; False when it is gone.

        Raises:
            As `make`.
        """
        places_of(recipe.template)
        self._reach.within_console(admitted, scope)
        async with self._database.write() as session:
            changed = await rows.change_recipe(
                session,
                guild_id=admitted.guild_id,
                name=recipe.name,
                template=recipe.template.strip(),
                by_approval=recipe.by_approval,
                shows_answer=recipe.shows_answer,
                is_public=recipe.is_public,
                made_by=admitted.actor.id,
                now=self._clock.now(),
            )
            await self._note(session, admitted, f"recipe {recipe.name}: {recipe.template}")
        await self._ruling.load(admitted.guild_id)
        return changed is not None

    async def drop(self, admitted: Admitted, scope: Scope, name: str) -> None:
        """Delete a recipe, and every rule about it.

        Raises:
            BeyondOwnGrants: They don't hold it themselves.
        """
        self._reach.within_own(admitted, f"{RECIPE}.{name}", scope)
        async with self._database.write() as session:
            await rows.drop_recipe(session, guild_id=admitted.guild_id, name=name)
            await rule_rows.revoke_right(
                session, guild_id=admitted.guild_id, right=f"{RECIPE}.{name}"
            )
            await self._note(session, admitted, f"recipe {name} deleted")
        await self._ruling.load(admitted.guild_id)

    def holders(self, guild_id: int, recipe: Recipe) -> tuple[int, ...]:
        """The roles to which exactly this recipe is given where it is made for."""
        right = f"{RECIPE}.{recipe.name}"
        return tuple(
            rule.subject_id
            for rule in self._gate.book(guild_id).all
            if rule.right == right
            and rule.kind in ("role", "everyone")
            and not rule.denies
            and rule.scope_id == recipe.scope_id
        )

    async def give(
        self,
        admitted: Admitted,
        scope: Scope,
        recipe: Recipe,
        roles: Iterable[Subject],
        *,
        positions: Positions,
    ) -> None:
        """Let exactly these roles run it.

        Raises:
            RoleAboveYours, BeyondOwnGrants: It is not theirs to give, or to take back.
            LimitReached: The guild has as many rules as it may.
        """
        right, wanted = frozenset({f"{RECIPE}.{recipe.name}"}), list(roles)
        held = set(self.holders(admitted.guild_id, recipe))
        for role in wanted:
            if role.id not in held:
                await self._ruling.make(
                    admitted, role, right, scope=scope, denies=False, lasts=None
                )
        for role_id in held - {role.id for role in wanted}:
            kind: SubjectKind = "everyone" if role_id == admitted.guild_id else "role"
            subject = Subject(kind, role_id, positions.get(role_id, 0))
            await self._ruling.revoke(admitted, subject, right, scope=scope, everywhere=False)

    async def _note(self, session: AsyncSession, admitted: Admitted, what: str) -> None:
        entry = self._audit.entry(admitted, "change", outcome="configured", detail=what)
        await self._audit.append(session, admitted.guild_id, entry)
