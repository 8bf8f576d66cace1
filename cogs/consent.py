"""What members answer to votes, approvals, and as the second person."""

from discord.ext import commands

from bot.access.rights import ANYONE
from bot.posts.messages import Message
from bot.ui.doors import Press, component
from cogs.parts import Parts


class ConsentCog(commands.Cog):
    """The buttons of public requests; whose voice counts is decided at each press."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @component("consent-for", right=ANYONE, name="vote")
    async def say_yes(self, press: Press) -> Message:
        return await self._parts.consents.say(press, is_for=True)

    @component("consent-against", right=ANYONE, name="vote")
    async def say_no(self, press: Press) -> Message:
        return await self._parts.consents.say(press, is_for=False)

    @component("consent-withdraw", right=ANYONE, name="vote")
    async def withdraw(self, press: Press) -> Message:
        return await self._parts.consents.withdraw(press)
