"""Webhooks of our own making: made, sent by, taken away. Nobody else's is ever used."""

import io
import re
from collections.abc import Callable
from typing import Final

import aiohttp
import discord
import structlog
from discord import ui
from msgspec import Struct

from bot.posts.answers import NotSent
from bot.posts.batches import Payload
from bot.posts.delivery import Delivery, Paused, Place
from bot.posts.pictures import pattern_picture
from bot.posts.traffic import HeldUp
from bot.secret import Secret

log = structlog.stdlib.get_logger(__name__)

NAME_CHARACTERS: Final = 80
PER_CHANNEL: Final = 15
_TOO_MANY: Final = 30007
_GONE: Final = frozenset({10015, 50027})
"""Discord's codes for a webhook that was deleted, or whose token is another now."""
_FORBIDDEN: Final = re.compile(r"(?i)(dis|cly)(cord|de)")
_WITH_HOOKS: Final = (
    discord.TextChannel,
    discord.VoiceChannel,
    discord.StageChannel,
    discord.ForumChannel,
)
_TROUBLE: Final = (discord.HTTPException, aiohttp.ClientError, HeldUp, TimeoutError)


class Hook(Struct, frozen=True):
    """A webhook: its address is the id and a token, and the token is a secret."""

    id: int
    token: Secret

    @property
    def is_made(self) -> bool:
        """Whether Discord has it; one that is wanted and not made yet is `NO_HOOK`."""
        return self.id != 0


NO_HOOK: Final = Hook(0, Secret("none"))


_NO_CHANNEL: Final = 10003


class HookGone(Exception):
    """The webhook was deleted, or moved into another channel."""


class HookMoved(HookGone):
    """The webhook was moved into another channel, and taken away there."""


class TooManyHooks(Exception):
    """The channel holds as many webhooks as Discord allows."""


class Refused(Exception):
    """Discord takes a message in no form; a mistake of ours."""


def hook_name(name: str) -> str:
    """A name that Discord takes for a webhook: at most 80 characters, and two words never."""
    shown = _FORBIDDEN.sub(r"\1-\2", " ".join(name.split()))[:NAME_CHARACTERS].strip()
    return shown or "Console"


class Webhooks:
    """Talks to Discord about webhooks, in turns as everything."""

    def __init__(self, client: Callable[[], discord.Client], delivery: Delivery) -> None:
        self._client = client
        self._delivery = delivery

    async def create(self, place: Place, name: str, *, is_first: bool = False) -> Hook:
        """Make a webhook with a server's name and a picture of its own.

        Raises:
            Paused: The bot may not, or the channel is gone.
            TooManyHooks: There are 15 already.
            NotSent: Discord had trouble of its own.
        """
        picture = pattern_picture(name)
        self._check_connected()

        async def call() -> discord.Webhook:
            # asked for, not taken from memory, which an outage empties
            channel = await self._client().fetch_channel(place.parent_id or place.channel_id)
            if not isinstance(channel, _WITH_HOOKS):
                raise TooManyHooks
            return await channel.create_webhook(
                name=hook_name(name), avatar=picture, reason="a console is mirrored here"
            )

        try:
            made = await self._delivery.send(place, call, is_first=is_first)
        except _TROUBLE as error:
            if getattr(error, "code", 0) == _TOO_MANY:
                raise TooManyHooks from error
            raise NotSent(str(error) or "Discord did not answer") from error
        if made.token is None:
            raise NotSent("Discord told no token")
        return Hook(made.id, Secret(made.token))

    async def send(
        self,
        place: Place,
        hook: Hook,
        name: str,
        compose: Callable[[], Payload],
        *,
        buttons: Callable[[], ui.View] | None = None,
    ) -> Payload:
        """Send what `compose` makes once it is this message's turn; what was sent.

        Raises:
            HookGone: The webhook was deleted or moved. Where it was moved it was taken away too,
                and with it what went there.
            Paused: The channel refuses.
            Refused: Discord takes it in no form.
            NotSent: Discord had trouble of its own; it may have arrived all the same.
        """
        self._check_connected()
        webhook = self._partial(hook)

        async def call() -> tuple[discord.WebhookMessage, Payload]:
            payload = compose()
            view = buttons() if buttons is not None else discord.utils.MISSING
            try:
                sent = await webhook.send(
                    payload.content,
                    username=hook_name(name),
                    files=_files(payload),
                    view=view,
                    thread=discord.Object(place.channel_id)
                    if place.parent_id
                    else discord.utils.MISSING,
                    allowed_mentions=discord.AllowedMentions.none(),
                    wait=True,
                )
            except discord.NotFound as error:
                # a moved webhook knows its old thread as little as one that was deleted
                if error.code == _NO_CHANNEL and await self._is_moved(place, webhook):
                    raise HookMoved from error
                raise
            return sent, payload

        try:
            sent, payload = await self._delivery.send(place, call)
        except HookMoved:
            await self._moved(place, hook)
            raise
        except _TROUBLE as error:
            code = getattr(error, "code", 0)
            if code in _GONE:
                raise HookGone from error
            if isinstance(error, discord.HTTPException) and error.status in (400, 413):
                raise Refused(str(error)) from error
            raise NotSent(str(error) or "Discord did not answer") from error
        if sent.channel.id != place.channel_id:
            # whoever moved it may not be allowed to show the console there
            try:
                await self._delivery.send(place, sent.delete)
            except (Paused, *_TROUBLE) as error:
                log.warning("a moved message stays", guild=place.guild_id, error=str(error))
            await self._moved(place, hook)
            raise HookMoved
        return payload

    async def delete(self, place: Place, hook: Hook) -> None:
        """Take a webhook away; one that is gone already is fine, and so is trouble."""
        if not hook.is_made:
            return
        try:
            self._check_connected()
            await self._delivery.send(place, self._partial(hook).delete)
        except (Paused, NotSent, *_TROUBLE) as error:
            log.info("webhook not deleted", guild=place.guild_id, error=type(error).__name__)

    async def _is_moved(self, place: Place, webhook: discord.Webhook) -> bool:
        """Whether the webhook stands in another channel than the one above its thread."""
        if place.parent_id is None:
            return False
        found = await webhook.fetch(prefer_auth=False)
        return found.channel_id != place.parent_id

    async def _moved(self, place: Place, hook: Hook) -> None:
        log.warning("webhook was moved", guild=place.guild_id, channel=place.channel_id)
        await self.delete(place, hook)

    def _check_connected(self) -> None:
        client = self._client()
        # not `is_ready`: requests work from the log-in on, before all guilds are loaded
        if client.user is None or client.is_closed():
            raise NotSent("not connected to Discord")

    def _partial(self, hook: Hook) -> discord.Webhook:
        return discord.Webhook.partial(hook.id, hook.token.reveal(), client=self._client())


def _files(payload: Payload) -> list[discord.File]:
    if payload.file is None:
        return []
    name, text = payload.file
    return [discord.File(io.BytesIO(text.encode("utf-8", "replace")), name)]
