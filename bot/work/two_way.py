"""What members write in a two-way mirror's channel becomes a command, decided like every other."""

from typing import Final

import discord
import structlog

from bot.access.acting import Audit
from bot.access.decision import Allow
from bot.access.facts import Action
from bot.access.gate import Gate, NotAdmitted
from bot.access.pace import Pace, TooFast
from bot.fleet.directory import Directory
from bot.fleet.panels import PanelGone
from bot.posts.answers import NotSent
from bot.posts.members import actor_of_member
from bot.posts.messages import Message
from bot.posts.mirrors import Mirrors
from bot.posts.places import Places
from bot.pterodactyl import PanelError
from bot.texts import speaking
from bot.ui.doors import new_reference
from bot.ui.errors import Unfit, panel_words
from bot.work.console import ConsoleWork

log = structlog.stdlib.get_logger(__name__)

ACTION: Final = Action("console run", "control.console", on_server=True)
TALK: Final = "//"
"""A message that begins so is talk and no command."""
SENT: Final = "✅"
REFUSED: Final = "🚫"
TOO_FAST: Final = "⏳"
FAILED: Final = "⚠️"
UNKNOWN: Final = "❔"
_TYPED: Final = frozenset({discord.MessageType.default, discord.MessageType.reply})


class TwoWay:
    """Hears messages; each gets one reaction as its receipt."""

    def __init__(
        self,
        *,
        mirrors: Mirrors,
        console: ConsoleWork,
        gate: Gate,
        directory: Directory,
        audit: Audit,
        places: Places,
        pace: Pace,
    ) -> None:
        self._mirrors = mirrors
        self._console = console
        self._gate = gate
        self._directory = directory
        self._audit = audit
        self._places = places
        self._pace = pace

    def concerns(self, message: discord.Message) -> bool:
        """Whether it was written by a member in a two-way channel; never our own or a bot's."""
        if message.author.bot or message.webhook_id is not None or message.guild is None:
            return False
        if message.type not in _TYPED or not message.content.strip():
            return False
        if message.content.startswith(TALK) or not isinstance(message.author, discord.Member):
            return False
        return self._mirrors.two_way(message.guild.id, message.channel.id) is not None

    async def hear(self, message: discord.Message) -> None:
        """Run a message that `concerns` took, if its author may."""
        guild, member = message.guild, message.author
        if guild is None or not isinstance(member, discord.Member):
            return
        mirror = self._mirrors.two_way(guild.id, message.channel.id)
        server = self._directory.get(guild.id, mirror.row.server_id) if mirror else None
        if server is None:
            return
        actor, reference = actor_of_member(member), new_reference()
        language = self._gate.language(guild.id, self._places.language(guild.id))
        with speaking(language):
            try:
                self._pace.check(guild.id, actor.id)
                admitted = self._gate.admit(
                    guild.id, message.channel.id, actor, ACTION, reference, target=server
                )
                if not isinstance(admitted.decision, Allow):
                    receipt = REFUSED  # what needs consent is asked for by the command
                else:
                    await self._console.send(admitted, message.content)
                    receipt = SENT
            except TooFast:
                receipt = TOO_FAST
            except NotAdmitted as error:
                await self._audit.refused(guild.id, message.channel.id, actor.id, reference, error)
                receipt = REFUSED
            except PanelError as error:
                receipt = UNKNOWN if error.maybe_done else FAILED
                said = panel_words(error, panel=server.panel_name, server=server.name)
                await self._say(message, guild.id, said)
            except (PanelGone, Unfit) as error:
                receipt = FAILED
                await self._say(message, guild.id, str(error))
        await self._places.react(guild.id, message.channel.id, message.id, receipt)

    async def _say(self, message: discord.Message, guild_id: int, said: str) -> None:
        try:
            await self._places.send(guild_id, message.channel.id, Message(said), is_first=True)
        except NotSent as error:
            log.info("not told", guild=guild_id, error=str(error))
