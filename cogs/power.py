"""/power: start, stop, restart, kill."""

from collections.abc import Mapping

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.conditions import NotNow, unmet
from bot.access.consent import Consent
from bot.access.decision import Ask, by_policy
from bot.access.gate import Admitted
from bot.access.rights import SEE
from bot.posts.messages import Message
from bot.store.confirmations import JsonValue
from bot.store.policies import PolicyRule
from bot.texts import _
from bot.ui.consents import Request
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.groups import group
from bot.ui.options import ServerOption
from bot.ui.policy_words import policy_sentence
from bot.ui.spans import countdown_seconds
from bot.ui.text import bold, duration
from bot.work.course import Signal
from bot.work.jobs_view import CANCEL
from bot.work.power_order import PowerOrder
from cogs.parts import Parts

Reason = app_commands.Range[str, 0, 200]
REASON = "Why; the channel sees it"
Delay = app_commands.Range[str, 0, 20]
DELAY = "A countdown first: minutes, or such as 90s, 10m, 1h"
BACKUP_FIRST = "Make a backup first, and wait for it"
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
    @app_commands.describe(server=SERVER, reason=REASON, delay=DELAY, backup_first=BACKUP_FIRST)
    async def stop(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        reason: Reason = "",
        delay: Delay = "",
        backup_first: bool = False,  # Discord gives options by name
    ) -> Message:
        return await self._perform(
            interaction, Signal.STOP, reason, delay=delay, backup_first=backup_first
        )

    @command(
        power,
        right="control.restart",
        on_server=True,
        description="Restart a server, and hear when it is up again",
    )
    @app_commands.describe(server=SERVER, reason=REASON, delay=DELAY, backup_first=BACKUP_FIRST)
    async def restart(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        reason: Reason = "",
        delay: Delay = "",
        backup_first: bool = False,
    ) -> Message:
        return await self._perform(
            interaction, Signal.RESTART, reason, delay=delay, backup_first=backup_first
        )

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
        waits = await self._parts.consents.instead(
            press.interaction,
            press.admitted,
            "power",
            {"signal": Signal.KILL.value},
            what=lambda: self._what(press.admitted, Signal.KILL),
            reason=reason,
        )
        return waits or await self._perform(press.interaction, Signal.KILL, reason)

    @component(
        "ask-start", right="control.start", on_server=True, ack=Ack.UPDATE, name="power start"
    )
    async def ask_start(self, press: Press) -> Message:
        return await self._ask_others(press, Signal.START)

    @component("ask-stop", right="control.stop", on_server=True, ack=Ack.UPDATE, name="power stop")
    async def ask_stop(self, press: Press) -> Message:
        return await self._ask_others(press, Signal.STOP)

    @component(
        "ask-restart", right="control.restart", on_server=True, ack=Ack.UPDATE, name="power restart"
    )
    async def ask_restart(self, press: Press) -> Message:
        return await self._ask_others(press, Signal.RESTART)

    @component("power-now", right=SEE, on_server=True, ack=Ack.UPDATE, name="power countdown")
    async def hurried(self, press: Press) -> None:
        await self._say(press, "now")

    @component("power-later", right=SEE, on_server=True, ack=Ack.UPDATE, name="power countdown")
    async def postponed(self, press: Press) -> None:
        minutes = (*press.args, "", "", "")[2]
        await self._say(press, "later", minutes=int(minutes) if minutes.isdecimal() else 0)

    @component("power-off", right=SEE, on_server=True, ack=Ack.UPDATE, name="power countdown")
    async def cancelled(self, press: Press) -> None:
        await self._say(press, CANCEL)

    @component("power-go", right=SEE, on_server=True, ack=Ack.UPDATE, name="power countdown")
    async def went_on(self, press: Press) -> None:
        await self._say(press, "go")

    async def _say(self, press: Press, what: str, *, minutes: int = 0) -> None:
        """The message itself shows what comes of it."""
        job_id = (*press.args, "", "")[1]
        await self._parts.workflows.say(press.admitted, job_id, what, minutes=minutes)

    async def _perform(
        self,
        interaction: discord.Interaction,
        signal: Signal,
        reason: str,
        *,
        delay: str = "",
        backup_first: bool = False,
    ) -> Message:
        admitted = decided(interaction)
        policy = by_policy(admitted.decision)
        if policy is not None and isinstance(admitted.decision, Ask):
            wish: dict[str, JsonValue] = {
                "reason": reason,
                "delay_seconds": countdown_seconds(delay),
                "backup_first": backup_first,
            }
            return await self._offer(admitted, policy, signal, wish)
        admitted = await self._parts.consents.settle(admitted)
        may_kill = policy is not None and policy.terms.may_kill
        order = PowerOrder(
            signal=signal.value,
            reason=reason,
            delay_seconds=countdown_seconds(delay),
            backup_first=backup_first,
            may_kill="always" if may_kill else "ask",
            origin="policy" if policy is not None else "",
        )
        return await self._parts.workflows.perform(interaction, admitted, order)

    async def _offer(
        self, admitted: Admitted, policy: PolicyRule, signal: Signal, wish: dict[str, JsonValue]
    ) -> Message:
        """Not by themselves, but they may ask: what the rule is, and the button.

        Raises:
            NotNow: A condition doesn't hold.
        """
        other = await self._parts.consents.open_request(admitted)
        if other is not None:
            return await self._join(admitted, signal, other, wish)
        failing = unmet(
            await self._parts.consents.conditions(
                admitted.decision, admitted.server, admitted.actor.id
            )
        )
        label = self._parts.directory.label(admitted.server)
        if failing is not None:
            raise NotNow(failing, label)
        settings = self._parts.gate.book(admitted.guild_id).settings
        if policy.terms.how == "vote":
            head = _("You may call a vote to {what}.", what=self._what(admitted, signal, wish))
            button = _("Call the vote")
        else:
            head = _("You may ask to {what}.", what=self._what(admitted, signal, wish))
            button = _("Ask for it")
        sentence = policy_sentence(policy.action, policy.terms, bold(label), settings)
        return await self._parts.confirmations.ask(
            admitted,
            f"ask-{signal.value}",
            f"{head}\n-# {sentence}",
            label=button,
            payload=wish,
            is_danger=False,
        )

    async def _join(
        self, admitted: Admitted, signal: Signal, other: Request, wish: dict[str, JsonValue]
    ) -> Message:
        """Somebody asked for the same already: no second question, and no pause to wait for."""
        values = {"what": other.what, "who": bold(other.actor), "channel": f"<#{other.channel_id}>"}
        if other.consent is Consent.VOTE:
            text = _("{who} called a vote already, in {channel}: {what}?", **values)
            label = _("Vote for it too")
        else:
            text = _("{who} asked already, in {channel}: {what}?", **values)
            label = _("Ask for it too")
        return await self._parts.confirmations.ask(
            admitted, f"ask-{signal.value}", text, label=label, payload=wish, is_danger=False
        )

    async def _ask_others(self, press: Press, signal: Signal) -> Message:
        asked = await self._parts.confirmations.take(press, f"ask-{signal.value}")
        reason = str(asked.payload.get("reason", ""))
        if not isinstance(press.admitted.decision, Ask):
            seconds = asked.payload.get("delay_seconds")
            return await self._perform(
                press.interaction,
                signal,
                reason,
                delay=f"{seconds}s" if seconds else "",
                backup_first=bool(asked.payload.get("backup_first")),
            )
        wish = {key: asked.payload.get(key) for key in ("delay_seconds", "backup_first")}
        return await self._parts.consents.ask(
            press.interaction,
            press.admitted,
            "power",
            {"signal": signal.value, **wish},
            what=lambda: self._what(press.admitted, signal, wish),
            reason=reason,
        )

    def _what(
        self, admitted: Admitted, signal: Signal, wish: Mapping[str, JsonValue] | None = None
    ) -> str:
        """What is asked for, with all that others agree to."""
        server = bold(self._parts.directory.label(admitted.server))
        first = []
        if wish and isinstance(seconds := wish.get("delay_seconds"), int) and seconds:
            first.append(_("after a countdown of {time}", time=duration(seconds)))
        if wish and wish.get("backup_first"):
            first.append(_("with a backup first"))
        said = {
            Signal.START: _("start {server}", server=server),
            Signal.STOP: _("stop {server}", server=server),
            Signal.RESTART: _("restart {server}", server=server),
            Signal.KILL: _("kill {server}", server=server),
        }[signal]
        return f"{said} ({', '.join(first)})" if first else said

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
