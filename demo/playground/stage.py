"""Discord on this machine: simcord in place of its servers, and the page to look at it.

Whatever leans on simcord's insides stands in this module, so that a new version of it breaks
nothing else.
"""

import asyncio
import contextlib
import contextvars
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self

import simcord
import structlog
from discord.ext import commands
from discord.utils import snowflake_time
from discord.webhook.async_ import async_context
from simcord._runtime import _CLOCK_SCOPE
from simcord.http import FakeWebhookAdapter
from simcord.http.router import RequestContext, route

from bot.clock import SystemClock

log = structlog.stdlib.get_logger(__name__)

ROUND_SECONDS: Final = 0.4
"""How often the page is given what the bot did by itself; it asks twice a second."""
STALE_SECONDS: Final = 15.0
"""How old "3 minutes ago" may become on a page where nothing else happens."""
KEPT_MESSAGES: Final = 100
"""simcord reads the whole channel anew at each refresh: about a millisecond a message and tab."""
FOLLOWED: Final = timedelta(minutes=6)
"""How old an answer may be that is still edited; the bot follows a console for five."""
CAPABILITY: Final = "demo"
"""The fragment of the page's address, which simcord would draw anew at each start."""
PAGES: Final = 200
"""A tab that went without saying so counts for ten minutes; simcord allows 16."""


class PortUnusable(Exception):
    """The page can't listen there; the reason in the system's words."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(f"{port}: {reason}")
        self.port = port
        self.reason = reason


class WallClock(SystemClock):
    """The machine's time, in the bot's callbacks too: there simcord moves `time.monotonic`."""

    def monotonic(self) -> float:
        return time.perf_counter()


@route(  # type: ignore[untyped-decorator]  # simcord says no types
    "GET", "/applications/{application_id}/guilds/{guild_id}/commands/permissions"
)
def _nothing_set(context: RequestContext) -> list[object]:  # noqa: ARG001  # as simcord calls it
    """Discord's own settings of commands, which simcord knows one by one: nobody set any here."""
    return []


class Stage:
    """A Discord with one bot in it, which is connected while the stage is entered.

    Guilds that are built with `env` before that are there when the bot comes. Acts of members are
    taken in `turn()`, since simcord plays one at a time.

    Args:
        bot: Not logged in. It leaves Discord when the stage ends; who made it closes it.
        context: Where the bot's supervisor starts its tasks. simcord waits after each act for all
            that the bot's callbacks started, but not for tasks of this context: sockets and
            requests to the panel take the time they take.
    """

    def __init__(self, bot: commands.AutoShardedBot, context: contextvars.Context) -> None:
        self.env: Final = simcord.Env(bot, check_errors=False, shard_count=1)
        self._turn: Final = asyncio.Lock()
        backend = self.env.backend
        backend.clock._epoch = datetime.now(UTC)  # noqa: SLF001  # else it is new year's day
        backend.bot_user.name = "Roost"
        context.run(_CLOCK_SCOPE.set, self.env)  # Discord's moments, for deadlines of its tokens
        context.run(async_context.set, FakeWebhookAdapter(backend))

    async def __aenter__(self) -> Self:
        await self.env.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.env.shutdown()

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Nothing else is acted out meanwhile."""
        async with self._turn:
            yield

    @contextlib.asynccontextmanager
    async def page(
        self, channel: Any, viewers: Sequence[Any], *, port: int = 0
    ) -> AsyncIterator["Page"]:
        """Open the page on a channel, for this machine only.

        Args:
            channel: The channel it shows.
            viewers: The members whom a visitor can be; the first one is chosen.
            port: 0 takes a free one.

        Raises:
            PortUnusable: Something listens there, or only root may, or there is no such port.
        """
        if port not in range(65536):
            raise PortUnusable(port, "there is no such port")
        preview = self.env.preview(channel, viewers=viewers, layout="channel", port=port)
        preview.capability = CAPABILITY
        preview._MAX_PAGES = PAGES  # noqa: SLF001
        page = Page(self.env, preview, channel.id, self._turn)
        preview._action = page.act  # noqa: SLF001
        try:
            await preview.__aenter__()
        except simcord.SetupError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno is not None:
                raise PortUnusable(port, os.strerror(cause.errno).lower()) from error
            raise
        keeping = asyncio.create_task(page.keep_up(), name="page")
        try:
            yield page
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
            await preview.close()


class Page:
    """The page while it is open."""

    def __init__(self, env: simcord.Env, preview: Any, channel_id: int, turn: asyncio.Lock) -> None:
        self._env = env
        self._preview = preview
        self._channel_id = channel_id
        self._turn = turn
        self._act = preview._action  # noqa: SLF001
        self._shown_at = 0.0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://localhost:{self._preview._server.port}/#{CAPABILITY}"  # noqa: SLF001

    async def ended(self) -> None:
        """Wait until a visitor ends it by its menu."""
        await self._preview.wait_closed()

    async def act(self, context_id: str | None, body: dict[str, Any]) -> Mapping[str, Any]:
        """Do what a visitor did, once nothing else is being done.

        The page names the revision it saw. It is given the newest one: where a stream of messages
        goes on, every other click would come from the revision before, and be refused.
        """
        async with self._turn:
            with contextlib.suppress(TimeoutError):
                await self._pass_time()
            with contextlib.suppress(simcord.SetupError, TypeError, KeyError):
                body["published_revision"] = self._preview._get_page(context_id).revision  # noqa: SLF001
            said: Mapping[str, Any] = await self._act(context_id, body)
            return said

    async def keep_up(self) -> None:
        """Let Discord's time pass, and show what the bot did by itself."""
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                async with self._turn:
                    await self._show()
            except TimeoutError:
                log.debug("the bot is busy")
            except simcord.SetupError:
                return  # a visitor ended the page
            except Exception:  # one bad round must not leave the page standing still
                log.exception("page not refreshed")

    async def _pass_time(self) -> None:
        """Bring Discord's clock, and the one by which the page says "a minute ago", up to ours."""
        behind = datetime.now(UTC) - self._env.now()
        await self._env.advance_time(max(0.0, behind.total_seconds()))
        self._preview._advance_presentation_time()  # noqa: SLF001

    def _forget_the_oldest(self) -> None:
        """Keep the channel's first message, its newest ones, and answers that may still change."""
        backend = self._env.backend
        messages = backend.messages[self._channel_id]
        followed_since = self._env.now() - FOLLOWED
        every = sorted(messages)
        for message_id in every[1 : max(1, len(every) - KEPT_MESSAGES)]:
            if not messages[message_id].is_ephemeral or snowflake_time(message_id) < followed_since:
                backend.delete_message(self._channel_id, message_id)

    async def _show(self) -> None:
        await self._pass_time()
        self._forget_the_oldest()
        happened = self._env.backend.transcript
        is_stale = time.perf_counter() - self._shown_at > STALE_SECONDS
        if is_stale or any(not what.startswith("GET ") for _, what, _ in happened):
            await self._preview.refresh()
            self._shown_at = time.perf_counter()
        # simcord keeps all that ever happened, for a test to look at
        happened.clear()
        self._env.http_requests.clear()
