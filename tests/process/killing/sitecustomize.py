"""Makes a bot's process stand still at a named point, to be killed there from outside.

Python imports this by itself in a process whose PYTHONPATH names this folder. The product knows
nothing of it: the engine's own methods are wrapped, and a few waits are made short. The point is
`<kind>:<what>:<when>`, such as `power:begin stop:before` or `power:phase leg:after`; `keeps` is a
checkpoint inside a transaction that is not committed yet, and a number before it counts how often
it is passed, such as `2 ballot:cast:after`. The process says that it stands there by making the
file that KILL_TRIP names.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

_passed: Counter[str] = Counter()


def _stand_still(point: str) -> None:
    _passed[point] += 1
    if os.environ.get("KILL_AT") in (f"{_passed[point]} {point}", point):
        Path(os.environ["KILL_TRIP"]).write_text(point, "utf-8")
        time.sleep(3600)  # the whole process: nothing of it goes on until it is killed


def _around(name: str, do: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def wrapped(job: Any, step: str, *args: Any, **kwargs: Any) -> Any:
        what = "delete" if step.startswith("delete ") else step  # of a uuid that no table can know
        _stand_still(f"{job.kind}:{name} {what}:before")
        result = await do(job, step, *args, **kwargs)
        _stand_still(f"{job.kind}:{name} {what}:after")
        return result

    return wrapped


def _wrap_engine() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from bot.store import ballots, boards  # noqa: PLC0415  # only where somebody is to be killed
    from bot.work import (  # noqa: PLC0415
        alarms,
        backup_asks,
        consent_course,
        engine,
        follows,
        incidents,
        plan_backups,
        plan_runs,
        plan_timing,
        power_countdown,
        power_leg,
        power_phases,
        power_prepare,
        restore_course,
        telling,
    )

    engine.Job.begin = _around("begin", engine.Job.begin)  # type: ignore[method-assign,assignment]
    engine.Job.end = _around("end", engine.Job.end)  # type: ignore[method-assign,assignment]
    save = engine.Job.save

    async def saved(job: Any, phase: str | None = None, state: Any = None) -> None:
        before = job.phase
        if phase is not None and phase != before:
            _stand_still(f"{job.kind}:phase {phase}:before")
        await save(job, phase, state)
        if phase is not None and phase != before:
            _stand_still(f"{job.kind}:phase {phase}:after")

    engine.Job.save = saved  # type: ignore[method-assign,assignment]
    save_in = engine.Job.save_in

    async def saved_in(job: Any, session: Any, phase: str | None = None, state: Any = None) -> None:
        is_new = phase is not None and phase != job.phase
        if is_new:
            _stand_still(f"{job.kind}:keeps {phase}:before")
        await save_in(job, session, phase, state)
        if is_new:
            _stand_still(f"{job.kind}:keeps {phase}:after")

    engine.Job.save_in = saved_in  # type: ignore[method-assign,assignment]
    cast_ballot = ballots.cast_ballot

    async def cast(*args: Any, **kwargs: Any) -> Any:
        result = await cast_ballot(*args, **kwargs)
        _stand_still("ballot:cast:after")
        return result

    ballots.cast_ballot = cast
    hear = engine.Jobs._hear

    def heard(jobs: Any, job_id: str) -> None:
        _stand_still("jobs:hear:before")
        hear(jobs, job_id)

    engine.Jobs._hear = heard  # type: ignore[method-assign,assignment]
    keep = engine.Jobs._keep

    async def kept(jobs: Any, job: Any, result: Any) -> None:
        what = "over" if isinstance(result, engine.Done) else "rest"
        _stand_still(f"{job.kind}:{what}:before")
        _stand_still(f"{job.kind}:{what} in {job.phase}:before")
        await keep(jobs, job, result)
        _stand_still(f"{job.kind}:{what}:after")

    engine.Jobs._keep = kept  # type: ignore[method-assign,assignment]
    report = telling.Teller.report

    async def reported(teller: Any, job: Any, message: Any) -> Any:
        _stand_still(f"{job.kind}:report:before")
        result = await report(teller, job, message)
        _stand_still(f"{job.kind}:report:after")
        return result

    telling.Teller.report = reported  # type: ignore[method-assign,assignment]
    board_posted = boards.board_posted

    async def posted(*args: Any, **kwargs: Any) -> Any:
        _stand_still("board:posted:before")
        result = await board_posted(*args, **kwargs)
        _stand_still("board:posted:after")
        return result

    boards.board_posted = posted
    note = alarms.Alarms._note

    async def noted(*args: Any) -> None:
        _stand_still("alarm:sent:before")
        await note(*args)
        _stand_still("alarm:sent:after")

    alarms.Alarms._note = noted  # type: ignore[method-assign,assignment]
    show = alarms.Alarms.show

    async def shown(*args: Any) -> None:
        _stand_still("alarm:show:before")
        await show(*args)

    alarms.Alarms.show = shown  # type: ignore[method-assign,assignment]
    # what takes minutes for people takes seconds here
    for module, names in (
        (power_leg, {"IGNORED_SECONDS": 2.0, "UNKNOWN_SECONDS": 4.0, "FELL_SECONDS": 1.0}),
        (power_leg, {"OFF_SECONDS": 1.0, "LOOK_AT_LEAST_SECONDS": 4.0}),
        (power_prepare, {"SAVE_SECONDS": 2.0, "BACKUP_LOOK_SECONDS": 0.5}),
        (power_prepare, {"ARRIVES_WITHIN": timedelta(seconds=3)}),
        (power_phases, {"REST_SECONDS": 0.2}),
        (power_countdown, {"NOTICE_SECONDS": 2}),
        (backup_asks, {"LOOK_AFTER": timedelta(seconds=6)}),
        (incidents, {"SETTLED": timedelta(seconds=2)}),
        (consent_course, {"EDIT_SECONDS": 0.2}),
        (follows, {"QUICK_SECONDS": 0.5}),
        (engine, {"LOOK_AT_LEAST_EVERY": 1.0}),
        (plan_timing, {"WARNING": timedelta(seconds=2), "SHORT_WARNING_SECONDS": 2}),
        (plan_runs, {"WARNING": timedelta(seconds=2)}),
        (plan_runs, {"BUSY_SECONDS": 1.0, "FOLLOW_SECONDS": 0.5, "LISTEN_SECONDS": 1.0}),
        (restore_course, {"ARRIVES_WITHIN": timedelta(seconds=3), "LOOK_AGAIN_SECONDS": 0.5}),
        (plan_backups, {"ARRIVES_WITHIN": timedelta(seconds=3)}),
    ):
        for name, value in names.items():
            setattr(module, name, value)


if "KILL_TRIP" in os.environ:
    _wrap_engine()
