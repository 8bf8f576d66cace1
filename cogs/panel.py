"""/panel: connect panels, look after them, let them go."""

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands
from yarl import URL

from bot.access.gate import Admitted
from bot.access.rights import ADMIN
from bot.fleet.panels import Connected, Examined, PanelGone
from bot.posts.messages import Message
from bot.pterodactyl import AddressRefused, Client, NotFound, PanelError
from bot.secret import Secret
from bot.store.errors import NotOpened
from bot.store.servers import SeenServer
from bot.texts import _, _n
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit, panel_words
from bot.ui.keys import key_lines
from bot.ui.panels import PanelOption, panel_meant
from bot.ui.parts import Colour, button, card, field, form
from bot.ui.text import bold, code, moment, name, plain
from cogs.panel_more import NAME_CHARACTERS, PANEL, PanelMore
from cogs.parts import Parts

SHOWN_KINDS = 8
"""Sets of rights that differ."""


class PanelCog(PanelMore, commands.Cog):
    """The panels of a guild; only admins see this."""

    panel = PANEL

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(PANEL, right=ADMIN, ack=Ack.MODAL, description="Connect a panel with a key of its own")
    async def add(self, interaction: discord.Interaction) -> None:
        await self._open_form(interaction)

    @component("setup-panel", right=ADMIN, ack=Ack.MODAL, name="panel add")
    async def add_pressed(self, press: Press) -> None:
        await self._open_form(press.interaction)

    async def _open_form(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(
            form(
                "panel-add",
                title=_("Connect a panel"),
                fields=[
                    field(
                        "name",
                        label=_("Name"),
                        placeholder="Nova",
                        most=NAME_CHARACTERS,
                        description=_("How it is called here"),
                    ),
                    field(
                        "url",
                        label=_("Address"),
                        placeholder="https://panel.example.com",
                        most=300,
                        description=_("As you open it in a browser"),
                    ),
                    field(
                        "key",
                        label=_("Key of an account"),
                        placeholder="ptlc_…",
                        most=200,
                        description=_("Panel → your account → API Credentials"),
                    ),
                ],
            )
        )

    @command(PANEL, name="list", right=ADMIN, description="The connected panels and how they are")
    async def list_panels(self, interaction: discord.Interaction) -> Message:
        found = self._parts.panels.of(decided(interaction).guild_id)
        if not found:
            return card(
                "## " + _("Panels") + "\n" + _("No panel is connected yet. `/panel add` does it.")
            )
        lines = [self._line(one) for one in found]
        return card("## " + _("Panels") + "\n" + "\n".join(lines))

    @command(
        PANEL,
        right=ADMIN,
        is_costly=True,
        description="Check a panel: account, key, rights, latency",
    )
    @app_commands.describe(panel="Which panel")
    async def test(self, interaction: discord.Interaction, panel: PanelOption) -> Message:
        return await self._test(decided(interaction), self._meant(decided(interaction), panel))

    @command(PANEL, right=ADMIN, description="Disconnect a panel and erase its key")
    @app_commands.describe(panel="Which panel")
    async def remove(self, interaction: discord.Interaction, panel: PanelOption) -> Message:
        admitted = decided(interaction)
        meant = self._meant(admitted, panel)
        count = self._count(meant)
        text = _n(
            "Removing {panel} erases its key here, forgets its {count} server and the rules about "
            "it. The panel itself isn't touched.",
            "Removing {panel} erases its key here, forgets its {count} servers and the rules about "
            "them. The panel itself isn't touched.",
            count,
            panel=bold(meant.name),
        )
        return await self._parts.confirmations.ask(
            admitted, "panel-remove", text, label=_("Remove"), subject=meant.id
        )

    @component("panel-add", right=ADMIN, name="panel add")
    async def sent(self, press: Press) -> Message:
        title, url = press.field("name").strip(), press.field("url").strip()
        key = Secret(press.field("key"))
        if not title:
            raise Unfit(_("Give the panel a name, so that people can tell it from others."))
        found = await self._examined(url, key)
        if found.account.admin:
            return await self._ask_for_root(press.admitted, title, found)
        return await self._connect(press.admitted, title, found)

    @component("panel-add-root", right=ADMIN, ack=Ack.UPDATE, name="panel add")
    async def root_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "panel-add-root")
        sealed = bytes.fromhex(str(asked.payload["key"]))
        try:
            key = self._parts.vault.unseal(sealed, owner=_asker(press.admitted))
        except NotOpened:
            raise Unfit(
                _("That question can't be used any more. Run `/panel add` again.")
            ) from None
        found = await self._examined(str(asked.payload["url"]), key)
        return await self._connect(press.admitted, str(asked.payload["name"]), found)

    @component("panel-remove", right=ADMIN, ack=Ack.UPDATE, name="panel remove")
    async def remove_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "panel-remove")
        panels, guild_id = self._parts.panels, press.admitted.guild_id
        title = panels.get(guild_id, asked.subject_id).name
        if not await panels.remove(guild_id, asked.subject_id):
            raise PanelGone(asked.subject_id)
        await self._parts.ruling.load(guild_id)
        await self._parts.audit.note(press.admitted, "change", outcome="removed", detail=title)
        return Message(
            _(
                "{panel} is disconnected and its key erased here. Delete the key on the panel too "
                "if nothing else uses it.",
                panel=bold(title),
            )
        )

    async def _examined(self, url: str, key: Secret) -> Examined:
        try:
            return await self._parts.panels.examine(url, key)
        except PanelError as error:
            raise Unfit(_failure(error, url)) from None

    async def _ask_for_root(self, admitted: Admitted, title: str, found: Examined) -> Message:
        sealed = self._parts.vault.seal(found.key, owner=_asker(admitted))
        text = _(
            "{account} is a root administrator of this panel: the key opens every server there is, "
            "and everything an administrator may do. Safer: make an ordinary account, share the "
            "servers with it as a subuser, and connect that one.",
            account=bold(found.account.username),
        )
        return await self._parts.confirmations.ask(
            admitted,
            "panel-add-root",
            text,
            label=_("Connect all the same"),
            payload={"name": title, "url": found.url, "key": sealed.hex()},
        )

    async def _connect(self, admitted: Admitted, title: str, found: Examined) -> Message:
        made = await self._parts.panels.add(
            admitted.guild_id, title, found, added_by=admitted.actor.id
        )
        await self._parts.audit.note(admitted, "change", outcome="connected", detail=title)
        head = _(
            "{panel} is connected as {account}.",
            panel=bold(made.name),
            account=bold(made.account_name),
        )
        if not found.servers:
            return card(
                head
                + " "
                + _(
                    "That account sees no server yet. On the panel, share servers with it as a "
                    "subuser, then run `/panel test`."
                ),
                colour=Colour.YELLOW,
                rows=[[button("setup", label=_("All steps"))]],
            )
        names = ", ".join(bold(one.name, 40) for one in found.servers[:10])
        more = len(found.servers) - 10
        if more > 0:
            names += " " + _n("and {count} more", "and {count} more", more)
        count = _n("It sees {count} server", "It sees {count} servers", len(found.servers))
        able = "\n".join(_key_lines(found.servers))
        rest = _("Nobody but admins may use them yet. Next: say what a role may do.")
        return card(
            f"{head}\n{count}: {names}.",
            "**" + _("What this key can do") + f"**\n{able}",
            rest,
            colour=Colour.GREEN,
            rows=[
                [
                    button("setup-roles", label=_("Roles …"), style=discord.ButtonStyle.primary),
                    button("setup", label=_("All steps")),
                ]
            ],
        )

    async def _test(self, admitted: Admitted, panel: Connected) -> Message:
        client: Client = self._parts.panels.client(admitted.guild_id, panel.id)
        clock = self._parts.clock
        began = clock.monotonic()
        try:
            account = await client.account.get_account()
            latency = round((clock.monotonic() - began) * 1000)
            seen = await self._parts.panels.refresh(admitted.guild_id, panel.id)
        except PanelError as error:
            said = panel_words(error, panel=panel.name, server=None)
            return card(f"## 🔴 {name(panel.name)}\n{said}", colour=Colour.RED)
        kind = _("a root administrator") if account.admin else _("an ordinary account")
        lines = [
            f"## 🟢 {name(panel.name)}",
            _("It answers in {count} ms.", count=latency),
            _("Key of {account}, {kind}.", account=bold(account.username), kind=kind),
        ]
        if client.budget.limit is not None:
            lines.append(
                _(
                    "{rest} of {limit} requests are left in this minute.",
                    rest=client.budget.rest,
                    limit=client.budget.limit,
                )
            )
        lines += _key_lines(seen)
        if not seen:
            lines.append(
                _("It sees no server. Share servers with that account as a subuser on the panel.")
            )
        return card("\n".join(lines), colour=Colour.GREEN)

    def _meant(self, admitted: Admitted, text: str) -> Connected:
        return panel_meant(self._parts.panels, admitted.guild_id, text)

    def _line(self, one: Connected) -> str:
        count = self._count(one)
        servers = _n("{count} server", "{count} servers", count)
        age = f" · {moment(one.checked_at)}" if one.checked_at else ""
        said = _("answers") if one.trouble is None else _trouble_words(one.trouble)
        dot = "🟢" if one.trouble is None else "🔴"
        return (
            f"{dot} {bold(one.name)}: {said}{age}\n"
            f"-# {code(one.url, 80)} · {name(one.account_name)} · {servers}"
        )

    def _count(self, one: Connected) -> int:
        servers = self._parts.directory.of(one.guild_id)
        return sum(server.panel_id == one.id for server in servers)


def _failure(error: PanelError, url: str) -> str:
    """Why a panel can't be connected, and that nothing was kept."""
    host = URL(url).host if _is_url(url) else None
    match error:
        case NotFound():
            said = _(
                "There is no panel at {url}. Check the address: it is the one you open in a "
                "browser, without a path behind it.",
                url=code(url, 100),
            )
        case AddressRefused() if not error.setting:
            said = _(
                "{url} is no address that I may dial: {why}. Use the panel's public `https://` "
                "address.",
                url=code(url, 100),
                why=plain(str(error), 160),
            )
        case _:
            said = panel_words(error, panel=host or url, server=None)
    return said + " " + _("Nothing was connected, and the key wasn't kept.")


def _is_url(text: str) -> bool:
    try:
        return URL(text).host is not None
    except ValueError:
        return False


def _trouble_words(trouble: str) -> str:
    return {
        "PanelDown": _("doesn't answer"),
        "NotThePanel": _("something else answers there"),
        "KeyRejected": _("refuses our key"),
        "IpNotAllowed": _("refuses our address"),
        "TwoFactorDemanded": _("demands two-factor of the account"),
        "AddressRefused": _("its address may not be dialled"),
        "Limited": _("has had too many requests"),
    }.get(trouble, _("is in trouble"))


def _key_lines(seen: Sequence[SeenServer]) -> list[str]:
    """What the key may do, and on which servers; only the most common where they differ a lot."""
    lines = key_lines([(one.name, one.rights) for one in seen])
    more = len(lines) - SHOWN_KINDS
    if more > 0:
        rest = _n("… and {count} other kind", "… and {count} other kinds", more)
        lines = [*lines[:SHOWN_KINDS], rest]
    return lines


def _asker(admitted: Admitted) -> str:
    """For whom a key that waits for a confirmation is sealed."""
    return f"confirmation/{admitted.guild_id}/{admitted.actor.id}"
