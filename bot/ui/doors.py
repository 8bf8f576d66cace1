"""Every way in: commands, buttons, selects and forms pass the same gate and the same wrapper.

Components carry `r:<verb>:<argument>:…` as their custom id and are found by their verb, so they
outlive a restart of the bot; nothing in an id is trusted. Forms work the same way.
"""

import contextlib
import functools
import io
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from enum import Enum
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import discord
import structlog
from discord import app_commands, ui
from msgspec import Struct

from bot.access.facts import Action, Actor
from bot.access.gate import Admitted, Gate
from bot.access.pace import Pace
from bot.access.rights import ADMIN, ANYONE, RECIPE, SEES_ONE
from bot.clock import Clock
from bot.observe import CommandOutcome, Metrics
from bot.posts.answers import Answer, command_ids
from bot.posts.members import actor_of_member
from bot.posts.mentions import link_layout
from bot.posts.messages import Message
from bot.supervisor import Supervisor
from bot.texts import _, speaking
from bot.ui.groups import GUILD_INSTALL, GUILD_ONLY

log = structlog.stdlib.get_logger(__name__)

STILL_WAITING_SECONDS: Final = 8.0
LONG_WAIT_SECONDS: Final = 31.0
TYPED_SHOWN: Final = 1500
"""Characters of a form that are given back in the message itself; more goes into a file."""
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


class AnswersErrors(Protocol):
    """Turns what went wrong into a message; the one place that has the words."""

    async def explain(
        self, error: BaseException, *, interaction: discord.Interaction, reference: str, door: str
    ) -> Message:
        """The sentence, the next step and the reference id; also keeps the refusal."""
        ...

    def outcome(self, error: BaseException) -> CommandOutcome:
        """What it counts as."""
        ...


class Doors:
    """Knows every component and form, and lets through whom the gate admits."""

    def __init__(
        self,
        gate: Gate,
        supervisor: Supervisor,
        clock: Clock,
        *,
        errors: AnswersErrors,
        pace: Pace,
        costly_pace: Pace,
        metrics: Metrics,
    ) -> None:
        self._gate = gate
        self._supervisor = supervisor
        self._clock = clock
        self._errors = errors
        self._pace = pace
        self._costly_pace = costly_pace
        self._metrics = metrics
        self._doors: dict[str, Door] = {}

    def register(self, door: Door) -> None:
        """Add a door; two of one verb are a mistake of ours."""
        if door.verb in self._doors:
            raise ValueError(f"two doors named {door.verb}")
        self._doors[door.verb] = door

    def collect(self, cog: object) -> None:
        """Register every handler of `cog` that `component` marked."""
        for name in dir(type(cog)):
            made = getattr(getattr(type(cog), name, None), "__door__", None)
            if made is not None:
                self.register(made(getattr(cog, name)))

    @property
    def all(self) -> tuple[Door, ...]:
        """Every door, for the test that walks them."""
        return tuple(self._doors.values())

    async def admit_command(self, interaction: discord.Interaction) -> bool:
        """The tree's check: decide before the acknowledgement, answer where it is no."""
        if interaction.type is discord.InteractionType.autocomplete:
            return True
        self._begin(interaction)
        reference = new_reference()
        async with self._answering(interaction, reference, _command_door(interaction)):
            action = action_of(interaction.command)
            named = getattr(interaction.namespace, "recipe", None)
            action = self._gate.meant(interaction.guild_id or 0, action, named)
            text = getattr(interaction.namespace, "server", None)
            admitted = self._admit(interaction, action, reference, text)
            if interaction.command is not None and interaction.command.extras.get("is_costly"):
                self._costly_pace.check(admitted.guild_id, admitted.actor.id)
            interaction.extras["admitted"] = admitted
        return "admitted" in interaction.extras

    async def command_failed(self, interaction: discord.Interaction, error: Exception) -> None:
        """What discord.py could not hand to a handler: a bad option, a command of yesterday."""
        admitted = interaction.extras.get("admitted")
        reference = admitted.reference if isinstance(admitted, Admitted) else new_reference()
        async with self._answering(interaction, reference, _command_door(interaction)):
            raise error

    async def interact(self, interaction: discord.Interaction) -> None:
        """A component or form came in."""
        is_form = interaction.type is discord.InteractionType.modal_submit
        if not is_form and interaction.type is not discord.InteractionType.component:
            return
        data: dict[str, Any] = dict(interaction.data or {})
        rows = data.get("components", ()) if is_form else ()
        fields, typed = _fields(rows), _typed(rows)
        self._begin(interaction)
        reference = new_reference()
        async with self._answering(interaction, reference, "a component", typed=typed):
            door, args = self._find(str(data.get("custom_id", "")))
            server_id = args[0] if door.action.on_server and args else None
            named = args[1] if len(args) > 1 else None
            action = self._gate.meant(interaction.guild_id or 0, door.action, named)
            admitted = self._admit(interaction, action, reference, server_id)
            interaction.extras["admitted"] = admitted
            press = Press(interaction, admitted, args, tuple(data.get("values", ())), fields)
            await self.enter(interaction, admitted, door.handler(press), door.ack, typed=typed)

    async def enter(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        work: Awaitable[Message | None],
        ack: Ack,
        *,
        typed: str = "",
    ) -> None:
        """Acknowledge at once, then let the supervisor own the work and its answer.

        A handler that opens a form answers by itself; what it returns instead is said privately.
        What was `typed` into a form is given back when nothing comes of it.
        """
        if ack is Ack.MODAL:
            async with self._answering(interaction, admitted.reference, f"/{admitted.action.name}"):
                message = await work
                if message is not None:
                    await _respond(interaction, message)
                self._count(interaction, f"/{admitted.action.name}", "answered")
            return
        is_command = interaction.type is discord.InteractionType.application_command
        is_card = ack is Ack.UPDATE and not is_command
        try:
            if is_card:
                await interaction.response.defer()
            else:
                await interaction.response.defer(ephemeral=True, thinking=True)
        except discord.HTTPException as error:
            # without an acknowledgement nobody would hear of it, so nothing is done
            log.warning("not acknowledged", door=admitted.action.name, error=str(error))
            _drop(work)
            return
        interaction.extras["answer"] = Answer(interaction, is_card=is_card)
        name = f"/{admitted.action.name} {admitted.reference}"
        self._supervisor.start(name, self._work(interaction, admitted, work, typed))

    async def _work(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        work: Awaitable[Message | None],
        typed: str,
    ) -> None:
        patience = self._supervisor.start(
            f"patience {admitted.reference}", self._patience(interaction)
        )
        door = f"/{admitted.action.name}"
        async with self._answering(interaction, admitted.reference, door, typed=typed):
            try:
                message = await work
            finally:
                patience.cancel()
            if message is not None:
                await answer_of(interaction).show(message)
            self._count(interaction, door, "answered")
            if message is not None and message.fades_seconds:
                self._supervisor.start(
                    f"fade {admitted.reference}", self._fade(interaction, message.fades_seconds)
                )

    async def _fade(self, interaction: discord.Interaction, seconds: int) -> None:
        """Take a secret away again, while the answer's token still lives."""
        await self._clock.sleep(seconds)
        with speaking(interaction.locale.value):
            gone = _("This held a secret and is hidden now. Run the command again to see it.")
            await answer_of(interaction).show(Message(gone))

    @contextlib.asynccontextmanager
    async def _answering(
        self,
        interaction: discord.Interaction,
        reference: str,
        door: str,
        *,
        typed: str = "",
    ) -> AsyncIterator[None]:
        """The one wrapper around every door: what goes wrong inside is answered, in words."""
        with speaking(interaction.locale.value):
            try:
                yield
            except Exception as error:  # noqa: BLE001  # nothing may go unanswered
                self._count(interaction, door, self._errors.outcome(error))
                message = await self._errors.explain(
                    error, interaction=interaction, reference=reference, door=door
                )
                await _respond(interaction, _with_typed(message, typed) if typed else message)

    def _begin(self, interaction: discord.Interaction) -> None:
        interaction.extras["began"] = self._clock.monotonic()

    def _count(self, interaction: discord.Interaction, door: str, outcome: CommandOutcome) -> None:
        now = self._clock.monotonic()
        began: float = interaction.extras.get("began", now)
        self._metrics.command_done(door.removeprefix("/"), outcome, now - began)

    async def _patience(self, interaction: discord.Interaction) -> None:
        answer = answer_of(interaction)
        with speaking(interaction.locale.value):
            await self._clock.sleep(STILL_WAITING_SECONDS)
            await answer.show(
                Message(_("Still waiting for the panel. I'll say here what comes of it.")),
                is_final=False,
            )
            await self._clock.sleep(LONG_WAIT_SECONDS - STILL_WAITING_SECONDS)
            waited = _(
                "No answer after {seconds} s. It may or may not have happened. "
                "I keep looking and say here what I find.",
                seconds=round(LONG_WAIT_SECONDS),
            )
            await answer.show(Message(waited), is_final=False)

    def _find(self, custom_id: str) -> tuple[Door, tuple[str, ...]]:
        match = _CUSTOM_ID.fullmatch(custom_id)
        door = self._doors.get(match[1]) if match else None
        if match is None or door is None:
            raise UnknownDoor(custom_id)
        return door, tuple(match[2].split(":")[1:])

    def _admit(
        self,
        interaction: discord.Interaction,
        action: Action,
        reference: str,
        server: str | None,
    ) -> Admitted:
        if interaction.guild_id is None:
            raise OutsideGuild(action.name)
        guild_id, channel_id = interaction.guild_id, interaction.channel_id or 0
        actor = actor_of(interaction)
        self._pace.check(guild_id, actor.id)
        target = None
        if action.on_server:
            target = self._gate.resolve(guild_id, channel_id, actor, action, server)
        return self._gate.admit(guild_id, channel_id, actor, action, reference, target=target)


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
            doors: Doors = interaction.client.doors  # type: ignore[attr-defined]  # our client has them
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

        handler.__door__ = made  # type: ignore[attr-defined]  # a mark for Doors.collect
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
                doors: Doors = interaction.client.doors  # type: ignore[attr-defined]  # our client
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


def is_declared(right: str | None, known: frozenset[str]) -> bool:
    """Whether a door's right means something: one of the panel's, or a word of the house."""
    return right in (ADMIN, ANYONE, RECIPE, SEES_ONE) or right in known


def _command_door(interaction: discord.Interaction) -> str:
    made = interaction.command
    return f"/{made.qualified_name}" if made else "an unknown command"


def _drop(work: Awaitable[Message | None]) -> None:
    if isinstance(work, Coroutine):
        work.close()


async def _respond(interaction: discord.Interaction, message: Message) -> None:
    try:
        if interaction.response.is_done():
            answer: Answer = interaction.extras.get("answer") or Answer(interaction)
            await (answer.add(message) if answer.is_card else answer.show(message))
            return
        view = message.as_layout()
        link_layout(view, command_ids(interaction))
        await interaction.response.send_message(
            view=view,
            files=list(message.files),
            ephemeral=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    except discord.HTTPException as error:
        log.warning("answer not delivered", error=str(error))


def _fields(rows: Any) -> dict[str, tuple[str, ...]]:
    """The fields of a form, whether in a label or, as older clients send them, in a row."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for field in (row.get("component"), *row.get("components", ())):
            if not field or "custom_id" not in field:
                continue
            values = field.get("values")
            if values is None and field.get("value") is not None:
                values = [field["value"]]
            found[str(field["custom_id"])] = tuple(str(value) for value in values or ())
    return found


def _typed(rows: Any) -> str:
    """What was typed into a form's text fields; secrets had a field name of ours."""
    found = (field for row in rows for field in (row.get("component"), *row.get("components", ())))
    return "\n".join(
        field["value"]
        for field in found
        if field and isinstance(field.get("value"), str) and field["value"]
        if field.get("custom_id") not in SECRET_FIELDS
    )


def _with_typed(message: Message, typed: str) -> Message:
    """The message with what somebody typed for nothing: shown, or attached where it is long."""
    kept = _("What you typed, so that it isn't lost:")
    view = message.as_layout()
    if len(typed) <= TYPED_SHOWN:
        view.add_item(ui.TextDisplay(f"{kept}\n```\n{typed.replace('```', 'ˋˋˋ')}\n```"))
        return Message(layout=view, files=message.files)
    file = discord.File(io.BytesIO(typed.encode("utf-8", "replace")), "typed.txt")
    view.add_item(ui.TextDisplay(kept))
    view.add_item(ui.File(f"attachment://{file.filename}"))
    return Message(layout=view, files=(*message.files, file))


SECRET_FIELDS: Final = frozenset(
    {"key", "password", "code", "new_password", "new_password_again", "private_key"}
)
"""Custom ids of fields that are never repeated to anybody."""
