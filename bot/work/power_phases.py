"""The phases of a power workflow, one after the other; entered anew wherever it was cut off."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Final, NoReturn

from msgspec import structs

from bot.access.conditions import unmet
from bot.access.decision import by_policy
from bot.fleet.known import State
from bot.fleet.players import Counted
from bot.store.engine import Database
from bot.ui.policy_words import unmet_words
from bot.work.course import Signal
from bot.work.engine import Done, Job, Sleep
from bot.work.follows import Follows
from bot.work.power_countdown import AWAY_SECONDS, Countdown
from bot.work.power_desk import Desk, Over, Run, Wait
from bot.work.power_leg import Legs
from bot.work.power_order import PowerJob
from bot.work.power_prepare import Preparing

REST_SECONDS: Final = 1.0
"""The node holds its lock a moment longer than the process lives, and would drop a start."""

COUNT_KEPT: Final = timedelta(minutes=2)
ANSWERS_ASKED: Final = 6
ANSWER_PAUSE_SECONDS: Final = 5.0

Phase = Callable[[Run], Awaitable[None]]


class Phases:
    """Carries a workflow from phase to phase."""

    def __init__(self, desk: Desk, follows: Follows, database: Database) -> None:
        self._desk = desk
        self._clock = desk.clock
        self._legs = Legs(desk)
        self._countdown = Countdown(desk)
        self._preparing = Preparing(desk, follows, database)
        self._phases: dict[str, Phase] = {
            "new": self._new,
            "countdown": self._countdown.go,
            "ready": self._ready,
            "save": self._preparing.save,
            "backup": self._preparing.backup,
            "ask": self._preparing.ask,
            "leg": self._leg,
        }

    async def work(self, job: Job[PowerJob]) -> Sleep | Done:
        """The handler: go on from where it is."""
        if job.phase == "report":
            return await self._desk.report(job)
        try:
            await self._go(self._desk.enter(job))
        except Over as over:
            return await self._desk.finish(job, over)
        except Wait as wait:
            until = self._clock.now() + timedelta(seconds=wait.seconds)
            job.state = structs.replace(job.state, wake_at=until)
            return Sleep(until)

    async def _go(self, run: Run) -> NoReturn:
        """From phase to phase.

        Raises:
            Over, Wait: It ends here, or goes on later.
        """
        try:
            while True:
                await self._phases[run.job.phase](run)
        except Over as over:
            if over.outcome == "cancelled":
                await self._countdown.call_off(run)
            raise

    async def failed(self, job: Job[PowerJob]) -> None:
        """It broke for good."""
        await self._desk.tell_broken(job)

    async def _new(self, run: Run) -> None:
        seconds = run.state.order.delay_seconds
        if seconds > 0:
            await self._countdown.begin(run, seconds)
        else:
            run.job.phase = "ready"

    async def _ready(self, run: Run) -> None:
        if run.late_seconds > AWAY_SECONDS:
            await self._countdown.begin_anew(run)
            return
        run.late_seconds = 0.0
        run.job.phase = "save"

    async def _leg(self, run: Run) -> None:
        if not run.state.leg:
            await self._hold(run)
            run.set(leg=await self._first_leg(run))
            await self._count_before(run)
        since, is_back = await self._legs.go(run)
        state = run.state
        if state.leg == Signal.STOP.value and state.signal is Signal.RESTART:
            await self._clock.sleep(REST_SECONDS)
            await run.job.save(state=run.set(leg=Signal.START.value, attempt=1))
            return
        began_at = state.began_at or self._clock.now()
        taken = max(since, (self._clock.now() - began_at).total_seconds())
        await self._ask_game(run)
        raise Over(
            "done",
            partial(
                run.story.there,
                taken,
                run.state.deeds,
                is_known=state.is_known,
                is_back=is_back,
            ),
        )

    async def _hold(self, run: Run) -> None:
        """What a policy lets happen under conditions, after all that came first.

        Raises:
            Over: One of them no longer holds.
        """
        order, asked = run.state.order, run.state.asked
        takes_time = order.delay_seconds > 0 or order.backup_first
        if not takes_time or asked.agreed is None:
            return
        policy = by_policy((await self._desk.admit(run)).decision)
        if policy is None:
            return
        failing = unmet(await self._desk.lookout.still(run.server, policy.terms))
        if failing is not None:
            await self._countdown.call_off(run)
            why = partial(unmet_words, failing, run.server.name)
            raise self._desk.dropped(run, "refused", why)

    async def _first_leg(self, run: Run) -> str:
        state = run.state
        if state.signal is not Signal.RESTART or not state.is_full:
            return state.signal.value
        known = await self._desk.hub.look(run.server)
        return "start" if known.state is State.OFFLINE else "stop"

    async def _count_before(self, run: Run) -> None:
        """Who plays when it goes off; the plain case doesn't wait for an answer of the game."""
        state, players = run.state, self._desk.players
        if state.signal is Signal.START:
            return
        fresh = players.known(run.server)
        count = await players.count(run.server) if state.is_full else fresh
        if isinstance(count, Counted) and self._clock.now() - count.at < COUNT_KEPT:
            run.did("players", str(count.online))
            run.set(answers=True)

    async def _ask_game(self, run: Run) -> None:
        """A game that answered before is asked whether it does so again: then it can be joined."""
        state = run.state
        if not state.answers or state.signal is not Signal.RESTART:
            return
        for _again in range(ANSWERS_ASKED):
            count = await self._desk.players.count(run.server, fresh_seconds=0)
            if isinstance(count, Counted):
                run.did("answers")
                return
            await self._clock.sleep(ANSWER_PAUSE_SECONDS)
        run.did("silent")
