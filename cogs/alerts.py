"""/alerts: what is told by itself, where, and whom it pings."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted, NoSuchServer
from bot.access.reach import RoleAboveYours
from bot.access.rights import ADMIN, any_covers
from bot.fleet.directory import Server, folded
from bot.posts.answers import NotSent
from bot.posts.messages import Message
from bot.posts.places import is_read_by_all
from bot.store.alerts import AlertEvent, AlertRow, NewAlert
from bot.texts import _, _n
from bot.ui.alerts import (
    alert_line,
    cant_ping_words,
    checked_threshold,
    event_words,
    sample_card,
    set_card,
)
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import ADMINS, group
from bot.ui.options import ServerOption
from bot.ui.pages import PAGE_LINES, page_number, page_of
from bot.ui.parts import choice
from bot.ui.text import bold, plain
from bot.work.course import Signal
from bot.work.power_order import PowerOrder
from cogs.parts import Parts

EVENTS = [app_commands.Choice(name=one.value, value=one.value) for one in AlertEvent]
SERVER = "Of which server; left out: all of them"
ALL = frozenset({"all", "*"})
Channel = discord.TextChannel | discord.Thread


class AlertsCog(commands.Cog):
    """Alerts, and the buttons of incidents."""

    alerts = group("alerts", "What Roost tells by itself", seen_by=ADMINS)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        alerts, name="set", right=ADMIN, description="Be told of crashes, full disks, lost panels …"
    )
    @app_commands.describe(
        event="What is told",
        server=SERVER,
        channel="Where; left out: here",
        role="Whom to ping",
        threshold="Percent of the limit (cpu, memory, disk) or days (backup)",
        thread="Give each crash a thread of its own",
    )
    @app_commands.choices(event=EVENTS)
    async def put(
        self,
        interaction: discord.Interaction,
        event: str,
        server: ServerOption | None = None,
        channel: Channel | None = None,
        role: discord.Role | None = None,
        threshold: int | None = None,
        thread: bool = False,
    ) -> Message:
        admitted = decided(interaction)
        meant = _event(event)
        holds = checked_threshold(meant, threshold)
        about = self._server(admitted, server)
        where = _place(interaction, channel)
        self._check_place(interaction, where, meant)
        self._check_role(admitted, role)
        if thread and meant is not AlertEvent.CRASH:
            raise Unfit(_("Only an alert of `crash` opens threads. Leave `thread` out."))
        if thread and not self._parts.places.may_open_threads(admitted.guild_id, where.id):
            raise Unfit(
                _(
                    "I may open no threads in {channel}. Give me *Create Public Threads* and *Send "
                    "Messages in Threads* there.",
                    channel=where.mention,
                )
            )
        self._parts.places.resume(admitted.guild_id, where.id)
        made = await self._parts.alerting.alerts.put(
            admitted,
            NewAlert(
                server_id=about.id if about else None,
                event=meant,
                channel_id=where.id,
                role_id=role.id if role else None,
                threshold=holds,
                in_thread=thread,
                made_by=admitted.actor.id,
            ),
        )
        if made is None:
            raise Unfit(_("That server is gone. Pick another one."))
        notes = self._notes(admitted, made.row, about, where, is_default=threshold is None)
        if made.replaced is not None:
            notes.insert(0, self._replaced(made.replaced))
        label = self._parts.alerting.alerts.label(made.row)
        return set_card(made.row, label, notes, is_new=made.replaced is None)

    @command(alerts, name="list", right=ADMIN, description="The alerts of this guild")
    async def list_alerts(self, interaction: discord.Interaction) -> Message:
        return self._page(decided(interaction), 0)

    @command(alerts, right=ADMIN, description="Take an alert away")
    @app_commands.describe(event="What it tells", server=SERVER, channel="Where it tells it")
    @app_commands.choices(event=EVENTS)
    async def remove(
        self,
        interaction: discord.Interaction,
        event: str,
        server: ServerOption | None = None,
        channel: Channel | None = None,
    ) -> Message:
        admitted = decided(interaction)
        found = self._meant(admitted, event, server, channel)
        if len(found) > 1:
            return self._pick(found)
        return await self._remove(admitted, found[0].id)

    @command(alerts, right=ADMIN, description="Post a test where an alert would be")
    @app_commands.describe(event="What it tells", server=SERVER, channel="Where it tells it")
    @app_commands.choices(event=EVENTS)
    async def test(
        self,
        interaction: discord.Interaction,
        event: str,
        server: ServerOption | None = None,
        channel: Channel | None = None,
    ) -> Message:
        admitted = decided(interaction)
        found = self._meant(admitted, event, server, channel)
        return Message("\n".join([await self._test(one) for one in found[:5]]))

    @component("alerts", right=ADMIN, ack=Ack.UPDATE, name="alerts list")
    async def leaf(self, press: Press) -> Message:
        return self._page(press.admitted, page_number((*press.args, "0")[0]))

    @component("alert-drop", right=ADMIN, ack=Ack.UPDATE, name="alerts remove")
    async def drop(self, press: Press) -> Message:
        return await self._remove(press.admitted, (*press.values, *press.args, "")[0])

    @component("alert-test", right=ADMIN, name="alerts test")
    async def test_pressed(self, press: Press) -> Message:
        alert = self._parts.alerting.alerts.get(press.admitted.guild_id, (*press.args, "")[0])
        if alert is None:
            raise Unfit(_("That alert is gone already. `/alerts list` shows what there is."))
        return Message(await self._test(alert))

    @component("incident-restart", right="control.restart", on_server=True, name="power restart")
    async def restart(self, press: Press) -> Message:
        await self._parts.alerting.incidents.asked_restart(press.admitted, press.args[-1])
        order = PowerOrder(signal=Signal.RESTART.value, reason=_("after a crash"))
        return await self._parts.workflows.perform(press.interaction, press.admitted, order)

    @component("incident-take", right="control.restart", on_server=True, name="power restart")
    async def take(self, press: Press) -> Message:
        return await self._parts.alerting.incidents.take(press.admitted, press.args[-1])

    # what is meant

    def _server(self, admitted: Admitted, text: str | None) -> Server | None:
        if not text or folded(text) in ALL:
            return None
        found = self._parts.directory.find(admitted.guild_id, text)
        if not found:
            raise NoSuchServer(text)
        if len(found) > 1:
            names = ", ".join(bold(self._parts.directory.label(one)) for one in found[:5])
            raise Unfit(_("{text} fits several: {names}. Pick one.", text=bold(text), names=names))
        return found[0]

    def _check_place(
        self, interaction: discord.Interaction, where: Channel, event: AlertEvent
    ) -> None:
        if interaction.guild is None:
            return
        rights = where.permissions_for(interaction.guild.me)
        may_send = rights.send_messages
        if isinstance(where, discord.Thread):
            may_send = rights.send_messages_in_threads
        may_attach = rights.attach_files or event is not AlertEvent.CRASH
        if rights.view_channel and may_send and may_attach:
            return
        raise Unfit(
            _(
                "I can't post there. Give me *View Channel*, *Send Messages* and *Attach Files* in "
                "{channel}, then try again.",
                channel=where.mention,
            )
        )

    def _check_role(self, admitted: Admitted, role: discord.Role | None) -> None:
        if role is None:
            return
        if role.is_default():
            raise Unfit(_("I ping no everyone. Choose a role that those have whom it concerns."))
        actor = admitted.actor
        is_above = role.position >= actor.top_role and not actor.owns_guild
        if is_above and not actor.manages_guild:
            raise RoleAboveYours

    def _notes(
        self,
        admitted: Admitted,
        alert: AlertRow,
        about: Server | None,
        where: Channel,
        *,
        is_default: bool,
    ) -> list[str]:
        """What an admin should know at once of what was set."""
        notes = []
        guild_id = admitted.guild_id
        if alert.threshold is not None and is_default:
            notes.append(
                _("No threshold was given, so it is {threshold}.", threshold=alert.threshold)
            )
        servers = [about] if about else self._parts.directory.of(guild_id)
        unlimited = sum(not _has_limit(one, alert.event) for one in servers)
        if unlimited:
            notes.append(
                _n(
                    "{count} server has no such limit, so nothing can be said of it.",
                    "{count} servers have no such limit, so nothing can be said of them.",
                    unlimited,
                )
            )
        if alert.event not in (AlertEvent.PANEL, AlertEvent.NODE):
            beyond = sum(not self._parts.hub.may_watch(one) for one in servers)
            if beyond:
                notes.append(
                    _n(
                        "{count} server is not watched: this guild watches as many as it may.",
                        "{count} servers are not watched: this guild watches as many as it may.",
                        beyond,
                    )
                )
        if alert.event is AlertEvent.BACKUP:
            closed = sum(not any_covers(one.key_rights, "backup.read") for one in servers)
            if closed:
                notes.append(
                    _n(
                        "The panel account may not read the backups of {count} server.",
                        "The panel account may not read the backups of {count} servers.",
                        closed,
                    )
                )
        role_id = alert.role_id
        if role_id is not None:
            role = discord.Object(role_id, type=discord.Role)
            if not self._parts.places.can_ping(guild_id, where.id, role):
                notes.append(cant_ping_words(role_id))
        if alert.event is AlertEvent.CRASH and is_read_by_all(where):
            notes.append(
                _(
                    "Everybody reads {channel}, so everybody will see the console's last lines "
                    "before a crash. Addresses and secrets are taken out of them.",
                    channel=where.mention,
                )
            )
        return notes

    def _replaced(self, before: AlertRow) -> str:
        said = _(
            "It takes the place of: {event}.", event=event_words(before.event, before.threshold)
        )
        if before.role_id is not None:
            said += " " + _("That one pinged {role}.", role=f"<@&{before.role_id}>")
        return said

    def _meant(
        self, admitted: Admitted, event: str, server: str | None, channel: Channel | None
    ) -> list[AlertRow]:
        meant, about = _event(event), self._server(admitted, server)
        found = [
            one
            for one in self._parts.alerting.alerts.of(admitted.guild_id)
            if one.event is meant
            and (not server or one.server_id == (about.id if about else None))
            and (channel is None or one.channel_id == channel.id)
        ]
        if not found:
            raise Unfit(
                _("There is no such alert. `/alerts list` shows what there is, `/alerts set` adds.")
            )
        return found

    # what is shown

    def _page(self, admitted: Admitted, page: int) -> Message:
        alerts = self._parts.alerting.alerts.of(admitted.guild_id)
        lines = [self._line(one) for one in alerts]
        first = min(page, max(0, len(alerts) - 1) // PAGE_LINES) * PAGE_LINES
        rows: list[list[discord.ui.Select[Any]]] = []
        if alerts:
            rows.append([self._select(alerts[first : first + PAGE_LINES])])
        open_now = len(self._parts.alerting.alarms.of(admitted.guild_id))
        title = _("Alerts")
        if open_now:
            title += "\n-# 🔴 " + _n("{count} is open now", "{count} are open now", open_now)
        if self._parts.alerting.pings.is_quiet(admitted.guild_id):
            title += "\n-# " + _("Quiet hours: nobody is pinged.")
        return page_of(
            title,
            lines,
            page,
            verb="alerts",
            empty=_("None yet. `/alerts set` with `crash` is a good first one."),
            rows=rows,
        )

    def _line(self, alert: AlertRow) -> str:
        places = self._parts.places
        is_unheard = alert.role_id is not None and not places.can_ping(
            alert.guild_id, alert.channel_id, discord.Object(alert.role_id, type=discord.Role)
        )
        return alert_line(
            alert,
            self._parts.alerting.alerts.label(alert),
            is_paused=places.is_paused(alert.guild_id, alert.channel_id),
            is_unheard=is_unheard,
        )

    def _select(self, alerts: "tuple[AlertRow, ...] | list[AlertRow]") -> "discord.ui.Select[Any]":
        options = [
            (
                one.id,
                plain(event_words(one.event, one.threshold), 90),
                plain(self._parts.alerting.alerts.label(one) or _("all servers"), 90),
            )
            for one in alerts
        ]
        return choice("alert-drop", options=options, placeholder=_("Remove one …"))

    def _pick(self, found: list[AlertRow]) -> Message:
        lines = [self._line(one) for one in found[:PAGE_LINES]]
        return page_of(
            _("Which one?"),
            lines,
            0,
            verb="alerts",
            empty="",
            rows=[[self._select(found[:PAGE_LINES])]],
        )

    # what is done

    async def _remove(self, admitted: Admitted, alert_id: str) -> Message:
        label = None
        alert = self._parts.alerting.alerts.get(admitted.guild_id, alert_id)
        if alert is not None:
            label = self._parts.alerting.alerts.label(alert)
        gone = await self._parts.alerting.alerts.remove(admitted, alert_id)
        if gone is None:
            raise Unfit(_("That alert is gone already. `/alerts list` shows what there is."))
        return Message(
            _(
                "Removed: {event} of {server} in {channel}.",
                event=event_words(gone.event, gone.threshold),
                server=bold(label) if label else _("all servers"),
                channel=f"<#{gone.channel_id}>",
            )
        )

    async def _test(self, alert: AlertRow) -> str:
        parts = self._parts
        parts.places.resume(alert.guild_id, alert.channel_id)
        mention, pings = parts.alerting.pings.of_role(
            alert.guild_id, alert.channel_id, alert.role_id
        )
        label = parts.alerting.alerts.label(alert)
        where = f"<#{alert.channel_id}>"
        try:
            post = await parts.places.send(
                alert.guild_id, alert.channel_id, sample_card(alert, label, mention), pings=pings
            )
        except NotSent:
            return _("Discord had trouble of its own, so no test came to {channel}.", channel=where)
        if post is None:
            return _(
                "I may not post in {channel}: the test did not come, and no alert would.",
                channel=where,
            )
        said = _("The test is in {channel}.", channel=where)
        if alert.role_id is not None and not pings:
            said += "\n" + mention.removeprefix("-# ")
        return said


def _event(text: str) -> AlertEvent:
    try:
        return AlertEvent(text)
    except ValueError:
        raise Unfit(_("I know no such event. Choose one from the list.")) from None


def _place(interaction: discord.Interaction, channel: Channel | None) -> Channel:
    found = channel or interaction.channel
    if not isinstance(found, discord.TextChannel | discord.Thread):
        raise Unfit(_("Name a text channel: I can't post alerts here."))
    return found


def _has_limit(server: Server, event: AlertEvent) -> bool:
    match event:
        case AlertEvent.MEMORY:
            return server.memory_limit_bytes > 0
        case AlertEvent.DISK:
            return server.disk_limit_bytes > 0
    return True
