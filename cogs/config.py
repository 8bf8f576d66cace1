"""/config: one editor for what admins choose once, page by page."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import discord
from discord import app_commands, ui
from discord.ext import commands
from msgspec import structs

from bot.access.gate import Admitted
from bot.access.reach import Subject
from bot.access.rights import ADMIN
from bot.access.rules import Resting
from bot.posts.messages import Message
from bot.store.guilds import GuildSettings, ServerGroup
from bot.texts import _, _n
from bot.ui.channels import LISTED_AT_MOST, channel_card, channels_text, leaves, part
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import ADMINS
from bot.ui.pages import page_number
from bot.ui.parts import (
    Control,
    button,
    card,
    channel_choice,
    choice,
    danger,
    field,
    form,
    role_choice,
    said_beside,
)
from bot.ui.settings import page_named, setting_of, shown_pages
from bot.ui.settings.channels import CHANNELS
from bot.ui.settings.general import GENERAL
from bot.ui.settings.kinds import (
    NONE,
    ChannelPick,
    Choice,
    Choices,
    Entry,
    Page,
    RolePick,
    Setting,
    Several,
    Toggle,
)
from bot.ui.settings.page import entry_form, settings_page, which
from bot.ui.settings.servers import SERVERS
from bot.ui.text import bold, name
from cogs.parts import Parts

GROUPS_AT_MOST = 20
GROUP_CHARACTERS = 40
Item = ui.Item[Any]
Groups = dict[str, ServerGroup]


class ConfigCog(commands.Cog):
    """The guild's settings; only admins see this."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(right=ADMIN, seen_by=ADMINS, description="The settings of this guild, in one place")
    @app_commands.describe(page="What the settings are about; General to begin with")
    @app_commands.choices(
        page=[app_commands.Choice(name=one.title(), value=one.key) for one in shown_pages()]
    )
    async def config(self, interaction: discord.Interaction, page: str = GENERAL.key) -> Message:
        return self._page(decided(interaction), page_named(page))

    @component("config", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def turn(self, press: Press) -> Message:
        return self._page(press.admitted, page_named((*press.args, "")[0]))

    @component("config-flip", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def flip(self, press: Press) -> Message:
        page, setting = _known(press)
        if not isinstance(setting, Toggle):
            raise _gone()
        held = getattr(self._settings(press.admitted), setting.key)
        return await self._set(press.admitted, page, setting.key, not held)

    @component("config-choose", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def choose(self, press: Press) -> Message:
        page, setting = _known(press)
        match setting:
            case Choice():
                value: object = setting.picked((*press.values, NONE)[0])
            case Choices(key="two_person"):
                said = await self._parts.loosening.choose(
                    press.interaction, press.admitted, setting.picked(press.values)
                )
                return self._page(press.admitted, page, said)
            case Choices():
                value = setting.picked(press.values)
            case _:
                raise _gone()
        return await self._set(press.admitted, page, setting.key, value)

    @component("config-enter", right=ADMIN, ack=Ack.MODAL, name="config")
    async def enter(self, press: Press) -> None:
        _page, setting = _known(press)
        if not isinstance(setting, Entry):
            raise _gone()
        await press.interaction.response.send_modal(
            entry_form(setting, self._settings(press.admitted))
        )

    @component("config-entered", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def entered(self, press: Press) -> Message:
        return await self._read(press, press.field("value"))

    @component("config-pick", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def pick(self, press: Press) -> Message:
        return await self._read(press, (*press.values, "")[0])

    @component("config-role", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def pick_role(self, press: Press) -> Message:
        page, setting = _known(press)
        if not isinstance(setting, RolePick):
            raise _gone()
        role = _chosen_role(press)
        return await self._set(press.admitted, page, setting.key, role.id if role else None)

    @component("config-place", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def pick_channel(self, press: Press) -> Message:
        page, setting = _known(press)
        if not isinstance(setting, ChannelPick):
            raise _gone()
        channel_id = _chosen_channel(press) if press.values else None
        return await self._set(press.admitted, page, setting.key, channel_id)

    @component("config-admin", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def admin_role(self, press: Press) -> Message:
        role = _chosen_role(press)
        await self._parts.ruling.set_admin_role(
            press.admitted, Subject("role", role.id, role.position) if role else None
        )
        return self._page(press.admitted, GENERAL)

    @component("config-channel", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def open_channel(self, press: Press) -> Message:
        channel_id = press.args[0] if press.args else str(_chosen_channel(press))
        page = page_number((*press.args, "0", "0")[1])
        return self._channel(press.admitted, int(channel_id), page)

    @component("config-bind", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def bind(self, press: Press) -> Message:
        picked = press.values[0] if press.values else NONE
        channel_id = (*press.args, "")[0]
        server = self._parts.directory.get(press.admitted.guild_id, picked)
        if (server is None and picked != NONE) or not channel_id.isdecimal():
            raise Unfit(_("That server is gone. Open `/config` again for a fresh list."))
        await self._parts.ruling.bind(press.admitted, int(channel_id), server)
        return self._page(press.admitted, CHANNELS)

    @component("config-group-new", right=ADMIN, ack=Ack.MODAL, name="config")
    async def name_group(self, press: Press) -> None:
        await press.interaction.response.send_modal(
            form(
                "config-group-add",
                title=_("A group of servers"),
                fields=[field("name", label=_("Name"), most=GROUP_CHARACTERS)],
            )
        )

    @component("config-group-add", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def add_group(self, press: Press) -> Message:
        wanted, group_id = press.field("name").strip(), str(uuid4())
        if not wanted:
            raise Unfit(_("A group needs a name."))

        def add(groups: Groups) -> Groups:
            if any(group.name.casefold() == wanted.casefold() for group in groups.values()):
                raise Unfit(_("There is a group of that name already. Choose another name."))
            if len(groups) >= GROUPS_AT_MOST:
                raise Unfit(_("A guild may have {count} groups.", count=GROUPS_AT_MOST))
            return {**groups, group_id: ServerGroup(name=wanted)}

        await self._regroup(press.admitted, add, f"group {wanted}")
        return self._group(press.admitted, group_id)

    @component("config-group", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def open_group(self, press: Press) -> Message:
        group_id = (*press.values, *press.args, NONE)[0]
        return self._group(press.admitted, group_id, page_number((*press.args, "0", "0")[1]))

    @component("config-group-set", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def fill_group(self, press: Press) -> Message:
        group_id, page = (*press.args, NONE)[0], page_number((*press.args, "0", "0")[1])
        servers = self._parts.directory.of(press.admitted.guild_id)
        offered = {server.id for server in part(servers, page)}
        chosen = tuple(one for one in press.values if one in offered)

        def fill(groups: Groups) -> Groups:
            group = _known_group(groups, group_id)
            kept = tuple(one for one in group.server_ids if one not in offered)
            return {**groups, group_id: structs.replace(group, server_ids=(*kept, *chosen))}

        called = _known_group(self._settings(press.admitted).groups, group_id).name
        await self._regroup(press.admitted, fill, f"group {called}")
        return self._group(press.admitted, group_id, page)

    @component("config-group-drop", right=ADMIN, name="config")
    async def drop_group(self, press: Press) -> Message:
        group_id = (*press.args, NONE)[0]
        group = _known_group(self._settings(press.admitted).groups, group_id)
        book = self._parts.gate.book(press.admitted.guild_id)
        return await self._parts.confirmations.ask(
            press.admitted,
            "config-group-drop-now",
            group_drop_words(group, book.resting_on(group_id)),
            label=_("Delete the group"),
            subject=group_id,
            payload={"group": group_id},
        )

    @component("config-group-drop-now", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def drop_group_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "config-group-drop-now")
        group_id = str(asked.payload["group"])
        group = _known_group(self._settings(press.admitted).groups, group_id)

        def drop(groups: Groups) -> Groups:
            return {key: value for key, value in groups.items() if key != group_id}

        await self._regroup(press.admitted, drop, f"group {group.name} removed")
        return self._page(press.admitted, SERVERS)

    def _settings(self, admitted: Admitted) -> GuildSettings:
        return self._parts.gate.book(admitted.guild_id).settings

    async def _regroup(
        self, admitted: Admitted, change: Callable[[Groups], Groups], what: str
    ) -> None:
        await self._parts.ruling.configure(
            admitted, lambda held: structs.replace(held, groups=change(held.groups)), what
        )

    async def _set(self, admitted: Admitted, page: Page, key: str, value: object) -> Message:
        await self._parts.ruling.configure(
            admitted,
            lambda held: structs.replace(held, **{key: value}),
            f"{key.replace('_', ' ')}: {value}",
        )
        return self._page(admitted, page)

    async def _read(self, press: Press, text: str) -> Message:
        page, setting = _known(press)
        if not isinstance(setting, Entry):
            raise _gone()
        try:
            value = setting.read(text.strip())
        except Several as several:
            return which(page, setting, several.options)
        return await self._set(press.admitted, page, setting.key, value)

    def _page(self, admitted: Admitted, page: Page, note: str = "") -> Message:
        settings = self._settings(admitted)
        if page is GENERAL:
            return settings_page(page, settings, before=self._admin_role(admitted))
        if page is CHANNELS:
            return settings_page(page, settings, after=self._channels(admitted))
        if page is SERVERS:
            after = [*self._left_out(admitted), *self._groups(settings), _players()]
            return settings_page(page, settings, after=after)
        return settings_page(page, settings, before=[ui.TextDisplay(note)] if note else [])

    def _left_out(self, admitted: Admitted) -> list[Item]:
        """That history doesn't reach all servers, where it doesn't."""
        count = len(self._parts.history.left_out(admitted.guild_id))
        if not count:
            return []
        said = _n(
            "⚠️ {count} server has no history: this guild watches as many as it may, and boards, "
            "mirrors and alerts go first.",
            "⚠️ {count} servers have no history: this guild watches as many as it may, and boards, "
            "mirrors and alerts go first.",
            count,
        )
        return [ui.TextDisplay(said)]

    def _admin_role(self, admitted: Admitted) -> list[Item]:
        chosen = self._parts.gate.book(admitted.guild_id).admin_role_id
        return [
            ui.TextDisplay(
                _(
                    "**Admin role**: {role}. Who has it uses the admin commands, within its own "
                    "grants.",
                    role=f"<@&{chosen}>" if chosen else _("none"),
                )
            ),
            ui.ActionRow(
                role_choice(
                    "config-admin",
                    placeholder=_("Admin role: none"),
                    chosen=chosen,
                    may_be_none=True,
                )
            ),
        ]

    def _channels(self, admitted: Admitted) -> list[Item]:
        bindings = self._parts.gate.bindings(admitted.guild_id)
        return [
            ui.TextDisplay(channels_text(self._parts.directory, admitted.guild_id, bindings)),
            ui.ActionRow(channel_choice("config-channel", placeholder=_("Choose a channel …"))),
            ui.ActionRow(
                button("config-channel", str(admitted.channel_id), label=_("This channel …"))
            ),
        ]

    def _channel(self, admitted: Admitted, channel_id: int, page: int) -> Message:
        return channel_card(
            channel_id,
            self._parts.directory.of(admitted.guild_id),
            self._parts.gate.bound(admitted.guild_id, channel_id),
            page,
            bind="config-bind",
            leaf="config-channel",
            back=button("config", CHANNELS.key, label=_("Back")),
        )

    def _groups(self, settings: GuildSettings) -> list[Item]:
        said = "**" + _("Groups") + "**\n"
        said += _("Rules and `/bulk power` can name a group instead of each server.")
        if settings.groups:
            said += "\n" + _group_names(settings)
        items: list[Item] = [
            said_beside(said, button("config-group-new", label=_("New group …"))),
        ]
        if settings.groups:
            groups = [
                (key, group.name, _servers(len(group.server_ids)))
                for key, group in settings.groups.items()
            ]
            select = choice("config-group", options=groups, placeholder=_("Edit a group …"))
            items.append(ui.ActionRow(select))
        return items

    def _group(self, admitted: Admitted, group_id: str, page: int = 0) -> Message:
        group = _known_group(self._settings(admitted).groups, group_id)
        servers = self._parts.directory.of(admitted.guild_id)
        inside = [bold(s.name) for s in servers if s.id in group.server_ids]
        offered = part(servers, page)
        rows: list[list[Control]] = []
        if offered:
            rows.append(
                [
                    choice(
                        "config-group-set",
                        group_id,
                        str(page),
                        options=[(s.id, s.name, s.identifier) for s in offered],
                        placeholder=_("Servers of this group"),
                        least=0,
                        most=len(offered),
                        chosen=group.server_ids,
                    )
                ]
            )
        rows.append(
            [
                button("config", SERVERS.key, label=_("Back")),
                *leaves("config-group", group_id, len(servers), page),
                danger("config-group-drop", group_id, label=_("Delete the group")),
            ]
        )
        listed = ", ".join(inside[:LISTED_AT_MOST]) or _("no server yet")
        if len(inside) > LISTED_AT_MOST:
            more = len(inside) - LISTED_AT_MOST
            listed += " " + _n("and {count} more", "and {count} more", more)
        return card(f"## {name(group.name)}\n{listed}", rows=rows)


def _players() -> Item:
    said = "**" + _("Player counts") + "**\n"
    said += _("How each game is asked how many play, where guessing fails.")
    return said_beside(said, button("config-players", label=_("Player counts …")))


def _known(press: Press) -> tuple[Page, Setting]:
    found = setting_of((*press.args, "")[0])
    if found is None:
        raise _gone()
    return found


def _known_group(groups: Groups, group_id: str) -> ServerGroup:
    group = groups.get(group_id)
    if group is None:
        raise Unfit(_("That group is gone. Open `/config` again."))
    return group


def _gone() -> Unfit:
    return Unfit(_("That setting is not here any more. Open `/config` again."))


def _chosen_role(press: Press) -> discord.Role | None:
    guild = press.interaction.guild
    if not press.values or guild is None:
        return None
    role = guild.get_role(int(press.values[0]))
    if role is None or role.is_default():
        raise Unfit(_("That role can't be chosen here. Take another one."))
    return role


def _chosen_channel(press: Press) -> int:
    guild = press.interaction.guild
    picked = (*press.values, "")[0]
    channel = guild.get_channel(int(picked)) if guild and picked.isdecimal() else None
    if channel is None:
        raise Unfit(_("That channel is gone, or I can't see it. Choose another one."))
    return channel.id


def group_drop_words(group: ServerGroup, resting: Resting) -> str:
    """What goes with a group, by number, before it is deleted."""
    lines = [
        "## " + _("Delete the group {name}?", name=name(group.name)),
        _("Its servers stay: {servers}.", servers=_servers(len(group.server_ids))),
    ]
    gone = [
        _n("{count} rule", "{count} rules", resting.rules) if resting.rules else "",
        _n("{count} policy", "{count} policies", resting.policies) if resting.policies else "",
        _n("{count} recipe", "{count} recipes", resting.recipes) if resting.recipes else "",
        _n("{count} console list", "{count} console lists", resting.console)
        if resting.console
        else "",
    ]
    said = ", ".join(filter(None, gone))
    if said:
        lines.append(_("Made for the group, and deleted with it: **{what}**.", what=said))
    else:
        lines.append(_("No rule, policy or recipe is made for it."))
    return "\n".join(lines)


def _servers(count: int) -> str:
    return _n("{count} server", "{count} servers", count)


def _group_names(settings: GuildSettings) -> str:
    named = [f"{bold(g.name)} ({len(g.server_ids)})" for g in settings.groups.values()]
    return ", ".join(named)
