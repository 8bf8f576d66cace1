"""/panel rekey, rename, export, import: keep what was set up while things change."""

import io

import discord
from discord import app_commands

from bot.access.gate import Admitted
from bot.access.rights import ADMIN
from bot.fleet.panels import Connected
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.secret import Secret
from bot.texts import _, _n
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit, panel_words
from bot.ui.groups import ADMINS, group
from bot.ui.panels import PanelOption, panel_meant
from bot.ui.parts import Colour, card, field, form
from bot.ui.text import bold, code
from bot.work.files_attachments import Attached
from bot.work.guild_change import Change
from bot.work.posted_file import PostedChange
from cogs.parts import Parts

PANEL = group("panel", "Connect and look after panels", seen_by=ADMINS)
NAME_CHARACTERS = 40
MISSING_SHOWN = 12


class PanelMore:
    """The part of `/panel` that changes what is connected already."""

    _parts: Parts

    @command(PANEL, right=ADMIN, ack=Ack.MODAL, description="Give a panel another key")
    @app_commands.describe(panel="Which panel; left out: the only one")
    async def rekey(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> None:
        meant = self._panel(decided(interaction), panel)
        await interaction.response.send_modal(
            form(
                "panel-rekey",
                meant.id,
                title=_("Another key"),
                fields=[
                    field(
                        "key",
                        label=_("Key of an account"),
                        placeholder="ptlc_…",
                        most=200,
                        description=_("Panel → your account → API Credentials"),
                    )
                ],
            )
        )

    @component("panel-rekey", right=ADMIN, name="panel rekey")
    async def rekey_sent(self, press: Press) -> Message:
        admitted = press.admitted
        meant = self._parts.panels.get(admitted.guild_id, (*press.args, "")[0])
        key = Secret(press.field("key"))
        try:
            found = await self._parts.panels.examine(meant.url, key)
            if found.account.admin and not meant.is_root_admin:
                raise Unfit(
                    _(
                        "{account} is a root administrator of this panel, which the connected "
                        "account isn't. To use that key all the same, remove the panel and add "
                        "it again. The old key stays in use.",
                        account=bold(found.account.username),
                    )
                )
            found = await self._parts.panels.rekey(admitted.guild_id, meant.id, key)
        except PanelError as error:
            said = panel_words(error, panel=meant.name, server=None)
            raise Unfit(said + " " + _("The old key stays in use.")) from None
        await self._parts.audit.note(admitted, "change", outcome="rekeyed", detail=meant.name)
        count = len(found.servers)
        text = _n(
            "{panel} is used as {account} now, who sees {count} server.",
            "{panel} is used as {account} now, who sees {count} servers.",
            count,
            panel=bold(meant.name),
            account=bold(found.account.username),
        )
        rest = _("Delete the old key on the panel if nothing else uses it.")
        return card(f"{text}\n{rest}", colour=Colour.GREEN)

    @command(PANEL, right=ADMIN, description="Call a panel something else")
    @app_commands.describe(panel="Which panel", name="Its new name here")
    async def rename(
        self,
        interaction: discord.Interaction,
        panel: PanelOption,
        name: app_commands.Range[str, 1, NAME_CHARACTERS],
    ) -> Message:
        admitted = decided(interaction)
        meant, wanted = self._panel(admitted, panel), name.strip()
        if not wanted:
            raise Unfit(_("Give the panel a name, so that people can tell it from others."))
        made = await self._parts.panels.rename(admitted.guild_id, meant.id, wanted)
        await self._parts.audit.note(
            admitted, "change", outcome="renamed", detail=f"{meant.name} → {made.name}"
        )
        return Message(
            _("{before} is called {after} now.", before=bold(meant.name), after=bold(made.name))
        )

    @command(
        PANEL,
        right=ADMIN,
        is_costly=True,
        description="All settings of this guild as a file, no secrets",
    )
    async def export(self, interaction: discord.Interaction) -> Message:
        admitted, guild = decided(interaction), _guild(interaction)
        content = await self._parts.exchange.export(admitted, guild)
        text = _(
            "Settings, groups, rules, policies, recipes, bound channels, alerts, boards, mirrors, "
            "where games are asked, and the panels' names and addresses. No key and no webhook is "
            "in it: `/panel import` asks you to connect the panels again."
        )
        file = discord.File(io.BytesIO(content), f"roost-{self._parts.clock.now():%Y-%m-%d}.json")
        return card("## " + _("Settings") + f"\n{text}", files=[file])

    @command(PANEL, name="import", right=ADMIN, description="Take over settings from such a file")
    @app_commands.describe(file="What `/panel export` made")
    async def import_file(
        self, interaction: discord.Interaction, file: discord.Attachment
    ) -> Message:
        admitted, guild = decided(interaction), _guild(interaction)
        attached = Attached(file.filename, file.url, file.size)
        content = await self._parts.exchange.received(attached)
        change = await self._parts.exchange.change(admitted, guild, content)
        if change is None:
            return Message(_("All of that is set here already; there is nothing to change."))
        return await self._parts.confirmations.ask(
            admitted,
            "panel-import",
            _change_words(change) + "\n" + _("What is set here beside it stays."),
            label=_("Take it over"),
            payload={"file": content.decode()},
        )

    @component("panel-import", right=ADMIN, ack=Ack.UPDATE, name="panel import")
    async def import_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "panel-import")
        content = str(asked.payload.get("file", "")).encode()
        change, refused = await self._parts.exchange.take_over(
            press.admitted, _guild(press.interaction), content
        )
        said = _n(
            "Taken over: {count} rule is set.",
            "Taken over: {count} rules are set.",
            len(change.rules),
        )
        posted = _posted_words(change.posted)
        if posted:
            said += "\n" + ", ".join(posted)
        if refused:
            said += "\n" + _("**What couldn't be made, or can't speak yet:**")
            said += "".join(f"\n- {one}" for one in refused[:MISSING_SHOWN])
        return card(said, colour=Colour.GREEN)

    def _panel(self, admitted: Admitted, text: str | None) -> Connected:
        return panel_meant(self._parts.panels, admitted.guild_id, text)


def _guild(interaction: discord.Interaction) -> discord.Guild:
    if interaction.guild is None:
        raise Unfit(_("I don't know this server well enough yet. Try again in a minute."))
    return interaction.guild


def _posted_words(change: PostedChange) -> list[str]:
    """What is posted by itself from then on."""
    alerts, boards, mirrors = len(change.alerts), len(change.boards), len(change.mirrors)
    counted = (
        (alerts, _n("{count} alert", "{count} alerts", alerts)),
        (boards, _n("{count} board", "{count} boards", boards)),
        (mirrors, _n("{count} mirror", "{count} mirrors", mirrors)),
    )
    return [words for count, words in counted if count]


def _change_words(change: Change) -> str:
    lines = [
        "## " + _("Take these settings over?"),
        _n(
            "{count} rule is set or renewed.",
            "{count} rules are set or renewed.",
            len(change.rules),
        ),
        _n(
            "{count} channel is bound to a server.",
            "{count} channels are bound to a server.",
            len(change.bindings),
        ),
    ]
    if any(new.subject_kind == "everyone" and new.effect == "allow" for new in change.rules):
        lines.append(_("⚠️ Some hold for everyone in this Discord server, new members too."))
    if change.new_groups:
        names = ", ".join(code(one, 40) for one in change.new_groups[:10])
        lines.append(_("New groups: {names}", names=names))
    on = [
        word
        for word, is_on in (
            ("`/link`", change.settings.linking_allowed),
            ("`/account`", change.settings.account_commands),
        )
        if is_on
    ]
    lines.append(_("Switched on: {commands}", commands=", ".join(on) or "–"))
    if change.admin_role_id is not None:
        lines.append(_("Admin role: {role}", role=f"<@&{change.admin_role_id}>"))
    if change.console:
        count = len(change.console)
        lines.append(
            _n("{count} list of console commands", "{count} lists of console commands", count)
        )
    if change.recipes:
        names = ", ".join(code(one.name, 40) for one in change.recipes[:10])
        lines.append(_("New recipes: {names}", names=names))
    if change.policies:
        count = len(change.policies)
        lines.append(
            _n(
                "{count} policy: what members may ask for",
                "{count} policies: what members may ask for",
                count,
            )
        )
    lines += _posted_words(change.posted)
    if change.missing:
        lines.append(_("**Left out, because it isn't here:**"))
        lines += [f"- {one}" for one in change.missing[:MISSING_SHOWN]]
        more = len(change.missing) - MISSING_SHOWN
        if more > 0:
            lines.append(_n("… and {count} more", "… and {count} more", more))
    return "\n".join(lines)
