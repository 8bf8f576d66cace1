"""The top-level groups: who sees them in Discord's picker, before our gate decides."""

import discord
from discord import app_commands

GUILD_ONLY = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
GUILD_INSTALL = app_commands.AppInstallationType(guild=True, user=False)
STAFF = discord.Permissions(manage_messages=True)
ADMINS = discord.Permissions(manage_guild=True)


def group(
    name: str, description: str, *, seen_by: discord.Permissions | None = None
) -> app_commands.Group:
    """A group for guilds only; `seen_by` is Discord's default, None shows it to every member."""
    return app_commands.Group(
        name=name,
        description=app_commands.locale_str(description),
        allowed_contexts=GUILD_ONLY,
        allowed_installs=GUILD_INSTALL,
        default_permissions=seen_by,
    )
