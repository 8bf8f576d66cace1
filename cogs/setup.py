"""/setup: from the invite to a working restart button, in steps that can be left and taken up."""

from collections import Counter

import discord
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import ADMIN, PRESETS
from bot.access.ruling import Subject
from bot.fleet.directory import Server
from bot.posts.answers import may_publish, publish
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.texts import _, _n, speaking
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import ADMINS
from bot.ui.parts import Colour, Control, button, card, choice, role_choice
from bot.ui.text import bold
from cogs.parts import Parts

LOOKED_AT = 5
"""Servers whose subusers are looked at for a suggestion."""


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
        return await self._roles(press.admitted)

    @component("setup-role", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def role(self, press: Press) -> Message:
        role = _role(press, (*press.values, "")[0])
        presets = [(one, one, _preset_words(one)) for one in PRESETS]
        return card(
            "## "
            + _("What may {role} do?", role=f"<@&{role.id}>")
            + "\n"
            + _("On all servers, for a start. `/access grant` makes it finer afterwards."),
            rows=[
                [
                    choice(
                        "setup-preset",
                        str(role.id),
                        options=presets,
                        placeholder=_("Choose a preset"),
                    )
                ],
                [button("setup-roles", label=_("Back"))],
            ],
        )

    @component("setup-preset", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def preset(self, press: Press) -> Message:
        role = _role(press, (*press.args, "")[0])
        rights = PRESETS.get((*press.values, "")[0])
        if rights is None:
            raise Unfit(_("I know no such preset. Choose one from the list."))
        await self._parts.ruling.make(
            press.admitted,
            Subject("everyone" if role.is_default() else "role", role.id, role.position),
            rights,
            scope=None,
            denies=False,
            lasts=None,
        )
        return self._overview(press.interaction, press.admitted)

    @component("setup-test", right=ADMIN, ack=Ack.UPDATE, name="setup")
    async def test(self, press: Press) -> Message:
        locale = press.interaction.guild_locale
        language = self._parts.gate.language(
            press.admitted.guild_id, locale.value if locale else None
        )
        with speaking(language):
            text = _(
                "Roost works here. Members find their servers with `/server list`, and what they "
                "may do with `/help`."
            )
        if await publish(press.interaction, Message(text)) is None:
            raise Unfit(
                _(
                    "I can't write in this channel. Give me *View Channel* and *Send Messages* "
                    "here, or run `/setup` in another channel."
                )
            )
        return self._overview(press.interaction, press.admitted)

    def _overview(self, interaction: discord.Interaction, admitted: Admitted) -> Message:
        panels = self._parts.panels.of(admitted.guild_id)
        servers = self._parts.directory.of(admitted.guild_id)
        rules = self._parts.gate.book(admitted.guild_id).all
        writes = may_publish(interaction)
        steps = [
            (
                bool(panels),
                _("**Panel**: {names}", names=", ".join(bold(p.name) for p in panels))
                if panels
                else _("**Panel**: connect one with the key of an account."),
            ),
            (bool(servers), self._servers_step(servers, bool(panels))),
            (
                bool(rules),
                _n(
                    "**Roles**: {count} rule is set.",
                    "**Roles**: {count} rules are set.",
                    len(rules),
                )
                if rules
                else _("**Roles**: say what a role may do; until then only admins may."),
            ),
            (
                writes,
                _("**Channel**: I can write here.")
                if writes
                else _("**Channel**: I can't write here; results would stay private."),
            ),
        ]
        lines = [f"{'✅' if done else '▫️'} {text}" for done, text in steps]
        is_ready = all(done for done, _text in steps)
        closing = (
            _(
                "All set. Staff commands (`/files`, `/database` …) are hidden from members: open "
                "them to a role in Server Settings → Integrations → Roost."
            )
            if is_ready
            else _("Take the steps in any order; `/setup` shows what is still missing.")
        )
        head = "## " + (_("Roost is ready") if is_ready else _("Set Roost up"))
        return card(
            head + "\n" + "\n".join(lines),
            closing,
            colour=Colour.GREEN if is_ready else Colour.YELLOW,
            rows=[self._next_row(panels=bool(panels), servers=servers)],
        )

    def _next_row(self, *, panels: bool, servers: list[Server]) -> list[Control]:
        style = discord.ButtonStyle.secondary if panels else discord.ButtonStyle.primary
        row: list[Control] = [button("setup-panel", label=_("Connect a panel …"), style=style)]
        if servers:
            row.append(button("setup-roles", label=_("Roles …"), style=discord.ButtonStyle.primary))
            row.append(button("info", servers[0].id, label=_("Try a server")))
        row.append(button("setup-test", label=_("Test message")))
        row.append(button("setup", label=_("Refresh"), emoji="🔄"))
        return row

    def _servers_step(self, servers: list[Server], has_panel: bool) -> str:
        if servers:
            shown = ", ".join(bold(server.name, 30) for server in servers[:8])
            more = len(servers) - 8
            tail = " " + _n("and {count} more", "and {count} more", more) if more > 0 else ""
            return _("**Servers**: {names}", names=shown + tail)
        if has_panel:
            return _("**Servers**: the account sees none; share some with it as a subuser.")
        return _("**Servers**: they appear with the panel.")

    async def _roles(self, admitted: Admitted) -> Message:
        lines = ["## " + _("Who may do what")]
        lines += [f"**{preset}**: {_preset_words(preset)}" for preset in PRESETS]
        suggestion = await self._suggestion(admitted)
        return card(
            "\n".join(lines),
            suggestion,
            rows=[
                [role_choice("setup-role", placeholder=_("Choose a role"))],
                [button("setup", label=_("Back"))],
            ],
        )

    async def _suggestion(self, admitted: Admitted) -> str:
        """What the panel's own subusers hold mostly, as the nearest preset."""
        found: Counter[str] = Counter()
        for server in self._parts.directory.of(admitted.guild_id)[:LOOKED_AT]:
            client = self._parts.panels.client(server.guild_id, server.panel_id)
            try:
                users = await client.servers.users.list_users(server.uuid)
            except PanelError:
                continue  # a suggestion is no reason to fail
            found.update(_nearest(frozenset(user.permissions)) for user in users)
        if not found:
            return ""
        preset, count = found.most_common(1)[0]
        return "-# " + _n(
            "On the panel {count} subuser has about the rights of *{preset}*.",
            "On the panel {count} subusers have about the rights of *{preset}*.",
            count,
            preset=preset,
        )


def _nearest(rights: frozenset[str]) -> str:
    """The preset that differs least from a set of the panel's rights."""
    named = {key: value for key, value in PRESETS.items() if "*" not in value}
    nearest = min(named, key=lambda key: len(named[key] ^ rights))
    return nearest if len(named[nearest] ^ rights) <= len(rights) else "manager"


def _role(press: Press, text: str) -> discord.Role:
    guild = press.interaction.guild
    role = guild.get_role(int(text)) if guild and text.isdecimal() else None
    if role is None:
        raise Unfit(_("That role is gone. Choose another one."))
    return role


def _preset_words(preset: str) -> str:
    return {
        "viewer": _("see servers and their state"),
        "player": _("viewer, and start servers"),
        "moderator": _("player, and stop, restart, console, backups"),
        "operator": _("moderator, and read files and settings"),
        "manager": _("everything the panel key may do"),
    }[preset]
