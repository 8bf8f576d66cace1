"""Starts and stops as they happen: one message that is edited when a server is back soon."""

from collections import defaultdict, deque
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.known import State
from bot.fleet.life import (
    Crashed,
    Ended,
    Installed,
    Installing,
    Missed,
    Running,
    Stopped,
    Turn,
)
from bot.posts.answers import Edited, Post
from bot.posts.places import Places
from bot.store.alerts import AlertEvent, AlertRow
from bot.texts import _, _n, speaking
from bot.ui.alerts import news_card
from bot.ui.text import bold, duration
from bot.work.alerts import Alerts
from bot.work.incidents import Incidents
from bot.work.pings import Pings

ONE_STORY: Final = timedelta(minutes=10)
"""What follows so soon is told in the message before it."""
CALM: Final = 5
"""Messages a server may cause in a channel within `ONE_STORY`; then the last is edited."""


class _Last(Struct):
    """The last message about a server in a channel."""

    post: Post
    at: datetime
    tells_off: bool
    said: str


class News:
    """Posts what alerts of `state` want to hear."""

    def __init__(
        self,
        *,
        alerts: Alerts,
        incidents: Incidents,
        directory: Directory,
        places: Places,
        pings: Pings,
        clock: Clock,
    ) -> None:
        self._alerts = alerts
        self._incidents = incidents
        self._directory = directory
        self._places = places
        self._pings = pings
        self._clock = clock
        self._last: dict[tuple[str, int], _Last] = {}
        self._told: defaultdict[tuple[str, int], deque[datetime]] = defaultdict(deque)

    async def turned(self, server: Server, turn: Turn) -> None:
        """Tell the channels that want to hear of it."""
        for alert in self._wanting(server, turn):
            with speaking(self._pings.language(server.guild_id)):
                told = _words(turn, bold(self._directory.label(server)))
                if told is not None:
                    await self._tell(server, turn, alert, *told)

    def _wanting(self, server: Server, turn: Turn) -> list[AlertRow]:
        guild_id = server.guild_id
        crash = {
            one.channel_id: one for one in self._alerts.about(guild_id, server.id, AlertEvent.CRASH)
        }
        state = {
            one.channel_id: one for one in self._alerts.about(guild_id, server.id, AlertEvent.STATE)
        }
        match turn:
            case Missed(now=State.OFFLINE):
                return list((crash | state).values())  # it may have been a crash
            case Crashed():
                return [one for one in state.values() if one.channel_id not in crash]
            case Running() if self._incidents.is_open(server):
                return [one for one in state.values() if one.channel_id not in crash]
        return list(state.values())

    async def _tell(self, server: Server, turn: Turn, alert: AlertRow, dot: str, text: str) -> None:
        key, now = (server.id, alert.channel_id), self._clock.now()
        last, told = self._last.get(key), self._told[key]
        while told and now - told[0] >= ONE_STORY:
            told.popleft()
        is_back = isinstance(turn, Running) and last is not None and last.tells_off
        is_restless = len(told) >= CALM
        told.append(now)
        said = f"{dot} {text}"
        if last is not None and now - last.at < ONE_STORY and (is_back or is_restless):
            if is_restless:
                text += "\n-# " + _n(
                    "It changed {count} time in the last 10 minutes, so I edit this message.",
                    "It changed {count} times in the last 10 minutes, so I edit this message.",
                    len(told),
                )
            else:
                text += f"\n-# {last.said}"  # why it was off is not forgotten with its return
            if await last.post.edit(news_card(dot, text)) is not Edited.GONE:
                last.tells_off, last.said = not isinstance(turn, Running), said
                return
        mention, pings = self._pings.of_role(server.guild_id, alert.channel_id, alert.role_id)
        post = await self._places.try_send(
            server.guild_id, alert.channel_id, news_card(dot, text, mention), pings=pings
        )
        if post is not None:
            self._last[key] = _Last(post, now, not isinstance(turn, Running), said)


def _words(turn: Turn, label: str) -> tuple[str, str] | None:
    match turn:
        case Running(off_since=None):
            return "🟢", _("{server} is running.", server=label)
        case Running(off_since=since) if since is not None:
            off = duration((turn.at - since).total_seconds())
            return "🟢", _("{server} is running. It was off for {time}.", server=label, time=off)
        case Stopped(is_disk_full=True):
            return "🔴", _(
                "{server} was stopped by its node: it is over its disk limit. Make room before it "
                "is started.",
                server=label,
            )
        case Stopped():
            return "⚫", _("{server} was stopped.", server=label)
        case Ended():
            return "⚫", _(
                "{server} went off by itself. Its node doesn't call that a crash.", server=label
            )
        case Crashed(exit_code=None):
            return "🔴", _("{server} crashed.", server=label)
        case Crashed(exit_code=code):
            return "🔴", _("{server} crashed with exit code {code}.", server=label, code=code)
        case Missed(now=State.OFFLINE):
            return "⚪", _(
                "{server} is off. I couldn't hear its node meanwhile, so whether it was stopped or "
                "crashed is unknown.",
                server=label,
            )
        case Missed(was_restarted=True):
            return "⚪", _(
                "{server} was restarted while I couldn't hear its node: why is unknown.",
                server=label,
            )
        case Installing():
            return "🔵", _("{server} is being installed.", server=label)
        case Installed():
            return "🔵", _(
                "The installation of {server} is over. Whether it worked, the panel shows.",
                server=label,
            )
    return None
