"""Tells who asked for something how it ended, where their channel can't say it any more."""

import discord
from structlog.stdlib import get_logger

from bot.access.gate import Gate
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.texts import _
from bot.work.consent_state import ConsentJob
from bot.work.pings import Pings

log = get_logger(__name__)


class Unheard:
    """Says it in a channel that the guild chose for news, without what was asked for.

    Who reads there may not have read the channel in which it was asked.
    """

    def __init__(self, gate: Gate, places: Places, pings: Pings) -> None:
        self._gate = gate
        self._places = places
        self._pings = pings

    async def tell(self, state: ConsentJob, job_id: str) -> None:
        """Name who asked, and say whether it was done; where nobody can be told, the record has it.

        Call it in the language of the guild.
        """
        asked = state.asked
        settings = self._gate.book(asked.guild_id).settings
        chosen = [settings.audit_channel_id, settings.idle_channel_id]
        channel_id = await self._places.elsewhere(
            asked.guild_id, asked.actor_id, [one for one in chosen if one is not None]
        )
        if channel_id is None:
            log.info("end of a request told nowhere", guild=asked.guild_id, job=job_id)
            return
        pings = [discord.Object(asked.actor_id, type=discord.User)]
        if self._pings.is_quiet(asked.guild_id):
            pings = []
        said = Message(_words(state))
        nonce = f"{job_id.replace('-', '')[:20]}end"
        post = await self._places.try_send(
            asked.guild_id, channel_id, said, pings=pings, nonce=nonce
        )
        log.info("end of a request told elsewhere", guild=asked.guild_id, sent=post is not None)


def _words(state: ConsentJob) -> str:
    who = f"<@{state.asked.actor_id}>"
    head = {
        "done": _("{who}: what you asked others for was agreed to, and is done.", who=who),
        "unknown": _(
            "{who}: what you asked others for was agreed to, and may or may not have been done. "
            "Look before you ask again.",
            who=who,
        ),
    }.get(
        state.outcome,
        _("{who}: what you asked others for has ended. Nothing was done.", who=who),
    )
    why = _("The channel in which you asked is gone, or I may not write there, so I say it here.")
    return f"{head}\n-# {why}"
