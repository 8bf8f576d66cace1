"""How answers reach people: the private one of an interaction, and what is published beside it.

Private answers go by the interaction's token, which Discord counts apart. What channels see goes
through `Delivery`.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum

import aiohttp
import discord
import structlog
from discord.abc import Messageable
from discord.utils import MISSING

from bot.posts.delivery import SEND_SECONDS, THREAD_SHUT, Delivery, Paused, Place, Superseded
from bot.posts.mentions import Named, link_layout
from bot.posts.messages import Message, is_known
from bot.posts.traffic import HeldUp

log = structlog.stdlib.get_logger(__name__)

UNKNOWN_MESSAGE = 10008
"""Discord's code for a message that was deleted."""


def layout_for(interaction: discord.Interaction, message: Message) -> discord.ui.LayoutView:
    """A message as its reader gets it: commands that Discord shows them can be pressed."""
    view = message.as_layout()
    named: Mapping[str, Named] = getattr(interaction.client, "named_commands", {})
    link_layout(view, named, interaction.permissions.value)
    return view


_ENDED = frozenset({10008, 10015, 50027})
"""Discord's codes for an answer that was dismissed, or whose token has run out."""


class Answer:
    """The private answer to one interaction, edited for as long as its token lives."""

    def __init__(self, interaction: discord.Interaction, *, is_card: bool = False) -> None:
        self._interaction = interaction
        self.is_card = is_card
        """Whether it edits the message whose component was pressed; an error leaves that alone."""
        self._lock = asyncio.Lock()
        self.is_final = False
        self.is_gone = False
        """Once its token or its message is no more, nothing is sent in vain."""

    async def show(self, message: Message, *, is_final: bool = True) -> None:
        """Replace what the answer says; once final, a late "still waiting" is left out."""
        async with self._lock:
            if self.is_gone or (self.is_final and not is_final):
                return
            self.is_final = is_final
            view = layout_for(self._interaction, message)
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._interaction.edit_original_response(
                        content=None,
                        view=view,
                        attachments=list(message.files),
                        allowed_mentions=discord.AllowedMentions.none(),
                    )
            except discord.HTTPException as error:
                self.is_gone = error.code in _ENDED
                log.warning("answer not delivered", error=str(error), gone=self.is_gone)
            except TimeoutError:
                log.warning("answer not delivered", error="Discord did not answer")

    async def add(self, message: Message) -> None:
        """Say something more, privately, below the answer."""
        view = layout_for(self._interaction, message)
        async with asyncio.timeout(SEND_SECONDS):
            await self._interaction.followup.send(
                view=view,
                files=list(message.files),
                ephemeral=True,
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def remove(self) -> None:
        """Take the answer away; what was published says it all."""
        async with self._lock:
            self.is_final = True
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._interaction.delete_original_response()
            except (discord.HTTPException, TimeoutError) as error:
                log.warning("answer not removed", error=str(error))


class NotSent(Exception):
    """Discord had trouble of its own or didn't answer; it may be tried again later."""


class Edited(Enum):
    """What came of an edit. False is one after which the message can't show it."""

    DONE = "done"
    SUPERSEDED = "superseded"
    """A newer edit of the same message took its place."""
    LATER = "later"
    """Discord had trouble or didn't answer; the same edit may be tried again."""
    TOO_OLD = "too old"
    """Messages older than an hour can't be edited now (30046); post it anew."""
    GONE = "gone"
    """Somebody deleted the message."""
    PAUSED = "paused"
    """The channel refuses, now or before; a new message would be refused as well."""

    def __bool__(self) -> bool:
        return self in (Edited.DONE, Edited.SUPERSEDED, Edited.LATER)


class Post:
    """A message of the bot's own in a channel, edited as things go on."""

    def __init__(
        self,
        message: discord.Message | discord.PartialMessage,
        delivery: Delivery,
        place: Place,
        *,
        is_first: bool = False,
        unheard: Sequence[discord.Object] = (),
        wake: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`wake` opens the thread it stands in where Discord has archived that meanwhile."""
        self._wake = wake
        self._message = message
        self._delivery = delivery
        self._place = place
        self._is_first = is_first
        self._lock = asyncio.Lock()
        self._newest: Message | None = None
        self.is_gone = False
        self.unheard = tuple(unheard)
        """Of those to be pinged, whom Discord doesn't let us ping: a role that is neither
        mentionable nor one that the bot may mention by "Mention Everyone" in that channel."""

    @property
    def channel_id(self) -> int:
        """The channel it stands in."""
        return self._message.channel.id

    @property
    def message_id(self) -> int:
        """Discord's id of it."""
        return self._message.id

    def says(self, message: Message) -> bool:
        """Whether it says this already, as far as Discord told when it was sent or found."""
        found = self._message
        return isinstance(found, discord.Message) and is_known(found, "", (message.mark,))

    async def edit(self, message: Message, *, pings: Sequence[discord.Object] = ()) -> Edited:
        """Replace it. Of edits that wait for their turn only the newest is sent.

        `pings` are shown as mentions; by an edit Discord notifies nobody.
        """
        self._newest = message
        async with self._lock:
            if self.is_gone:
                return Edited.GONE
            if self._newest is not message:
                return Edited.SUPERSEDED
            return await self._edit(message, pings)

    async def delete(self) -> bool:
        """Take it away; True once it isn't there any more."""
        try:
            await self._delivery.send(self._place, self._message.delete, is_first=self._is_first)
        except discord.NotFound:
            return True
        except Paused:
            return False
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            log.warning("post not deleted", error=str(error) or "Discord did not answer")
            return False
        return True

    async def _edit(self, message: Message, pings: Sequence[discord.Object]) -> Edited:
        allowed = _allowed(pings)

        async def put() -> None:
            if message.layout is not None:
                await self._message.edit(
                    content=None,
                    view=message.as_layout(),
                    # without new files those that are there stay, for the layout may name them
                    attachments=message.files or MISSING,
                    allowed_mentions=allowed,
                )
            else:
                await self._message.edit(
                    content=message.text, attachments=message.files, allowed_mentions=allowed
                )

        async def call() -> None:
            try:
                await put()
            except discord.HTTPException as error:
                if error.code not in THREAD_SHUT or self._wake is None:
                    raise
                # edits don't keep a thread open, so that of a board falls asleep by itself
                try:
                    await self._wake()
                except discord.Forbidden:
                    raise error from None  # it is locked as well
                await put()

        try:
            await self._delivery.send(
                self._place, call, is_first=self._is_first, replaces=self.message_id
            )
        except Superseded:
            return Edited.SUPERSEDED
        except Paused:
            return Edited.PAUSED
        except HeldUp:
            return Edited.TOO_OLD
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            self.is_gone = getattr(error, "code", 0) == UNKNOWN_MESSAGE
            said = str(error) or "Discord did not answer"
            log.info("post not edited", error=said, gone=self.is_gone)
            return Edited.GONE if self.is_gone else Edited.LATER
        return Edited.DONE


def may_publish(interaction: discord.Interaction) -> bool:
    """Whether the bot may write where the interaction happened."""
    rights = interaction.app_permissions
    if isinstance(interaction.channel, discord.Thread):
        return rights.view_channel and rights.send_messages_in_threads
    return rights.view_channel and rights.send_messages


async def publish(interaction: discord.Interaction, message: Message) -> Post | None:
    """Send `message` to the channel as the bot itself; None where that isn't to be had."""
    channel = interaction.channel
    if not isinstance(channel, Messageable) or not may_publish(interaction):
        return None
    delivery: Delivery = interaction.client.delivery  # type: ignore[attr-defined]  # our client's
    place = Place(interaction.guild_id or 0, interaction.channel_id or 0)
    try:
        return await send(channel, message, delivery, place, is_first=True)
    except NotSent as error:
        log.warning("not published", error=str(error))
        return None


async def send(
    channel: Messageable,
    message: Message,
    delivery: Delivery,
    place: Place,
    *,
    is_first: bool = False,
    pings: Sequence[discord.Object] = (),
    unheard: Sequence[discord.Object] = (),
    nonce: str = "",
) -> Post | None:
    """Send to a channel; None where it refuses.

    Of messages with one `nonce` (at most 25 characters) Discord takes the first for some minutes,
    and answers the others with that one.

    Raises:
        NotSent: Discord had trouble of its own.
    """
    allowed, once = _allowed(pings), nonce or secrets.token_hex(12)

    async def call() -> discord.Message:
        files = list(message.files)
        if message.layout is not None:
            view = message.as_layout()
            return await channel.send(view=view, files=files, allowed_mentions=allowed, nonce=once)
        return await channel.send(message.text, files=files, allowed_mentions=allowed, nonce=once)

    try:
        sent = await delivery.send(place, call, is_first=is_first)
    except (Paused, discord.Forbidden, discord.NotFound):
        return None
    except (discord.HTTPException, aiohttp.ClientError, HeldUp, TimeoutError) as error:
        raise NotSent(str(error) or "Discord did not answer") from error
    return Post(sent, delivery, place, is_first=is_first, unheard=unheard)


def _allowed(pings: Sequence[discord.Object]) -> discord.AllowedMentions:
    roles = [one for one in pings if one.type is discord.Role]
    users = [one for one in pings if one.type is not discord.Role]
    return discord.AllowedMentions(everyone=False, roles=roles, users=users, replied_user=False)
