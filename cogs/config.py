"""/config: one editor for what admins choose once."""

from uuid import uuid4

import discord
from discord.ext import commands
from msgspec import structs

from bot.access.gate import Admitted
from bot.access.rights import ADMIN
from bot.access.ruling import Subject
from bot.posts.messages import Message
from bot.store.guilds import GuildSettings, ServerGroup
from bot.texts import _, _n, languages
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import ADMINS
from bot.ui.parts import Control, button, card, choice, field, form, role_choice
from bot.ui.text import bold, name
from cogs.parts import Parts

GROUPS_AT_MOST = 20
GROUP_CHARACTERS = 40
NONE = "-"
_OWN_NAMES = {"en": "English", "de": "Deutsch"}


class ConfigCog(commands.Cog):
    """The guild's settings; only admins see this."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(right=ADMIN, seen_by=ADMINS, description="The settings of this guild, in one place")
    async def config(self, interaction: discord.Interaction) -> Message:
        return self._editor(decided(interaction))

    @component("config", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def back(self, press: Press) -> Message:
        return self._editor(press.admitted)

    @component("config-admin", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def admin_role(self, press: Press) -> Message:
        role = _chosen_role(press)
        await self._parts.ruling.set_admin_role(
            press.admitted, Subject("role", role.id, role.position) if role else None
        )
        return self._editor(press.admitted)

    @component("config-language", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def language(self, press: Press) -> Message:
        picked = press.values[0] if press.values else NONE
        language = picked if picked in ("en", *languages()) else ""
        return await self._set(press.admitted, "language", language=language)

    @component("config-linking", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def linking(self, press: Press) -> Message:
        allowed = not self._settings(press.admitted).linking_allowed
        return await self._set(press.admitted, "linking", linking_allowed=allowed)

    @component("config-account", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def account(self, press: Press) -> Message:
        switched_on = not self._settings(press.admitted).account_commands
        return await self._set(press.admitted, "account commands", account_commands=switched_on)

    @component("config-bind", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def bind(self, press: Press) -> Message:
        picked = press.values[0] if press.values else NONE
        server = self._parts.directory.get(press.admitted.guild_id, picked)
        if server is None and picked != NONE:
            raise Unfit(_("That server is gone. Open `/config` again for a fresh list."))
        await self._parts.ruling.bind(press.admitted, server)
        return self._editor(press.admitted)

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
        settings = self._settings(press.admitted)
        wanted = press.field("name").strip()
        if not wanted:
            raise Unfit(_("A group needs a name."))
        if any(group.name.casefold() == wanted.casefold() for group in settings.groups.values()):
            raise Unfit(_("There is a group of that name already. Choose another name."))
        if len(settings.groups) >= GROUPS_AT_MOST:
            raise Unfit(_("A guild may have {count} groups.", count=GROUPS_AT_MOST))
        group_id = str(uuid4())
        groups = {**settings.groups, group_id: ServerGroup(name=wanted)}
        await self._keep(press.admitted, f"group {wanted}", groups=groups)
        return self._group(press.admitted, group_id)

    @component("config-group", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def open_group(self, press: Press) -> Message:
        return self._group(press.admitted, (*press.values, *press.args, NONE)[0])

    @component("config-group-set", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def fill_group(self, press: Press) -> Message:
        settings, group_id = self._settings(press.admitted), (*press.args, NONE)[0]
        group = self._known_group(settings, group_id)
        known = {server.id for server in self._parts.directory.of(press.admitted.guild_id)}
        server_ids = tuple(one for one in press.values if one in known)
        filled = structs.replace(group, server_ids=server_ids)
        await self._keep(
            press.admitted, f"group {group.name}", groups={**settings.groups, group_id: filled}
        )
        return self._group(press.admitted, group_id)

    @component("config-group-drop", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def drop_group(self, press: Press) -> Message:
        settings, group_id = self._settings(press.admitted), (*press.args, NONE)[0]
        group = self._known_group(settings, group_id)
        groups = {key: value for key, value in settings.groups.items() if key != group_id}
        return await self._set(press.admitted, f"group {group.name} removed", groups=groups)

    def _settings(self, admitted: Admitted) -> GuildSettings:
        return self._parts.gate.book(admitted.guild_id).settings

    async def _keep(self, admitted: Admitted, what: str, **changed: object) -> None:
        settings = structs.replace(self._settings(admitted), **changed)
        await self._parts.ruling.configure(admitted, settings, what)

    async def _set(self, admitted: Admitted, what: str, **changed: object) -> Message:
        await self._keep(admitted, what, **changed)
        return self._editor(admitted)

    def _editor(self, admitted: Admitted) -> Message:
        book = self._parts.gate.book(admitted.guild_id)
        settings = book.settings
        bound_id = self._parts.gate.bound(admitted.guild_id, admitted.channel_id)
        bound = self._parts.directory.get(admitted.guild_id, bound_id) if bound_id else None
        lines = [
            "## " + _("Settings"),
            _("**Admin role**: who has it uses the admin commands, within its own grants."),
            _("**Language** of what many read. Private answers speak each member's own."),
            _("**This channel** stands for: {server}", server=bold(bound.name) if bound else "–"),
            _(
                "**Own keys** (`/link`): {state}. Members may then act with their own panel key.",
                state=_on(settings.linking_allowed),
            ),
            _(
                "**Account commands** (`/account`): {state}. For who connected the panel.",
                state=_on(settings.account_commands),
            ),
            _("**Groups**: {groups}", groups=_group_names(settings)),
        ]
        return card("\n".join(lines), rows=self._controls(admitted, settings, bound_id))

    def _controls(
        self, admitted: Admitted, settings: GuildSettings, bound_id: str | None
    ) -> list[list[Control]]:
        book = self._parts.gate.book(admitted.guild_id)
        spoken = [(NONE, _("As the guild is set on Discord"), "")]
        spoken += [(one, _OWN_NAMES.get(one, one), "") for one in ("en", *languages())]
        servers = self._parts.directory.of(admitted.guild_id)[:24]
        places = [(NONE, _("No server"), "")]
        places += [(s.id, name(s.name), s.identifier) for s in servers]
        rows: list[list[Control]] = [
            [
                role_choice(
                    "config-admin",
                    placeholder=_("Admin role: none"),
                    chosen=book.admin_role_id,
                    may_be_none=True,
                )
            ],
            [
                choice(
                    "config-language",
                    options=spoken,
                    placeholder=_("Language"),
                    chosen=[settings.language or NONE],
                )
            ],
            [
                choice(
                    "config-bind",
                    options=places,
                    placeholder=_("This channel stands for …"),
                    chosen=[bound_id or NONE],
                )
            ],
        ]
        if settings.groups:
            groups = [
                (key, group.name, _servers(len(group.server_ids)))
                for key, group in settings.groups.items()
            ]
            rows.append([choice("config-group", options=groups, placeholder=_("Edit a group …"))])
        linking = _("Forbid own keys") if settings.linking_allowed else _("Allow own keys")
        account = _("Switch off /account") if settings.account_commands else _("Switch on /account")
        rows.append(
            [
                button("config-linking", label=linking),
                button("config-account", label=account),
                button("config-group-new", label=_("New group …")),
            ]
        )
        return rows

    def _group(self, admitted: Admitted, group_id: str) -> Message:
        group = self._known_group(self._settings(admitted), group_id)
        servers = self._parts.directory.of(admitted.guild_id)
        inside = [bold(s.name) for s in servers if s.id in group.server_ids]
        rows: list[list[Control]] = []
        if servers:
            options = [(s.id, name(s.name), s.identifier) for s in servers[:25]]
            rows.append(
                [
                    choice(
                        "config-group-set",
                        group_id,
                        options=options,
                        placeholder=_("Servers of this group"),
                        most=25,
                        chosen=group.server_ids,
                    )
                ]
            )
        rows.append(
            [
                button("config", label=_("Back")),
                button("config-group-drop", group_id, label=_("Delete the group")),
            ]
        )
        listed = ", ".join(inside) or _("no server yet")
        return card(f"## {name(group.name)}\n{listed}", rows=rows)

    def _known_group(self, settings: GuildSettings, group_id: str) -> ServerGroup:
        group = settings.groups.get(group_id)
        if group is None:
            raise Unfit(_("That group is gone. Open `/config` again."))
        return group


def _chosen_role(press: Press) -> discord.Role | None:
    guild = press.interaction.guild
    if not press.values or guild is None:
        return None
    role = guild.get_role(int(press.values[0]))
    if role is None or role.is_default():
        raise Unfit(_("That role can't be the admin role. Choose another one."))
    return role


def _on(value: bool) -> str:  # a word for a truth value
    return _("on") if value else _("off")


def _servers(count: int) -> str:
    return _n("{count} server", "{count} servers", count)


def _group_names(settings: GuildSettings) -> str:
    named = [f"{bold(g.name)} ({len(g.server_ids)})" for g in settings.groups.values()]
    return ", ".join(named) or "–"
