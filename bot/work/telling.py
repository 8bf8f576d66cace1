"""The one message of a job in a channel: sent once, edited as it goes on, found again after a kill.

What a job says stands in one message. Its id is noted in the job; a process that died between the
sending and the note finds it by its buttons or by what it was about to say, and Discord itself
takes a message with the same nonce only once. Somebody's deletion is answered with a new one, once.
"""

from datetime import timedelta
from typing import Any, Final

from msgspec import Struct, structs

from bot.clock import Clock
from bot.posts.answers import Edited, NotSent, Post
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.ui.parts import card
from bot.work.engine import Job, Progress, Sleep

TELL_AGAIN_SECONDS: Final = 30.0
TELLS_AT_MOST: Final = 40
"""Last words that don't get through; then the message stays as it is."""
SENT_ANEW: Final = frozenset({Edited.GONE, Edited.TOO_OLD})
"""After these the channel gets a new message, once."""
MARKS_KEPT: Final = 3
"""What was tried to be said before the message got its id; the newest find it again."""


class Told(Struct, frozen=True, kw_only=True):
    """Where a job speaks, and how far that is; a field `told` of the states of such jobs."""

    channel_id: int
    is_quiet: bool = False
    """It says nothing in the channel."""
    message_id: int | None = None
    is_card: bool = False
    """The message has buttons, or had: Discord lets none become plain text again."""
    posts: int = 0
    """Messages sent so far."""
    turn: int = 0
    """Of a job that begins a new message each time: which time it is."""
    is_unsure: bool = False
    """The last one may have been sent all the same: Discord did not answer."""
    marks: tuple[str, ...] = ()
    """What it was about to say, until its id is noted."""
    tries: int = 0
    is_lost: bool = False
    """The last word could not be said there: the channel is gone, or refuses."""


class Teller:
    """Speaks for jobs whose state has a field `told`."""

    def __init__(self, places: Places, clock: Clock) -> None:
        self._places = places
        self._clock = clock

    async def show(self, job: Job[Any], message: Message) -> bool:
        """Let the message say this now. What doesn't get through is overtaken by what comes.

        Returns:
            False where nobody can be shown it any more: the channel refuses, or the message was
            deleted once too often.

        Raises:
            LostJob: Another worker has the job.
        """
        if _told(job).is_quiet:
            return True
        if message.layout is not None:
            _set(job, is_card=True)
        told = _told(job)
        if told.message_id is not None:
            edited = await self._post(job).edit(shaped(told, message))
            if edited is Edited.TOO_OLD and told.posts > 1:
                return True  # it stands there, its buttons work, and what it says is told later
            if edited not in SENT_ANEW or told.posts > 1:
                return bool(edited)
        return await self._anew(job, message)

    async def report(self, job: Job[Any], message: Message) -> Sleep | None:
        """Let the message say its last word; a sleep where Discord has to be tried again.

        Raises:
            LostJob: Another worker has the job.
        """
        told = _told(job)
        if told.is_quiet:
            return None
        if message.layout is not None:
            told = _set(job, is_card=True)
        is_late = is_said = False
        try:
            if told.message_id is None:
                await self._send(job, message)
                is_said = _told(job).message_id is not None
            else:
                edited = await self._post(job).edit(shaped(told, message))
                is_late, is_said = edited is Edited.LATER, bool(edited)
                if edited is Edited.TOO_OLD or (edited is Edited.GONE and told.posts <= 1):
                    is_said = await self._replaced(job, message)
        except NotSent:
            is_late = True
        if is_late and told.tries < TELLS_AT_MOST:
            _set(job, tries=told.tries + 1)
            return Sleep(self._clock.now() + timedelta(seconds=TELL_AGAIN_SECONDS))
        if is_late or not is_said:
            _set(job, is_lost=True)
        return None

    async def last_word(self, job: Job[Any], text: str) -> None:
        """Of a job that is closed already: one edit, one try."""
        told = _told(job)
        if told.message_id is not None and not told.is_quiet:
            await self._post(job).edit(shaped(told, Message(text)))

    async def _anew(self, job: Job[Any], message: Message) -> bool:
        """Send it where it isn't there, or can't be edited; False where the channel refuses."""
        try:
            return await self._replaced(job, message)
        except NotSent:
            return True

    async def _replaced(self, job: Job[Any], message: Message) -> bool:
        """A new message in place of the old one, whose buttons are not to stay behind it."""
        old = self._post(job) if _told(job).message_id is not None else None
        await self._send(job, message)
        is_there = _told(job).message_id is not None
        if old is not None and is_there:
            await old.delete()
        return is_there

    def _post(self, job: Job[Any]) -> Post:
        told = _told(job)
        return self._places.post(job.guild_id, told.channel_id, told.message_id or 0, is_first=True)

    async def _send(self, job: Job[Any], message: Message) -> None:
        told = _told(job)
        if told.message_id is not None or not told.posts:
            told = _set(job, message_id=None, posts=told.posts + 1, marks=())
        step = f"post {told.posts}"
        begun_at, tried = job.begun_at(step), told.marks
        told = _set(job, marks=(*tried, message.mark)[-MARKS_KEPT:])
        progress = await job.begin(step)
        if progress is Progress.DONE:
            return
        is_lost = begun_at is not None or told.is_unsure
        if is_lost:
            await job.save()  # with what it says by now
        try:
            post = await self._places.send_once(
                job.guild_id,
                told.channel_id,
                shaped(told, message),
                nonce=f"{job.id.replace('-', '')[:20]}{told.turn % 1000 or ''}{told.posts}",
                row_id=job.id,
                lost_since=(begun_at or self._clock.now()) if is_lost else None,
                marks=(*tried, message.mark),
                is_first=True,
            )
        except NotSent:
            _set(job, is_unsure=True)
            await job.save()
            raise
        _set(job, message_id=post.message_id if post else None, is_unsure=False, marks=())
        await job.end(step)


def shaped(told: Told, message: Message) -> Message:
    """The message as it can be shown where it stands."""
    if message.layout is None and told.is_card:
        return card(message.text, files=message.files)
    return message


def _told(job: Job[Any]) -> Told:
    told: Told = job.state.told
    return told


def _set(job: Job[Any], **changes: Any) -> Told:
    told = structs.replace(_told(job), **changes)
    job.state = structs.replace(job.state, told=told)
    return told
