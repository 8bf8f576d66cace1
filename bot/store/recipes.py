"""The recipes of a guild: console lines with places for a member to fill in."""

from datetime import datetime
from typing import Literal
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.errors import LimitReached, NameTaken
from bot.store.tables import recipe

ScopeKind = Literal["server", "group", "all"]


class NewRecipe(Struct, frozen=True, kw_only=True):
    """A recipe about to be made."""

    name: str
    template: str
    scope_kind: ScopeKind
    scope_id: str
    """The server's row id or the group's id; empty for all."""
    by_approval: bool = False
    shows_answer: bool = False
    is_public: bool = False
    made_by: int


class RecipeRow(NewRecipe, frozen=True, kw_only=True):
    """A recipe that is there."""

    id: str
    guild_id: int
    made_at: datetime


async def add_recipe(
    session: AsyncSession, *, guild_id: int, new: NewRecipe, at_most: int, now: datetime
) -> RecipeRow:
    """Make a recipe.

    Raises:
        NameTaken: The guild has one of that name.
        LimitReached: The guild has `at_most` already.
    """
    statement = (
        insert(recipe)
        .values(**msgspec.structs.asdict(new), id=str(uuid4()), guild_id=guild_id, made_at=now)
        .on_conflict_do_nothing(index_elements=["guild_id", "name"])
        .returning(recipe)
    )
    made = (await session.execute(statement)).one_or_none()
    if made is None:
        raise NameTaken(new.name)
    count = select(func.count()).where(recipe.c.guild_id == guild_id)
    if (await session.execute(count)).scalar_one() > at_most:
        raise LimitReached(at_most)  # the caller's transaction takes the row back
    return msgspec.convert(made, RecipeRow, from_attributes=True)


async def change_recipe(
    session: AsyncSession,
    *,
    guild_id: int,
    name: str,
    template: str,
    by_approval: bool,
    shows_answer: bool,
    is_public: bool,
    made_by: int,
    now: datetime,
) -> RecipeRow | None:
    """Set what a recipe does; None when it is gone."""
    statement = (
        update(recipe)
        .where(recipe.c.guild_id == guild_id, recipe.c.name == name)
        .values(
            template=template,
            by_approval=by_approval,
            shows_answer=shows_answer,
            is_public=is_public,
            made_by=made_by,
            made_at=now,
        )
    )
    found = (await session.execute(statement.returning(recipe))).one_or_none()
    return msgspec.convert(found, RecipeRow | None, from_attributes=True)


async def list_recipes(session: AsyncSession, *, guild_id: int) -> list[RecipeRow]:
    """The guild's recipes by name."""
    statement = select(recipe).where(recipe.c.guild_id == guild_id).order_by(recipe.c.name)
    found = (await session.execute(statement)).all()
    return msgspec.convert(found, list[RecipeRow], from_attributes=True)


async def drop_recipe(session: AsyncSession, *, guild_id: int, name: str) -> RecipeRow | None:
    """Delete a recipe; None when it is gone already."""
    statement = delete(recipe).where(recipe.c.guild_id == guild_id, recipe.c.name == name)
    gone = (await session.execute(statement.returning(recipe))).one_or_none()
    return msgspec.convert(gone, RecipeRow | None, from_attributes=True)
