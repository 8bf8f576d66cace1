"""/files: everything about a server's files, put together of its thirds."""

from discord.ext import commands

from cogs.files.carrying import Carrying
from cogs.files.changing import Changing
from cogs.files.looking import Looking
from cogs.files.room import FILES


class FilesCog(Looking, Changing, Carrying, commands.Cog):
    """Look, change, carry."""

    files = FILES


__all__ = ["FilesCog"]
