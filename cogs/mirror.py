"""/mirror: a server's console in a channel."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands
from msgspec import structs

from bot.access.gate import Admitted
from bot.access.rights import ADMIN
from bot.posts.filters import PATTERN_CHARACTERS, Level
from bot.posts.games import Preset
from bot.posts.messages import Message
from bot.posts.mirrors import Mirror
from bot.store.mirrors import MirrorOptions
from bot.texts import _, _n
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import ADMINS, group
from bot.ui.mirrors import (
    Shown,
    colour_of,
    mirror_controls,
    mirror_line,
    mirror_text,
    preset_names,
)
from bot.ui.options import ServerOption
from bot.ui.parts import Control, card, choice, field, form
from bot.ui.text import bold, cut, plain
from bot.work.mirroring import gone
from cogs.parts import Parts
from cogs.power import SERVER

CHANNEL = "The channel or thread it goes to; left out: this one"
Into = discord.TextChannel | discord.Thread
FILTER = "Which lines: a choice from the list, or a pattern such as joined|left"
TWO_WAY = "Whether what members with the right write there is run as a command"
SWITCHES = ("colours", "redacts", "two_way")
LISTED = 25


class MirrorCog(commands.Cog):
    """Making, changing and ending mirrors; only admins see this."""

    mirror = group("mirror", "A server's console in a channel", seen_by=ADMINS)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        mirror, right=ADMIN, on_server=True, description="Show a server's console in a channel"
    )
    @app_commands.describe(server=SERVER, channel=CHANNEL, filter=FILTER, two_way=TWO_WAY)
    async def create(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
        channel: Into | None = None,
        filter: app_commands.Range[str, 1, PATTERN_CHARACTERS] = "",  # noqa: A002  # its public name
        two_way: bool = False,
    ) -> Message:
        admitted = decided(interaction)
        options = MirrorOptions(two_way=two_way, **self._filter(filter))
        into = channel or interaction.channel
        if not isinstance(into, discord.TextChannel | discord.Thread):
            raise Unfit(_("A console goes into a text channel or a thread. Name one as `channel`."))
        made = await self._parts.mirroring.create(admitted, into, options)
        return self._card(made)

    @command(mirror, right=ADMIN, on_server=True, description="Take a console out of a channel")
    @app_commands.describe(server=SERVER, channel="Out of which channel; left out: the only one")
    async def remove(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        channel: Into | None = None,
    ) -> Message:
        admitted = decided(interaction)
        mirror = self._only(admitted, channel)
        return await self._remove(admitted, mirror) if mirror else self._several(admitted)

    @command(mirror, name="list", right=ADMIN, description="The consoles that go into channels")
    async def list_mirrors(self, interaction: discord.Interaction) -> Message:
        return self._list(decided(interaction))

    @command(mirror, right=ADMIN, on_server=True, description="Change which lines come, and how")
    @app_commands.describe(
        server=SERVER,
        channel="In which channel; left out: the only one",
        filter=FILTER,
        two_way=TWO_WAY,
    )
    async def edit(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        channel: Into | None = None,
        filter: app_commands.Range[str, 1, PATTERN_CHARACTERS] = "",  # noqa: A002
        two_way: bool | None = None,
    ) -> Message:
        admitted = decided(interaction)
        mirror = self._only(admitted, channel)
        if mirror is None:
            return self._several(admitted)
        changed: dict[str, Any] = dict(self._filter(filter))
        if two_way is not None:
            changed["two_way"] = two_way
        if changed:
            await self._change(admitted, mirror, **changed)
        return self._card(mirror)

    @create.autocomplete("filter")
    @edit.autocomplete("filter")
    async def complete_filter(
        self,
        interaction: discord.Interaction,  # noqa: ARG002  # the same for everybody
        current: str,
    ) -> list[app_commands.Choice[str]]:
        typed = current.casefold()
        return [
            app_commands.Choice(name=cut(label, 100), value=value)
            for label, value in preset_names()
            if typed in label.casefold() or typed in value
        ]

    @component("mirror", right=ADMIN, ack=Ack.UPDATE, name="mirror edit")
    async def open_one(self, press: Press) -> Message:
        return self._card(self._meant(press))

    @component("mirror-list", right=ADMIN, ack=Ack.UPDATE, name="mirror list")
    async def back(self, press: Press) -> Message:
        return self._list(press.admitted)

    @component("mirror-preset", right=ADMIN, ack=Ack.UPDATE, name="mirror edit")
    async def preset(self, press: Press) -> Message:
        picked = press.values[0] if press.values else ""
        if picked not in [preset.value for preset in Preset]:
            raise gone()
        return await self._set(press, preset=picked)

    @component("mirror-level", right=ADMIN, ack=Ack.UPDATE, name="mirror edit")
    async def level(self, press: Press) -> Message:
        picked = press.values[0] if press.values else ""
        if picked not in [str(int(level)) for level in Level]:
            raise gone()
        return await self._set(press, level=int(picked))

    @component("mirror-switch", right=ADMIN, ack=Ack.UPDATE, name="mirror edit")
    async def switch(self, press: Press) -> Message:
        which = press.args[1] if len(press.args) > 1 else ""
        if which not in SWITCHES:
            raise gone()
        mirror = self._meant(press)
        return await self._set(press, **{which: not getattr(mirror.options, which)})

    @component("mirror-patterns", right=ADMIN, ack=Ack.MODAL, name="mirror edit")
    async def open_patterns(self, press: Press) -> None:
        mirror = self._meant(press)
        await press.interaction.response.send_modal(
            form(
                "mirror-patterns-set",
                mirror.row.id,
                title=_("Patterns"),
                fields=[
                    field(
                        "include",
                        label=_("Only lines with"),
                        value=mirror.options.include,
                        is_required=False,
                        most=PATTERN_CHARACTERS,
                        placeholder="joined|left",
                        description=_("A word or a regular expression; empty: all lines"),
                    ),
                    field(
                        "exclude",
                        label=_("No lines with"),
                        value=mirror.options.exclude,
                        is_required=False,
                        most=PATTERN_CHARACTERS,
                        description=_("Empty: none is left out"),
                    ),
                ],
            )
        )

    @component("mirror-patterns-set", right=ADMIN, ack=Ack.UPDATE, name="mirror edit")
    async def patterns(self, press: Press) -> Message:
        check = self._parts.mirroring.pattern
        return await self._set(
            press,
            include=check(press.field("include").strip()),
            exclude=check(press.field("exclude").strip()),
            switched_off=(),
        )

    @component("mirror-again", right=ADMIN, ack=Ack.UPDATE, name="mirror edit")
    async def again(self, press: Press) -> Message:
        mirror = self._meant(press)
        self._parts.mirroring.try_again(mirror)
        return self._card(mirror)

    @component("mirror-remove", right=ADMIN, ack=Ack.UPDATE, name="mirror remove")
    async def remove_one(self, press: Press) -> Message:
        return await self._remove(press.admitted, self._meant(press))

    def _filter(self, text: str) -> dict[str, Any]:
        if not text.strip():
            return {}
        return {**self._parts.mirroring.filtered(text), "switched_off": ()}

    def _meant(self, press: Press) -> Mirror:
        """By the id in the button, or by what was chosen in the list."""
        mirror_id = (*press.args, *press.values, "")[0]
        return self._parts.mirroring.get(press.admitted, mirror_id)

    def _only(self, admitted: Admitted, channel: Into | None) -> Mirror | None:
        """The one mirror meant; None where there are several to choose from."""
        found = self._parts.mirroring.find(admitted, channel.id if channel else None)
        if not found:
            label = self._parts.directory.label(admitted.server)
            raise Unfit(
                _(
                    "{server} isn't mirrored there. `/mirror create` shows its console in a "
                    "channel.",
                    server=bold(label),
                )
            )
        return found[0] if len(found) == 1 else None

    async def _set(self, press: Press, **changed: Any) -> Message:
        mirror = self._meant(press)
        await self._change(press.admitted, mirror, **changed)
        return self._card(mirror)

    async def _change(self, admitted: Admitted, mirror: Mirror, **changed: Any) -> None:
        options = structs.replace(mirror.options, **changed)
        await self._parts.mirroring.change(admitted, mirror, options)

    async def _remove(self, admitted: Admitted, mirror: Mirror) -> Message:
        shown = self._shown(mirror)
        await self._parts.mirroring.remove(admitted, mirror)
        said = _(
            "The console of {server} no longer goes to {channel}. What it said there stays.",
            server=bold(shown.label) if shown.label else _("a server that is gone"),
            channel=f"<#{mirror.row.channel_id}>",
        )
        return Message(said)

    def _card(self, mirror: Mirror) -> Message:
        shown = self._shown(mirror)
        text = mirror_text(shown, reads_messages=self._parts.mirroring.reads_messages)
        return card(
            "## " + _("Mirror") + f"\n{text}",
            colour=colour_of(shown),
            rows=mirror_controls(shown),
        )

    def _list(self, admitted: Admitted) -> Message:
        mirrors = self._parts.mirrors.of(admitted.guild_id)
        if not mirrors:
            return card(
                "## "
                + _("Mirrors")
                + "\n"
                + _("No console goes into a channel. `/mirror create` makes one do.")
            )
        return self._chosen(mirrors, _n("{count} mirror", "{count} mirrors", len(mirrors)))

    def _several(self, admitted: Admitted) -> Message:
        mirrors = self._parts.mirroring.find(admitted, None)
        return self._chosen(mirrors, _("Which of these mirrors?"))

    def _chosen(self, mirrors: list[Mirror], title: str) -> Message:
        shown = [self._shown(mirror) for mirror in mirrors[:LISTED]]
        lines = "\n".join(mirror_line(one) for one in shown)
        options = [
            (
                one.mirror.row.id,
                plain(one.label, 100) or "–",
                self._parts.places.name(one.mirror.row.guild_id, one.mirror.row.channel_id),
            )
            for one in shown
        ]
        rows: list[list[Control]] = [
            [choice("mirror", options=options, placeholder=_("Change one …"))]
        ]
        return card(f"## {title}\n{lines}", rows=rows)

    def _shown(self, mirror: Mirror) -> Shown:
        parts, row = self._parts, mirror.row
        server = parts.directory.get(row.guild_id, row.server_id)
        return Shown(
            mirror,
            parts.directory.label(server) if server else "",
            is_live=server is not None and parts.hub.known(server).is_live,
            is_connecting=server is not None and parts.hub.is_connecting(server),
            pause=parts.delivery.pause_of(mirror.place),
            is_open=parts.places.is_open(row.guild_id, row.channel_id),
        )

    def _place(self, mirror: Mirror) -> str:
        return self._parts.places.name(mirror.row.guild_id, mirror.row.channel_id)
