"""The countdown before a signal: shown in the channel with buttons, warned of in the game.

It is a row that waits. A bot that was away when it ended announces it anew instead of acting
without a warning; a clock that was set back makes it no longer than it was meant.
"""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import discord
import structlog

from bot.fleet.known import State
from bot.fleet.panels import PanelGone
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.store.jobs import Signal as Said
from bot.texts import _, _n, speaking
from bot.ui.errors import Unfit
from bot.ui.parts import Colour, button, card
from bot.ui.text import bold, duration
from bot.work.course import Signal
from bot.work.engine import Progress
from bot.work.game_words import words_of
from bot.work.power_desk import Desk, Over, Run, Wait
from bot.work.power_leg import by_of, stop_on_cancel
from bot.work.power_order import PowerJob

log = structlog.stdlib.get_logger(__name__)

AWAY_SECONDS: Final = 120.0
"""So much later than meant, nothing is done to a server without saying so first."""
LATE_SECONDS: Final = 30.0
"""The same for the end of a countdown, of which people saw the time."""
NOTICE_SECONDS: Final = 60
"""A countdown that is announced anew."""
LOOK_SECONDS: Final = 300.0
POSTPONES: Final = (5, 15)
"""Minutes."""
POSTPONED_AT_MOST: Final = 120
MINUTE_FROM_SECONDS: Final = 50.0
SLACK: Final = timedelta(seconds=2)


class Countdown:
    """Counts down, and warns."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._clock = desk.clock

    async def begin(self, run: Run, seconds: int) -> None:
        """Begin to count down."""
        due = self._clock.now() + timedelta(seconds=seconds)
        await run.job.save("countdown", run.set(due_at=due, notice_seconds=seconds))
        for tell in self._desk.when_announced:
            tell(run.server, Signal(run.state.order.signal), due)

    async def begin_anew(self, run: Run) -> None:
        """The bot was away for long: say so before anything is done.

        Raises:
            Over: Nobody would see it.
        """
        if run.state.told.is_quiet:
            late = duration(run.late_seconds)
            raise Over("dropped", partial(_missed, run, late))
        run.set(turn=run.state.turn + 1, was_away=True)
        run.late_seconds = 0.0
        await self.begin(run, NOTICE_SECONDS)

    async def go(self, run: Run) -> None:
        """Go on counting; the phase is `ready` once it is over.

        Raises:
            Over: Somebody cancelled it.
            Wait: Not yet.
        """
        said = await run.job.signals()
        stop_on_cancel(run, said)
        if await self._take(run, said):
            return
        due = await self._due(run)
        left = (due - self._clock.now()).total_seconds()
        if left <= 0:
            await run.job.save("ready")
            return
        await self._announce(run)
        await self._warn(run, due)
        raise Wait(min(self._next_wake(run, due), LOOK_SECONDS))

    async def call_off(self, run: Run) -> None:
        """Tell the players who were warned that nothing comes of it."""
        # who may no longer do it leaves the game without a word, and the end as it is
        with contextlib.suppress(Over):
            await self._tell_game(run, "off", _off_words)

    async def _take(self, run: Run, said: list[Said]) -> bool:
        """Take what was clicked; True where it is to happen now."""
        for one in said:
            by = by_of(one)
            if one.name == "now":
                run.did("hurried", by)
                await run.job.save("ready", run.set(hurried_by=by))
                return True
            if one.name == "later" and isinstance(one.payload, dict):
                minutes = int(one.payload.get("minutes", 0))
                state = run.state
                await run.job.save(
                    state=run.set(
                        due_at=(state.due_at or self._clock.now()) + timedelta(minutes=minutes),
                        postponed_seconds=state.postponed_seconds + 60 * minutes,
                        postponed_by=by,
                        turn=state.turn + 1,
                    )
                )
        return False

    async def _due(self, run: Run) -> datetime:
        """When it ends; moved where the clock or the bot was not there to count."""
        state, now = run.state, self._clock.now()
        due = state.due_at or now
        longest = timedelta(seconds=state.notice_seconds + state.postponed_seconds)
        if due - now > longest + SLACK:
            log.warning("clock was set back", job=run.job.id)
            due = now + longest
            await run.job.save(state=run.set(due_at=due))
        elif (now - due).total_seconds() > LATE_SECONDS:
            run.late_seconds = (now - due).total_seconds()
            await self.begin_anew(run)
            due = run.state.due_at or now
        return due

    async def _announce(self, run: Run) -> None:
        state = run.state
        if state.told.message_id is None or state.shown_due != state.due_at:
            with speaking(state.language):
                shown = self._card(run)
            await self._desk.show(run, shown)
            run.set(shown_due=state.due_at)

    def _card(self, run: Run) -> Message:
        state, server_id, job_id = run.state, run.server.id, run.job.id
        notes = []
        if state.was_away:
            notes.append(_("I was away when it was due, so I announce it anew."))
        if state.postponed_by:
            notes.append(
                _(
                    "Postponed by {who}, {time} so far.",
                    who=bold(state.postponed_by),
                    time=duration(state.postponed_seconds),
                )
            )
        if state.order.backup_first and not state.backup_done:
            notes.append(_("A backup is made first."))
        if state.signal in (Signal.STOP, Signal.RESTART):
            if words_of(run.server.image).say:
                notes.append(_("Players are warned in the game."))
            else:
                notes.append(_("I can't warn in this game: tell the players yourself."))
        row = [
            button("power-now", server_id, job_id, label=_("Now")),
            *(
                button(
                    "power-later",
                    server_id,
                    job_id,
                    str(minutes),
                    label=_("Postpone {count}", count=minutes),
                )
                for minutes in POSTPONES
            ),
            button(
                "power-off", server_id, job_id, label=_("Cancel"), style=discord.ButtonStyle.danger
            ),
        ]
        return card(
            run.story.counting(state.due_at or self._clock.now()),
            "-# " + " ".join(notes) if notes else "",
            colour=Colour.YELLOW,
            rows=[row],
        )

    async def _warn(self, run: Run, due: datetime) -> None:
        left = due - self._clock.now()
        marks = [one for one in self._marks(run) if left <= timedelta(minutes=one) + SLACK]
        mark = f"{run.state.turn} {min(marks, default=0) or 'begin'}"
        await self._tell_game(run, mark, partial(_warning_words, run, left.total_seconds()))

    async def _tell_game(self, run: Run, mark: str, words: Callable[[], str]) -> None:
        """Say something to the players, once: what was cut off isn't said again.

        Raises:
            Over: It is no longer theirs to do.
        """
        job, state = run.job, run.state
        game = words_of(run.server.image)
        step = f"warn {mark}"
        is_off = mark == "off"
        if not game.say or job.begun_at(step) is not None:
            return
        if is_off and not any(deed.kind == "warned" for deed in state.deeds):
            return
        known = await self._desk.hub.look(run.server)
        if known.state is not State.RUNNING:
            return
        admitted = await self._desk.admit(run)
        with speaking(state.language):
            line = game.saying(words())
        if await job.begin(step) is not Progress.NEW:
            return
        try:
            async with self._desk.acting(admitted, detail=line) as panel:
                await panel.servers.send_console_command(run.server.uuid, line)
        except (PanelError, PanelGone) as error:
            log.info("players not warned", job=job.id, error=type(error).__name__)
        else:
            if not is_off and not any(deed.kind == "warned" for deed in run.state.deeds):
                run.did("warned")
        await job.end(step)

    def _marks(self, run: Run) -> tuple[int, ...]:
        return self._desk.gate.book(run.job.guild_id).settings.warn_minutes

    def _next_wake(self, run: Run, due: datetime) -> float:
        left = (due - self._clock.now()).total_seconds()
        ahead = [60.0 * one for one in self._marks(run) if 60.0 * one < left - 2]
        return max(left - max(ahead, default=0.0), 0.0)


def check_postponed(state: PowerJob, said: Sequence[Said], minutes: int) -> None:
    """Look whether it may be put off by so much more.

    Raises:
        Unfit: It was put off for long enough.
    """
    if minutes not in POSTPONES:
        raise Unfit(_("That can't be chosen any more."))
    waiting = sum(
        int(one.payload.get("minutes", 0))
        for one in said
        if one.name == "later" and isinstance(one.payload, dict)
    )
    if state.postponed_seconds // 60 + waiting + minutes > POSTPONED_AT_MOST:
        raise Unfit(
            _(
                "It was postponed by {minutes} min already, and {most} min is the most. Cancel it "
                "where it isn't wanted.",
                minutes=state.postponed_seconds // 60 + waiting,
                most=POSTPONED_AT_MOST,
            )
        )


def _warning_words(run: Run, left_seconds: float) -> str:
    minutes = round(left_seconds / 60)
    time = (
        _n("{count} minute", "{count} minutes", minutes)
        if left_seconds >= MINUTE_FROM_SECONDS
        else duration(max(1.0, left_seconds))
    )
    if run.state.signal is Signal.RESTART:
        return _("This server restarts in {time}.", time=time)
    return _("This server shuts down in {time}.", time=time)


def _off_words() -> str:
    return _("Called off: this server stays up.")


def _missed(run: Run, late: str, *, is_public: bool) -> Message:
    why = _("I was away for {time}; ask again if it is still wanted.", time=late)
    return run.story.dropped(why, is_public=is_public)
