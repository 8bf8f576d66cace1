"""/setup: from the invite to a working restart button, in steps that can be left and taken up."""

from collections.abc import Mapping, Sequence
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.reach import Scope, Subject
from bot.access.rights import ADMIN, PRESETS, RIGHTS, covers
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.texts import _, speaking
from bot.ui.channels import channel_card, channels_text, may_write_in
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.explain import subject_name
from bot.ui.groups import ADMINS, STAFF
from bot.ui.pages import page_number
from bot.ui.parts import button, card, channel_choice
from bot.ui.rules import rule_lines, scope_words
from bot.ui.setup import Progress, overview, preset_card, roles_card, staff_card, where_card
from cogs.parts import Parts

LOOKED_AT: Final = 5
"""Servers whose subusers are looked at for a suggestion."""
STAFF_AREAS: Final = (
    *("file", "database", "allocation", "startup", "schedule", "user", "settings"),
)
"""Groups of rights whose commands are hidden from members by default."""


class SetupCog(commands.Cog):
    """The guided way; run again it says what is missing."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(right=ADMIN, seen_by=ADMINS, description="Set Roost up, step by step")
    async def setup(self, interaction: discord.Interaction) -> Message:
        return self._overview(interaction, decided(interaction))

    @component("setup", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def overview(self, press: Press) -> Message:
        return self._overview(press.interaction, press.admitted)

    @component("setup-roles", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def roles(self, press: Press) -> Message:
        guild_id = press.admitted.guild_id
        gate, directory = self._parts.gate, self._parts.directory
        held = rule_lines(
            gate.book(guild_id).all,
            lambda rule: scope_words(gate, directory, guild_id, rule),
        )
        return roles_card(held, await self._suggested(press.admitted))

    @component("setup-role", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def role(self, press: Press) -> Message:
        role = _role(press, (*press.values, *press.args, "")[0])
        return preset_card(role, await self._suggested(press.admitted))

    @component("setup-preset", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def preset(self, press: Press) -> Message:
        role, preset = _role(press, (*press.args, "")[0]), (*press.values, "")[0]
        _rights(preset)
        servers = self._parts.directory.of(press.admitted.guild_id)
        if len(servers) < 2:
            return await self._give(press, role, preset, [None])
        return where_card(role, preset, servers, 0)

    @component("setup-where", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def where(self, press: Press) -> Message:
        role_id, preset, page = (*press.args, "", "", "0")[:3]
        _rights(preset)
        servers = self._parts.directory.of(press.admitted.guild_id)
        return where_card(_role(press, role_id), preset, servers, page_number(page))

    @component("setup-all", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def on_all(self, press: Press) -> Message:
        role_id, preset = (*press.args, "", "")[:2]
        return await self._give(press, _role(press, role_id), preset, [None])

    @component("setup-some", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def on_some(self, press: Press) -> Message:
        role_id, preset = (*press.args, "", "")[:2]
        picked = (self._parts.directory.get(press.admitted.guild_id, one) for one in press.values)
        servers = [server for server in picked if server is not None]
        if not servers:
            raise Unfit(_("Those servers are gone. Open `/setup` again for a fresh list."))
        return await self._give(press, _role(press, role_id), preset, servers)

    @component("setup-channels", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def channels(self, press: Press) -> Message:
        admitted = press.admitted
        bindings = self._parts.gate.bindings(admitted.guild_id)
        text = channels_text(self._parts.directory, admitted.guild_id, bindings)
        return card(
            "## " + _("Channels"),
            _("What members do is told where they do it, so a channel of its own is worth it."),
            text,
            rows=[
                [channel_choice("setup-channel", placeholder=_("Choose a channel …"))],
                [
                    button("setup", label=_("Back")),
                    button("setup-channel", str(admitted.channel_id), label=_("This channel …")),
                ],
            ],
        )

    @component("setup-channel", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def channel(self, press: Press) -> Message:
        channel = _channel(press, (*press.values, *press.args, "")[0])
        page = page_number((*press.args, "0", "0")[1])
        return self._channel_card(press, channel, page)

    @component("setup-bind", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def bind(self, press: Press) -> Message:
        channel = _channel(press, (*press.args, "")[0])
        picked = (*press.values, "-")[0]
        server = self._parts.directory.get(press.admitted.guild_id, picked)
        if server is None and picked != "-":
            raise Unfit(_("That server is gone. Open `/setup` again for a fresh list."))
        await self._parts.ruling.bind(press.admitted, channel.id, server)
        return self._channel_card(press, channel, 0)

    @component("setup-test", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def test(self, press: Press) -> Message:
        guild_id, channel_id = press.admitted.guild_id, press.admitted.channel_id
        chosen = _channel(press, press.args[0]) if press.args else None
        if chosen is not None:
            channel_id = chosen.id
        locale = press.interaction.guild_locale
        with speaking(self._parts.gate.language(guild_id, locale.value if locale else None)):
            text = _(
                "Roost works here. Members find their servers with `/server list`, and what they "
                "may do with `/help`."
            )
        self._parts.places.resume(guild_id, channel_id)
        if await self._parts.places.send(guild_id, channel_id, Message(text)) is None:
            raise Unfit(
                _(
                    "I can't write in {channel}. Give me *View Channel* and *Send Messages* there, "
                    "or take another channel.",
                    channel=f"<#{channel_id}>",
                )
            )
        if chosen is not None:
            return self._channel_card(press, chosen, 0)
        return self._overview(press.interaction, press.admitted)

    @component("setup-staff", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def staff(self, press: Press) -> Message:
        tree = press.interaction.client.tree  # type: ignore[attr-defined]  # our client has one
        hidden = [
            one.name
            for one in tree.get_commands()
            if isinstance(one, app_commands.Group) and one.default_permissions == STAFF
        ]
        return staff_card(sorted(hidden), self._shut_out(press.interaction))

    async def _give(
        self, press: Press, role: discord.Role, preset: str, scopes: Sequence[Scope]
    ) -> Message:
        subject = Subject("everyone" if role.is_default() else "role", role.id, role.position)
        rights = _rights(preset)
        for scope in scopes:
            await self._parts.ruling.replace(press.admitted, subject, rights, scope=scope)
        return self._overview(press.interaction, press.admitted)

    def _overview(self, interaction: discord.Interaction, admitted: Admitted) -> Message:
        guild_id = admitted.guild_id
        rules = self._parts.gate.book(guild_id).all
        granted = (rule for rule in rules if not rule.denies)
        roles = dict.fromkeys(subject_name(rule.kind, rule.subject_id) for rule in granted)
        return overview(
            Progress(
                panels=[one.name for one in self._parts.panels.of(guild_id)],
                servers=self._parts.directory.of(guild_id),
                roles=list(roles),
                writes=may_write_in(interaction.app_permissions, interaction.channel),
                bound=len(self._parts.gate.bindings(guild_id)),
                shut_out=self._shut_out(interaction),
            )
        )

    def _channel_card(self, press: Press, channel: discord.abc.GuildChannel, page: int) -> Message:
        admitted, guild = press.admitted, press.interaction.guild
        bound_id = self._parts.gate.bound(admitted.guild_id, channel.id)
        rights = channel.permissions_for(guild.me) if guild else discord.Permissions.none()
        return channel_card(
            channel.id,
            self._parts.directory.of(admitted.guild_id),
            bound_id,
            page,
            bind="setup-bind",
            leaf="setup-channel",
            back=button("setup-channels", label=_("Back")),
            test=button("setup-test", str(channel.id), label=_("Test message")),
            writes=may_write_in(rights, channel),
        )

    def _shut_out(self, interaction: discord.Interaction) -> list[int]:
        """Roles with rights for staff commands that Discord's default doesn't show them."""
        guild = interaction.guild
        if guild is None or guild.default_role.permissions.manage_messages:
            return []
        found: dict[int, None] = {}
        for rule in self._parts.gate.book(guild.id).all:
            role = guild.get_role(rule.subject_id)
            if role is None or rule.denies or rule.kind != "role":
                continue
            sees = role.permissions.manage_messages or role.permissions.administrator
            if not sees and _is_for_staff(rule.right):
                found[role.id] = None
        return list(found)

    async def _suggested(self, admitted: Admitted) -> Mapping[str, Sequence[str]]:
        """What the panel's own subusers hold, as the nearest preset: who by which."""
        found: dict[str, dict[str, None]] = {}
        for server in self._parts.directory.of(admitted.guild_id)[:LOOKED_AT]:
            client = self._parts.panels.client(server.guild_id, server.panel_id)
            try:
                users = await client.servers.users.list_users(server.uuid)
            except PanelError:
                continue  # a suggestion is no reason to fail
            for user in users:
                nearest = _nearest(frozenset(user.permissions))
                found.setdefault(nearest, {})[user.username] = None
        return {preset: list(found[preset]) for preset in PRESETS if preset in found}


def _is_for_staff(right: str) -> bool:
    """Whether a rule's right opens something among the staff commands."""
    return any(covers(right, one) and one.partition(".")[0] in STAFF_AREAS for one in RIGHTS)


def _nearest(rights: frozenset[str]) -> str:
    """The preset that differs least from a set of the panel's rights."""
    named = {key: value for key, value in PRESETS.items() if "*" not in value}
    nearest = min(named, key=lambda key: len(named[key] ^ rights))
    return nearest if len(named[nearest] ^ rights) <= len(rights) else "manager"


def _rights(preset: str) -> frozenset[str]:
    rights = PRESETS.get(preset)
    if rights is None:
        raise Unfit(_("I know no such preset. Choose one from the list."))
    return rights


def _role(press: Press, text: str) -> discord.Role:
    guild = press.interaction.guild
    role = guild.get_role(int(text)) if guild and text.isdecimal() else None
    if role is None:
        raise Unfit(_("That role is gone. Choose another one."))
    return role


def _channel(press: Press, text: str) -> discord.abc.GuildChannel:
    guild = press.interaction.guild
    channel = guild.get_channel(int(text)) if guild and text.isdecimal() else None
    if channel is None:
        raise Unfit(_("That channel is gone, or I can't see it. Choose another one."))
    return channel
