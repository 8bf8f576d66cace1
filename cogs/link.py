"""/link and /unlink: a member's own panel key."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.rights import ANYONE
from bot.posts.messages import Message
from bot.secret import Secret
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.panels import PanelOption
from bot.ui.parts import field, form
from cogs.parts import Parts


class LinkCog(commands.Cog):
    """A key that its member brings along."""

    def __init__(self, parts: Parts) -> None:
        self._work = parts.linking

    @command(
        right=ANYONE,
        ack=Ack.MODAL,
        description="Use the rights that your own panel account has",
    )
    @app_commands.describe(panel="Which panel; may be left out where there is only one")
    async def link(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> None:
        meant = self._work.open_for(decided(interaction).guild_id, panel)
        await interaction.response.send_modal(
            form(
                "link-key",
                meant.id,
                title=_("Link your panel account"),
                fields=[
                    field(
                        "key",
                        label=_("Key of your account"),
                        placeholder="ptlc_…",
                        most=200,
                        description=_("Panel → your account → API Credentials; it is kept sealed"),
                    )
                ],
            )
        )

    @command(right=ANYONE, description="Erase your own panel key here")
    async def unlink(self, interaction: discord.Interaction) -> Message:
        return await self._work.unlink(decided(interaction))

    @component("link-key", right=ANYONE, name="link")
    async def sent(self, press: Press) -> Message:
        panel = self._work.open_for(press.admitted.guild_id, (*press.args, "")[0] or "-")
        return await self._work.link(press.admitted, panel, Secret(press.field("key")))
