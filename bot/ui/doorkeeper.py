"""Lets commands, components and forms in: one gate, one acknowledgement, one wrapper for errors."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Any, Final, Protocol

import discord
import structlog

from bot.access.facts import Action
from bot.access.gate import Admitted, Gate
from bot.access.pace import Pace
from bot.clock import Clock
from bot.observe import CommandOutcome, Metrics
from bot.posts.answers import Answer, layout_for
from bot.posts.messages import Message
from bot.supervisor import Supervisor
from bot.texts import _, speaking
from bot.ui.doors import (
    Ack,
    Door,
    OutsideGuild,
    Press,
    UnknownDoor,
    action_of,
    actor_of,
    answer_of,
    new_reference,
    parted,
)
from bot.ui.submitted import fields_of, typed_into, with_typed

log = structlog.stdlib.get_logger(__name__)

STILL_WAITING_SECONDS: Final = 8.0
LONG_WAIT_SECONDS: Final = 31.0


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


class Doorkeeper:
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
        fields, typed = fields_of(rows), typed_into(rows)
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
                await _respond(interaction, with_typed(message, typed) if typed else message)

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
        verb, args = parted(custom_id)
        door = self._doors.get(verb)
        if door is None:
            raise UnknownDoor(custom_id)
        return door, args

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
        view = layout_for(interaction, message)
        await interaction.response.send_message(
            view=view,
            files=list(message.files),
            ephemeral=True,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    except discord.HTTPException as error:
        log.warning("answer not delivered", error=str(error))
