"""`/startup list` as one writes it by hand, with discord.py and aiohttp and nothing around it.

A process of its own: `python -m benchmarks.byhand`, with the token, the panel's address, its key
and the server in BYHAND_TOKEN, BYHAND_PANEL, BYHAND_KEY and BYHAND_SERVER.
"""

import json
import os
from typing import Any

import aiohttp
import discord
from discord import app_commands, ui


class ByHand(discord.AutoShardedClient):
    """Intents and caches as the bot has them, so that the gateway costs both alike."""

    def __init__(self, panel: str, key: str) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
        )
        self.tree = app_commands.CommandTree(self)
        self._panel = panel
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._session: aiohttp.ClientSession

    async def setup_hook(self) -> None:
        self._session = aiohttp.ClientSession()
        await self.tree.sync()

    async def close(self) -> None:
        await self._session.close()
        await super().close()

    async def variables(self, server: str) -> dict[str, Any]:
        """The panel's answer."""
        url = f"{self._panel}/api/client/servers/{server}/startup"
        async with self._session.get(url, headers=self._headers) as response:
            response.raise_for_status()
            found: dict[str, Any] = json.loads(await response.read())
            return found


def main() -> None:
    """Serve the one command until the process is ended."""
    client = ByHand(os.environ["BYHAND_PANEL"], os.environ["BYHAND_KEY"])
    only = os.environ["BYHAND_SERVER"]
    startup = app_commands.Group(name="startup", description="Startup")

    @startup.command(name="list", description="The start command and its variables")
    @app_commands.guild_only()
    async def list_variables(interaction: discord.Interaction, server: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await client.variables(only)
        lines = []
        for row in found["data"]:
            one = row["attributes"]
            name = discord.utils.escape_markdown(one["name"])
            value = discord.utils.escape_markdown(str(one["server_value"]))
            lines.append(f"**{name}** `{one['env_variable']}`: {value}")
        body = "\n".join(lines)
        view = ui.LayoutView(timeout=None)
        command = found["meta"]["raw_startup_command"]
        text = f"## Startup of {server}\n`{command}`\n{body}"
        view.add_item(ui.Container(ui.TextDisplay(text[:4000])))
        await interaction.edit_original_response(view=view)

    client.tree.add_command(startup)
    client.run(os.environ["BYHAND_TOKEN"], log_handler=None)


if __name__ == "__main__":
    main()
