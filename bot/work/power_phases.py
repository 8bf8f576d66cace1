"""The phases of a power workflow, one after the other; entered anew wherever it was cut off."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Final

from msgspec import structs

from bot.fleet.known import State
from bot.work.course import Signal
from bot.work.engine import Done, Job, Sleep
from bot.work.power_desk import Desk, Over, Run, Wait
from bot.work.power_leg import Legs
from bot.work.power_order import PowerJob

REST_SECONDS: Final = 1.0
"""The node holds its lock a moment longer than the process lives, and would drop a start."""

Phase = Callable[[Run], Awaitable[None]]


class Phases:
    """Carries a workflow from phase to phase."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._clock = desk.clock
        self._legs = Legs(desk)
        self._phases: dict[str, Phase] = {
            "new": self._new,
            "ready": self._ready,
            "leg": self._leg,
        }

    async def work(self, job: Job[PowerJob]) -> Sleep | Done:
        """The handler: go on from where it is."""
        if job.phase == "report":
            return await self._desk.report(job)
        try:
            run = self._desk.enter(job)
            while True:
                await self._phases[job.phase](run)
        except Over as over:
            return await self._desk.finish(job, over)
        except Wait as wait:
            until = self._clock.now() + timedelta(seconds=wait.seconds)
            job.state = structs.replace(job.state, wake_at=until)
            return Sleep(until)

    async def failed(self, job: Job[PowerJob]) -> None:
        """It broke for good."""
        await self._desk.tell_broken(job)

    async def _new(self, run: Run) -> None:
        run.job.phase = "ready"

    async def _ready(self, run: Run) -> None:
        run.job.phase = "leg"
        run.set(leg=await self._first_leg(run))

    async def _first_leg(self, run: Run) -> str:
        state = run.state
        if state.signal is not Signal.RESTART or not state.is_full:
            return state.signal.value
        known = await self._desk.hub.look(run.server)
        return "start" if known.state is State.OFFLINE else "stop"

    async def _leg(self, run: Run) -> None:
        since, is_back = await self._legs.go(run)
        state = run.state
        if state.leg == Signal.STOP.value and state.signal is Signal.RESTART:
            await self._clock.sleep(REST_SECONDS)
            await run.job.save(state=run.set(leg=Signal.START.value, attempt=1))
            return
        began_at = state.began_at or self._clock.now()
        taken = max(since, (self._clock.now() - began_at).total_seconds())
        raise Over(
            "done",
            partial(run.story.there, taken, state.deeds, is_known=state.is_known, is_back=is_back),
        )
