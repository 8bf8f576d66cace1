"""/power: start, stop, restart, kill."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.posts.messages import Message
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.groups import group
from bot.ui.options import ServerOption
from bot.ui.text import bold
from bot.work.course import Signal
from bot.work.power_order import PowerOrder
from cogs.parts import Parts

Reason = app_commands.Range[str, 0, 200]
REASON = "Why; the channel sees it"
SERVER = "Which server; may be left out where only one is meant"


class PowerCog(commands.Cog):
    """Power actions, by command and by the buttons of the cards."""

    power = group("power", "Start, stop and restart servers")

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(power, right="control.start", on_server=True, description="Start a server")
    @app_commands.describe(server=SERVER, reason=REASON)
    async def start(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
        reason: Reason = "",
    ) -> Message:
        return await self._perform(interaction, Signal.START, reason)

    @command(power, right="control.stop", on_server=True, description="Stop a server")
    @app_commands.describe(server=SERVER, reason=REASON)
    async def stop(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        reason: Reason = "",
    ) -> Message:
        return await self._perform(interaction, Signal.STOP, reason)

    @command(
        power,
        right="control.restart",
        on_server=True,
        description="Restart a server, and hear when it is up again",
    )
    @app_commands.describe(server=SERVER, reason=REASON)
    async def restart(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        reason: Reason = "",
    ) -> Message:
        return await self._perform(interaction, Signal.RESTART, reason)

    @command(
        power,
        right="control.stop",
        on_server=True,
        description="End a server's process at once; what it didn't save is lost",
    )
    @app_commands.describe(server=SERVER, reason=REASON)
    async def kill(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        reason: Reason = "",
    ) -> Message:
        return await self._ask_kill(interaction, reason)

    @component("start", right="control.start", on_server=True, name="power start")
    async def start_pressed(self, press: Press) -> Message:
        return await self._perform(press.interaction, Signal.START, "")

    @component("stop", right="control.stop", on_server=True, name="power stop")
    async def stop_pressed(self, press: Press) -> Message:
        return await self._perform(press.interaction, Signal.STOP, "")

    @component("restart", right="control.restart", on_server=True, name="power restart")
    async def restart_pressed(self, press: Press) -> Message:
        return await self._perform(press.interaction, Signal.RESTART, "")

    @component("kill", right="control.stop", on_server=True, name="power kill")
    async def kill_pressed(self, press: Press) -> Message:
        return await self._ask_kill(press.interaction, "")

    @component("kill-now", right="control.stop", on_server=True, ack=Ack.UPDATE, name="power kill")
    async def kill_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "kill-now")
        reason = str(asked.payload.get("reason", ""))
        return await self._perform(press.interaction, Signal.KILL, reason)

    async def _perform(
        self, interaction: discord.Interaction, signal: Signal, reason: str
    ) -> Message:
        order = PowerOrder(signal=signal.value, reason=reason)
        return await self._parts.workflows.perform(interaction, decided(interaction), order)

    async def _ask_kill(self, interaction: discord.Interaction, reason: str) -> Message:
        admitted = decided(interaction)
        text = _(
            "Killing {server} ends its process at once: nothing is saved, and files that are being "
            "written can break. A stop is safer where it still reacts.",
            server=bold(self._parts.directory.label(admitted.server)),
        )
        return await self._parts.confirmations.ask(
            admitted, "kill-now", text, label=_("Kill"), payload={"reason": reason}
        )
