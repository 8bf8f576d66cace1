"""What every way in declares beside it: commands, buttons, selects, forms and menu entries.

Components carry `r:<verb>:<argument>:…` as their custom id and are found by their verb, so they
outlive a restart of the bot; nothing in an id is trusted. Forms work the same way.
"""

import functools
import re
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import discord
from discord import app_commands
from msgspec import Struct

from bot.access.facts import Action, Actor
from bot.access.gate import Admitted
from bot.posts.answers import Answer
from bot.posts.members import actor_of_member
from bot.posts.messages import Message
from bot.ui.groups import GUILD_INSTALL, GUILD_ONLY

_REFERENCE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CUSTOM_ID: Final = re.compile(r"r:([a-z][a-z-]*)((?::[A-Za-z0-9_.-]+)*)")

P = ParamSpec("P")
C = TypeVar("C")


class Ack(Enum):
    """How a door is acknowledged, before any I/O."""

    PRIVATE = "private"
    """A private answer of its own, "thinking" until it is filled in."""
    UPDATE = "update"
    """The message that carries the component becomes the answer."""
    MODAL = "modal"
    """The handler opens a form at once; it must not wait for anything first."""


class Press(Struct, frozen=True):
    """What came in by a component or a form."""

    interaction: discord.Interaction
    admitted: Admitted
    args: tuple[str, ...] = ()
    """What stands in the custom id behind the verb; checked by the handler."""
    values: tuple[str, ...] = ()
    """What was chosen in a select."""
    fields: dict[str, tuple[str, ...]] = {}
    """What was filled in, by the custom id of the field; text fields hold one value."""

    def field(self, name: str) -> str:
        """A text field; empty where it was left out."""
        values = self.fields.get(name, ())
        return values[0] if values else ""


Handler = Callable[[Press], Awaitable[Message | None]]
MenuHandler = Callable[[Any, discord.Interaction, Any], Awaitable[Message | None]]


class Door(Struct, frozen=True):
    """A component or form: its verb, what it needs, and where it leads."""

    verb: str
    action: Action
    ack: Ack
    handler: Handler


class LetsIn(Protocol):
    """Who acknowledges an interaction, and owns what is done for it."""

    async def enter(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        work: Awaitable[Message | None],
        ack: Ack,
    ) -> None:
        """Let in what the gate admitted."""
        ...


class UnknownDoor(Exception):
    """A component or form that no code knows any more."""


class OutsideGuild(Exception):
    """A command in a private chat, where there is no guild to act for."""


def command(
    parent: app_commands.Group | None = None,
    *,
    right: str | None,
    description: str,
    name: str | None = None,
    on_server: bool = False,
    ack: "Ack | Callable[[discord.Interaction], Ack]" = Ack.PRIVATE,
    seen_by: discord.Permissions | None = None,
    is_costly: bool = False,
) -> Callable[
    [Callable[Concatenate[C, discord.Interaction, P], Awaitable[Message | None]]],
    "app_commands.Command[Any, P, None]",
]:
    """Make a slash command whose handler runs admitted, acknowledged and wrapped.

    `right` is declared here, beside the command; the gate refuses what declares none. `seen_by` is
    Discord's default for a command of its own; in a group the group's holds. What reads or sends a
    lot `is_costly`, and has a smaller number a minute for each member.
    """

    def wrap(
        handler: Callable[Concatenate[C, discord.Interaction, P], Awaitable[Message | None]],
    ) -> "app_commands.Command[Any, P, None]":
        @functools.wraps(handler)
        async def entered(
            self: C, interaction: discord.Interaction, *args: P.args, **kwargs: P.kwargs
        ) -> None:
            doors: LetsIn = interaction.client.doors  # type: ignore[attr-defined]  # our client has them
            work = handler(self, interaction, *args, **kwargs)
            how = ack if isinstance(ack, Ack) else ack(interaction)
            await doors.enter(interaction, decided(interaction), work, how)

        make = parent.command if parent else app_commands.command
        made = make(  # type: ignore[type-var]  # C is a Cog wherever this stands
            name=name or handler.__name__.rstrip("_").replace("_", "-"),
            description=app_commands.locale_str(description),
            extras={"right": right, "on_server": on_server, "is_costly": is_costly},
        )(entered)  # type: ignore[arg-type]  # for the same reason
        if parent is None:
            made.allowed_contexts, made.allowed_installs = GUILD_ONLY, GUILD_INSTALL
            made.default_permissions = seen_by
        return made

    return wrap


def component(
    verb: str,
    *,
    right: str,
    on_server: bool = False,
    ack: Ack = Ack.PRIVATE,
    name: str | None = None,
) -> Callable[
    [Callable[[C, Press], Coroutine[Any, Any, Message | None]]],
    Callable[[C, Press], Coroutine[Any, Any, Message | None]],
]:
    """Mark a handler as the way in for a button, select or form.

    With `on_server` the first argument of the custom id is the server's row id. `name` is the
    command whose rights it shares, as it appears in the audit; the verb where there is none.
    """

    def mark(
        handler: Callable[[C, Press], Coroutine[Any, Any, Message | None]],
    ) -> Callable[[C, Press], Coroutine[Any, Any, Message | None]]:
        action = Action(name or verb, right, on_server)

        def made(bound: Handler) -> Door:
            return Door(verb, action, ack, bound)

        handler.__door__ = made  # type: ignore[attr-defined]  # a mark for Doorkeeper.collect
        return handler

    return mark


def menu(
    name: str,
    *,
    right: str,
    target: type[discord.Member] | type[discord.Message],
    on_server: bool = False,
    ack: Ack = Ack.PRIVATE,
    seen_by: discord.Permissions | None = None,
) -> Callable[[MenuHandler], MenuHandler]:
    """Mark a handler of a cog as an entry in the context menu of members or messages."""

    def mark(handler: MenuHandler) -> MenuHandler:
        def made(cog: object) -> app_commands.ContextMenu:
            async def entered(interaction: discord.Interaction, chosen: Any) -> None:
                doors: LetsIn = interaction.client.doors  # type: ignore[attr-defined]  # our client
                work = handler(cog, interaction, chosen)
                await doors.enter(interaction, decided(interaction), work, ack)

            entered.__annotations__["chosen"] = target
            built = app_commands.ContextMenu(
                name=name, callback=entered, extras={"right": right, "on_server": on_server}
            )
            built.allowed_contexts, built.allowed_installs = GUILD_ONLY, GUILD_INSTALL
            built.default_permissions = seen_by
            return built

        handler.__menu__ = made  # type: ignore[attr-defined]  # a mark for menus_of
        return handler

    return mark


def menus_of(cog: object) -> list[app_commands.ContextMenu]:
    """The context menu entries that `menu` marked in a cog."""
    marked = (getattr(getattr(type(cog), name, None), "__menu__", None) for name in dir(type(cog)))
    return [made(cog) for made in marked if made is not None]


def custom_id(verb: str, *args: str) -> str:
    """The custom id that leads to a door (at most 100 characters, Discord's limit)."""
    made = ":".join(("r", verb, *args))
    if len(made) > 100 or not _CUSTOM_ID.fullmatch(made):
        raise ValueError(f"no custom id: {made}")
    return made


def parted(made: str) -> tuple[str, tuple[str, ...]]:
    """The verb and the arguments of a custom id.

    Raises:
        UnknownDoor: It is none of ours.
    """
    match = _CUSTOM_ID.fullmatch(made)
    if match is None:
        raise UnknownDoor(made)
    return match[1], tuple(match[2].split(":")[1:])


def decided(interaction: discord.Interaction) -> Admitted:
    """What the gate decided for this command."""
    admitted: Admitted = interaction.extras["admitted"]
    return admitted


def answer_of(interaction: discord.Interaction) -> Answer:
    """The private answer of this interaction, for handlers that report on the way."""
    answer: Answer = interaction.extras["answer"]
    return answer


def action_of(
    made: app_commands.Command[Any, ..., Any] | app_commands.ContextMenu | None,
) -> Action:
    """What a command declares beside it."""
    if made is None:
        raise UnknownDoor("a command of yesterday")
    right = made.extras.get("right")
    return Action(made.qualified_name, right, bool(made.extras.get("on_server")))


def actor_of(interaction: discord.Interaction) -> Actor:
    """The member behind an interaction, with the roles Discord sent along with it."""
    user = interaction.user
    if not isinstance(user, discord.Member):
        return Actor(user.id, user.display_name, frozenset(), user.bot)
    return actor_of_member(user)


def new_reference() -> str:
    """A short id that a member can read out and an operator can find in the log."""
    return "R-" + "".join(secrets.choice(_REFERENCE_LETTERS) for _ in range(4))
